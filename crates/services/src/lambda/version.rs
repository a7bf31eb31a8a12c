//! The operations on versions: publish and list. Deleting one is DeleteFunction with a qualifier.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_PublishVersion.html>

use std::sync::Arc;

use lambent_core::lambda::arn::Qualifier;
use lambent_core::lambda::function::Function;
use lambent_core::lambda::state::State;
use lambent_core::lambda::version::{Version, VersionNumber};
use lambent_store::{Expect, Transaction, tables};
use lambent_wire::lambda::version::{
    ListVersionsByFunctionRequest, ListVersionsByFunctionResponse, PublishVersionRequest,
};

use super::change::{self, Versions};
use super::names::Target;
use super::page::Wanted;
use super::{Error, settle, usage, view};
use crate::caller::Context;
use crate::{Reply, Server};

/// PublishVersion.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn publish_version(
    server: &Arc<Server>,
    context: &Context,
    request: PublishVersionRequest,
) -> Result<Reply, Error> {
    let target = Target::read_unqualified(&context.caller, &request.function_name)?;
    if request.publish_to.is_some() {
        return Err(Error::NotThereYet("PublishTo".to_owned()));
    }
    let version = change::with_versions(server, &target, last, |function, versions, transaction| {
        check(function, &request)?;
        usage::check(server, &function.id.account, &function.id.region, function.latest.code.size_bytes)?;
        Ok(publish(server, function, versions, request.description.clone(), transaction))
    })
    .await?;
    settle_later(server, &version);
    Ok(Reply::of(view::version(&version, &version.qualifier())))
}

/// Which version [`publish`] has to look at.
pub(super) fn last(function: &Function) -> Vec<VersionNumber> {
    function.next_version.checked_sub(1).map(VersionNumber).into_iter().collect()
}

/// Publishes what `$LATEST` is, in a transaction that writes the function too. Where nothing changed since the last
/// version this is that version, and nothing is published.
pub(super) fn publish(
    server: &Server,
    function: &mut Function,
    versions: &Versions,
    description: Option<String>,
    transaction: Transaction,
) -> (Version, Transaction) {
    let last = last(function).first().and_then(|number| versions.get(number));
    if let Some(last) = last.filter(|last| last.is_of(&function.latest)) {
        return (last.clone(), transaction);
    }
    let version = Version::publish(function, description, server.dice.uuid(), server.clock.now());
    let key = tables::version_key(&version.id, version.number);
    let transaction = transaction.put(&tables::VERSIONS, key, &version, Expect::Absent);
    (version, transaction)
}

/// Lets a version that was just published become active.
pub(super) fn settle_later(server: &Arc<Server>, version: &Version) {
    if version.state == State::Pending {
        settle::version(server, version);
    }
}

fn check(function: &Function, request: &PublishVersionRequest) -> Result<(), Error> {
    function.can_change()?;
    let current = function.revision_id.to_string();
    if request.revision_id.as_ref().is_some_and(|known| *known != current) {
        return Err(Error::StaleRevision { api: "GetFunction/GetAlias" });
    }
    let digest = function.latest.code.digest.to_base64();
    match request.code_sha256.as_ref().filter(|given| !given.is_empty() && **given != digest) {
        None => Ok(()),
        Some(given) => Err(Error::InvalidParameter(format!(
            "CodeSHA256 ({given}) is different from current CodeSHA256 in $LATEST ({digest}). Please try again with the CodeSHA256 in $LATEST."
        ))),
    }
}

/// ListVersionsByFunction.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn list_versions_by_function(
    server: &Arc<Server>,
    context: &Context,
    request: ListVersionsByFunctionRequest,
) -> Result<Reply, Error> {
    let target = Target::read_unqualified(&context.caller, &request.function_name)?;
    let function = change::read(server, &target).await?.value;
    let wanted = Wanted { marker: request.marker.as_deref(), max_items: request.max_items };
    let id = &function.id;
    let under = [id.account.as_str(), id.region.as_str(), id.name.as_str()];
    // `$LATEST` stands before all numbers, as its name does before their keys.
    let latest = Qualifier::Latest;
    let first = wanted.marker.is_none().then(|| view::listed(&function, Some(&latest)));
    let page = wanted.stored_behind(server, &tables::VERSIONS, &under, &latest.to_string()).await?;
    let numbered = page.items.iter().map(|record| view::listed_version(&record.value));
    Ok(Reply::of(ListVersionsByFunctionResponse {
        next_marker: page.next_marker,
        versions: Some(first.into_iter().chain(numbered).collect()),
    }))
}
