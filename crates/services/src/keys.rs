//! The access keys of the server: the root key, and the sessions of execution roles. Never stores one: each ends with
//! the environment it was made for.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use lambent_core::account::{AccountId, Region};
use lambent_core::dice::Dice;
use lambent_core::lambda::arn::FunctionId;
use lambent_core::limits::SESSION_MAX;
use lambent_core::time::RealClock;
use lambent_dispatch::{RoleCredentials, SessionKeys};
use lambent_wire::sigv4::{Credential, Keys};

use crate::caller::Caller;

/// The access key of the account's owner, and its secret.
pub const ROOT_KEY: (&str, &str) = ("test", "test");

#[derive(Clone)]
struct Session {
    credential: Credential,
    account: AccountId,
    arn: String,
    role: String,
}

/// Every access key that is good now.
pub struct KeyRing {
    account: AccountId,
    sessions: RwLock<HashMap<String, Session>>,
    clock: Arc<dyn RealClock>,
    dice: Arc<dyn Dice>,
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing").field("account", &self.account).finish_non_exhaustive()
    }
}

impl KeyRing {
    /// A ring with the root key of this account.
    #[must_use]
    pub fn new(account: AccountId, clock: Arc<dyn RealClock>, dice: Arc<dyn Dice>) -> Self {
        Self { account, sessions: RwLock::default(), clock, dice }
    }

    /// Who a key belongs to; none for a key that is not on the ring.
    #[must_use]
    pub fn caller(&self, access_key_id: &str, region: Region) -> Option<Caller> {
        if access_key_id == ROOT_KEY.0 {
            return Some(Caller::root(self.account.clone(), region));
        }
        let sessions = self.sessions.read().unwrap_or_else(PoisonError::into_inner);
        let session = sessions.get(access_key_id)?;
        let Session { account, arn, role, .. } = session.clone();
        Some(Caller { account, region, arn, role: Some(role) })
    }

    fn token(&self, prefix: &str, words: usize) -> String {
        (0..words).fold(prefix.to_owned(), |token, _| token + &format!("{:016X}", self.dice.bits()))
    }
}

impl Keys for KeyRing {
    fn find(&self, access_key_id: &str) -> Option<Credential> {
        if access_key_id == ROOT_KEY.0 {
            return Some(Credential {
                secret: ROOT_KEY.1.to_owned(),
                session_token: None,
                expires_at_s: None,
            });
        }
        let sessions = self.sessions.read().unwrap_or_else(PoisonError::into_inner);
        sessions.get(access_key_id).map(|session| session.credential.clone())
    }
}

impl RoleCredentials for KeyRing {
    fn issue(&self, role_arn: &str, function: &FunctionId) -> SessionKeys {
        let ends = self.clock.wall().plus(SESSION_MAX);
        let access_key_id = self.token("ASIA", 1);
        let (secret_access_key, session_token) = (self.token("", 3), self.token("", 8));
        let role = role_arn.rsplit('/').next().unwrap_or(role_arn);
        let (partition, account) = (function.region.partition(), &function.account);
        let session = Session {
            credential: Credential {
                secret: secret_access_key.clone(),
                session_token: Some(session_token.clone()),
                expires_at_s: Some(ends.as_secs()),
            },
            account: account.clone(),
            arn: format!("arn:{partition}:sts::{account}:assumed-role/{role}/{}", function.name),
            role: role_arn.to_owned(),
        };
        let mut sessions = self.sessions.write().unwrap_or_else(PoisonError::into_inner);
        sessions.insert(access_key_id.clone(), session);
        SessionKeys { access_key_id, secret_access_key, session_token }
    }

    fn revoke(&self, access_key_id: &str) {
        self.sessions.write().unwrap_or_else(PoisonError::into_inner).remove(access_key_id);
    }
}

#[cfg(test)]
mod tests {
    use lambent_testkit::{LoadedDice, PausedClock};

    use super::*;

    #[test]
    fn a_session_is_its_roles_and_ends_when_it_is_revoked() {
        let account = AccountId::default_account();
        let (clock, dice) = (Arc::new(PausedClock::default()), Arc::new(LoadedDice::new(1)));
        let ring = KeyRing::new(account.clone(), clock, dice);
        let function = FunctionId { account, region: Region::default_region(), name: "f".into() };
        let keys = ring.issue("arn:aws:iam::000000000000:role/path/r", &function);
        let found = ring.find(&keys.access_key_id).unwrap();
        assert_eq!((found.secret, found.session_token), (keys.secret_access_key, Some(keys.session_token)));
        let caller = ring.caller(&keys.access_key_id, Region::default_region()).unwrap();
        assert_eq!(caller.arn, "arn:aws:sts::000000000000:assumed-role/r/f");
        assert_eq!(caller.role.as_deref(), Some("arn:aws:iam::000000000000:role/path/r"));
        ring.revoke(&keys.access_key_id);
        assert!(ring.find(&keys.access_key_id).is_none());
        assert!(ring.caller(&keys.access_key_id, Region::default_region()).is_none());
    }
}
