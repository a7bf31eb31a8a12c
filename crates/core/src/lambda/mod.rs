//! What is true of Lambda's nouns: functions, their names, runtimes, environments and logs.

pub mod architecture;
pub mod arn;
pub mod environment;
pub mod failure;
pub mod function;
pub mod log;
pub mod runtime;
