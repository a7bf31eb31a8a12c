//! What runs: zip files to read-only trees by digest, and the interpreters found on the host.
