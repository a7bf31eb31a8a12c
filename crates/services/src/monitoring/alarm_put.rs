//! What PutMetricAlarm asks for, read and held against the rules. Never looks at what is there.

use lambent_core::limits::{ALARM_QUERIES_MAX, ALARM_SPAN_LONG_MAX_S, ALARM_SPAN_MAX_S, TAGS_MAX};
use lambent_core::monitoring::alarm::{
    Actions, Alarm, AlarmId, Comparison, Missing, Query, Rule, Source, Standing, Watch,
};
use lambent_core::monitoring::metric::MetricKey;
use lambent_core::monitoring::statistic::Statistic;
use lambent_core::time::Timestamp;
use lambent_wire::monitoring::alarm::PutMetricAlarmInput;
use lambent_wire::monitoring::metric::MetricDataQuery;

use super::{Error, alarm_shown, metric_data, metric_list, metric_put};

/// The alarm that is asked for, as if it were new.
pub(super) fn read(id: AlarmId, mut given: PutMetricAlarmInput, now: Timestamp) -> Result<Alarm, Error> {
    refuse_unbuilt(&given)?;
    let watch = match given.metrics.take() {
        Some(queries) if !queries.is_empty() => several(&given, queries)?,
        _ => single(&mut given)?,
    };
    let rule = rule(&given)?;
    let (period_s, periods) = (watch.period().as_secs(), u64::from(rule.evaluation_periods));
    let (most, words) =
        if period_s >= 3600 { (ALARM_SPAN_LONG_MAX_S, "7 days") } else { (ALARM_SPAN_MAX_S, "a day") };
    if period_s * periods > most {
        return Err(Error::Validation(format!(
            "Metrics cannot be checked across more than {words} (EvaluationPeriods * Period must be <= {most})."
        )));
    }
    let tags = given.tags.into_iter().flatten().map(|tag| (tag.key, tag.value)).collect();
    let tags: std::collections::BTreeMap<String, String> = tags;
    if tags.len() > TAGS_MAX {
        return Err(Error::Validation(format!("An alarm has {TAGS_MAX} tags at most.")));
    }
    let actions = Actions {
        enabled: given.actions_enabled.unwrap_or(true),
        ok: given.ok_actions.unwrap_or_default(),
        alarm: given.alarm_actions.unwrap_or_default(),
        insufficient_data: given.insufficient_data_actions.unwrap_or_default(),
    };
    if let Some(wrong) = actions.all().find(|arn| !is_arn(arn)) {
        return Err(Error::Validation(format!("Invalid arn syntax: {wrong}")));
    }
    Ok(Alarm {
        id,
        description: given.alarm_description,
        actions,
        watch,
        rule,
        missing_given: given.treat_missing_data.is_some(),
        configured: now,
        standing: Standing::initial(now),
        tags,
    })
}

fn refuse_unbuilt(given: &PutMetricAlarmInput) -> Result<(), Error> {
    let unbuilt = [
        (given.threshold_metric_id.is_some(), "ThresholdMetricId"),
        (given.evaluation_window.is_some(), "EvaluationWindow"),
        (given.warm_up_configuration.is_some(), "WarmUpConfiguration"),
        (given.evaluation_criteria.is_some(), "EvaluationCriteria"),
        (given.evaluation_interval.is_some(), "EvaluationInterval"),
        (given.action_configuration.is_some(), "ActionConfiguration"),
    ];
    unbuilt.into_iter().find(|(given, _)| *given).map_or(Ok(()), |(_, name)| Err(Error::NotThereYet(name)))
}

fn required<T>(value: Option<T>, name: &str) -> Result<T, Error> {
    value.ok_or_else(|| Error::Missing(format!("The parameter {name} is required.")))
}

fn rule(given: &PutMetricAlarmInput) -> Result<Rule, Error> {
    let comparison = required(given.comparison_operator.as_deref(), "ComparisonOperator")?;
    let comparison = Comparison::read(comparison).ok_or(Error::NotThereYet("Anomaly detection"))?;
    let evaluation_periods = positive(required(given.evaluation_periods, "EvaluationPeriods")?);
    let datapoints_to_alarm = given.datapoints_to_alarm.map(positive);
    if datapoints_to_alarm.is_some_and(|to_alarm| to_alarm > evaluation_periods) {
        let words = "DatapointsToAlarm must be less than or equal to EvaluationPeriods.";
        return Err(Error::Validation(words.to_owned()));
    }
    let missing = match given.treat_missing_data.as_deref() {
        None => Missing::default(),
        Some(name) => Missing::read(name).ok_or_else(|| {
            Error::Validation(format!(
                "Option {name} is not supported. Supported options for parameter TreatMissingData are breaching, \
                 notBreaching, ignore and missing."
            ))
        })?,
    };
    let threshold = required(given.threshold, "Threshold")?;
    Ok(Rule { comparison, threshold, evaluation_periods, datapoints_to_alarm, missing })
}

