//! The policies of layer versions: who else may have one in a function. Each has a revision of its own, which goes on when
//! its last statement was removed and one is added again; meanwhile it is not shown. Never decides a request.

use std::sync::Arc;

use lambent_core::lambda::layer::LayerId;
use lambent_core::lambda::policy::{Permission, Policy, PolicyError, principal};
use lambent_store::{Transaction, tables};
use lambent_wire::lambda::layer::{
    AddLayerVersionPermissionRequest, AddLayerVersionPermissionResponse, GetLayerVersionPolicyRequest,
    GetLayerVersionPolicyResponse, RemoveLayerVersionPermissionRequest,
};
use uuid::Uuid;

use super::Error;
use super::attempts::Attempts;
use crate::caller::{Caller, Context};
use crate::{Reply, Server};

/// What shows the revision that a change is conditional on.
const STALE: &str = "The Revision Id provided does not match the latest Revision Id. Call the GetLayerPolicy API to retrieve the latest Revision Id";

/// AddLayerVersionPermission.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn add_layer_version_permission(
    server: &Arc<Server>,
    context: &Context,
    request: AddLayerVersionPermissionRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.layer_name, request.version_number)?;
    let invalid = || {
        let words = "The provided principal was invalid. Please check the principal and try again.";
        Error::InvalidParameter(words.to_owned())
    };
    let permission = Permission {
        sid: &request.statement_id,
        action: &request.action,
        principal: principal(&request.principal, target.id.region.partition()).ok_or_else(invalid)?,
        resource: &target.arn(),
        organization: request.organization_id.as_deref(),
        ..Permission::default()
    };
    let (statement, revision_id) = change(server, &target, |policy, next| {
        if policy.as_ref().is_some_and(|policy| policy.has(permission.sid)) {
            return Err(PolicyError::DuplicateSid { sid: permission.sid.to_owned() }.into());
        }
        current(policy.as_ref(), request.revision_id.as_deref())?;
        let statement = policy.get_or_insert_with(|| Policy::new(next)).add(&permission, next)?;
        Ok((statement, next))
    })
    .await?;
    let (statement, revision_id) = (Some(statement.to_string()), Some(revision_id.to_string()));
    Ok(Reply::of(AddLayerVersionPermissionResponse { statement, revision_id }))
}

/// GetLayerVersionPolicy.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn get_layer_version_policy(
    server: &Arc<Server>,
    context: &Context,
    request: GetLayerVersionPolicyRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.layer_name, request.version_number)?;
    let key = tables::layer_version_key(&target.id, target.number);
    let version = server.store.get(&tables::LAYER_VERSIONS, &key).await?;
    let policy = version.ok_or_else(|| target.missing())?.value.policy.ok_or_else(no_policy)?;
    if policy.is_empty() {
        return Err(Error::NotFound("The resource you requested does not exist.".to_owned()));
    }
    let (text, revision_id) = (Some(policy.text()), Some(policy.revision_id.to_string()));
    Ok(Reply::of(GetLayerVersionPolicyResponse { policy: text, revision_id }))
}

/// RemoveLayerVersionPermission.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn remove_layer_version_permission(
    server: &Arc<Server>,
    context: &Context,
    request: RemoveLayerVersionPermissionRequest,
) -> Result<Reply, Error> {
    let target = Target::read(&context.caller, &request.layer_name, request.version_number)?;
    change(server, &target, |policy, next| {
        let policy = policy.as_mut().ok_or_else(no_policy)?;
        current(Some(policy), request.revision_id.as_deref())?;
        Ok(policy.remove(&request.statement_id, next)?)
    })
    .await?;
    Ok(Reply::of(()))
}

/// The layer version a request names.
struct Target {
    id: LayerId,
    number: u64,
}

impl Target {
    /// Reads a layer's name or ARN; a name means the caller's own.
    fn read(caller: &Caller, layer: &str, number: i64) -> Result<Self, Error> {
        let id = LayerId::read(layer, &caller.account, &caller.region);
        let id = id.ok_or_else(|| Error::InvalidParameter(format!("Invalid Layer name: {layer}")))?;
        let number = u64::try_from(number).ok().filter(|number| *number > 0);
        let number = number
            .ok_or_else(|| Error::InvalidParameter("Layer Version Cannot be less than 1".to_owned()))?;
        let target = Self { id, number };
        if target.id.region == caller.region { Ok(target) } else { Err(target.missing()) }
    }

    fn arn(&self) -> String {
        self.id.version_arn(self.number)
    }

    fn missing(&self) -> Error {
        Error::NotFound(format!("Layer version {} does not exist.", self.arn()))
    }
}

/// Changes the policy of a layer version; looks again as often as others change it meanwhile.
async fn change<T>(
    server: &Server,
    target: &Target,
    mut change: impl FnMut(&mut Option<Policy>, Uuid) -> Result<T, Error>,
) -> Result<T, Error> {
    let key = tables::layer_version_key(&target.id, target.number);
    let mut attempts = Attempts::new();
    loop {
        let record = server.store.get(&tables::LAYER_VERSIONS, &key).await?;
        let mut record = record.ok_or_else(|| target.missing())?;
        let changed = change(&mut record.value.policy, server.dice.uuid())?;
        if attempts.write(server, Transaction::new().update(&tables::LAYER_VERSIONS, &record)).await? {
            return Ok(changed);
        }
    }
}

/// Refuses a change that is conditional on another revision; a policy that is not there has none.
fn current(policy: Option<&Policy>, known: Option<&str>) -> Result<(), Error> {
    let latest = policy.map(|policy| policy.revision_id.to_string());
    match known {
        Some(known) if Some(known) != latest.as_deref() => Err(Error::Precondition(STALE.to_owned())),
        Some(_) | None => Ok(()),
    }
}

fn no_policy() -> Error {
    Error::NotFound("No policy is associated with the given resource.".to_owned())
}
