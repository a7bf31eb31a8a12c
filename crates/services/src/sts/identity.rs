//! Who somebody is: the caller, or the owner of an access key. Never needs leave to say who the caller is.
//!
//! Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>

use std::sync::Arc;

use lambent_core::account::AccountId;
use lambent_wire::sts::identity::{
    GetAccessKeyInfoRequest, GetAccessKeyInfoResponse, GetCallerIdentityRequest, GetCallerIdentityResponse,
};

use super::Error;
use crate::caller::Context;
use crate::{Reply, Server};

/// GetCallerIdentity.
///
/// # Errors
/// None; the signature of other operations needs a place for them.
pub async fn get_caller_identity(
    _server: &Arc<Server>,
    context: &Context,
    _request: GetCallerIdentityRequest,
) -> Result<Reply, Error> {
    let caller = &context.caller;
    Ok(Reply::of(GetCallerIdentityResponse {
        user_id: Some(caller.unique_id()),
        account: Some(caller.account.to_string()),
        arn: Some(caller.arn.clone()),
    }))
}

/// GetAccessKeyInfo. Of a key that was not made here only the account it names is known, where it is one.
///
/// # Errors
/// [`Error::Validation`] for a key that nothing is known of.
pub async fn get_access_key_info(
    server: &Arc<Server>,
    _context: &Context,
    request: GetAccessKeyInfoRequest,
) -> Result<Reply, Error> {
    let id = request.access_key_id;
    let named = || AccountId::try_from(id.clone()).ok();
    let account = server.keys.account_of(&id).or_else(named);
    let account = account.ok_or_else(|| Error::Validation(format!("Access key {id} does not exist.")))?;
    Ok(Reply::of(GetAccessKeyInfoResponse { account: Some(account.to_string()) }))
}
