//! CloudWatch's operations, a file a noun. Values are gathered in memory and kept by `lambent_store::metrics`.

mod errors;
mod gather;
pub mod metric_data;
pub mod metric_list;
pub mod metric_put;
pub mod metric_statistics;
mod metrics;
mod prometheus;

pub use errors::Error;
pub use metrics::Metrics;
