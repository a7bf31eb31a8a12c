//! What happened to alarms, also to those that are gone.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarmHistory.html>

use std::sync::Arc;

use lambent_core::limits::{ALARM_HISTORY_KEPT, STORE_PAGE_MAX};
use lambent_core::monitoring::alarm::HistoryItem;
use lambent_core::time::Timestamp;
use lambent_store::{Expect, Prefix, Record, StoreError, Transaction, WriteError, tables};
use lambent_wire::monitoring::alarm::{DescribeAlarmHistoryInput, DescribeAlarmHistoryOutput};

use super::alarm_describe::{mark, page_size, unmark};
use super::{Error, alarm, alarm_shown};
use crate::caller::Context;
use crate::{Reply, Server};

/// DescribeAlarmHistory: the newest first, unless the oldest are asked for.
///
/// # Errors
/// [`Error`] as CloudWatch would refuse it.
pub async fn describe_alarm_history(
    server: &Arc<Server>,
    context: &Context,
    request: DescribeAlarmHistoryInput,
) -> Result<Reply, Error> {
    let caller = &context.caller;
    let under = match &request.alarm_name {
        Some(name) => tables::alarm_history_of(&alarm::named(caller, name)),
        None => tables::alarms_of(&caller.account, &caller.region),
    };
    let skip: usize = match request.next_token.as_deref() {
        Some(token) => unmark(token)?.parse().map_err(|_| Error::NextToken)?,
        None => 0,
    };
    let mut found: Vec<HistoryItem> =
        all(server, &under).await?.into_iter().map(|record| record.value).collect();
    found.retain(|item| is_wanted(&request, item));
    found.sort_by_key(|item| item.at);
    if request.scan_by.as_deref() != Some("TimestampAscending") {
        found.reverse();
    }
    let (end, total) = (skip.saturating_add(page_size(request.max_records)), found.len());
    let page = found.into_iter().take(end).skip(skip).map(alarm_shown::item).collect();
    let next_token = (end < total).then(|| mark(&end.to_string()));
    Ok(Reply::of(DescribeAlarmHistoryOutput { alarm_history_items: Some(page), next_token }))
}

fn is_wanted(request: &DescribeAlarmHistoryInput, item: &HistoryItem) -> bool {
    let at_ms = item.at.as_millis();
    let types = request.alarm_types.as_ref().filter(|types| !types.is_empty());
    request.history_item_type.as_ref().is_none_or(|kind| kind == item.kind.as_str())
        && types.is_none_or(|types| types.iter().any(|kind| kind == "MetricAlarm"))
        && request.start_date.is_none_or(|start| start.as_millis() <= at_ms)
        && request.end_date.is_none_or(|end| at_ms <= end.as_millis())
        && request.alarm_contributor_id.is_none()
}

async fn all(server: &Server, under: &Prefix) -> Result<Vec<Record<HistoryItem>>, StoreError> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = server.store.list(&tables::ALARM_HISTORY, under, after.as_ref(), STORE_PAGE_MAX).await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = Some(last.key.clone());
        found.extend(page);
    }
}

/// Forgets what is too old.
pub(super) async fn forget(server: &Server, now: Timestamp) -> Result<(), StoreError> {
    let since = now.minus(ALARM_HISTORY_KEPT);
    for record in all(server, &Prefix::all()).await? {
        if record.value.at < since {
            let transaction = Transaction::new().delete(&tables::ALARM_HISTORY, record.key, Expect::Any);
            match server.store.write(transaction).await {
                Ok(_) | Err(WriteError::Conflict { .. }) => {}
                Err(WriteError::Store(fault)) => return Err(fault),
            }
        }
    }
    Ok(())
}
