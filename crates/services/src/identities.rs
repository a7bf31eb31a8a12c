//! The users, roles and managed policies of all accounts, ready to decide requests. In memory, kept current by the store's
//! change feed, so that no request reads the store to learn who sends it and what that one may. Never decides itself.

mod held;
mod known;
#[cfg(test)]
mod tests;
mod uses;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use lambent_core::account::AccountId;
use lambent_core::iam::aws_managed;
use lambent_core::iam::realm::Realm;
use lambent_store::{Change, Key, Store, Table, tables};
use serde::de::DeserializeOwned;
use tracing::error;

pub(crate) use held::{Held, KeptKey, KeptRole, KeptUser};
use known::Known;
pub(crate) use known::read;
pub(crate) use uses::Uses;

/// Where a role may be known that is named without its partition, the likeliest first.
const PARTITIONS: [&str; 7] =
    ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-eusc"];

/// Who is known, and what they hold.
#[derive(Debug)]
pub(crate) struct Identities {
    known: RwLock<Known>,
    /// When access keys and roles were last used, by their ids.
    uses: Uses,
}

impl Identities {
    /// Follows the changes of a store from now on. What is there already is taken in by [`Identities::take_in`].
    pub(crate) fn watch(store: &Store) -> Arc<Self> {
        let identities = Arc::new(Self { known: RwLock::default(), uses: Uses::new(store.clone()) });
        identities.follow(store, &tables::IAM_POLICIES, Known::set_policy);
        identities.follow(store, &tables::IAM_USERS, Known::set_user);
        identities.follow(store, &tables::IAM_ROLES, Known::set_role);
        identities.follow(store, &tables::IAM_GONE_ROLES, Known::set_gone_role);
        identities
    }

    fn follow<T: DeserializeOwned + 'static>(
        self: &Arc<Self>,
        store: &Store,
        table: &'static Table<T>,
        set: fn(&mut Known, &Key, Option<T>),
    ) {
        let watching = Arc::downgrade(self);
        store.watch(table, move |change: &Change| {
            let Some(identities) = watching.upgrade() else { return };
            // What cannot be read is nobody's: it allows nothing.
            let value = change.decode(table).unwrap_or_else(|fault| {
                error!(key = %change.key, %fault, "an identity in the change feed cannot be read");
                None
            });
            set(&mut identities.known.write().unwrap_or_else(PoisonError::into_inner), &change.key, value);
        });
    }

    /// Takes in what the store held before it was followed.
    ///
    /// # Errors
    /// What the store met.
    pub(crate) async fn take_in(&self, store: &Store) -> Result<(), lambent_store::StoreError> {
        let mut known = Known::default();
        known::read(store, &tables::IAM_POLICIES, |key, policy| known.set_policy(key, Some(policy))).await?;
        known::read(store, &tables::IAM_USERS, |key, user| known.set_user(key, Some(user))).await?;
        known::read(store, &tables::IAM_ROLES, |key, role| known.set_role(key, Some(role))).await?;
        let gone = |key: &Key, id| known.set_gone_role(key, Some(id));
        known::read(store, &tables::IAM_GONE_ROLES, gone).await?;
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
        self.uses.take_in().await
    }

    /// When access keys and roles were last used.
    pub(crate) const fn uses(&self) -> &Uses {
        &self.uses
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The role of an ARN, if it is kept here.
    pub(crate) fn role(&self, arn: &str) -> Option<Arc<KeptRole>> {
        self.known().roles.get(arn).cloned()
    }

    /// The id of the role of an ARN, also of one that was deleted; none where nobody made it here.
    pub(crate) fn role_id(&self, arn: &str) -> Option<String> {
        let known = self.known();
        let kept = known.roles.get(arn).map(|kept| &kept.held.unique_id);
        kept.or_else(|| known.gone_roles.get(&Key::of([arn]))).cloned()
    }

    /// The role of that name in an account; names differ by more than case.
    pub(crate) fn role_named(&self, account: &AccountId, name: &str) -> Option<Arc<KeptRole>> {
        let known = self.known();
        PARTITIONS.iter().find_map(|partition| {
            let realm = Realm { partition: (*partition).to_owned(), account: account.clone() };
            let arn = known.role_arns.get(&tables::iam_key(&realm, name))?;
            known.roles.get(arn).cloned()
        })
    }

    /// The user of an ARN.
    pub(crate) fn user(&self, arn: &str) -> Option<Arc<KeptUser>> {
        self.known().users.get(arn).cloned()
    }

    /// The access key of an id; also one that is not active.
    pub(crate) fn key(&self, access_key_id: &str) -> Option<KeptKey> {
        let known = self.known();
        let kept = known.users.get(known.keys.get(access_key_id)?)?;
        let key = kept.user.keys.iter().find(|key| key.id == access_key_id)?;
        Some(KeptKey {
            secret: key.secret.clone(),
            is_active: key.is_active,
            user_arn: kept.held.arn.clone(),
            account: kept.user.realm.account.clone(),
        })
    }

    /// The document in force of a managed policy, also one of AWS's.
    pub(crate) fn policy(&self, arn: &str) -> Option<Arc<lambent_core::iam::Document>> {
        self.known().document(arn)
    }

    /// The text of the same.
    pub(crate) fn policy_text(&self, arn: &str) -> Option<String> {
        let of_aws = || aws_managed::find(arn).map(|(policy, partition)| policy.document(partition));
        self.known().texts.get(arn).cloned().or_else(of_aws)
    }

    /// The users of a realm, by name.
    pub(crate) fn users_of(&self, realm: &Realm) -> Vec<Arc<KeptUser>> {
        let known = self.known();
        let mut found: Vec<_> =
            known.users.values().filter(|kept| kept.user.realm == *realm).cloned().collect();
        found.sort_by_cached_key(|kept| kept.user.name.to_lowercase());
        found
    }

    /// The roles of a realm, by name.
    pub(crate) fn roles_of(&self, realm: &Realm) -> Vec<Arc<KeptRole>> {
        let known = self.known();
        let mut found: Vec<_> =
            known.roles.values().filter(|kept| kept.role.realm == *realm).cloned().collect();
        found.sort_by_cached_key(|kept| kept.role.name.to_lowercase());
        found
    }
}
