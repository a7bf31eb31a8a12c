//! What an alarm does when its state changes: a function is invoked, or a topic is told. Whatever cannot be done stands in
//! the alarm's history, with the reason. Never tries twice: a function's event is kept, and its queue tries again.
//!
//! A topic is told in the server's own name: requests to it are signed with the server's keys for other services, where AWS's
//! CloudWatch comes as a service of its own. Whether the topic's policy lets CloudWatch in is the topic's to judge.
//!
//! Sources: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html>,
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions.html>

use std::sync::Arc;

use http::HeaderMap;
use lambent_core::account::Region;
use lambent_core::iam::{Context, Decision, Kind, Request, Requester, evaluate};
use lambent_core::lambda::arn::{FunctionId, Qualifier, Reference};
use lambent_core::lambda::event::Event;
use lambent_core::monitoring::alarm::{Alarm, HistoryItem, Query, Source, Standing, Transition, Watch};
use lambent_core::monitoring::metric::MetricKey;
use lambent_store::{Expect, Transaction, tables};
use serde_json::{Value, json};
use tracing::warn;

use crate::Server;
use crate::lambda::trace;
use crate::upstream::{Fault, Session, sns};

/// Who invokes functions for alarms.
const PRINCIPAL: &str = "lambda.alarms.cloudwatch.amazonaws.com";

/// Does one action, and remembers what came of it.
pub(super) async fn act(server: Arc<Server>, alarm: Alarm, transition: Transition, action: String) {
    let outcome = match action.split(':').nth(2) {
        Some("lambda") => invoke(&server, &alarm, &transition, &action).await,
        Some("sns") => publish(&server, &alarm, &transition, &action).await,
        _ => Err("Actions of this kind are not there yet in Lambent".to_owned()),
    };
    if let Err(reason) = &outcome {
        warn!(alarm = alarm.id.name, action, reason, "the action of an alarm was not done");
    }
    let at = server.clock.now();
    let item = HistoryItem::acted(&alarm.id, &transition.new, &action, outcome, at);
    let key = tables::alarm_history_key(&alarm.id, at, server.dice.uuid());
    let transaction = Transaction::new().put(&tables::ALARM_HISTORY, key, &item, Expect::Any);
    if let Err(fault) = server.store.write(transaction).await {
        warn!(alarm = alarm.id.name, action, %fault, "the history of an alarm was not written");
    }
}

/// Invokes a function asynchronously, as far as its policy lets alarms; gives the event.
async fn invoke(
    server: &Arc<Server>,
    alarm: &Alarm,
    transition: &Transition,
    action: &str,
) -> Result<String, String> {
    let (function, qualifier) = function(action).ok_or("This is no ARN of a function")?;
    if !may_invoke(server, alarm, (&function, &qualifier), action) {
        return Err(
            "CloudWatch Alarms is not authorized to perform: lambda:InvokeFunction on the resource because \
                    no resource-based policy allows the lambda:InvokeFunction action"
                .to_owned(),
        );
    }
    let resolved =
        server.dispatcher.resolve(&function, &qualifier).await.map_err(|error| error.to_string())?;
    let payload = event(alarm, transition).to_string();
    let trace_id = trace::reached(server, &HeaderMap::new(), &resolved);
    let event = Event {
        incarnation: resolved.incarnation(),
        function,
        qualifier,
        request_id: server.dice.uuid().to_string(),
        invoked_function_arn: action.to_owned(),
        payload: payload.clone(),
        trace_id: Some(trace_id),
        received: server.clock.now(),
        attempts: 0,
        turned_away: 0,
        last: None,
        ended: None,
    };
    server.dispatcher.accept(&event).await.map_err(|error| error.to_string())?;
    Ok(payload)
}

fn function(arn: &str) -> Option<(FunctionId, Qualifier)> {
    let reference = Reference::read(arn).ok()?;
    let id = FunctionId {
        account: reference.account?.try_into().ok()?,
        region: reference.region?.try_into().ok()?,
        name: reference.name,
    };
    Some((id, reference.qualifier.unwrap_or(Qualifier::Latest)))
}

