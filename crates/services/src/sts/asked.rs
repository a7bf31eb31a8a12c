//! What AssumeRole is asked for, checked as far as it can be without the role: policies, tags, source identity. Never
//! judges the caller.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_session-tags.html>

use std::collections::{BTreeMap, BTreeSet};

use lambent_core::account::AccountId;
use lambent_core::iam::check;
use lambent_core::limits::{SESSION_PACKED_MAX_BYTES, SESSION_POLICY_ARNS_MAX, SESSION_POLICY_MAX_CHARS};
use lambent_wire::sts::session::AssumeRoleRequest;
use serde::de::IgnoredAny;

use super::Error;
use crate::Server;
use crate::caller::Caller;

/// A request to assume a role, read.
#[derive(Debug)]
pub(super) struct Asked {
    /// The role's account.
    pub(super) account: AccountId,
    /// The session policy's text.
    pub(super) policies: Vec<String>,
    /// The managed policies that limit the session, too.
    pub(super) policy_arns: Vec<String>,
    /// The tags of the request.
    pub(super) requested: BTreeMap<String, String>,
    /// Those and the ones that the calling session hands on.
    pub(super) tags: BTreeMap<String, String>,
    /// The keys of the tags that are handed on.
    pub(super) transitive: BTreeSet<String>,
    /// Given, or handed on.
    pub(super) source_identity: Option<String>,
    /// How much of the allowed space policies and tags take; nothing where there is neither.
    pub(super) packed_percent: Option<i32>,
}

impl Asked {
    /// # Errors
    /// [`Error`] as STS would refuse it.
    pub(super) fn read(server: &Server, caller: &Caller, request: &AssumeRoleRequest) -> Result<Self, Error> {
        if request.serial_number.is_some() || request.token_code.is_some() {
            let words = "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.";
            return Err(Error::AccessDenied(words.to_owned()));
        }
        if request.provided_contexts.is_some() {
            return Err(Error::NotThereYet("A provided context"));
        }
        let account = account(&request.role_arn)?;
        let policies = policies(request)?;
        let policy_arns = policy_arns(server, request)?;
        let requested = requested(request)?;
        let before = caller.kept().map(|kept| &kept.record);
        let handed_on: BTreeMap<String, String> = before
            .into_iter()
            .flat_map(|session| session.transitive.iter().filter_map(|key| session.tags.get_key_value(key)))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let transitive = transitive(request, &requested, &handed_on)?;
        let packed_percent = packed(policies.iter().chain(&policy_arns), &requested)?;
        let mut tags = requested.clone();
        tags.extend(handed_on);
        let source_identity = source_identity(request, before.and_then(|s| s.source_identity.as_ref()))?;
        Ok(Self {
            account,
            policies,
            policy_arns,
            requested,
            tags,
            transitive,
            source_identity,
            packed_percent,
        })
    }
}

fn account(role_arn: &str) -> Result<AccountId, Error> {
    let parts: Vec<&str> = role_arn.splitn(6, ':').collect();
    let account = match parts.as_slice() {
        ["arn", _, "iam", "", account, rest] if rest.starts_with("role/") => {
            AccountId::try_from((*account).to_owned()).ok()
        }
        _ => None,
    };
    account.ok_or_else(|| Error::Validation(format!("{role_arn} is invalid")))
}

fn policies(request: &AssumeRoleRequest) -> Result<Vec<String>, Error> {
    let Some(text) = &request.policy else { return Ok(Vec::new()) };
    if text.chars().count() > SESSION_POLICY_MAX_CHARS {
        let words = format!(
            "1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to {SESSION_POLICY_MAX_CHARS}"
        );
        return Err(Error::Validation(words));
    }
    match check::identity(text) {
        Ok(_document) => Ok(vec![text.clone()]),
        Err(_) if serde_json::from_str::<IgnoredAny>(text).is_err() => {
            Err(Error::MalformedPolicyDocument(check::Refused::NotJson.to_string()))
        }
        Err(refused) => Err(Error::MalformedPolicyDocument(refused.to_string())),
    }
}

