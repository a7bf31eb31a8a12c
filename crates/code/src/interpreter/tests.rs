//! Fake hosts, and what this machine has.
