//! Limits of CloudWatch's alarms. Never enforces anything itself.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html>

use std::time::Duration;

/// Periods that are looked at beyond those that count, as in AWS's examples.
pub const ALARM_PERIODS_BEYOND: u32 = 2;
/// How far back an alarm looks where its period is shorter than an hour.
pub const ALARM_SPAN_MAX_S: u64 = 86_400;
/// How far back it looks where its period is an hour or longer.
pub const ALARM_SPAN_LONG_MAX_S: u64 = 7 * 86_400;
/// Evaluations that were missed, by a clock that was moved, and are made up for: six hours of minutes.
pub const ALARM_EVALUATIONS_MAX: u32 = 360;
/// How long what happened to alarms is remembered.
pub const ALARM_HISTORY_KEPT: Duration = Duration::from_secs(30 * 86_400);
/// Alarms, or things that happened to them, in one page of a list.
pub const ALARMS_PAGE_MAX: usize = 100;
/// The same where nothing is said.
pub const ALARMS_PAGE: usize = 50;
/// Queries of one alarm.
pub const ALARM_QUERIES_MAX: usize = 10;
