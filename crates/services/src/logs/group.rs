//! Log groups: made by whoever asks, and by the first line of a function. Never deleted with the function.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>

use std::sync::Arc;

use lambent_core::limits::LIST_PAGE_MAX;
use lambent_core::logs::group::{Class, Group, GroupId};
use lambent_store::{Expect, Key, Prefix, Transaction, WriteError, tables};
use lambent_wire::logs::group::{
    CreateLogGroupRequest, DeleteLogGroupRequest, DescribeLogGroupsRequest, DescribeLogGroupsResponse,
    LogGroup,
};

use super::{Error, lookup, tags, token};
use crate::caller::{Caller, Context};
use crate::{Reply, Server};

/// How long events of a delivery group are kept: that is not to be chosen.
const DELIVERY_DAYS: u32 = 2;

/// CreateLogGroup.
///
/// # Errors
/// [`Error`] as CloudWatch Logs would refuse it.
pub async fn create_log_group(
    server: &Arc<Server>,
    context: &Context,
    request: CreateLogGroupRequest,
) -> Result<Reply, Error> {
    let id = lookup::named(&context.caller, &request.log_group_name);
    if id.name.starts_with("aws/") {
        let words = "Log groups starting with AWS/ are reserved for AWS.";
        return Err(Error::InvalidParameter(words.to_owned()));
    }
    let tags = request.tags.unwrap_or_default();
    tags::check(&id, &tags)?;
    let (class, retention_days) = match request.log_group_class.as_deref() {
        None | Some("STANDARD") => (Class::Standard, None),
        Some("INFREQUENT_ACCESS") => (Class::InfrequentAccess, None),
        Some("DELIVERY") => (Class::Delivery, Some(DELIVERY_DAYS)),
        Some(_) => return Err(Error::NotThereYet("this log group class")),
    };
    let is_protected = request.deletion_protection_enabled.unwrap_or_default();
    let kms_key_id = request.kms_key_id;
    let plain = Group::new(id, server.dice.uuid(), server.clock.now());
    let group = Group { class, retention_days, kms_key_id, is_protected, tags, ..plain };
    let key = tables::log_group_key(&group.id);
    let made = Transaction::new().put(&tables::LOG_GROUPS, key, &group, Expect::Absent);
    // Lines of a function that come first make the group.
    server.logs.written().await;
    match server.store.write(made).await {
        Ok(_) => Ok(Reply::of(())),
        Err(WriteError::Conflict { .. }) => Err(Error::GroupExists),
        Err(WriteError::Store(fault)) => Err(fault.into()),
    }
}

/// DeleteLogGroup: with all its events. A function that runs on makes it anew with its next line.
///
/// # Errors
/// [`Error`] as CloudWatch Logs would refuse it.
pub async fn delete_log_group(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteLogGroupRequest,
) -> Result<Reply, Error> {
    let id = lookup::named(&context.caller, &request.log_group_name);
    loop {
        let record = lookup::read(server, &id).await?;
        if record.value.is_protected {
            let words = "The log group cannot be deleted: its deletion protection is enabled.";
            return Err(Error::Validation(words.to_owned()));
        }
        if server.logs.delete_group(&record.value, record.revision).await? {
            return Ok(Reply::of(()));
        }
    }
}

/// DescribeLogGroups: in the order of their names, 50 a page.
///
/// # Errors
/// [`Error`] as CloudWatch Logs would refuse it.
pub async fn describe_log_groups(
    server: &Arc<Server>,
    context: &Context,
    request: DescribeLogGroupsRequest,
) -> Result<Reply, Error> {
    if request.log_group_name_prefix.is_some() && request.log_group_name_pattern.is_some() {
        let words = "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.";
        return Err(Error::InvalidParameter(words.to_owned()));
    }
    server.logs.written().await;
    let limit = request.limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(LIST_PAGE_MAX);
    let mut found = find(server, &context.caller, &request, limit + 1).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next_token = found.last().filter(|_| more).map(|group| token::mark(&group.id.name));
    let mut log_groups = Vec::with_capacity(found.len());
    for group in found {
        log_groups.push(shown(server, group).await?);
    }
    Ok(Reply::of(DescribeLogGroupsResponse { log_groups: Some(log_groups), next_token }))
}

/// The first groups behind the token that are wanted.
async fn find(
    server: &Server,
    caller: &Caller,
    request: &DescribeLogGroupsRequest,
    count: usize,
) -> Result<Vec<Group>, Error> {
    let place = [caller.account.as_str(), caller.region.as_str()];
    let prefix =
        Prefix::under(place).starting_with(request.log_group_name_prefix.as_deref().unwrap_or_default());
    let behind = request.next_token.as_deref().map(token::unmark).transpose()?;
    let mut after = behind.map(|name| Key::of(place.into_iter().chain([name.as_str()])));
    let mut found = Vec::new();
    while found.len() < count {
        let page =
            server.store.list(&tables::LOG_GROUPS, &prefix, after.as_ref(), count.max(LIST_PAGE_MAX)).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.key.clone());
        found.extend(page.into_iter().map(|record| record.value).filter(|group| wants(request, group)));
    }
    found.truncate(count);
    Ok(found)
}

fn wants(request: &DescribeLogGroupsRequest, group: &Group) -> bool {
    // A pattern is looked for anywhere in the name, in any case.
    let pattern = request.log_group_name_pattern.as_ref().map(|pattern| pattern.to_lowercase());
    let class = request.log_group_class.as_deref();
    let is = |wanted: &String| *wanted == group.id.name || GroupId::read(wanted).as_ref() == Some(&group.id);
    pattern.is_none_or(|pattern| group.id.name.to_lowercase().contains(&pattern))
        && class.is_none_or(|class| class == class_name(group.class))
        && request.log_group_identifiers.as_ref().is_none_or(|wanted| wanted.iter().any(is))
}

const fn class_name(class: Class) -> &'static str {
    match class {
        Class::Standard => "STANDARD",
        Class::InfrequentAccess => "INFREQUENT_ACCESS",
        Class::Delivery => "DELIVERY",
    }
}

async fn shown(server: &Server, group: Group) -> Result<LogGroup, Error> {
    let stored_bytes = i64::try_from(server.logs.stored_bytes(&group).await?).unwrap_or(i64::MAX);
    let arn = group.id.arn();
    Ok(LogGroup {
        log_group_name: Some(group.id.name),
        creation_time: Some(group.created.as_millis()),
        retention_in_days: group.retention_days.and_then(|days| i32::try_from(days).ok()),
        metric_filter_count: Some(0),
        arn: Some(format!("{arn}:*")),
        stored_bytes: Some(stored_bytes),
        kms_key_id: group.kms_key_id,
        log_group_class: Some(class_name(group.class).to_owned()),
        log_group_arn: Some(arn),
        deletion_protection_enabled: group.is_protected.then_some(true),
        ..LogGroup::default()
    })
}
