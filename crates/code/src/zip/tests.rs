//! Zips of every kind, honest and hostile.
