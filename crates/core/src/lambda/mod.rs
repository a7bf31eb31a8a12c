//! What is true of Lambda's nouns: functions, their names, runtimes, environments and logs.

pub mod alias;
pub mod architecture;
pub mod arn;
pub mod code_signing;
pub mod concurrency;
pub mod configuration;
pub mod environment;
pub mod event;
pub mod event_source_mapping;
pub mod extension;
pub mod failure;
pub mod function;
pub mod image;
pub mod layer;
pub mod life;
pub mod lineage;
pub mod log;
pub mod policy;
pub mod provisioned;
pub mod runtime;
pub mod runtime_version;
pub mod settings;
pub mod state;
pub mod version;