fn may_invoke(
    server: &Server,
    alarm: &Alarm,
    (function, qualifier): (&FunctionId, &Qualifier),
    arn: &str,
) -> bool {
    let Some(policy) = server.policies.find(function, qualifier) else { return false };
    let context = Context::new()
        .with("aws:SourceArn", alarm.id.arn())
        .with("aws:SourceAccount", alarm.id.account.as_str())
        .with("aws:PrincipalIsAWSService", "true");
    let requester = Requester::Service(PRINCIPAL.to_owned());
    let action = "lambda:InvokeFunction";
    let request = Request { requester: &requester, action, resource: arn, context: &context };
    matches!(evaluate(&policy, Kind::Resource, &request), Decision::Allowed(_))
}

/// What a function is told.
fn event(alarm: &Alarm, Transition { old, new }: &Transition) -> Value {
    let mut configuration = json!({ "metrics": metrics(alarm) });
    if let Some(description) = &alarm.description {
        configuration["description"] = json!(description);
    }
    json!({
        "source": "aws.cloudwatch",
        "alarmArn": alarm.id.arn(),
        "accountId": alarm.id.account.as_str(),
        "time": new.updated.to_lambda_string(),
        "region": alarm.id.region.as_str(),
        "alarmData": {
            "alarmName": alarm.id.name,
            "state": state(new),
            "previousState": state(old),
            "configuration": configuration,
        },
    })
}

fn state(standing: &Standing) -> Value {
    let mut state = json!({ "value": standing.state.as_str(), "reason": standing.reason });
    if let Some(data) = &standing.data {
        state["reasonData"] = json!(data);
    }
    state["timestamp"] = json!(standing.updated.to_lambda_string());
    state
}

fn metrics(alarm: &Alarm) -> Vec<Value> {
    match &alarm.watch {
        Watch::Single { metric, stat, period_s, unit, .. } => {
            // AWS makes an id up where none was given.
            let id = lambent_core::digest::Digest::of(alarm.id.arn().as_bytes()).to_string();
            vec![json!({
                "id": &id[..32],
                "metricStat": statistic(metric, *period_s, stat, unit.as_deref()),
                "returnData": true,
            })]
        }
        Watch::Queries(queries) => queries.iter().map(query).collect(),
    }
}

fn query(query: &Query) -> Value {
    let mut shown = json!({ "id": query.id });
    match &query.source {
        Source::Expression(expression) => shown["expression"] = json!(expression),
        Source::Stat { metric, period_s, stat, unit } => {
            shown["metricStat"] = statistic(metric, *period_s, stat, unit.as_deref());
        }
    }
    if let Some(label) = &query.label {
        shown["label"] = json!(label);
    }
    shown["returnData"] = json!(query.return_data != Some(false));
    shown
}

fn statistic(metric: &MetricKey, period_s: u32, stat: &str, unit: Option<&str>) -> Value {
    let dimensions: serde_json::Map<String, Value> =
        metric.dimensions.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let mut shown = json!({
        "metric": { "namespace": metric.namespace, "name": metric.name, "dimensions": dimensions },
        "period": period_s,
        "stat": stat,
    });
    if let Some(unit) = unit {
        shown["unit"] = json!(unit);
    }
    shown
}

/// Tells a topic, in another service; gives the message.
async fn publish(
    server: &Server,
    alarm: &Alarm,
    transition: &Transition,
    action: &str,
) -> Result<String, String> {
    let upstream = server
        .upstream
        .as_ref()
        .ok_or("There are no topics here: --upstream-endpoint says where they are")?;
    let region = action.split(':').nth(3).and_then(|region| Region::try_from(region.to_owned()).ok());
    let region = region.unwrap_or_else(|| alarm.id.region.clone());
    let session = Session::by(upstream, alarm.id.account.clone(), region, server.clock.wall());
    let message = notice(alarm, transition).to_string();
    let state = transition.new.state.as_str();
    let subject = format!("{state}: \"{}\" in {}", alarm.id.name, place(&alarm.id.region));
    // A longer subject is none to SNS.
    let subject: String = subject.chars().take(100).collect();
    let told = sns::publish_with_subject(&session, action, &message, Some(&subject), &[]).await;
    told.map(|()| message).map_err(|fault| match fault {
        Fault::Refused(refused) | Fault::NotServed(refused) => {
            format!("{}: {}", refused.code, refused.message)
        }
        Fault::Upstream(fault) => fault.to_string(),
    })
}

