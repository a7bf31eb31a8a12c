//! How long the events of a group are kept.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>

use std::sync::Arc;

use lambent_core::logs::group::RETENTION_DAYS;
use lambent_wire::logs::retention::{DeleteRetentionPolicyRequest, PutRetentionPolicyRequest};

use super::{Error, lookup};
use crate::caller::Context;
use crate::{Reply, Server};

/// PutRetentionPolicy.
///
/// # Errors
/// [`Error`] as CloudWatch Logs would refuse it.
pub async fn put_retention_policy(
    server: &Arc<Server>,
    context: &Context,
    request: PutRetentionPolicyRequest,
) -> Result<Reply, Error> {
    let days = request.retention_in_days;
    if !RETENTION_DAYS.contains(&days) {
        return Err(Error::InvalidParameter(format!(
            "1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: {RETENTION_DAYS:?}"
        )));
    }
    set(server, context, &request.log_group_name, u32::try_from(days).ok()).await
}

/// DeleteRetentionPolicy: what is there is kept for ever.
///
/// # Errors
/// [`Error`] as CloudWatch Logs would refuse it.
pub async fn delete_retention_policy(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteRetentionPolicyRequest,
) -> Result<Reply, Error> {
    set(server, context, &request.log_group_name, None).await
}

async fn set(server: &Server, context: &Context, name: &str, days: Option<u32>) -> Result<Reply, Error> {
    let id = lookup::named(&context.caller, name);
    lookup::change(server, &id, |group| {
        group.retention_days = days;
        Ok(())
    })
    .await?;
    Ok(Reply::of(()))
}
