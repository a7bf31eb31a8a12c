//! What lasts: tables on one page, engines, the change feed, blobs.
