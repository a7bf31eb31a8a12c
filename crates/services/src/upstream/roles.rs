//! Credentials of execution roles at the other services: asked for when a record is delivered, and kept until shortly before
//! they end. Never judges what they allow.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html>

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lambent_core::limits::{NO_ROLES_KEPT, ROLE_RENEWED_BEFORE, ROLES_KEPT_MAX};
use lambent_core::time::Timestamp;
use tracing::warn;

use super::sts::{Assumed, assume_role};
use super::{Credentials, Fault, Session, UpstreamError};

/// A role, and the name of its session: the function's.
type Whose = (String, String);

/// Who asks for the credentials of a role waits for who already does.
type Slot = Arc<tokio::sync::Mutex<Option<Kept>>>;

/// Credentials of roles.
#[derive(Debug, Default)]
pub(crate) struct Roles {
    slots: Mutex<HashMap<Whose, Slot>>,
    /// It was said that the server's own credentials are used.
    is_said: AtomicBool,
}

#[derive(Debug)]
struct Kept {
    /// None where the services have no roles: the server asks in its own name.
    credentials: Option<Credentials>,
    until: Timestamp,
}

impl Roles {
    /// The credentials of a role for a session of this function; none where an emulator gives none, so that the server's own
    /// must do.
    pub(crate) async fn credentials(
        &self,
        session: &Session<'_>,
        role_arn: &str,
        function: &str,
        now: Timestamp,
    ) -> Result<Option<Credentials>, Fault> {
        let slot = self.slot(role_arn, function);
        let mut kept = slot.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| kept.until > now) {
            return Ok(kept.credentials.clone());
        }
        let fresh = match assume_role(session, role_arn, &session_name(function)).await {
            Ok(Assumed { credentials, expires }) => {
                Kept { credentials: Some(credentials), until: expires.minus(ROLE_RENEWED_BEFORE) }
            }
            Err(fault) if session.is_emulated() && has_no_roles(&fault) => {
                self.say(role_arn, &fault);
                Kept { credentials: None, until: now.plus(NO_ROLES_KEPT) }
            }
            Err(fault) => return Err(fault),
        };
        Ok(kept.insert(fresh).credentials.clone())
    }

    /// Forgets credentials that were not taken.
    pub(crate) fn forget(&self, role_arn: &str, function: &str) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.remove(&(role_arn.to_owned(), function.to_owned()));
    }

    /// Forgets those of all roles of a function.
    pub(crate) fn forget_function(&self, function: &str) {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.retain(|(_, name), _| name != function);
    }

    fn slot(&self, role_arn: &str, function: &str) -> Slot {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= ROLES_KEPT_MAX {
            // Those that somebody waits for stay. The others can be asked for again.
            slots.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        Arc::clone(slots.entry((role_arn.to_owned(), function.to_owned())).or_default())
    }

    fn say(&self, role_arn: &str, fault: &Fault) {
        if !self.is_said.swap(true, Ordering::Relaxed) {
            warn!(
                role = role_arn,
                ?fault,
                "the upstream gives no credentials of roles: records go there in the server's own name"
            );
        }
    }
}

/// Whether an emulator has no STS, or does not know the role. One that forbids it has looked.
fn has_no_roles(fault: &Fault) -> bool {
    match fault {
        Fault::NotServed(_) | Fault::Upstream(UpstreamError::Unreadable { .. }) => true,
        Fault::Refused(refused) => !refused.is_denial(),
        Fault::Upstream(_) => false,
    }
}

/// The name of a session is at least two characters long, that of a function one.
fn session_name(function: &str) -> String {
    if function.len() < 2 { format!("{function}-lambda") } else { function.to_owned() }
}
