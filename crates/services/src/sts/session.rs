//! Sessions: of a role, and of the caller itself. A session is in the store before its keys are told, and survives a
//! restart. Never longer than the role, the chain or the caller's kind allows.
//!
//! Unlike AWS, the owner of an account may assume a role whose trust policy lets its account in: here it is who develops.
//!
//! Source: <https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use lambent_core::iam::session::{Holder, Session};
use lambent_core::limits::{
    CHAINED_SESSION_MAX, ENDED_SESSIONS_COLLECTED, OWNER_SESSION_MAX, ROLE_SESSION_DEFAULT, SESSIONS_MAX,
    USER_SESSION_DEFAULT,
};
use lambent_store::{Expect, Transaction, tables};
use lambent_wire::sts::session::{
    AssumeRoleRequest, AssumeRoleResponse, AssumedRoleUser, Credentials, GetSessionTokenRequest,
    GetSessionTokenResponse,
};
use lambent_wire::timestamp::Timestamp as WireTimestamp;

use super::asked::Asked;
use super::{Error, leave};
use crate::caller::{Caller, Context, Identity};
use crate::identities::KeptRole;
use crate::keys::Wanted;
use crate::{Reply, Server};

/// AssumeRole.
///
/// # Errors
/// [`Error`] as STS would refuse it.
pub async fn assume_role(
    server: &Arc<Server>,
    context: &Context,
    request: AssumeRoleRequest,
) -> Result<Reply, Error> {
    let asked = Asked::read(server, &context.caller, &request)?;
    let role = leave::to_assume(server, context, &request, &asked)?;
    let lasts = duration(&context.caller, &role, request.duration_seconds)?;
    let name = &request.role_session_name;
    let session = server.keys.session_for(Wanted {
        account: asked.account.clone(),
        arn: session_arn(&request.role_arn, name),
        unique_id: format!("{}:{name}", role.held.unique_id),
        holder: Holder::Role { arn: role.held.arn.clone(), unique_id: Some(role.held.unique_id.clone()) },
        policies: asked.policies,
        policy_arns: asked.policy_arns,
        tags: asked.tags,
        transitive: asked.transitive,
        source_identity: asked.source_identity.clone(),
        lasts,
    });
    keep(server, &session).await?;
    Ok(Reply::of(AssumeRoleResponse {
        credentials: Some(credentials(&session)),
        assumed_role_user: Some(AssumedRoleUser {
            assumed_role_id: session.unique_id.clone(),
            arn: session.arn.clone(),
        }),
        packed_policy_size: asked.packed_percent,
        source_identity: asked.source_identity,
        ..AssumeRoleResponse::default()
    }))
}

/// GetSessionToken.
///
/// # Errors
/// [`Error`] as STS would refuse it.
pub async fn get_session_token(
    server: &Arc<Server>,
    context: &Context,
    request: GetSessionTokenRequest,
) -> Result<Reply, Error> {
    let caller = &context.caller;
    if caller.is_session() {
        return Err(Error::AccessDenied("Cannot call GetSessionToken with session credentials".to_owned()));
    }
    if request.serial_number.is_some() || request.token_code.is_some() {
        // Nobody has a device here, so that no code is right.
        let words = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.";
        return Err(Error::AccessDenied(words.to_owned()));
    }
    let asked = request.duration_seconds.map(seconds);
    let (holder, lasts) = match &caller.identity {
        Identity::User(user, _) => {
            (Holder::User { arn: user.held.arn.clone() }, asked.unwrap_or(USER_SESSION_DEFAULT))
        }
        Identity::Owner(_) | Identity::Role(..) => {
            (Holder::Owner, asked.unwrap_or(OWNER_SESSION_MAX).min(OWNER_SESSION_MAX))
        }
    };
    let session = server.keys.session_for(Wanted {
        account: caller.account.clone(),
        arn: caller.arn.clone(),
        unique_id: caller.unique_id(),
        holder,
        policies: Vec::new(),
        policy_arns: Vec::new(),
        tags: BTreeMap::new(),
        transitive: BTreeSet::new(),
        source_identity: None,
        lasts,
    });
    keep(server, &session).await?;
    let credentials = Some(credentials(&session));
    Ok(Reply::of(GetSessionTokenResponse { credentials, ..GetSessionTokenResponse::default() }))
}

/// How long the session of a role lasts.
fn duration(caller: &Caller, role: &KeptRole, asked: Option<i32>) -> Result<Duration, Error> {
    let refused = |words: &str| Err(Error::Validation(words.to_owned()));
    let Some(asked) = asked.map(seconds) else { return Ok(ROLE_SESSION_DEFAULT) };
    if matches!(caller.identity, Identity::Role(..)) && asked > CHAINED_SESSION_MAX {
        return refused(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        );
    }
    if asked > Duration::from_secs(role.role.session_max_s.into()) {
        return refused("The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
    }
    Ok(asked)
}

/// The model has checked that it is not negative.
fn seconds(asked: i32) -> Duration {
    Duration::from_secs(u64::try_from(asked).unwrap_or(0))
}

/// `arn:aws:sts::A:assumed-role/NAME/SESSION`, without the role's path.
fn session_arn(role_arn: &str, session: &str) -> String {
    let mut parts = role_arn.split(':');
    let (partition, account) = (parts.nth(1).unwrap_or("aws"), parts.nth(2).unwrap_or_default());
    let role = role_arn.rsplit('/').next().unwrap_or_default();
    format!("arn:{partition}:sts::{account}:assumed-role/{role}/{session}")
}

/// Writes a session, and throws some away that ended long ago. The key ring follows.
async fn keep(server: &Server, session: &Session) -> Result<(), Error> {
    let (count, ended) = server.keys.ended(ENDED_SESSIONS_COLLECTED);
    if count >= SESSIONS_MAX && ended.is_empty() {
        return Err(Error::Throttling);
    }
    let key = tables::session_key(&session.access_key_id);
    let write = Transaction::new().put(&tables::SESSIONS, key, session, Expect::Absent);
    let write = ended
        .iter()
        .fold(write, |write, id| write.delete(&tables::SESSIONS, tables::session_key(id), Expect::Any));
    server.store.write(write).await?;
    Ok(())
}

fn credentials(session: &Session) -> Credentials {
    Credentials {
        access_key_id: session.access_key_id.clone(),
        secret_access_key: session.secret.clone(),
        session_token: session.token.clone(),
        expiration: WireTimestamp::from_millis(session.ends.as_millis()).unwrap_or_default(),
    }
}
