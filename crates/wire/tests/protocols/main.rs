//! The wire judged by others: botocore's protocol vectors, and botocore itself in both directions.

#![expect(clippy::unwrap_used, reason = "all of this is tests")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a kind no arm names is compared as it is printed")]

mod botocore;
mod compare;
mod constraints;
mod errors;
mod exceptions;
mod malformed;
mod roundtrip;
mod same_schema;
mod trees;
mod vectors;
