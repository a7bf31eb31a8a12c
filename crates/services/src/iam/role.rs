//! The operations on roles, but those of services: these are in `service_linked_role`.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>

use std::sync::Arc;

use lambent_core::iam::holder::Holdings;
use lambent_core::iam::role::Role;
use lambent_core::iam::unique_id;
use lambent_core::limits::{IAM_ROLES_MAX, IAM_SESSION_MAX_S, WRITE_ATTEMPTS_MAX};
use lambent_store::{Expect, Key, Record, StoreError, Transaction, tables};
use lambent_wire::iam::role::{
    CreateRoleRequest, CreateRoleResponse, DeleteRoleRequest, GetRoleRequest, GetRoleResponse,
    ListInstanceProfilesForRoleRequest, ListInstanceProfilesForRoleResponse, ListRolesRequest,
    ListRolesResponse, Role as WireRole, UpdateAssumeRolePolicyRequest, UpdateRoleDescriptionRequest,
    UpdateRoleDescriptionResponse, UpdateRoleRequest, UpdateRoleResponse,
};

use super::holder::Holder as _;
use super::page::Page;
use super::{Error, attached, bounds, document, find, last_use, tags, view};
use crate::caller::Context;
use crate::{Reply, Server};

/// CreateRole.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn create_role(
    server: &Arc<Server>,
    context: &Context,
    request: CreateRoleRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    document::trust(server, &realm, &request.assume_role_policy_document)?;
    let asked_max = request.max_session_duration;
    let role = Role {
        id: unique_id::of_entity("AROA", &realm.account, &*server.dice),
        name: request.role_name,
        path: request.path.unwrap_or_else(|| "/".to_owned()),
        description: request.description.filter(|text| !text.is_empty()),
        trust: request.assume_role_policy_document,
        session_max_s: session_max_s(asked_max),
        created: server.clock.now(),
        held: Holdings {
            boundary: request.permissions_boundary,
            tags: tags::given(request.tags)?,
            ..Holdings::default()
        },
        realm,
    };
    if role.is_service_linked() {
        return Err(Error::InvalidInput(format!("The path {} is kept for roles of services.", role.path)));
    }
    let mut write = new(server, &role)?;
    if let Some(arn) = &role.held.boundary {
        write = attached::touched(write, &bounds::found(server, &role.realm, arn).await?)?;
    }
    if !find::written(server, write).await? {
        return Err(Error::AlreadyExists { kind: "Role", name: role.name });
    }
    // The answer repeats how long a session may last only where that was said.
    let max_session_duration = asked_max;
    Ok(Reply::of(CreateRoleResponse { role: WireRole { max_session_duration, ..view::role(&role) } }))
}

/// The write that makes a role, unless the account has as many as it may.
pub(super) fn new(server: &Server, role: &Role) -> Result<Transaction, Error> {
    if server.identities.roles_of(&role.realm).len() >= IAM_ROLES_MAX {
        return Err(Error::Limit(format!("Cannot exceed quota for RolesPerAccount: {IAM_ROLES_MAX}")));
    }
    let key = tables::iam_key(&role.realm, &role.name);
    Ok(Transaction::new().put(&tables::IAM_ROLES, key, role, Expect::Absent).delete(
        &tables::IAM_GONE_ROLES,
        Key::of([role.arn()]),
        Expect::Any,
    ))
}

fn session_max_s(given: Option<i32>) -> u32 {
    given.and_then(|seconds| u32::try_from(seconds).ok()).unwrap_or(IAM_SESSION_MAX_S)
}

/// GetRole.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn get_role(
    server: &Arc<Server>,
    context: &Context,
    request: GetRoleRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    let role = find::holder::<Role>(server, &realm, &request.role_name).await?.value;
    let role_last_used = Some(last_use::of_role(server, &role.id));
    Ok(Reply::of(GetRoleResponse { role: WireRole { role_last_used, ..view::role(&role) } }))
}

