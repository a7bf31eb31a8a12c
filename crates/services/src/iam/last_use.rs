//! When access keys and roles were last used, as GetAccessKeyLastUsed, GetRole and GetAccountAuthorizationDetails tell.
//!
//! AWS tells of a use of a role hours later only; here at once.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleLastUsed.html>

use std::sync::Arc;

use lambent_core::iam::access_key::LastUse;
use lambent_wire::iam::role::RoleLastUsed;

use super::view;
use crate::Server;
use crate::caller::{Caller, Identity};

/// Notes that a user's own key, or a session of a role that is kept here, signed a request for a service; `key` tells
/// the id of the key.
pub(crate) fn note(
    server: &Arc<Server>,
    caller: &Caller,
    service: &str,
    key: impl FnOnce() -> Option<String>,
) {
    let used = match &caller.identity {
        Identity::User(_, None) => key(),
        Identity::Role(Some(role), _) => Some(role.held.unique_id.clone()),
        Identity::Owner(_) | Identity::User(_, Some(_)) | Identity::Role(None, _) => None,
    };
    let Some(used) = used else { return };
    let region = caller.region.to_string();
    let last = LastUse { at: server.clock.now(), service: service.to_owned(), region };
    server.identities.uses().note(&used, last);
}

/// The last use of the role of this id, without members where there was none.
pub(super) fn of_role(server: &Server, id: &str) -> RoleLastUsed {
    server.identities.uses().last(id).map_or_else(RoleLastUsed::default, |last| RoleLastUsed {
        last_used_date: Some(view::time(last.at)),
        region: Some(last.region),
    })
}
