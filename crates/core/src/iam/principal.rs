//! Who a statement is about, and whether a requester is one of them. Never asks whether a principal exists.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html>

use serde::{Deserialize, Serialize};

use super::Grant;
use super::document::Texts;
use crate::account::AccountId;

/// The value of `Principal`: everyone, or names by their kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Principals {
    /// `"*"`.
    Everyone(Star),
    /// `{"AWS": …, "Service": …, "Federated": …, "CanonicalUser": …}`.
    Named(Named),
}

/// The text `*` and no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Star {
    /// It.
    #[serde(rename = "*")]
    Star,
}

/// Principals by their kind, each one text or a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub struct Named {
    /// `*`, account ids, and ARNs of accounts, users, roles and sessions.
    #[serde(rename = "AWS", default, skip_serializing_if = "Texts::is_empty")]
    aws: Texts,
    /// Services: `s3.amazonaws.com`.
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    service: Texts,
    /// Identity providers.
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    federated: Texts,
    /// Canonical user ids, which only S3 has; no requester here is known by one.
    #[serde(default, skip_serializing_if = "Texts::is_empty")]
    canonical_user: Texts,
}

/// Who sends a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requester {
    /// Nobody that is known.
    Anonymous,
    /// A service of AWS, by its principal: `s3.amazonaws.com`.
    Service(String),
    /// Someone from an identity provider, by the provider's name or ARN.
    Federated(String),
    /// A user, a role's session or the owner of an account.
    Identity {
        /// The account.
        account: AccountId,
        /// `arn:aws:iam::A:root`, `arn:aws:iam::A:user/U` or `arn:aws:sts::A:assumed-role/R/S`.
        arn: String,
        /// The role's own ARN for a session of it, path included.
        role: Option<String>,
    },
}

impl Principals {
    /// How these principals mean a requester: by name or through its account; none if they do not.
    pub(super) fn meaning(&self, who: &Requester) -> Option<Grant> {
        let named = match self {
            Self::Everyone(Star::Star) => return Some(Grant::Named),
            Self::Named(named) => named,
        };
        // {"AWS": "*"} means everyone too, whoever has not signed included.
        if named.aws.iter().any(|text| text == "*") {
            return Some(Grant::Named);
        }
        match who {
            Requester::Anonymous => None,
            Requester::Service(service) => named.service.iter().any(|s| s == service).then_some(Grant::Named),
            Requester::Federated(provider) => {
                named.federated.iter().any(|p| p == provider).then_some(Grant::Named)
            }
            Requester::Identity { account, arn, role } => {
                let grant = |text: &str| match text {
                    text if text == arn => Some(Grant::Named),
                    text if role.as_deref() == Some(text) => Some(Grant::Role),
                    text => (account_of(text)? == account.as_str()).then_some(Grant::Account),
                };
                named.aws.iter().filter_map(grant).max()
            }
        }
    }

    /// Every name with its kind, as `AWS`, `Service`, `Federated` or `CanonicalUser`; `*` stands under `AWS`.
    pub fn names(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let (everyone, named) = match self {
            Self::Everyone(Star::Star) => (Some(("AWS", "*")), None),
            Self::Named(named) => (None, Some(named)),
        };
        let kinds = named.into_iter().flat_map(|n| {
            [
                ("AWS", &n.aws),
                ("Service", &n.service),
                ("Federated", &n.federated),
                ("CanonicalUser", &n.canonical_user),
            ]
        });
        everyone.into_iter().chain(kinds.flat_map(|(kind, texts)| texts.iter().map(move |text| (kind, text))))
    }
}

/// The account that is meant as a whole: by its number or its root's ARN.
fn account_of(text: &str) -> Option<&str> {
    let number = match text.strip_suffix(":root") {
        Some(arn) => arn.strip_prefix("arn:aws")?.split_once(":iam::")?.1,
        None => text,
    };
    (number.len() == 12 && number.bytes().all(|b| b.is_ascii_digit())).then_some(number)
}
