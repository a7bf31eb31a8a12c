//! Where users, roles and managed policies stand: by partition, account and name. Never a region.

use lambent_core::iam::access_key::LastUse;
use lambent_core::iam::managed_policy::ManagedPolicy;
use lambent_core::iam::realm::Realm;
use lambent_core::iam::role::Role;
use lambent_core::iam::user::User;
use lambent_core::time::Timestamp;

use crate::{Key, Prefix, Table};

/// Users, with their access keys.
pub const IAM_USERS: Table<User> = Table::new("iam_users");

/// Roles.
pub const IAM_ROLES: Table<Role> = Table::new("iam_roles");

/// The ids of roles that were deleted, by their ARNs: nobody takes one for a role that was never here.
pub const IAM_GONE_ROLES: Table<String> = Table::new("iam_gone_roles");

/// Managed policies of accounts; AWS's own are in no table.
pub const IAM_POLICIES: Table<ManagedPolicy> = Table::new("iam_policies");

/// When access keys and roles were last used, by their ids.
pub const IAM_USES: Table<LastUse> = Table::new("iam_uses");

/// Deletions of services' roles that are done, and when, by partition, account and task.
pub const IAM_DELETIONS: Table<Timestamp> = Table::new("iam_deletions");

/// Where a user, a role or a policy stands in its table: names differ by more than case.
#[must_use]
pub fn iam_key(realm: &Realm, name: &str) -> Key {
    Key::of([realm.partition.as_str(), realm.account.as_str(), &name.to_lowercase()])
}

/// All of a realm.
#[must_use]
pub fn iam_of(realm: &Realm) -> Prefix {
    Prefix::under([realm.partition.as_str(), realm.account.as_str()])
}
