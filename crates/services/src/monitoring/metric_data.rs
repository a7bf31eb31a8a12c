//! Values of many metrics at once, and what is computed of them.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>

mod compute;
mod dynamic;
mod label;
mod page;
mod query;

use std::cmp::Ordering;
use std::sync::Arc;

use lambent_core::limits::METRIC_QUERIES_MAX;
use lambent_core::time::Timestamp;
use lambent_wire::monitoring::metric::{GetMetricDataInput, MetricDataQuery};

pub(crate) use self::compute::{Asked, lines};
pub(crate) use self::query::read;
use super::Error;
use crate::caller::Context;
use crate::{Reply, Server};

/// GetMetricData: newest values first, unless the oldest are asked for.
///
/// # Errors
/// [`Error`] as CloudWatch would refuse it.
pub async fn get_metric_data(
    server: &Arc<Server>,
    context: &Context,
    request: GetMetricDataInput,
) -> Result<Reply, Error> {
    let start = Timestamp::from_millis(request.start_time.as_millis());
    let end = Timestamp::from_millis(request.end_time.as_millis());
    let count = request.metric_data_queries.len();
    if count == 0 {
        return Err(Error::Validation("The parameter MetricDataQueries is required.".to_owned()));
    }
    if count > METRIC_QUERIES_MAX {
        return Err(Error::Validation(format!(
            "The collection MetricDataQueries must not have a size greater than {METRIC_QUERIES_MAX}."
        )));
    }
    // Parts of a second are no difference.
    let wrong = match start.as_secs().cmp(&end.as_secs()) {
        Ordering::Less => None,
        Ordering::Equal => Some("The parameter StartTime must not equal parameter EndTime."),
        Ordering::Greater => Some("The parameter EndTime must be greater than StartTime."),
    };
    if let Some(words) = wrong {
        return Err(Error::Validation(words.to_owned()));
    }
    let place = (&context.caller.account, &context.caller.region);
    let foreign =
        |query: &MetricDataQuery| query.account_id.as_ref().is_some_and(|id| id != place.0.as_str());
    if request.metric_data_queries.iter().any(foreign) {
        return Err(Error::NotThereYet("reading the metrics of another account"));
    }
    let queries = query::read(request.metric_data_queries)?;
    let asked = Asked { place, start, end, now: server.clock.now() };
    let found = lines(server, asked, &queries).await?;
    let results = label::labelled(asked, &queries, found);
    let descending = request.scan_by.as_deref() != Some("TimestampAscending");
    let page = page::Page::read(request.next_token.as_deref(), request.max_datapoints)?;
    Ok(Reply::of(page.of(results, descending)))
}
