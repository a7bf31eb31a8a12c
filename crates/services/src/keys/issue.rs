//! New sessions: of environments, and for those that STS gives out. Never keeps one that is to outlive the process: who
//! asks for it does.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lambent_core::account::AccountId;
use lambent_core::digest::Digest;
use lambent_core::iam::access_key::LastUse;
use lambent_core::iam::session::{Holder, Session};
use lambent_core::iam::unique_id;
use lambent_core::lambda::arn::FunctionId;
use lambent_core::limits::{ENDED_SESSION_KEPT, SESSION_MAX, UNKNOWN_ROLES_TOLD_MAX};
use lambent_core::time::Timestamp;
use lambent_dispatch::{LogPermit, RoleCredentials, SessionKeys};
use tracing::info;

use super::{Kept, KeyRing, TOKEN_PREFIX};
use crate::caller::Caller;
use crate::lambda::lookups::lets_lambda_in;

/// Words of 64 random bits in a token.
const TOKEN_WORDS: usize = 24;

/// What a new session is to be.
#[derive(Debug)]
pub(crate) struct Wanted {
    pub(crate) account: AccountId,
    pub(crate) arn: String,
    pub(crate) unique_id: String,
    pub(crate) holder: Holder,
    pub(crate) policies: Vec<String>,
    pub(crate) policy_arns: Vec<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) transitive: BTreeSet<String>,
    pub(crate) source_identity: Option<String>,
    pub(crate) lasts: Duration,
}

impl KeyRing {
    /// A new session, which is not on the ring yet.
    pub(crate) fn session_for(&self, wanted: Wanted) -> Session {
        let issued = self.clock.wall();
        // A session lives by whole seconds, as its keys tell it.
        let issued = Timestamp::from_millis(issued.as_secs() * 1000);
        Session {
            access_key_id: unique_id::of_key("ASIA", &wanted.account, &*self.dice),
            secret: unique_id::secret(&*self.dice),
            token: self.token(),
            account: wanted.account,
            arn: wanted.arn,
            unique_id: wanted.unique_id,
            holder: wanted.holder,
            policies: wanted.policies,
            policy_arns: wanted.policy_arns,
            tags: wanted.tags,
            transitive: wanted.transitive,
            source_identity: wanted.source_identity,
            function: None,
            issued,
            ends: issued.plus(wanted.lasts),
        }
    }

    /// How many sessions there are, and the keys of some that ended so long ago that nobody asks for them.
    pub(crate) fn ended(&self, most: usize) -> (usize, Vec<String>) {
        let line = self.clock.wall().minus(ENDED_SESSION_KEPT);
        let sessions = self.sessions.read().unwrap_or_else(PoisonError::into_inner);
        let ended =
            sessions.values().filter(|kept| kept.record.function.is_none() && kept.record.ends < line);
        (sessions.len(), ended.take(most).map(|kept| kept.record.access_key_id.clone()).collect())
    }

    /// The caller that a function of this role is, as in one of its environments: for what is done in its name.
    pub(crate) fn on_behalf(&self, role_arn: &str, function: &FunctionId) -> Option<Caller> {
        let session = self.of_function(role_arn, function);
        self.bearer(Arc::new(Kept::of(session, self.identities.get())), function.region.clone())
    }

    fn of_function(&self, role_arn: &str, function: &FunctionId) -> Session {
        // Of a deleted one, too: its id is nobody's, so that its functions may do nothing.
        let unique_id = self.identities.get().and_then(|identities| identities.role_id(role_arn));
        if unique_id.is_none() {
            self.tell_unknown(role_arn);
        }
        let role = role_arn.rsplit('/').next().unwrap_or(role_arn);
        let (partition, account, name) = (function.region.partition(), &function.account, &function.name);
        let session = self.session_for(Wanted {
            account: account.clone(),
            arn: format!("arn:{partition}:sts::{account}:assumed-role/{role}/{name}"),
            unique_id: format!("{}:{name}", unique_id.clone().unwrap_or_else(|| made_up_id(role_arn))),
            holder: Holder::Role { arn: role_arn.to_owned(), unique_id },
            policies: Vec::new(),
            policy_arns: Vec::new(),
            tags: BTreeMap::new(),
            transitive: BTreeSet::new(),
            source_identity: None,
            lasts: SESSION_MAX,
        });
        Session { function: Some(function.arn()), ..session }
    }

    /// Its role, if it is kept here, is used now: Lambda has assumed it.
    fn note_use(&self, session: &Session) {
        let (Some(identities), Holder::Role { unique_id: Some(id), .. }) =
            (self.identities.get(), &session.holder)
        else {
            return;
        };
        let region = session.function.as_deref().and_then(|arn| arn.split(':').nth(3)).unwrap_or_default();
        let (service, region) = ("lambda".to_owned(), region.to_owned());
        identities.uses().note(id, LastUse { at: session.issued, service, region });
    }

    /// Says once of each role that nobody made it here.
    fn tell_unknown(&self, role_arn: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < UNKNOWN_ROLES_TOLD_MAX && told.insert(role_arn.to_owned()) {
            info!(
                role = role_arn,
                "nobody made this role here: its functions may read, invoke and write logs"
            );
        }
    }

    fn token(&self) -> String {
        let random: Vec<u8> = (0..TOKEN_WORDS).flat_map(|_| self.dice.bits().to_be_bytes()).collect();
        TOKEN_PREFIX.to_owned() + &STANDARD.encode(random)
    }
}

/// An id for a role that has none: always the same for one ARN.
fn made_up_id(role_arn: &str) -> String {
    let id = Digest::of(role_arn.as_bytes()).to_string().to_uppercase();
    format!("AROA{}", &id[..17])
}

impl RoleCredentials for KeyRing {
    fn issue(&self, role_arn: &str, function: &FunctionId) -> SessionKeys {
        let session = self.of_function(role_arn, function);
        self.note_use(&session);
        let keys = SessionKeys {
            access_key_id: session.access_key_id.clone(),
            secret_access_key: session.secret.clone(),
            session_token: session.token.clone(),
        };
        self.take_in(&session);
        keys
    }

    fn is_assumable(&self, role_arn: &str) -> bool {
        let Some(identities) = self.identities.get() else { return true };
        match identities.role(role_arn) {
            Some(kept) => lets_lambda_in(kept.trust.as_ref().clone()),
            None => identities.role_id(role_arn).is_none(),
        }
    }

    fn revoke(&self, access_key_id: &str) {
        self.sessions.write().unwrap_or_else(PoisonError::into_inner).remove(access_key_id);
    }

    fn log_permit(&self, role_arn: &str, function: &FunctionId, (group, stream): (&str, &str)) -> LogPermit {
        self.permit(role_arn, function, group, stream)
    }
}
