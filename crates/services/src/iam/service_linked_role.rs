//! The roles of services, which only the service may change. Nothing here makes one by itself.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceLinkedRole.html>

use std::sync::Arc;

use lambent_core::iam::holder::Holdings;
use lambent_core::iam::realm::Realm;
use lambent_core::iam::role::Role;
use lambent_core::iam::service_linked::{self, Linked};
use lambent_core::iam::unique_id;
use lambent_core::limits::{IAM_SESSION_MAX_S, WRITE_ATTEMPTS_MAX};
use lambent_store::{Expect, Key, Record, StoreError, Transaction, tables};
use lambent_wire::iam::role::Role as WireRole;
use lambent_wire::iam::service_linked_role::{
    CreateServiceLinkedRoleRequest, CreateServiceLinkedRoleResponse, DeleteServiceLinkedRoleRequest,
    DeleteServiceLinkedRoleResponse, GetServiceLinkedRoleDeletionStatusRequest,
    GetServiceLinkedRoleDeletionStatusResponse,
};
use serde_json::json;

use super::{Error, find, role, view};
use crate::caller::Context;
use crate::{Reply, Server};

/// CreateServiceLinkedRole.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn create_service_linked_role(
    server: &Arc<Server>,
    context: &Context,
    request: CreateServiceLinkedRoleRequest,
) -> Result<Reply, Error> {
    let service = request.aws_service_name;
    let Some(linked) = service_linked::of(&service) else {
        return Err(Error::InvalidInput(format!(
            "Lambent does not know the roles of the service {service}."
        )));
    };
    let name = match request.custom_suffix {
        Some(_) if !linked.takes_suffix => {
            return Err(Error::InvalidInput(format!("Custom suffix is not allowed for {service}")));
        }
        Some(suffix) => format!("{}_{suffix}", linked.role),
        None => linked.role.clone(),
    };
    let realm = find::realm(&context.caller);
    let made = linked_role(server, realm, &linked, (name, request.description));
    if !find::written(server, role::new(server, &made)?).await? {
        return Err(Error::InvalidInput(format!(
            "Service role name {} has been taken in this account, please try a different suffix.",
            made.name
        )));
    }
    let shown = WireRole { max_session_duration: None, ..view::role(&made) };
    Ok(Reply::of(CreateServiceLinkedRoleResponse { role: Some(shown) }))
}

fn linked_role(
    server: &Server,
    realm: Realm,
    linked: &Linked,
    (name, description): (String, Option<String>),
) -> Role {
    let trust = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Action": ["sts:AssumeRole"],
            "Effect": "Allow",
            "Principal": { "Service": [linked.service.as_str()] },
        }],
    });
    let attached =
        linked.policy.map(|name| format!("arn:{}:iam::aws:policy/aws-service-role/{name}", realm.partition));
    Role {
        id: unique_id::of_entity("AROA", &realm.account, &*server.dice),
        name,
        path: Role::service_path(&linked.service),
        description,
        trust: trust.to_string(),
        session_max_s: IAM_SESSION_MAX_S,
        created: server.clock.now(),
        held: Holdings { attached: attached.into_iter().collect(), ..Holdings::default() },
        realm,
    }
}

/// DeleteServiceLinkedRole: done before it is answered, since no service here uses the role.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn delete_service_linked_role(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteServiceLinkedRoleRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    for _ in 0..WRITE_ATTEMPTS_MAX {
        let Record { key, revision, value: role } =
            find::holder::<Role>(server, &realm, &request.role_name).await?;
        if !role.is_service_linked() {
            return Err(Error::NoSuchRole(request.role_name));
        }
        let task = format!("task{}{}/{}", role.path, role.name, server.dice.uuid());
        let write = Transaction::new().delete(&tables::IAM_ROLES, key, Expect::Revision(revision)).put(
            &tables::IAM_DELETIONS,
            task_key(&realm, &task),
            &server.clock.now(),
            Expect::Absent,
        );
        if find::written(server, write).await? {
            server.identities.uses().forget(&role.id);
            return Ok(Reply::of(DeleteServiceLinkedRoleResponse { deletion_task_id: task }));
        }
    }
    Err(Error::Store(StoreError::Closed))
}

fn task_key(realm: &Realm, task: &str) -> Key {
    Key::of([realm.partition.as_str(), realm.account.as_str(), task])
}

/// GetServiceLinkedRoleDeletionStatus.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn get_service_linked_role_deletion_status(
    server: &Arc<Server>,
    context: &Context,
    request: GetServiceLinkedRoleDeletionStatusRequest,
) -> Result<Reply, Error> {
    let task = request.deletion_task_id;
    let key = task_key(&find::realm(&context.caller), &task);
    server.store.get(&tables::IAM_DELETIONS, &key).await?.ok_or(Error::NoSuchTask(task))?;
    let status = "SUCCEEDED".to_owned();
    Ok(Reply::of(GetServiceLinkedRoleDeletionStatusResponse { status, reason: None }))
}
