//! CloudWatch's operations, a file a noun. Values are gathered in memory and kept by `lambent_store::metrics`.

pub mod alarm;
mod alarm_action;
pub mod alarm_describe;
pub mod alarm_history;
mod alarm_put;
mod alarm_seen;
mod alarm_shown;
pub mod alarms;
mod errors;
mod gather;
pub mod metric_data;
pub mod metric_list;
pub mod metric_put;
pub mod metric_statistics;
mod metrics;
mod prometheus;
pub mod tags;

pub use errors::Error;
pub use metrics::Metrics;
