//! What users and roles have in common, so that policies, boundaries and tags of both are changed by the same code.

use lambent_core::iam::holder::Holdings;
use lambent_core::iam::role::Role;
use lambent_core::iam::user::User;
use lambent_core::limits::{IAM_ROLE_POLICIES_MAX_CHARS, IAM_USER_POLICIES_MAX_CHARS};
use lambent_store::{Table, tables};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Error;

/// A user or a role.
pub(super) trait Holder: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Where it stands.
    const TABLE: Table<Self>;
    /// What it is, in words.
    const KIND: &'static str;
    /// The quota of attached policies, by AWS's name.
    const ATTACHED_QUOTA: &'static str;
    /// How long its inline policies may be together.
    const INLINE_MAX_CHARS: usize;

    /// What it holds.
    fn held(&self) -> &Holdings;
    /// The same to be changed.
    fn held_mut(&mut self) -> &mut Holdings;
    /// That there is none of that name.
    fn missing(name: &str) -> Error;
    /// Whether its owner may change it.
    fn changeable(&self) -> Result<(), Error>;
}

impl Holder for User {
    const TABLE: Table<Self> = tables::IAM_USERS;
    const KIND: &'static str = "user";
    const ATTACHED_QUOTA: &'static str = "PoliciesPerUser";
    const INLINE_MAX_CHARS: usize = IAM_USER_POLICIES_MAX_CHARS;

    fn held(&self) -> &Holdings {
        &self.held
    }

    fn held_mut(&mut self) -> &mut Holdings {
        &mut self.held
    }

    fn missing(name: &str) -> Error {
        Error::NoSuchUser(name.to_owned())
    }

    fn changeable(&self) -> Result<(), Error> {
        Ok(())
    }
}

impl Holder for Role {
    const TABLE: Table<Self> = tables::IAM_ROLES;
    const KIND: &'static str = "role";
    const ATTACHED_QUOTA: &'static str = "PoliciesPerRole";
    const INLINE_MAX_CHARS: usize = IAM_ROLE_POLICIES_MAX_CHARS;

    fn held(&self) -> &Holdings {
        &self.held
    }

    fn held_mut(&mut self) -> &mut Holdings {
        &mut self.held
    }

    fn missing(name: &str) -> Error {
        Error::NoSuchRole(name.to_owned())
    }

    fn changeable(&self) -> Result<(), Error> {
        if self.is_service_linked() { Err(Error::Unmodifiable(self.name.clone())) } else { Ok(()) }
    }
}
