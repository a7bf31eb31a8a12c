//! Alarms, told: by name, by state, by action, or by the metric they watch.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html>

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use lambent_core::limits::{ALARMS_PAGE, ALARMS_PAGE_MAX};
use lambent_core::monitoring::alarm::{Alarm, Watch};
use lambent_core::monitoring::metric::MetricKey;
use lambent_wire::monitoring::alarm::{
    DescribeAlarmsForMetricInput, DescribeAlarmsForMetricOutput, DescribeAlarmsInput, DescribeAlarmsOutput,
};

use super::{Error, alarm_shown, alarms, metric_put};
use crate::caller::Context;
use crate::{Reply, Server};

/// How long a page is.
pub(super) fn page_size(asked: Option<i32>) -> usize {
    asked.and_then(|asked| usize::try_from(asked).ok()).unwrap_or(ALARMS_PAGE).clamp(1, ALARMS_PAGE_MAX)
}

/// What a token stands for; it was given out as [`mark`].
pub(super) fn unmark(token: &str) -> Result<String, Error> {
    let bytes = BASE64.decode(token).map_err(|_| Error::NextToken)?;
    String::from_utf8(bytes).map_err(|_| Error::NextToken)
}

pub(super) fn mark(text: &str) -> String {
    BASE64.encode(text)
}

/// DescribeAlarms: metric alarms in the order of their names. There are no others here.
///
/// # Errors
/// [`Error`] as CloudWatch would refuse it.
pub async fn describe_alarms(
    server: &Arc<Server>,
    context: &Context,
    request: DescribeAlarmsInput,
) -> Result<Reply, Error> {
    if request.alarm_names.as_ref().is_some_and(|names| !names.is_empty())
        && request.alarm_name_prefix.is_some()
    {
        let words = "AlarmNamePrefix and AlarmNames are mutually exclusive.";
        return Err(Error::Combination(words.to_owned()));
    }
    if request.children_of_alarm_name.is_some() {
        return Err(Error::NotThereYet("Composite alarms"));
    }
    let behind = request.next_token.as_deref().map(unmark).transpose()?;
    let wanted =
        |alarm: &Alarm| is_wanted(&request, alarm) && behind.as_ref().is_none_or(|b| alarm.id.name > *b);
    let size = page_size(request.max_records);
    let mut found = alarms::all(server, &context.caller.account, &context.caller.region).await?;
    found.retain(wanted);
    let more = found.len() > size;
    found.truncate(size);
    Ok(Reply::of(DescribeAlarmsOutput {
        next_token: found.last().filter(|_| more).map(|last| mark(&last.id.name)),
        metric_alarms: Some(found.into_iter().map(alarm_shown::alarm).collect()),
        composite_alarms: Some(Vec::new()),
        ..DescribeAlarmsOutput::default()
    }))
}

fn is_wanted(request: &DescribeAlarmsInput, alarm: &Alarm) -> bool {
    let names = request.alarm_names.as_ref().filter(|names| !names.is_empty());
    let types = request.alarm_types.as_ref().filter(|types| !types.is_empty());
    let prefixed = |text: &String, prefix: &String| text.starts_with(prefix.as_str());
    names.is_none_or(|names| names.contains(&alarm.id.name))
        && types.is_none_or(|types| types.iter().any(|kind| kind == "MetricAlarm"))
        && request.alarm_name_prefix.as_ref().is_none_or(|prefix| prefixed(&alarm.id.name, prefix))
        && request.state_value.as_ref().is_none_or(|state| state == alarm.standing.state.as_str())
        && request.action_prefix.as_ref().is_none_or(|prefix| alarm.actions.all().any(|arn| prefixed(arn, prefix)))
        // It is no child of any composite alarm.
        && request.parents_of_alarm_name.is_none()
}

/// DescribeAlarmsForMetric: those that name the metric themselves.
///
/// # Errors
/// [`Error`] as CloudWatch would refuse it.
pub async fn describe_alarms_for_metric(
    server: &Arc<Server>,
    context: &Context,
    request: DescribeAlarmsForMetricInput,
) -> Result<Reply, Error> {
    let dimensions = metric_put::dimensions(request.dimensions.unwrap_or_default());
    let wanted = MetricKey::new(request.namespace, request.metric_name, dimensions);
    let asked = request.statistic.or(request.extended_statistic);
    let fits = |alarm: &Alarm| match &alarm.watch {
        Watch::Queries(_) => false,
        Watch::Single { metric, stat, period_s, unit, .. } => {
            *metric == wanted
                && asked.as_ref().is_none_or(|asked| asked == stat)
                && request.period.is_none_or(|period| i64::from(period) == i64::from(*period_s))
                && request.unit.as_ref().is_none_or(|asked| Some(asked) == unit.as_ref())
        }
    };
    let mut found = alarms::all(server, &context.caller.account, &context.caller.region).await?;
    found.retain(fits);
    let metric_alarms = Some(found.into_iter().map(alarm_shown::alarm).collect());
    Ok(Reply::of(DescribeAlarmsForMetricOutput { metric_alarms }))
}
