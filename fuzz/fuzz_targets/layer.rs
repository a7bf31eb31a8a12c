//! A layer of an image, compressed or not.

#![no_main]

#[path = "../../crates/code/tests/doors/mod.rs"]
#[allow(dead_code, reason = "each target has one door")]
mod doors;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doors::layer(bytes));
