//! What an account may have in a region, and what it has. Never counts what runs.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_GetAccountSettings.html>

use std::sync::Arc;

use lambent_core::limits::{CODE_STORAGE_MAX_BYTES, UNZIPPED_MAX_BYTES, ZIP_UPLOAD_MAX_BYTES};
use lambent_wire::lambda::concurrency::{
    AccountLimit, AccountUsage, GetAccountSettingsRequest, GetAccountSettingsResponse,
};

use super::{Error, reservations};
use crate::caller::{Caller, Context};
use crate::{Reply, Server};

/// GetAccountSettings.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn get_account_settings(
    server: &Arc<Server>,
    context: &Context,
    _request: GetAccountSettingsRequest,
) -> Result<Reply, Error> {
    let Caller { account, region, .. } = &context.caller;
    let limit = server.dispatcher.concurrency(account, region);
    let unreserved = reservations::read(server, account, region).await?.unreserved(limit);
    let usage = server.usage.of(account, region);
    Ok(Reply::of(GetAccountSettingsResponse {
        account_limit: Some(AccountLimit {
            total_code_size: i64::try_from(CODE_STORAGE_MAX_BYTES).ok(),
            code_size_unzipped: i64::try_from(UNZIPPED_MAX_BYTES).ok(),
            code_size_zipped: i64::try_from(ZIP_UPLOAD_MAX_BYTES).ok(),
            concurrent_executions: i32::try_from(limit).ok(),
            unreserved_concurrent_executions: i32::try_from(unreserved).ok(),
        }),
        account_usage: Some(AccountUsage {
            total_code_size: i64::try_from(usage.code_bytes).ok(),
            function_count: i64::try_from(usage.functions).ok(),
        }),
    }))
}
