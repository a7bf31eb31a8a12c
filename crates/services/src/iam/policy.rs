//! The operations on managed policies: the account's own, and AWS's to be read. Their versions are in `policy_version`.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html>

use std::sync::Arc;

use lambent_core::iam::aws_managed;
use lambent_core::iam::holder::Holdings;
use lambent_core::iam::managed_policy::ManagedPolicy;
use lambent_core::iam::realm::Realm;
use lambent_core::iam::unique_id;
use lambent_core::limits::{IAM_POLICIES_MAX, WRITE_ATTEMPTS_MAX};
use lambent_store::{Expect, StoreError, Transaction, tables};
use lambent_wire::iam::policy::{
    CreatePolicyRequest, CreatePolicyResponse, DeletePolicyRequest, GetPolicyRequest, GetPolicyResponse,
    ListEntitiesForPolicyRequest, ListEntitiesForPolicyResponse, ListPoliciesRequest, ListPoliciesResponse,
    Policy as WirePolicy, PolicyRole, PolicyUser,
};

use super::find::Policy;
use super::page::Page;
use super::view::Uses;
use super::{Error, document, find, tags, view};
use crate::caller::Context;
use crate::{Reply, Server};

/// What lists of policies call those that bound.
const BOUNDARY: &str = "PermissionsBoundary";

/// CreatePolicy.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn create_policy(
    server: &Arc<Server>,
    context: &Context,
    request: CreatePolicyRequest,
) -> Result<Reply, Error> {
    document::managed(&request.policy_document)?;
    let (realm, now) = (find::realm(&context.caller), server.clock.now());
    let mut policy = ManagedPolicy {
        id: unique_id::of_entity("ANPA", &realm.account, &*server.dice),
        name: request.policy_name,
        path: request.path.unwrap_or_else(|| "/".to_owned()),
        description: request.description.filter(|text| !text.is_empty()),
        created: now,
        updated: now,
        default: 0,
        last: 0,
        versions: Vec::new(),
        tags: tags::given(request.tags)?,
        realm,
    };
    policy.add(request.policy_document, now, true);
    if find::all(server, &policy.realm, &tables::IAM_POLICIES).await?.len() >= IAM_POLICIES_MAX {
        return Err(Error::Limit(format!("Cannot exceed quota for PoliciesPerAccount: {IAM_POLICIES_MAX}")));
    }
    let key = tables::iam_key(&policy.realm, &policy.name);
    let write = Transaction::new().put(&tables::IAM_POLICIES, key, &policy, Expect::Absent);
    if !find::written(server, write).await? {
        return Err(Error::PolicyExists(policy.name));
    }
    let shown = view::policy(&policy, Uses::default());
    let tags = Some(view::tags(&policy.tags)).filter(|tags| !tags.is_empty());
    Ok(Reply::of(CreatePolicyResponse { policy: Some(WirePolicy { tags, ..shown }) }))
}

/// GetPolicy: the only one that tells the description.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn get_policy(
    server: &Arc<Server>,
    context: &Context,
    request: GetPolicyRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    let uses = uses(server, &realm, &request.policy_arn);
    let shown = match find::policy(server, &realm, &request.policy_arn).await? {
        Some(Policy::Own(record)) => WirePolicy {
            description: record.value.description.clone(),
            tags: Some(view::tags(&record.value.tags)),
            ..view::policy(&record.value, uses)
        },
        Some(Policy::Aws(policy)) => WirePolicy {
            description: policy.description().map(str::to_owned),
            tags: Some(Vec::new()),
            ..view::aws_policy(policy, &realm.partition, uses)
        },
        None => return Err(Error::NoSuchPolicy(request.policy_arn)),
    };
    Ok(Reply::of(GetPolicyResponse { policy: Some(shown) }))
}

/// Who of a realm has a managed policy.
pub(super) fn uses(server: &Server, realm: &Realm, arn: &str) -> Uses {
    let mut uses = Uses::default();
    let mut count = |held: &Holdings| {
        uses.attached += usize::from(held.has(arn));
        uses.bounding += usize::from(held.is_bounded_by(arn));
    };
    server.identities.users_of(realm).iter().for_each(|kept| count(&kept.user.held));
    server.identities.roles_of(realm).iter().for_each(|kept| count(&kept.role.held));
    uses
}

