//! A user, a role or a key with all that a decision about it needs. Never read from the store.

use std::collections::BTreeMap;
use std::sync::Arc;

use lambent_core::account::AccountId;
use lambent_core::iam::Document;
use lambent_core::iam::role::Role;
use lambent_core::iam::user::User;

/// What identity-based policies say of one user or role.
#[derive(Debug)]
pub(crate) struct Held {
    /// Of the user or role, with its path.
    pub(crate) arn: String,
    /// `AIDA…` or `AROA…`.
    pub(crate) unique_id: String,
    /// Inline and attached.
    pub(crate) policies: Vec<Arc<Document>>,
    /// What bounds it; one that cannot be read allows nothing.
    pub(crate) boundary: Option<Arc<Document>>,
    /// Its tags, as `aws:PrincipalTag` tells them.
    pub(crate) tags: BTreeMap<String, String>,
}

/// A user that is kept here.
#[derive(Debug)]
pub(crate) struct KeptUser {
    /// As it is kept.
    pub(crate) user: User,
    /// What it holds.
    pub(crate) held: Held,
}

/// A role that is kept here.
#[derive(Debug)]
pub(crate) struct KeptRole {
    /// As it is kept, with how long a session may last.
    pub(crate) role: Role,
    /// What it holds.
    pub(crate) held: Held,
    /// Who may assume it; one that cannot be read lets nobody in.
    pub(crate) trust: Arc<Document>,
}

/// An access key of a user that is kept here. Its secret is never printed.
#[derive(Clone)]
pub(crate) struct KeptKey {
    /// What signs.
    pub(crate) secret: String,
    /// Whether it may be used now.
    pub(crate) is_active: bool,
    /// Whose it is.
    pub(crate) user_arn: String,
    /// The user's account.
    pub(crate) account: AccountId,
}
