//! CloudWatch: what a metric is, what is kept of its values, and what is asked of them. Never where they are kept.

pub mod alarm;
pub mod bucket;
mod exact;
pub mod math;
pub mod measure;
pub mod metric;
pub mod period;
pub mod spread;
pub mod statistic;
