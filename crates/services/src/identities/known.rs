//! The maps behind [`super::Identities`]: a change of a managed policy is a change of all who hold it. Never locked here.

use std::collections::HashMap;
use std::sync::Arc;

use lambent_core::iam::holder::Holdings;
use lambent_core::iam::managed_policy::ManagedPolicy;
use lambent_core::iam::role::Role;
use lambent_core::iam::user::User;
use lambent_core::iam::{Document, aws_managed};
use lambent_core::limits::STORE_PAGE_MAX;
use lambent_store::{Key, Prefix, Store, StoreError, Table};
use serde::de::DeserializeOwned;
use tracing::error;

use super::{Held, KeptRole, KeptUser};

/// Everything by its ARN, and the ARN by where a record stands.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) users: HashMap<String, Arc<KeptUser>>,
    pub(super) roles: HashMap<String, Arc<KeptRole>>,
    /// Users' ARNs by the ids of their access keys.
    pub(super) keys: HashMap<String, String>,
    pub(super) role_arns: HashMap<Key, String>,
    /// Ids of deleted roles.
    pub(super) gone_roles: HashMap<Key, String>,
    user_arns: HashMap<Key, String>,
    policies: HashMap<String, Arc<Document>>,
    /// The same as they were given; only those of accounts.
    pub(super) texts: HashMap<String, String>,
    policy_arns: HashMap<Key, String>,
}

impl Known {
    pub(super) fn set_user(&mut self, key: &Key, user: Option<User>) {
        if let Some(old) = self.user_arns.remove(key).and_then(|arn| self.users.remove(&arn)) {
            old.user.keys.iter().for_each(|key| drop(self.keys.remove(&key.id)));
        }
        let Some(user) = user else { return };
        let arn = user.arn();
        self.user_arns.insert(key.clone(), arn.clone());
        user.keys.iter().for_each(|key| drop(self.keys.insert(key.id.clone(), arn.clone())));
        let held = self.held(&arn, &user.id, &user.held);
        self.users.insert(arn, Arc::new(KeptUser { user, held }));
    }

    pub(super) fn set_role(&mut self, key: &Key, role: Option<Role>) {
        if let Some(old) = self.role_arns.remove(key) {
            self.roles.remove(&old);
        }
        let Some(role) = role else { return };
        let arn = role.arn();
        self.role_arns.insert(key.clone(), arn.clone());
        let trust = readable(&arn, &role.trust);
        let held = self.held(&arn, &role.id, &role.held);
        self.roles.insert(arn, Arc::new(KeptRole { role, held, trust }));
    }

    pub(super) fn set_gone_role(&mut self, key: &Key, id: Option<String>) {
        match id {
            Some(id) => drop(self.gone_roles.insert(key.clone(), id)),
            None => drop(self.gone_roles.remove(key)),
        }
    }

    pub(super) fn set_policy(&mut self, key: &Key, policy: Option<ManagedPolicy>) {
        let old = self.policy_arns.remove(key);
        if let Some(arn) = &old {
            self.policies.remove(arn);
            self.texts.remove(arn);
        }
        let arn = policy.as_ref().map(ManagedPolicy::arn);
        if let (Some(policy), Some(arn)) = (&policy, &arn) {
            self.policy_arns.insert(key.clone(), arn.clone());
            let text = policy.in_force().unwrap_or_default();
            self.policies.insert(arn.clone(), readable(arn, text));
            self.texts.insert(arn.clone(), text.to_owned());
        }
        for arn in old.iter().chain(&arn) {
            self.renew(arn);
        }
    }

    /// Reads anew what all hold who have a managed policy.
    fn renew(&mut self, policy: &str) {
        let has = |held: &Holdings| held.has(policy) || held.is_bounded_by(policy);
        let users: Vec<_> = self.users.values().filter(|kept| has(&kept.user.held)).cloned().collect();
        for kept in users {
            let (arn, user) = (kept.held.arn.clone(), kept.user.clone());
            let held = self.held(&arn, &user.id, &user.held);
            self.users.insert(arn, Arc::new(KeptUser { user, held }));
        }
        let roles: Vec<_> = self.roles.values().filter(|kept| has(&kept.role.held)).cloned().collect();
        for kept in roles {
            let (arn, role, trust) = (kept.held.arn.clone(), kept.role.clone(), Arc::clone(&kept.trust));
            let held = self.held(&arn, &role.id, &role.held);
            self.roles.insert(arn, Arc::new(KeptRole { role, held, trust }));
        }
    }

    fn held(&mut self, arn: &str, id: &str, holdings: &Holdings) -> Held {
        let inline = holdings.inline.iter();
        let mut policies: Vec<_> =
            inline.map(|(name, document)| readable(&format!("{arn} {name}"), document)).collect();
        policies.extend(holdings.attached.iter().filter_map(|attached| self.attached(attached)));
        let nothing = || readable(arn, "");
        Held {
            arn: arn.to_owned(),
            unique_id: id.to_owned(),
            policies,
            boundary: holdings.boundary.as_ref().map(|arn| self.attached(arn).unwrap_or_else(nothing)),
            tags: holdings.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect(),
        }
    }

    /// The document of a managed policy; those of AWS are read once.
    fn attached(&mut self, arn: &str) -> Option<Arc<Document>> {
        let document = self.document(arn);
        if let Some(document) = &document {
            self.policies.entry(arn.to_owned()).or_insert_with(|| Arc::clone(document));
        } else {
            // While everything is read, a policy comes before who holds it; at all other times none is deleted that is held.
            error!(policy = arn, "a managed policy that is attached is not there: it allows nothing");
        }
        document
    }

    pub(super) fn document(&self, arn: &str) -> Option<Arc<Document>> {
        if let Some(document) = self.policies.get(arn) {
            return Some(Arc::clone(document));
        }
        let (policy, partition) = aws_managed::find(arn)?;
        Some(readable(arn, &policy.document(partition)))
    }
}

/// A document; one that is not understood denies everything, since what it would have denied is not known.
fn readable(of: &str, text: &str) -> Arc<Document> {
    const DENY: &str =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*"}]}"#;
    let document = Document::parse(text).or_else(|fault| {
        error!(of, %fault, "a stored policy cannot be read: it denies everything");
        Document::parse(DENY)
    });
    Arc::new(document.expect("the policy above can be read"))
}

/// Shows every record of a table, in the order of the keys.
pub(crate) async fn read<T: DeserializeOwned>(
    store: &Store,
    table: &Table<T>,
    mut show: impl FnMut(&Key, T),
) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = store.list(table, &Prefix::all(), after.as_ref(), STORE_PAGE_MAX).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.key.clone());
        page.into_iter().for_each(|record| show(&record.key, record.value));
    }
}
