//! The metrics there are.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html>

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use lambent_core::limits::{METRIC_LISTED, METRIC_RECENT, METRICS_PAGE_MAX};
use lambent_core::monitoring::metric::MetricKey;
use lambent_store::metrics::Listed;
use lambent_wire::monitoring::metric::{Dimension, ListMetricsInput, ListMetricsOutput, Metric};

use super::Error;
use crate::caller::Context;
use crate::{Reply, Server};

/// ListMetrics: those that had a value in the last two weeks, or in the last three hours.
///
/// # Errors
/// [`Error`] as CloudWatch would refuse it.
pub async fn list_metrics(
    server: &Arc<Server>,
    context: &Context,
    request: ListMetricsInput,
) -> Result<Reply, Error> {
    let (account, region) = (&context.caller.account, &context.caller.region);
    let behind = request.next_token.as_deref().map(unmark).transpose()?;
    let span = if request.recently_active.is_some() { METRIC_RECENT } else { METRIC_LISTED };
    // The hour of the last value is known, not its minute.
    let since = server.clock.now().minus(span).minus(std::time::Duration::from_secs(3600));
    // Nobody shares metrics with this account.
    let foreign = request.owning_account.as_ref().is_some_and(|owner| owner != account.as_str());
    let is_wanted = |listed: &Listed| {
        !foreign
            && listed.last > since
            && fits(&request, &listed.metric)
            && behind.as_ref().is_none_or(|behind| listed.metric > *behind)
    };
    let found = server.metrics.list(account, region).into_iter().filter(is_wanted);
    let mut metrics: Vec<MetricKey> = found.map(|listed| listed.metric).take(METRICS_PAGE_MAX + 1).collect();
    let more = metrics.len() > METRICS_PAGE_MAX;
    metrics.truncate(METRICS_PAGE_MAX);
    let next_token = metrics.last().filter(|_| more).map(mark);
    let owners = request.include_linked_accounts.unwrap_or_default();
    let owning_accounts = owners.then(|| vec![account.to_string(); metrics.len()]);
    let metrics = Some(metrics.into_iter().map(shown).collect());
    Ok(Reply::of(ListMetricsOutput { metrics, next_token, owning_accounts }))
}

fn fits(request: &ListMetricsInput, metric: &MetricKey) -> bool {
    request.namespace.as_ref().is_none_or(|namespace| *namespace == metric.namespace)
        && request.metric_name.as_ref().is_none_or(|name| *name == metric.name)
        && request.dimensions.iter().flatten().all(|wanted| metric.has(&wanted.name, wanted.value.as_deref()))
}

/// A metric on the wire.
pub(crate) fn shown(metric: MetricKey) -> Metric {
    let dimensions = metric.dimensions.into_iter().map(|(name, value)| Dimension { name, value });
    Metric {
        namespace: Some(metric.namespace),
        metric_name: Some(metric.name),
        dimensions: Some(dimensions.collect()),
    }
}

/// The metric a wire's metric is.
pub(crate) fn key(metric: Metric) -> MetricKey {
    let dimensions = super::metric_put::dimensions(metric.dimensions.unwrap_or_default());
    MetricKey::new(metric.namespace.unwrap_or_default(), metric.metric_name.unwrap_or_default(), dimensions)
}

fn mark(metric: &MetricKey) -> String {
    BASE64.encode(serde_json::to_vec(metric).unwrap_or_default())
}

fn unmark(token: &str) -> Result<MetricKey, Error> {
    let bytes = BASE64.decode(token).ok();
    let metric = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    metric.ok_or_else(|| Error::InvalidParameter("Request parameter NextToken is invalid".to_owned()))
}
