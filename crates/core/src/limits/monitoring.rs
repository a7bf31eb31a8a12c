//! Limits of CloudWatch. Never enforces anything itself.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html>

use std::time::Duration;

/// Different values that one bucket of a metric keeps by themselves; more are rounded: see `monitoring/spread.rs`.
pub const SPREAD_CELLS_MAX: usize = 512;
/// Metrics that are kept together, each unit counted by itself. AWS has no such limit; without one, whoever makes up
/// dimensions takes all memory.
pub const METRICS_MAX: usize = 100_000;
/// How long values of a second each are kept.
pub const METRIC_SECONDS_KEPT: Duration = Duration::from_secs(3 * 3600);
/// How long values of a minute each are kept.
pub const METRIC_MINUTES_KEPT: Duration = Duration::from_secs(15 * 86_400);
/// How long values of five minutes each are kept.
pub const METRIC_FIVES_KEPT: Duration = Duration::from_secs(63 * 86_400);
/// How long values of an hour each are kept.
pub const METRIC_HOURS_KEPT: Duration = Duration::from_secs(455 * 86_400);
/// How long a metric without values is listed.
pub const METRIC_LISTED: Duration = Duration::from_secs(14 * 86_400);
/// How long a metric counts as recently active.
pub const METRIC_RECENT: Duration = Duration::from_secs(3 * 3600);
/// How often what was measured is written.
pub const METRIC_FLUSH: Duration = Duration::from_secs(60);
/// How old a value may be that is put.
pub const DATUM_AGE_MAX: Duration = Duration::from_secs(14 * 86_400);
/// How far ahead of the server's clock a value may be that is put.
pub const DATUM_AHEAD_MAX: Duration = Duration::from_secs(2 * 3600);
/// Metrics in one PutMetricData.
pub const METRIC_DATA_MAX: usize = 1000;
/// Values in one metric of a PutMetricData.
pub const DATUM_VALUES_MAX: usize = 150;
/// Points that one GetMetricStatistics may ask for.
pub const STATISTICS_POINTS_MAX: i64 = 1440;
/// Queries in one GetMetricData.
pub const METRIC_QUERIES_MAX: usize = 500;
/// Points in one answer of GetMetricData, where nothing less is asked for.
pub const METRIC_POINTS_MAX: usize = 100_800;
/// Metrics in one page of ListMetrics.
pub const METRICS_PAGE_MAX: usize = 500;
/// How deep an expression may nest.
pub const EXPRESSION_DEPTH_MAX: usize = 32;
/// Functions that Prometheus sees by name; all others are seen together.
pub const LABELLED_FUNCTIONS_MAX: usize = 1000;
/// Blocks of values that are read at once: each holds an hour of minutes or more.
pub const METRIC_BLOCKS_READ_MAX: usize = 100;
