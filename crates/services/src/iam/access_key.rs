//! The operations on the access keys of users. Keys of accounts' owners are the server's own, and made by nobody.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html>

use std::sync::Arc;

use lambent_core::iam::access_key::AccessKey;
use lambent_core::iam::unique_id;
use lambent_core::iam::user::User;
use lambent_core::limits::IAM_ACCESS_KEYS_MAX;
use lambent_wire::iam::access_key::{
    AccessKeyLastUsed, CreateAccessKeyRequest, CreateAccessKeyResponse, DeleteAccessKeyRequest,
    GetAccessKeyLastUsedRequest, GetAccessKeyLastUsedResponse, ListAccessKeysRequest, ListAccessKeysResponse,
    UpdateAccessKeyRequest,
};

use super::page::Page;
use super::user::meant;
use super::{Error, find, view};
use crate::caller::Context;
use crate::{Reply, Server};

/// How a key without a use is told of.
const NEVER: &str = "N/A";

/// CreateAccessKey.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn create_access_key(
    server: &Arc<Server>,
    context: &Context,
    request: CreateAccessKeyRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    let name = meant(server, &context.caller, request.user_name)?;
    let mut id = unique_id::of_key("AKIA", &realm.account, &*server.dice);
    while server.identities.key(&id).is_some() {
        id = unique_id::of_key("AKIA", &realm.account, &*server.dice);
    }
    let secret = unique_id::secret(&*server.dice);
    let key = AccessKey { id, secret, is_active: true, created: server.clock.now() };
    let user = find::change::<User>(server, &realm, &name, |user| {
        if user.keys.len() >= IAM_ACCESS_KEYS_MAX {
            let words = format!("Cannot exceed quota for AccessKeysPerUser: {IAM_ACCESS_KEYS_MAX}");
            return Err(Error::Limit(words));
        }
        user.keys.push(key.clone());
        Ok(())
    });
    Ok(Reply::of(CreateAccessKeyResponse { access_key: view::new_key(&user.await?, &key) }))
}

/// UpdateAccessKey: whether it may be used.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn update_access_key(
    server: &Arc<Server>,
    context: &Context,
    request: UpdateAccessKeyRequest,
) -> Result<Reply, Error> {
    let is_active = match request.status.as_str() {
        "Active" => true,
        "Inactive" => false,
        other => return Err(Error::InvalidInput(format!("A key cannot be set to {other}."))),
    };
    let name = meant(server, &context.caller, request.user_name)?;
    let realm = find::realm(&context.caller);
    let changed = find::change::<User>(server, &realm, &name, |user| {
        let key = user.keys.iter_mut().find(|key| key.id == request.access_key_id);
        key.ok_or_else(|| Error::NoSuchKey(request.access_key_id.clone()))?.is_active = is_active;
        Ok(())
    });
    changed.await.map(|_| Reply::of(()))
}

/// DeleteAccessKey.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn delete_access_key(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteAccessKeyRequest,
) -> Result<Reply, Error> {
    let name = meant(server, &context.caller, request.user_name)?;
    let realm = find::realm(&context.caller);
    let changed = find::change::<User>(server, &realm, &name, |user| {
        let before = user.keys.len();
        user.keys.retain(|key| key.id != request.access_key_id);
        if user.keys.len() < before { Ok(()) } else { Err(Error::NoSuchKey(request.access_key_id.clone())) }
    });
    changed.await?;
    server.identities.uses().forget(&request.access_key_id);
    Ok(Reply::of(()))
}

/// ListAccessKeys.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn list_access_keys(
    server: &Arc<Server>,
    context: &Context,
    request: ListAccessKeysRequest,
) -> Result<Reply, Error> {
    let name = meant(server, &context.caller, request.user_name)?;
    let user = find::holder::<User>(server, &find::realm(&context.caller), &name).await?.value;
    let page = Page::in_place(user.keys.clone(), request.marker.as_deref(), request.max_items)?;
    Ok(Reply::of(ListAccessKeysResponse {
        is_truncated: page.is_truncated(),
        access_key_metadata: page.items.iter().map(|key| view::key(&user, key)).collect(),
        marker: page.marker,
    }))
}

/// GetAccessKeyLastUsed.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn get_access_key_last_used(
    server: &Arc<Server>,
    context: &Context,
    request: GetAccessKeyLastUsedRequest,
) -> Result<Reply, Error> {
    let id = request.access_key_id;
    let own = server.identities.key(&id).filter(|key| key.account == context.caller.account);
    let user = own.and_then(|key| server.identities.user(&key.user_arn));
    let user = user.ok_or_else(|| Error::NoSuchKey(id.clone()))?;
    let last = server.identities.uses().last(&id);
    let told = last.map_or_else(
        || AccessKeyLastUsed {
            last_used_date: None,
            service_name: NEVER.to_owned(),
            region: NEVER.to_owned(),
        },
        |last| AccessKeyLastUsed {
            last_used_date: Some(view::time(last.at)),
            service_name: last.service,
            region: last.region,
        },
    );
    Ok(Reply::of(GetAccessKeyLastUsedResponse {
        user_name: Some(user.user.name.clone()),
        access_key_last_used: Some(told),
    }))
}