/// UpdateRole: what is not given of its description goes, of its sessions' length becomes an hour.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn update_role(
    server: &Arc<Server>,
    context: &Context,
    request: UpdateRoleRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    let changed = find::change::<Role>(server, &realm, &request.role_name, |role| {
        role.description = request.description.clone().filter(|text| !text.is_empty());
        role.session_max_s = session_max_s(request.max_session_duration);
        Ok(())
    });
    changed.await.map(|_| Reply::of(UpdateRoleResponse::default()))
}

/// UpdateRoleDescription, which UpdateRole replaced.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn update_role_description(
    server: &Arc<Server>,
    context: &Context,
    request: UpdateRoleDescriptionRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    let changed = find::change::<Role>(server, &realm, &request.role_name, |role| {
        role.description = Some(request.description.clone()).filter(|text| !text.is_empty());
        Ok(())
    });
    Ok(Reply::of(UpdateRoleDescriptionResponse { role: Some(view::role(&changed.await?)) }))
}

/// UpdateAssumeRolePolicy.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn update_assume_role_policy(
    server: &Arc<Server>,
    context: &Context,
    request: UpdateAssumeRolePolicyRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    find::holder::<Role>(server, &realm, &request.role_name).await?.value.changeable()?;
    document::trust(server, &realm, &request.policy_document)?;
    let changed = find::change::<Role>(server, &realm, &request.role_name, |role| {
        role.trust.clone_from(&request.policy_document);
        Ok(())
    });
    changed.await.map(|_| Reply::of(()))
}

/// DeleteRole: one that has no policies any more.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn delete_role(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteRoleRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    for _ in 0..WRITE_ATTEMPTS_MAX {
        let Record { key, revision, value: role } =
            find::holder::<Role>(server, &realm, &request.role_name).await?;
        role.changeable()?;
        let conflict = |has: bool, words| if has { Err(Error::DeleteConflict(words)) } else { Ok(()) };
        conflict(!role.held.attached.is_empty(), "Cannot delete entity, must detach all policies first.")?;
        conflict(!role.held.inline.is_empty(), "Cannot delete entity, must delete policies first.")?;
        let gone = Key::of([role.arn()]);
        let write = Transaction::new().delete(&tables::IAM_ROLES, key, Expect::Revision(revision)).put(
            &tables::IAM_GONE_ROLES,
            gone,
            &role.id,
            Expect::Any,
        );
        if find::written(server, write).await? {
            server.identities.uses().forget(&role.id);
            return Ok(Reply::of(()));
        }
    }
    Err(Error::Store(StoreError::Closed))
}

/// ListRoles.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn list_roles(
    server: &Arc<Server>,
    context: &Context,
    request: ListRolesRequest,
) -> Result<Reply, Error> {
    let mut roles = find::all(server, &find::realm(&context.caller), &tables::IAM_ROLES).await?;
    let path = request.path_prefix.unwrap_or_default();
    roles.retain(|role| role.path.starts_with(&path));
    let key = |role: &Role| role.name.to_lowercase();
    let page = Page::of(roles, key, request.marker.as_deref(), request.max_items)?;
    Ok(Reply::of(ListRolesResponse {
        is_truncated: page.is_truncated(),
        roles: page.items.iter().map(view::listed_role).collect(),
        marker: page.marker,
    }))
}

/// ListInstanceProfilesForRole: none, since there are none here that a role could be in.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn list_instance_profiles_for_role(
    server: &Arc<Server>,
    context: &Context,
    request: ListInstanceProfilesForRoleRequest,
) -> Result<Reply, Error> {
    find::holder::<Role>(server, &find::realm(&context.caller), &request.role_name).await?;
    Ok(Reply::of(ListInstanceProfilesForRoleResponse {
        instance_profiles: Vec::new(),
        is_truncated: Some(false),
        marker: None,
    }))
}