/// The model has it at 1 or more.
fn positive(number: i32) -> u32 {
    u32::try_from(number).unwrap_or_default().max(1)
}

fn single(given: &mut PutMetricAlarmInput) -> Result<Watch, Error> {
    let name = required(given.metric_name.take(), "MetricName")?;
    let namespace = required(given.namespace.take(), "Namespace")?;
    let low_samples = given.evaluate_low_sample_count_percentile.take();
    let stat = match (given.statistic.take(), given.extended_statistic.take()) {
        (Some(stat), None) => stat,
        (None, Some(stat)) => extended(stat)?,
        (None, None) => return Err(Error::Missing("The parameter Statistic is required.".to_owned())),
        (Some(_), Some(_)) => {
            let words = "Only one of Statistic and ExtendedStatistic may be given.";
            return Err(Error::Combination(words.to_owned()));
        }
    };
    if let Some(option) =
        low_samples.as_ref().filter(|option| !["evaluate", "ignore"].contains(&option.as_str()))
    {
        return Err(Error::Validation(format!(
            "Option {option} is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are \
             evaluate and ignore."
        )));
    }
    let metric =
        MetricKey::new(namespace, name, metric_put::dimensions(given.dimensions.take().unwrap_or_default()));
    let period_s = period(required(given.period, "Period")?)?;
    if period_s < 60 && metric.namespace.starts_with("AWS/") {
        let words = "Only a period greater than 60s is supported for metrics in the \"AWS/\" namespaces";
        return Err(Error::Validation(words.to_owned()));
    }
    Ok(Watch::Single { metric, stat, period_s, unit: given.unit.take(), low_samples })
}

fn extended(stat: String) -> Result<String, Error> {
    match Statistic::read(&stat) {
        Ok(read) if !read.is_plain() => Ok(stat),
        Ok(_) | Err(_) => {
            let words = format!("The value {stat} for parameter ExtendedStatistic is not supported.");
            Err(Error::InvalidParameter(words))
        }
    }
}

fn period(period: i32) -> Result<u32, Error> {
    let period = positive(period);
    if matches!(period, 10 | 20 | 30) || period.is_multiple_of(60) {
        return Ok(period);
    }
    Err(Error::Validation("Period must be 10, 20, 30 or a multiple of 60.".to_owned()))
}

/// Queries, of which one is watched.
fn several(given: &PutMetricAlarmInput, queries: Vec<MetricDataQuery>) -> Result<Watch, Error> {
    let single = given.metric_name.is_some() || given.namespace.is_some() || given.period.is_some();
    if single || given.statistic.is_some() || given.extended_statistic.is_some() {
        let words = "Metrics goes without MetricName, Namespace, Dimensions, Period, Unit, Statistic and \
                     ExtendedStatistic.";
        return Err(Error::Combination(words.to_owned()));
    }
    if queries.len() > ALARM_QUERIES_MAX {
        return Err(Error::Validation(format!("Metrics takes {ALARM_QUERIES_MAX} queries at most.")));
    }
    let kept: Vec<Query> = queries.into_iter().map(query).collect::<Result<_, _>>()?;
    if kept.iter().filter(|query| query.return_data != Some(false)).count() != 1 {
        return Err(Error::Validation(
            "Exactly one element of the metrics list should return data.".to_owned(),
        ));
    }
    // As they will be asked.
    metric_data::read(kept.iter().map(alarm_shown::query).collect())?;
    Ok(Watch::Queries(kept))
}

fn query(given: MetricDataQuery) -> Result<Query, Error> {
    let MetricDataQuery { id, metric_stat, expression, label, return_data, period, account_id } = given;
    let source = match (metric_stat, expression) {
        (Some(stat), None) => Source::Stat {
            period_s: self::period(stat.period)?,
            stat: stat.stat,
            unit: stat.unit,
            metric: metric_list::key(stat.metric),
        },
        (None, Some(expression)) => Source::Expression(expression),
        (_, _) => {
            let words =
                format!("Exactly one of MetricStat and Expression must be specified for the query {id}.");
            return Err(Error::Validation(words));
        }
    };
    let period_s = period.map(self::period).transpose()?;
    Ok(Query { id, source, label, return_data, period_s, account: account_id })
}

fn is_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    parts.len() == 6
        && parts[0] == "arn"
        && !parts[1].is_empty()
        && !parts[2].is_empty()
        && !parts[5].is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_arns() {
        assert!(
            is_arn("arn:aws:sns:us-east-1:000000000000:t") && is_arn("arn:aws:automate:us-east-1:ec2:stop")
        );
        assert!(!is_arn("arn:aws:sns") && !is_arn("topic") && !is_arn("arn:aws::us-east-1:0:x"));
    }
}
