//! The binary: configuration, assembling, listening, command line.
fn main() {}
