//! Alarms on the wire. Never decides which.

use lambent_core::monitoring::alarm::{Alarm, HistoryItem, Query, Source, Watch};
use lambent_core::monitoring::metric::MetricKey;
use lambent_core::time::Timestamp;
use lambent_wire::monitoring::alarm::{AlarmHistoryItem, MetricAlarm};
use lambent_wire::monitoring::metric::{Dimension, MetricDataQuery, MetricStat};
use lambent_wire::timestamp::Timestamp as Shown;

use super::metric_list;

fn time(at: Timestamp) -> Option<Shown> {
    Shown::from_millis(at.as_millis()).ok()
}

fn number(value: u32) -> Option<i32> {
    i32::try_from(value).ok()
}

/// An alarm as DescribeAlarms tells it.
pub(super) fn alarm(alarm: Alarm) -> MetricAlarm {
    let arn = alarm.id.arn();
    let Alarm { id, description, actions, watch, rule, missing_given, configured, standing, .. } = alarm;
    let shown = MetricAlarm {
        alarm_name: Some(id.name),
        alarm_arn: Some(arn),
        alarm_description: description,
        alarm_configuration_updated_timestamp: time(configured),
        actions_enabled: Some(actions.enabled),
        ok_actions: Some(actions.ok),
        alarm_actions: Some(actions.alarm),
        insufficient_data_actions: Some(actions.insufficient_data),
        state_value: Some(standing.state.as_str().to_owned()),
        state_reason: Some(standing.reason),
        state_reason_data: standing.data,
        state_updated_timestamp: time(standing.updated),
        dimensions: Some(Vec::new()),
        evaluation_periods: number(rule.evaluation_periods),
        datapoints_to_alarm: rule.datapoints_to_alarm.and_then(number),
        threshold: Some(rule.threshold),
        comparison_operator: Some(rule.comparison.as_str().to_owned()),
        treat_missing_data: missing_given.then(|| rule.missing.as_str().to_owned()),
        state_transitioned_timestamp: time(standing.transitioned),
        ..MetricAlarm::default()
    };
    let is_plain = watch.is_plain();
    match watch {
        Watch::Queries(queries) => {
            MetricAlarm { metrics: Some(queries.iter().map(query).collect()), ..shown }
        }
        Watch::Single { metric, stat, period_s, unit, low_samples } => {
            let (statistic, extended_statistic) =
                if is_plain { (Some(stat), None) } else { (None, Some(stat)) };
            MetricAlarm {
                dimensions: Some(dimensions(&metric)),
                metric_name: Some(metric.name),
                namespace: Some(metric.namespace),
                statistic,
                extended_statistic,
                period: number(period_s),
                unit,
                evaluate_low_sample_count_percentile: low_samples,
                ..shown
            }
        }
    }
}

fn dimensions(metric: &MetricKey) -> Vec<Dimension> {
    let pairs = metric.dimensions.iter().cloned();
    pairs.map(|(name, value)| Dimension { name, value }).collect()
}

/// A query as it was given.
pub(super) fn query(query: &Query) -> MetricDataQuery {
    let (metric_stat, expression) = match &query.source {
        Source::Expression(expression) => (None, Some(expression.clone())),
        Source::Stat { metric, period_s, stat, unit } => {
            let metric = metric_list::shown(metric.clone());
            let period = number(*period_s).unwrap_or(i32::MAX);
            (Some(MetricStat { metric, period, stat: stat.clone(), unit: unit.clone() }), None)
        }
    };
    MetricDataQuery {
        id: query.id.clone(),
        metric_stat,
        expression,
        label: query.label.clone(),
        return_data: query.return_data,
        period: query.period_s.and_then(number),
        account_id: query.account.clone(),
    }
}

/// Something that happened, as DescribeAlarmHistory tells it.
pub(super) fn item(item: HistoryItem) -> AlarmHistoryItem {
    AlarmHistoryItem {
        alarm_name: Some(item.alarm.name),
        alarm_type: Some("MetricAlarm".to_owned()),
        timestamp: time(item.at),
        history_item_type: Some(item.kind.as_str().to_owned()),
        history_summary: Some(item.summary),
        history_data: Some(item.data),
        ..AlarmHistoryItem::default()
    }
}
