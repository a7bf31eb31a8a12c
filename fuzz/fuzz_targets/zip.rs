//! A zip of a function.

#![no_main]

#[path = "../../crates/code/tests/doors/mod.rs"]
#[allow(dead_code, reason = "each target has one door")]
mod doors;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::zip(bytes));
