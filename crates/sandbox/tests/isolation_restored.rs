//! All of `isolation` once more, from inside programs that go on from a snapshot.

#[path = "isolation/main.rs"]
mod isolation;