fn policy_arns(server: &Server, request: &AssumeRoleRequest) -> Result<Vec<String>, Error> {
    let arns: Vec<String> =
        request.policy_arns.iter().flatten().filter_map(|policy| policy.arn.clone()).collect();
    if arns.len() > SESSION_POLICY_ARNS_MAX {
        let words = format!("The number of managed policy ARNs exceeds {SESSION_POLICY_ARNS_MAX}.");
        return Err(Error::PackedPolicyTooLarge(words));
    }
    match arns.iter().find(|arn| server.identities.policy(arn).is_none()) {
        Some(arn) => {
            let words = format!("Policy {arn} does not exist or is not attachable.");
            Err(Error::MalformedPolicyDocument(words))
        }
        None => Ok(arns),
    }
}

fn requested(request: &AssumeRoleRequest) -> Result<BTreeMap<String, String>, Error> {
    let tags = request.tags.as_deref().unwrap_or_default();
    let mut seen = BTreeSet::new();
    if !tags.iter().all(|tag| seen.insert(tag.key.to_lowercase())) {
        let words = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
        return Err(Error::InvalidParameterValue(words.to_owned()));
    }
    if let Some(tag) = tags.iter().find(|tag| tag.key.to_lowercase().starts_with("aws:")) {
        let words = format!("System tags cannot be added/updated/deleted: {}", tag.key);
        return Err(Error::InvalidParameterValue(words));
    }
    Ok(tags.iter().map(|tag| (tag.key.clone(), tag.value.clone())).collect())
}

/// What the new session hands on: what the calling one did, and what the request names of its own tags.
fn transitive(
    request: &AssumeRoleRequest,
    requested: &BTreeMap<String, String>,
    handed_on: &BTreeMap<String, String>,
) -> Result<BTreeSet<String>, Error> {
    let keys = request.transitive_tag_keys.as_deref().unwrap_or_default();
    let is_in =
        |tags: &BTreeMap<String, String>, key: &str| tags.keys().any(|known| known.eq_ignore_ascii_case(key));
    if !keys.iter().all(|key| is_in(requested, key)) {
        let words = "The specified transitive tag key must be included in the requested tags.";
        return Err(Error::Validation(words.to_owned()));
    }
    if requested.keys().any(|key| is_in(handed_on, key)) {
        let words = "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.";
        return Err(Error::InvalidParameterValue(words.to_owned()));
    }
    Ok(keys.iter().chain(handed_on.keys()).cloned().collect())
}

/// The source identity stays as it is through a chain of roles.
fn source_identity(request: &AssumeRoleRequest, before: Option<&String>) -> Result<Option<String>, Error> {
    match (&request.source_identity, before) {
        (Some(given), Some(before)) if given != before => {
            let words = "The source identity cannot be changed in a chain of roles.";
            Err(Error::AccessDenied(words.to_owned()))
        }
        (given, before) => Ok(given.as_ref().or(before).cloned()),
    }
}

/// How much of the space policies and tags take, without what only lays them out.
fn packed<'a>(
    policies: impl Iterator<Item = &'a String>,
    tags: &BTreeMap<String, String>,
) -> Result<Option<i32>, Error> {
    let dense =
        |text: &String| text.chars().filter(|c| !c.is_whitespace()).map(char::len_utf8).sum::<usize>();
    let of_policies: usize = policies.map(dense).sum();
    let of_tags: usize = tags.iter().map(|(key, value)| key.len() + value.len()).sum();
    let percent = ((of_policies + of_tags) * 100).div_ceil(SESSION_PACKED_MAX_BYTES);
    match (percent, of_policies) {
        (0, _) => Ok(None),
        (..=100, _) => Ok(i32::try_from(percent).ok()),
        (_, 0) => Err(Error::PackedPolicyTooLarge(format!(
            "Packed size of session tags consumes {percent}% of allotted space."
        ))),
        _ => Err(Error::PackedPolicyTooLarge(format!(
            "Packed policy consumes {percent}% of allotted space, please use smaller policy."
        ))),
    }
}