/// What a topic is told.
fn notice(alarm: &Alarm, Transition { old, new }: &Transition) -> Value {
    json!({
        "AlarmName": alarm.id.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": alarm.id.account.as_str(),
        "AlarmConfigurationUpdatedTimestamp": alarm.configured.to_lambda_string(),
        "NewStateValue": new.state.as_str(),
        "NewStateReason": new.reason,
        "StateChangeTime": new.updated.to_lambda_string(),
        "Region": place(&alarm.id.region),
        "AlarmArn": alarm.id.arn(),
        "OldStateValue": old.state.as_str(),
        "OKActions": alarm.actions.ok,
        "AlarmActions": alarm.actions.alarm,
        "InsufficientDataActions": alarm.actions.insufficient_data,
        "Trigger": trigger(alarm),
    })
}

fn trigger(alarm: &Alarm) -> Value {
    let rule = &alarm.rule;
    let missing = if alarm.missing_given { rule.missing.as_str() } else { "" };
    let mut trigger = match &alarm.watch {
        Watch::Single { metric, stat, period_s, unit, low_samples } => {
            let dimensions: Vec<Value> = metric
                .dimensions
                .iter()
                .map(|(name, value)| json!({ "value": value, "name": name }))
                .collect();
            let mut shown = json!({ "MetricName": metric.name, "Namespace": metric.namespace });
            if alarm.watch.is_plain() {
                shown["StatisticType"] = json!("Statistic");
                shown["Statistic"] = json!(if stat == "SampleCount" {
                    "SAMPLE_COUNT".to_owned()
                } else {
                    stat.to_uppercase()
                });
            } else {
                shown["StatisticType"] = json!("ExtendedStatistic");
                shown["ExtendedStatistic"] = json!(stat);
            }
            shown["Unit"] = json!(unit);
            shown["Dimensions"] = json!(dimensions);
            shown["Period"] = json!(period_s);
            shown["EvaluateLowSampleCountPercentile"] = json!(low_samples.as_deref().unwrap_or(""));
            shown
        }
        Watch::Queries(_) => json!({ "Metrics": metrics(alarm), "Period": alarm.watch.period().as_secs() }),
    };
    trigger["EvaluationPeriods"] = json!(rule.evaluation_periods);
    if let Some(to_alarm) = rule.datapoints_to_alarm {
        trigger["DatapointsToAlarm"] = json!(to_alarm);
    }
    trigger["ComparisonOperator"] = json!(rule.comparison.as_str());
    trigger["Threshold"] = json!(rule.threshold);
    trigger["TreatMissingData"] = json!(missing);
    trigger
}

/// A region as people call it; its id where that is not known here.
fn place(region: &Region) -> &str {
    match region.as_str() {
        "us-east-1" => "US East (N. Virginia)",
        "us-east-2" => "US East (Ohio)",
        "us-west-1" => "US West (N. California)",
        "us-west-2" => "US West (Oregon)",
        "ca-central-1" => "Canada (Central)",
        "eu-west-1" => "EU (Ireland)",
        "eu-west-2" => "EU (London)",
        "eu-west-3" => "EU (Paris)",
        "eu-central-1" => "EU (Frankfurt)",
        "eu-north-1" => "EU (Stockholm)",
        "ap-south-1" => "Asia Pacific (Mumbai)",
        "ap-southeast-1" => "Asia Pacific (Singapore)",
        "ap-southeast-2" => "Asia Pacific (Sydney)",
        "ap-northeast-1" => "Asia Pacific (Tokyo)",
        "ap-northeast-2" => "Asia Pacific (Seoul)",
        "sa-east-1" => "South America (Sao Paulo)",
        other => other,
    }
}
