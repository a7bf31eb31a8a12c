//! Why a caller may not, in AWS's words. Never an error code: each service has its own.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>

use std::fmt;

use lambent_core::iam::{Source, Verdict};

use super::Ask;
use crate::caller::Caller;

/// How a refusal names the resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shown {
    /// By its ARN.
    Resource,
    /// In other words, as IAM and EFS do: `role r`.
    As(String),
    /// Not at all, as CloudWatch does for its data.
    Nothing,
}

/// A refusal; its `Display` is what the client reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Denied {
    what: String,
    verdict: Verdict,
    action: String,
}

impl Denied {
    pub(super) fn new(caller: &Caller, ask: &Ask<'_>, verdict: Verdict) -> Self {
        let Ask { action, resource, shown, .. } = ask;
        let on = match shown {
            Shown::Resource => format!(" on resource: {resource}"),
            Shown::As(words) => format!(" on {words}"),
            Shown::Nothing => String::new(),
        };
        let what = format!("User: {} is not authorized to perform: {action}{on}", caller.arn);
        Self { what, verdict, action: (*action).to_owned() }
    }

    /// What is refused, without the reason.
    pub(crate) fn what(&self) -> &str {
        &self.what
    }

    /// Whether a statement denies it; else none allows it.
    pub(crate) fn is_explicit(&self) -> bool {
        matches!(self.verdict, Verdict::Denied(_))
    }

    /// Whether it is the policy of the resource that denies it.
    pub(crate) fn is_by_resource(&self) -> bool {
        self.verdict == Verdict::Denied(Source::Resource)
    }

    /// The reason: which policy.
    pub(crate) fn why(&self) -> String {
        let (explicit, source) = match self.verdict {
            Verdict::Denied(source) => (true, source),
            Verdict::Unallowed(source) => (false, source),
            Verdict::Allowed => return String::new(),
        };
        let (article, policy) = match source {
            Source::Identity => ("an", "identity-based policy"),
            Source::Resource => ("a", "resource-based policy"),
            Source::Boundary => ("a", "permissions boundary"),
            Source::Session => ("a", "session policy"),
        };
        if explicit {
            return format!("with an explicit deny in {article} {policy}");
        }
        format!("because no {policy} allows the {} action", self.action)
    }
}

impl fmt::Display for Denied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.what, self.why())
    }
}
