//! Who may assume a role: its trust policy must say so itself, and in most cases the caller's own policies, too. Never
//! tells whether a role is there.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_terms-and-concepts.html>

use std::sync::Arc;

use lambent_core::iam::{Context as Keys, Decision, Document, Kind, Request, evaluate};
use lambent_wire::sts::session::AssumeRoleRequest;

use super::Error;
use super::asked::Asked;
use crate::Server;
use crate::access::{Ask, allowed};
use crate::caller::{Caller, Context};
use crate::identities::KeptRole;
use crate::operations::Access;
use crate::pipeline::known;

/// The role, which the caller may assume as it asks to.
pub(super) fn to_assume(
    server: &Server,
    context: &Context,
    request: &AssumeRoleRequest,
    asked: &Asked,
) -> Result<Arc<KeptRole>, Error> {
    let caller = &context.caller;
    let role = server.identities.role(&request.role_arn);
    let Some(role) = role else { return Err(refused(caller, "sts:AssumeRole", &request.role_arn)) };
    let keys = keys(server, context, request, asked, &role);
    let mut actions = vec!["sts:AssumeRole"];
    if !asked.tags.is_empty() {
        actions.push("sts:TagSession");
    }
    if request.source_identity.is_some() {
        actions.push("sts:SetSourceIdentity");
    }
    for action in actions {
        check(caller, action, &role, &keys)?;
    }
    Ok(role)
}

fn check(caller: &Caller, action: &str, role: &KeptRole, keys: &Keys) -> Result<(), Error> {
    let arn = role.held.arn.as_str();
    let trust: &Document = &role.trust;
    let requester = caller.requester();
    let request = Request { requester: &requester, action, resource: arn, context: keys };
    if evaluate(trust, Kind::Resource, &request) == Decision::Silent {
        return Err(refused(caller, action, arn));
    }
    let ask = Ask { access: Access::Write, ..Ask::using(action, arn, keys) };
    allowed(caller, &ask, Some(trust)).map_err(|denied| {
        let words = if denied.is_explicit() { denied.to_string() } else { denied.what().to_owned() };
        Error::AccessDenied(words)
    })
}

/// What conditions of trust and identity policies may ask for.
fn keys(
    server: &Server,
    context: &Context,
    request: &AssumeRoleRequest,
    asked: &Asked,
    role: &KeptRole,
) -> Keys {
    let mut keys = known::context(&context.caller, Some(&context.headers), server.clock.now())
        .with("sts:RoleSessionName", &request.role_session_name);
    if let Some(connection) = context.connection {
        keys = connection.tell(keys);
    }
    if let Some(id) = &request.external_id {
        keys = keys.with("sts:ExternalId", id);
    }
    if let Some(identity) = &asked.source_identity {
        keys = keys.with("sts:SourceIdentity", identity);
    }
    for (key, value) in &asked.requested {
        keys = keys.with(&format!("aws:RequestTag/{key}"), value);
    }
    if !asked.requested.is_empty() {
        keys = keys.with_all("aws:TagKeys", asked.requested.keys().cloned());
    }
    if !asked.transitive.is_empty() {
        keys = keys.with_all("sts:TransitiveTagKeys", asked.transitive.iter().cloned());
    }
    for (key, value) in &role.held.tags {
        keys = keys.with(&format!("aws:ResourceTag/{key}"), value);
        keys = keys.with(&format!("iam:ResourceTag/{key}"), value);
    }
    keys
}

/// That nobody let the caller do it, without a reason: STS gives none.
fn refused(caller: &Caller, action: &str, role_arn: &str) -> Error {
    let words =
        format!("User: {} is not authorized to perform: {action} on resource: {role_arn}", caller.arn);
    Error::AccessDenied(words)
}