/// DeletePolicy: one that nobody has, and of which only one version is left.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn delete_policy(
    server: &Arc<Server>,
    context: &Context,
    request: DeletePolicyRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    for _ in 0..WRITE_ATTEMPTS_MAX {
        let record = find::own_policy(server, &realm, &request.policy_arn).await?;
        // Whoever attaches a policy writes its record too: who holds it now is known by now.
        if uses(server, &realm, &request.policy_arn) != Uses::default() {
            return Err(Error::DeleteConflict("Cannot delete a policy attached to entities."));
        }
        if record.value.versions.len() > 1 {
            return Err(Error::DeleteConflict(
                "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
            ));
        }
        let expect = Expect::Revision(record.revision);
        let write = Transaction::new().delete(&tables::IAM_POLICIES, record.key, expect);
        if find::written(server, write).await? {
            return Ok(Reply::of(()));
        }
    }
    Err(Error::Store(StoreError::Closed))
}

/// ListPolicies: the account's own and those of AWS that are known here.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn list_policies(
    server: &Arc<Server>,
    context: &Context,
    request: ListPoliciesRequest,
) -> Result<Reply, Error> {
    let realm = find::realm(&context.caller);
    let scope = request.scope.as_deref().unwrap_or("All");
    let mut all = Vec::new();
    if scope != "AWS" {
        let own = find::all(server, &realm, &tables::IAM_POLICIES).await?;
        all.extend(own.iter().map(|policy| view::policy(policy, uses(server, &realm, &policy.arn()))));
    }
    if scope != "Local" {
        let uses = |arn: &str| uses(server, &realm, arn);
        let shown = aws_managed::all()
            .map(|policy| view::aws_policy(policy, &realm.partition, uses(&policy.arn(&realm.partition))));
        all.extend(shown);
    }
    all.retain(|policy| is_asked_for(policy, &request));
    let page = Page::in_place(all, request.marker.as_deref(), request.max_items)?;
    let is_truncated = page.is_truncated();
    Ok(Reply::of(ListPoliciesResponse { policies: Some(page.items), is_truncated, marker: page.marker }))
}

fn is_asked_for(policy: &WirePolicy, request: &ListPoliciesRequest) -> bool {
    let path = request.path_prefix.as_deref().unwrap_or_default();
    let attached = policy.attachment_count.unwrap_or(0) > 0;
    let bounding = policy.permissions_boundary_usage_count.unwrap_or(0) > 0;
    let used = match request.policy_usage_filter.as_deref() {
        Some(BOUNDARY) => bounding,
        Some(_) => attached,
        None => !request.only_attached.unwrap_or(false) || attached,
    };
    used && policy.path.as_deref().is_some_and(|own| own.starts_with(path))
}

/// ListEntitiesForPolicy: who has it attached, or is bounded by it.
///
/// # Errors
/// [`Error`] as IAM would refuse it.
pub async fn list_entities_for_policy(
    server: &Arc<Server>,
    context: &Context,
    request: ListEntitiesForPolicyRequest,
) -> Result<Reply, Error> {
    let (realm, arn) = (find::realm(&context.caller), &request.policy_arn);
    find::policy(server, &realm, arn).await?.ok_or_else(|| Error::NoSuchPolicy(arn.clone()))?;
    let path = request.path_prefix.clone().unwrap_or_default();
    let has = |held: &Holdings, own: &str| {
        let used = match request.policy_usage_filter.as_deref() {
            Some(BOUNDARY) => held.is_bounded_by(arn),
            Some(_) => held.has(arn),
            None => held.has(arn) || held.is_bounded_by(arn),
        };
        used && own.starts_with(&path)
    };
    let wanted = |kind: &str| request.entity_filter.as_deref().is_none_or(|filter| filter == kind);
    let users = server.identities.users_of(&realm).into_iter().map(|kept| kept.user.clone());
    let users = users
        .filter(|user| wanted("User") && has(&user.held, &user.path))
        .map(|user| Entity::User(PolicyUser { user_name: Some(user.name), user_id: Some(user.id) }));
    let roles = server.identities.roles_of(&realm).into_iter().map(|kept| kept.role.clone());
    let roles = roles
        .filter(|role| wanted("Role") && has(&role.held, &role.path))
        .map(|role| Entity::Role(PolicyRole { role_name: Some(role.name), role_id: Some(role.id) }));
    let page = Page::in_place(users.chain(roles).collect(), request.marker.as_deref(), request.max_items)?;
    Ok(Reply::of(entities(page)))
}

enum Entity {
    User(PolicyUser),
    Role(PolicyRole),
}

fn entities(page: Page<Entity>) -> ListEntitiesForPolicyResponse {
    let (mut users, mut roles) = (Vec::new(), Vec::new());
    let is_truncated = page.is_truncated();
    for entity in page.items {
        match entity {
            Entity::User(user) => users.push(user),
            Entity::Role(role) => roles.push(role),
        }
    }
    ListEntitiesForPolicyResponse {
        policy_groups: Some(Vec::new()),
        policy_users: Some(users),
        policy_roles: Some(roles),
        is_truncated,
        marker: page.marker,
    }
}
