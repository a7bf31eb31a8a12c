//! Users, roles and policies as the API shows them: lists show less than what shows one. Never reads the store.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html>

use lambent_core::iam::access_key::AccessKey;
use lambent_core::iam::aws_managed::AwsManaged;
use lambent_core::iam::managed_policy::{ManagedPolicy, PolicyVersion};
use lambent_core::iam::role::Role;
use lambent_core::iam::tag::Tag;
use lambent_core::iam::user::User;
use lambent_core::time::Timestamp;
use lambent_wire::iam::access_key::{AccessKey as WireKey, AccessKeyMetadata};
use lambent_wire::iam::policy::Policy as WirePolicy;
use lambent_wire::iam::policy_version::PolicyVersion as WireVersion;
use lambent_wire::iam::role::Role as WireRole;
use lambent_wire::iam::user::{AttachedPermissionsBoundary, Tag as WireTag, User as WireUser};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stands for itself in a document that is shown.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// What IAM calls the one kind of boundary there is.
const BOUNDARY: &str = "PermissionsBoundaryPolicy";

/// A document as IAM shows it: with percent signs, by RFC 3986.
pub(super) fn document(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// To the second, as IAM tells time.
pub(super) fn time(at: Timestamp) -> lambent_wire::timestamp::Timestamp {
    lambent_wire::timestamp::Timestamp::from_millis(at.as_secs() * 1000).unwrap_or_default()
}

/// A user as lists show it.
pub(super) fn listed_user(user: &User) -> WireUser {
    WireUser {
        path: user.path.clone(),
        user_name: user.name.clone(),
        user_id: user.id.clone(),
        arn: user.arn(),
        create_date: time(user.created),
        ..WireUser::default()
    }
}

/// A user with all that is shown of it.
pub(super) fn user(user: &User) -> WireUser {
    WireUser {
        permissions_boundary: boundary(user.held.boundary.as_deref()),
        tags: some_tags(&user.held.tags),
        ..listed_user(user)
    }
}

/// A role as lists show it.
pub(super) fn listed_role(role: &Role) -> WireRole {
    WireRole {
        path: role.path.clone(),
        role_name: role.name.clone(),
        role_id: role.id.clone(),
        arn: role.arn(),
        create_date: time(role.created),
        assume_role_policy_document: Some(document(&role.trust)),
        description: role.description.clone(),
        max_session_duration: i32::try_from(role.session_max_s).ok(),
        ..WireRole::default()
    }
}

/// A role with all that is shown of it but its last use.
pub(super) fn role(role: &Role) -> WireRole {
    WireRole {
        permissions_boundary: boundary(role.held.boundary.as_deref()),
        tags: some_tags(&role.held.tags),
        ..listed_role(role)
    }
}

fn boundary(arn: Option<&str>) -> Option<AttachedPermissionsBoundary> {
    arn.map(|arn| AttachedPermissionsBoundary {
        permissions_boundary_type: Some(BOUNDARY.to_owned()),
        permissions_boundary_arn: Some(arn.to_owned()),
    })
}

/// Tags where there are any: none is shown otherwise.
fn some_tags(shown: &[Tag]) -> Option<Vec<WireTag>> {
    (!shown.is_empty()).then(|| tags(shown))
}

pub(super) fn tags(tags: &[Tag]) -> Vec<WireTag> {
    tags.iter().map(|tag| WireTag { key: tag.key.clone(), value: tag.value.clone() }).collect()
}

/// An access key as only its maker sees it.
pub(super) fn new_key(user: &User, key: &AccessKey) -> WireKey {
    WireKey {
        user_name: user.name.clone(),
        access_key_id: key.id.clone(),
        status: status(key).to_owned(),
        secret_access_key: key.secret.clone(),
        create_date: Some(time(key.created)),
    }
}

/// An access key without its secret.
pub(super) fn key(user: &User, key: &AccessKey) -> AccessKeyMetadata {
    AccessKeyMetadata {
        user_name: Some(user.name.clone()),
        access_key_id: Some(key.id.clone()),
        status: Some(status(key).to_owned()),
        create_date: Some(time(key.created)),
    }
}

fn status(key: &AccessKey) -> &'static str {
    if key.is_active { "Active" } else { "Inactive" }
}

/// How often a managed policy is attached, and how often it bounds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Uses {
    /// As a permissions policy.
    pub(super) attached: usize,
    /// As a boundary.
    pub(super) bounding: usize,
}

/// A managed policy of the account, without what only some operations show.
pub(super) fn policy(policy: &ManagedPolicy, uses: Uses) -> WirePolicy {
    WirePolicy {
        policy_name: Some(policy.name.clone()),
        policy_id: Some(policy.id.clone()),
        arn: Some(policy.arn()),
        path: Some(policy.path.clone()),
        default_version_id: Some(format!("v{}", policy.default)),
        create_date: Some(time(policy.created)),
        update_date: Some(time(policy.updated)),
        ..counted(uses)
    }
}

/// A managed policy of AWS.
pub(super) fn aws_policy(policy: &AwsManaged, partition: &str, uses: Uses) -> WirePolicy {
    WirePolicy {
        policy_name: Some(policy.name.to_owned()),
        policy_id: Some(policy.id()),
        arn: Some(policy.arn(partition)),
        path: Some(policy.path.to_owned()),
        default_version_id: Some(format!("v{}", policy.version)),
        create_date: Some(time(policy.created())),
        update_date: Some(time(policy.updated())),
        ..counted(uses)
    }
}

fn counted(uses: Uses) -> WirePolicy {
    WirePolicy {
        attachment_count: i32::try_from(uses.attached).ok(),
        permissions_boundary_usage_count: i32::try_from(uses.bounding).ok(),
        is_attachable: Some(true),
        ..WirePolicy::default()
    }
}

/// A version of a managed policy; `text` where its document is shown too.
pub(super) fn version(version: &PolicyVersion, default: u32, with_document: bool) -> WireVersion {
    WireVersion {
        document: with_document.then(|| document(&version.document)),
        version_id: Some(format!("v{}", version.number)),
        is_default_version: Some(version.number == default),
        create_date: Some(time(version.created)),
    }
}

/// The one version of a policy of AWS that is known.
pub(super) fn aws_version(policy: &AwsManaged, partition: &str, with_document: bool) -> WireVersion {
    WireVersion {
        document: with_document.then(|| document(&policy.document(partition))),
        version_id: Some(format!("v{}", policy.version)),
        is_default_version: Some(true),
        create_date: Some(time(policy.updated())),
    }
}
