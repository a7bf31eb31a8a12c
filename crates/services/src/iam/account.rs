//! What an account has of IAM, counted and at large.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>

use std::collections::BTreeMap;
use std::sync::Arc;

use lambent_core::iam::aws_managed;
use lambent_core::iam::holder::Holdings;
use lambent_core::iam::managed_policy::ManagedPolicy;
use lambent_core::iam::realm::Realm;
use lambent_core::iam::role::Role;
use lambent_core::iam::user::User;
use lambent_core::limits::{
    IAM_ACCESS_KEYS_MAX, IAM_ATTACHED_POLICIES_MAX, IAM_MANAGED_POLICY_MAX_CHARS, IAM_POLICIES_MAX,
    IAM_POLICY_VERSIONS_MAX, IAM_ROLE_POLICIES_MAX_CHARS, IAM_ROLES_MAX, IAM_TRUST_POLICY_MAX_CHARS,
    IAM_USER_POLICIES_MAX_CHARS, IAM_USERS_MAX,
};
use lambent_store::tables;
use lambent_wire::iam::account::{
    GetAccountAuthorizationDetailsRequest, GetAccountAuthorizationDetailsResponse, GetAccountSummaryResponse,
    ManagedPolicyDetail, PolicyDetail, RoleDetail, UserDetail,
};
use lambent_wire::iam::policy::Policy as WirePolicy;

use super::page::Page;
use super::policy::uses;
use super::{Error, attached, find, last_use, view};
use crate::caller::Context;
use crate::{Reply, Server};

/// GetAccountSummary: of what there can be none here, none.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn get_account_summary(
    server: &Arc<Server>,
    context: &Context,
    _request: (),
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    let policies = find::all(server, &realm, &tables::IAM_POLICIES).await?;
    let versions: usize = policies.iter().map(|policy| policy.versions.len()).sum();
    let counted = [
        ("Users", server.identities.users_of(&realm).len()),
        ("UsersQuota", IAM_USERS_MAX),
        ("Groups", 0),
        ("ServerCertificates", 0),
        ("InstanceProfiles", 0),
        ("Providers", 0),
        ("MFADevices", 0),
        ("MFADevicesInUse", 0),
        ("AccountMFAEnabled", 0),
        ("AccountAccessKeysPresent", 1),
        ("AccountSigningCertificatesPresent", 0),
        ("GlobalEndpointTokenVersion", 1),
        // AWS's quotas of what nobody can have here yet.
        ("AttachedPoliciesPerGroupQuota", 10),
        ("GroupPolicySizeQuota", 5120),
        ("GroupsPerUserQuota", 10),
        ("GroupsQuota", 300),
        ("InstanceProfilesQuota", 1000),
        ("PolicyVersionsInUseQuota", 10_000),
        ("ServerCertificatesQuota", 20),
        ("SigningCertificatesPerUserQuota", 2),
        ("Roles", server.identities.roles_of(&realm).len()),
        ("RolesQuota", IAM_ROLES_MAX),
        ("Policies", policies.len()),
        ("PoliciesQuota", IAM_POLICIES_MAX),
        ("PolicyVersionsInUse", versions),
        ("PolicySizeQuota", IAM_MANAGED_POLICY_MAX_CHARS),
        ("VersionsPerPolicyQuota", IAM_POLICY_VERSIONS_MAX),
        ("AccessKeysPerUserQuota", IAM_ACCESS_KEYS_MAX),
        ("AttachedPoliciesPerRoleQuota", IAM_ATTACHED_POLICIES_MAX),
        ("AttachedPoliciesPerUserQuota", IAM_ATTACHED_POLICIES_MAX),
        ("AssumeRolePolicySizeQuota", IAM_TRUST_POLICY_MAX_CHARS),
        ("RolePolicySizeQuota", IAM_ROLE_POLICIES_MAX_CHARS),
        ("UserPolicySizeQuota", IAM_USER_POLICIES_MAX_CHARS),
    ];
    let told: BTreeMap<String, i32> = counted
        .into_iter()
        .map(|(key, count)| (key.to_owned(), i32::try_from(count).unwrap_or(i32::MAX)))
        .collect();
    Ok(Reply::of(GetAccountSummaryResponse { summary_map: Some(told) }))
}

/// One user, role or policy with all it has.
enum Detail {
    User(UserDetail),
    Role(RoleDetail),
    Policy(ManagedPolicyDetail),
}

