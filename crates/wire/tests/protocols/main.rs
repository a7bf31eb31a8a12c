//! The wire judged by others: botocore's protocol vectors, and botocore itself in both directions.

mod botocore;
mod compare;
mod malformed;
mod roundtrip;
mod same_schema;
mod trees;
mod vectors;
