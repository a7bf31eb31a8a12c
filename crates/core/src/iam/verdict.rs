//! What all policies that count say of one request: those of the caller, those that limit it, and that of the resource.
//! Never finds a policy, and never tells anybody.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html>

use std::sync::Arc;

use super::{Decision, Document, Grant, Kind, Request, evaluate};

/// What a caller is held to.
#[derive(Debug, Clone, Copy)]
pub enum Standing<'a> {
    /// Nothing of its own: the owner of an account, in what is the account's.
    Owner,
    /// The policies of a user or a role.
    Held(Holdings<'a>),
    /// Only what the resource says: nobody, or a service.
    Guest,
}

/// The policies of an identity.
#[derive(Debug, Clone, Copy, Default)]
pub struct Holdings<'a> {
    /// Inline and attached ones: what they allow together.
    pub policies: &'a [Arc<Document>],
    /// What it may have at most; absent where nothing limits it.
    pub boundary: Option<&'a Document>,
    /// What its session may have at most; empty where the session has all its role has.
    pub session: &'a [Arc<Document>],
}

/// The policy that stands on the resource, and whose the resource is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place<'a> {
    /// Absent where none stands there.
    pub policy: Option<&'a Document>,
    /// Whether it belongs to another account than the caller.
    pub is_foreign: bool,
}

/// What decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A policy of the user or role.
    Identity,
    /// The policy of the resource.
    Resource,
    /// The permissions boundary.
    Boundary,
    /// The policy of the session.
    Session,
}

/// What comes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It may be done.
    Allowed,
    /// A statement of that policy denies it.
    Denied(Source),
    /// It would take that policy to allow it, and it does not.
    Unallowed(Source),
}

/// What all policies together say to a request.
///
/// An explicit deny wins wherever it stands. In the resource's own account the resource's policy alone is enough for
/// whoever it names, and where it names a role, within what limits the role; in another account both sides must allow.
#[must_use]
pub fn judge(request: &Request<'_>, standing: Standing<'_>, place: Place<'_>) -> Verdict {
    let held = match standing {
        Standing::Held(held) => held,
        Standing::Owner | Standing::Guest => Holdings::default(),
    };
    let said = Said {
        identity: all(held.policies, request),
        boundary: held.boundary.map(|boundary| evaluate(boundary, Kind::Identity, request)),
        session: (!held.session.is_empty()).then(|| all(held.session, request)),
        resource: place.policy.map_or(Decision::Silent, |policy| evaluate(policy, Kind::Resource, request)),
    };
    if let Some(source) = said.denial() {
        return Verdict::Denied(source);
    }
    match (place.is_foreign, said.resource, standing) {
        (true, Decision::Silent | Decision::Denied, _) => Verdict::Unallowed(Source::Resource),
        (_, Decision::Allowed(_), Standing::Guest) => Verdict::Allowed,
        (false, Decision::Silent | Decision::Denied, Standing::Guest) => Verdict::Unallowed(Source::Resource),
        (_, _, Standing::Owner) => Verdict::Allowed,
        (false, Decision::Allowed(Grant::Named), Standing::Held(_)) => Verdict::Allowed,
        (false, Decision::Allowed(Grant::Role), Standing::Held(_)) => said.within_limits(),
        (_, _, Standing::Held(_)) => said.of_identity(),
    }
}

/// What each says for itself.
struct Said {
    identity: Decision,
    boundary: Option<Decision>,
    session: Option<Decision>,
    resource: Decision,
}

impl Said {
    fn denial(&self) -> Option<Source> {
        let told = [
            (Some(self.identity), Source::Identity),
            (Some(self.resource), Source::Resource),
            (self.boundary, Source::Boundary),
            (self.session, Source::Session),
        ];
        told.into_iter().find(|(said, _)| *said == Some(Decision::Denied)).map(|(_, source)| source)
    }

    fn of_identity(&self) -> Verdict {
        match self.identity {
            Decision::Allowed(_) => self.within_limits(),
            Decision::Denied | Decision::Silent => Verdict::Unallowed(Source::Identity),
        }
    }

    fn within_limits(&self) -> Verdict {
        let limits = [(self.boundary, Source::Boundary), (self.session, Source::Session)];
        let silent = limits.into_iter().find(|(said, _)| *said == Some(Decision::Silent));
        silent.map_or(Verdict::Allowed, |(_, source)| Verdict::Unallowed(source))
    }
}

/// What several policies of one place say together: they add up.
fn all(policies: &[Arc<Document>], request: &Request<'_>) -> Decision {
    let mut sum = Decision::Silent;
    for policy in policies {
        match evaluate(policy, Kind::Identity, request) {
            Decision::Denied => return Decision::Denied,
            Decision::Allowed(grant) => sum = Decision::Allowed(grant),
            Decision::Silent => {}
        }
    }
    sum
}