/// GetAccountAuthorizationDetails.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn get_account_authorization_details(
    server: &Arc<Server>,
    context: &Context,
    request: GetAccountAuthorizationDetailsRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    let filter = request.filter.unwrap_or_default();
    let wanted = |kind: &str| filter.is_empty() || filter.iter().any(|one| one == kind);
    let mut all = Vec::new();
    if wanted("User") {
        all.extend(server.identities.users_of(&realm).iter().map(|kept| Detail::User(user(&kept.user))));
    }
    if wanted("Role") {
        let roles = server.identities.roles_of(&realm);
        all.extend(roles.iter().map(|kept| Detail::Role(role(server, &kept.role))));
    }
    if wanted("LocalManagedPolicy") {
        let own = find::all(server, &realm, &tables::IAM_POLICIES).await?;
        all.extend(own.iter().map(|policy| Detail::Policy(own_policy(server, policy))));
    }
    if wanted("AWSManagedPolicy") {
        all.extend(aws_policies(server, &realm).map(Detail::Policy));
    }
    let page = Page::in_place(all, request.marker.as_deref(), request.max_items)?;
    Ok(Reply::of(sorted(page)))
}

fn sorted(page: Page<Detail>) -> GetAccountAuthorizationDetailsResponse {
    let is_truncated = page.is_truncated();
    let (mut users, mut roles, mut policies) = (Vec::new(), Vec::new(), Vec::new());
    for detail in page.items {
        match detail {
            Detail::User(user) => users.push(user),
            Detail::Role(role) => roles.push(role),
            Detail::Policy(policy) => policies.push(policy),
        }
    }
    GetAccountAuthorizationDetailsResponse {
        user_detail_list: Some(users),
        group_detail_list: Some(Vec::new()),
        role_detail_list: Some(roles),
        policies: Some(policies),
        is_truncated,
        marker: page.marker,
    }
}

fn inline(held: &Holdings) -> Vec<PolicyDetail> {
    let one = |(name, text): (&String, &String)| PolicyDetail {
        policy_name: Some(name.clone()),
        policy_document: Some(view::document(text)),
    };
    held.inline.iter().map(one).collect()
}

fn user(user: &User) -> UserDetail {
    let shown = view::user(user);
    UserDetail {
        path: Some(shown.path),
        user_name: Some(shown.user_name),
        user_id: Some(shown.user_id),
        arn: Some(shown.arn),
        create_date: Some(shown.create_date),
        user_policy_list: Some(inline(&user.held)),
        group_list: Some(Vec::new()),
        attached_managed_policies: Some(user.held.attached.iter().map(|arn| attached::shown(arn)).collect()),
        permissions_boundary: shown.permissions_boundary,
        tags: Some(view::tags(&user.held.tags)),
    }
}

fn role(server: &Server, role: &Role) -> RoleDetail {
    let shown = view::role(role);
    RoleDetail {
        path: Some(shown.path),
        role_name: Some(shown.role_name),
        role_id: Some(shown.role_id),
        arn: Some(shown.arn),
        create_date: Some(shown.create_date),
        assume_role_policy_document: shown.assume_role_policy_document,
        instance_profile_list: Some(Vec::new()),
        role_policy_list: Some(inline(&role.held)),
        attached_managed_policies: Some(role.held.attached.iter().map(|arn| attached::shown(arn)).collect()),
        permissions_boundary: shown.permissions_boundary,
        tags: Some(view::tags(&role.held.tags)),
        role_last_used: Some(last_use::of_role(server, &role.id)),
    }
}

fn own_policy(server: &Server, policy: &ManagedPolicy) -> ManagedPolicyDetail {
    let versions = policy.versions.iter().rev().map(|version| view::version(version, policy.default, true));
    let shown = view::policy(policy, uses(server, &policy.realm, &policy.arn()));
    ManagedPolicyDetail { policy_version_list: Some(versions.collect()), ..detail(shown) }
}

/// Those of AWS that somebody has, as AWS lists them.
fn aws_policies(server: &Server, realm: &Realm) -> impl Iterator<Item = ManagedPolicyDetail> {
    aws_managed::all().filter_map(|policy| {
        let uses = uses(server, realm, &policy.arn(&realm.partition));
        let shown = view::aws_policy(policy, &realm.partition, uses);
        let versions = vec![view::aws_version(policy, &realm.partition, true)];
        (uses != view::Uses::default())
            .then(|| ManagedPolicyDetail { policy_version_list: Some(versions), ..detail(shown) })
    })
}

fn detail(shown: WirePolicy) -> ManagedPolicyDetail {
    ManagedPolicyDetail {
        policy_name: shown.policy_name,
        policy_id: shown.policy_id,
        arn: shown.arn,
        path: shown.path,
        default_version_id: shown.default_version_id,
        attachment_count: shown.attachment_count,
        permissions_boundary_usage_count: shown.permissions_boundary_usage_count,
        is_attachable: shown.is_attachable,
        create_date: shown.create_date,
        update_date: shown.update_date,
        ..ManagedPolicyDetail::default()
    }
}
