//! The access keys of the server: the root key, those of users, and sessions. Sessions of environments end with them and
//! are kept in memory only; those that STS gives out are in the store, whose changes are followed. Never decides what
//! a key's bearer may do.

mod issue;
mod kept;
mod permit;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use lambent_core::account::{AccountId, Region};
use lambent_core::dice::Dice;
use lambent_core::iam::session::{Holder, Session};
use lambent_core::iam::unique_id::account_of_key;
use lambent_core::time::RealClock;
use lambent_store::{Change, Store, StoreError, tables};
use lambent_wire::sigv4::{Credential, Keys, Refusal};
use tracing::error;

use crate::caller::Caller;
use crate::identities::{self, Identities};
pub(crate) use issue::Wanted;
pub use kept::Kept;

/// The access key of the account's owner, and its secret.
pub const ROOT_KEY: (&str, &str) = ("test", "test");

/// How the token of every session given out here begins, so that one that has ended is told from a stranger's.
const TOKEN_PREFIX: &str = "bGFtYmVudC";

/// Every access key that is good now.
pub struct KeyRing {
    account: AccountId,
    sessions: RwLock<HashMap<String, Arc<Kept>>>,
    /// Who the users and roles are; not there until a store is known.
    identities: OnceLock<Arc<Identities>>,
    /// Roles that are not kept here of which that was said.
    told: Mutex<HashSet<String>>,
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
        let (sessions, identities, told) = (RwLock::default(), OnceLock::new(), Mutex::default());
        Self { account, sessions, identities, told, clock, dice }
    }

    /// Knows the users, roles and sessions of a store from now on. To be done before anything runs in the name of a role:
    /// one that is not known yet would be taken for one that nobody made.
    ///
    /// # Errors
    /// What the store met.
    pub async fn know(self: &Arc<Self>, store: &Store) -> Result<(), StoreError> {
        self.attach(store).take_in(store).await?;
        identities::read(store, &tables::SESSIONS, |_, session| self.take_in(&session)).await
    }

    /// Follows the users, roles and sessions of a store, if that is not done yet.
    pub(crate) fn attach(self: &Arc<Self>, store: &Store) -> Arc<Identities> {
        let follow = || {
            let watching = Arc::downgrade(self);
            store.watch(&tables::SESSIONS, move |change| {
                if let Some(ring) = watching.upgrade() {
                    ring.apply(change);
                }
            });
            Identities::watch(store)
        };
        Arc::clone(self.identities.get_or_init(follow))
    }

    /// Takes in a session as it is kept.
    pub(crate) fn take_in(&self, session: &Session) {
        let kept = Arc::new(Kept::of(session.clone(), self.identities.get()));
        let mut sessions = self.sessions.write().unwrap_or_else(PoisonError::into_inner);
        sessions.insert(session.access_key_id.clone(), kept);
    }

    /// Who a key belongs to; none for a key that is not on the ring, or whose user or role is gone.
    #[must_use]
    pub fn caller(&self, access_key_id: &str, region: Region) -> Option<Caller> {
        if access_key_id == ROOT_KEY.0 {
            return Some(Caller::root(self.account.clone(), region));
        }
        if let Some(kept) = self.session(access_key_id) {
            return self.bearer(kept, region);
        }
        let identities = self.identities.get()?;
        let key = identities.key(access_key_id).filter(|key| key.is_active)?;
        let user = identities.user(&key.user_arn)?;
        Some(Caller::user(key.account, region, user, None))
    }

    /// Who presents a key where signatures are not checked; none for a key of nobody's here.
    ///
    /// # Errors
    /// [`Refusal::UnrecognizedClient`] for a key or token that is no longer or never was good, [`Refusal::ExpiredToken`].
    pub(crate) fn vouch(
        &self,
        access_key_id: &str,
        token: Option<&str>,
        region: &Region,
    ) -> Result<Option<Caller>, Refusal> {
        if access_key_id == ROOT_KEY.0 {
            return Ok(None);
        }
        let Some(credential) = self.find(access_key_id) else {
            let ours = token.is_some_and(|token| token.starts_with(TOKEN_PREFIX))
                || self.identities.get().is_some_and(|known| known.key(access_key_id).is_some());
            return if ours { Err(Refusal::UnrecognizedClient) } else { Ok(None) };
        };
        if credential.session_token.as_deref() != token {
            return Err(Refusal::UnrecognizedClient);
        }
        if credential.expires_at_s.is_some_and(|end| self.clock.wall().as_secs() >= end) {
            return Err(Refusal::ExpiredToken);
        }
        self.caller(access_key_id, region.clone()).map(Some).ok_or(Refusal::UnrecognizedClient)
    }

    /// Whose key it is: also of one that is not good any more.
    pub(crate) fn account_of(&self, access_key_id: &str) -> Option<AccountId> {
        if let Some(kept) = self.session(access_key_id) {
            return Some(kept.record.account.clone());
        }
        let key = self.identities.get().and_then(|identities| identities.key(access_key_id));
        key.map(|key| key.account).or_else(|| account_of_key(access_key_id))
    }

    /// The bearer of a session, as long as whose permissions it has is there.
    fn bearer(&self, kept: Arc<Kept>, region: Region) -> Option<Caller> {
        let account = kept.record.account.clone();
        match &kept.record.holder {
            Holder::Owner => Some(Caller::owner(account, region, Some(kept))),
            Holder::User { arn } => {
                let user = self.identities.get()?.user(arn)?;
                Some(Caller::user(account, region, user, Some(kept)))
            }
            Holder::Role { arn, unique_id } => {
                let role = self.identities.get().and_then(|identities| identities.role(arn));
                match (unique_id, &role) {
                    (Some(id), Some(role)) if *id != role.held.unique_id => return None,
                    (Some(_), None) => return None,
                    (Some(_) | None, _) => {}
                }
                Some(Caller::session(region, role, kept))
            }
        }
    }

    fn session(&self, access_key_id: &str) -> Option<Arc<Kept>> {
        self.sessions.read().unwrap_or_else(PoisonError::into_inner).get(access_key_id).cloned()
    }

    fn apply(&self, change: &Change) {
        match change.decode(&tables::SESSIONS) {
            Ok(Some(session)) => self.take_in(&session),
            Ok(None) => {
                let id = change.key.last();
                let mut sessions = self.sessions.write().unwrap_or_else(PoisonError::into_inner);
                sessions.remove(&id);
            }
            Err(fault) => error!(%fault, "a session in the change feed cannot be read"),
        }
    }
}

impl Keys for KeyRing {
    fn find(&self, access_key_id: &str) -> Option<Credential> {
        let lasting = |secret: String| Credential { secret, session_token: None, expires_at_s: None };
        if access_key_id == ROOT_KEY.0 {
            return Some(lasting(ROOT_KEY.1.to_owned()));
        }
        if let Some(kept) = self.session(access_key_id) {
            return Some(kept.credential());
        }
        let key = self.identities.get()?.key(access_key_id).filter(|key| key.is_active)?;
        Some(lasting(key.secret))
    }
}

#[cfg(test)]
mod tests;
