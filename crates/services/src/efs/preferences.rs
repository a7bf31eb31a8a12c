//! Which kind of ids an account's file systems and mount targets get. All get the long one, as on AWS since 2021.
//!
//! Source: <https://docs.aws.amazon.com/efs/latest/ug/API_PutAccountPreferences.html>

use std::sync::Arc;

use lambent_store::{Expect, Key, Transaction, tables};
use lambent_wire::efs::preferences::{
    DescribeAccountPreferencesRequest, DescribeAccountPreferencesResponse, PutAccountPreferencesRequest,
    PutAccountPreferencesResponse, ResourceIdPreference,
};

use super::Error;
use crate::caller::{Caller, Context};
use crate::{Reply, Server};

const LONG: &str = "LONG_ID";

/// DescribeAccountPreferences: nothing where none was ever put.
///
/// # Errors
/// [`Error::Store`].
pub async fn describe_account_preferences(
    server: &Arc<Server>,
    context: &Context,
    _request: DescribeAccountPreferencesRequest,
) -> Result<Reply, Error> {
    let kept = server.store.get(&tables::EFS_PREFERENCES, &key(&context.caller)).await?;
    let resource_id_preference = kept.map(|record| shown(record.value));
    Ok(Reply::of(DescribeAccountPreferencesResponse { resource_id_preference, next_token: None }))
}

/// PutAccountPreferences: nobody can go back to short ids.
///
/// # Errors
/// [`Error::BadRequest`] for short ids, [`Error::Store`].
pub async fn put_account_preferences(
    server: &Arc<Server>,
    context: &Context,
    request: PutAccountPreferencesRequest,
) -> Result<Reply, Error> {
    if request.resource_id_type != LONG {
        let words =
            "The 8-character resource ID format is no longer supported: set the preference to LONG_ID.";
        return Err(Error::BadRequest(words.to_owned()));
    }
    let put =
        Transaction::new().put(&tables::EFS_PREFERENCES, key(&context.caller), &LONG.to_owned(), Expect::Any);
    server.store.write(put).await?;
    let resource_id_preference = Some(shown(LONG.to_owned()));
    Ok(Reply::of(PutAccountPreferencesResponse { resource_id_preference }))
}

fn key(caller: &Caller) -> Key {
    Key::of([caller.account.as_str(), caller.region.as_str()])
}

fn shown(kind: String) -> ResourceIdPreference {
    let resources = ["FILE_SYSTEM", "MOUNT_TARGET"].map(str::to_owned).to_vec();
    ResourceIdPreference { resource_id_type: Some(kind), resources: Some(resources) }
}
