//! What one policy says to one request: an explicit deny wins, then an allow, then nothing. Never combines the policies
//! of several places: `verdict` does.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>

use super::document::{Choice, Document, Effect, Statement, Texts, Version};
use super::pattern::Pattern;
use super::{Context, Requester, wildcard};

/// Where a policy stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// On a user or a role: it is about its holder and names no principal.
    Identity,
    /// On a resource: each statement names its principals.
    Resource,
}

/// A request as policies see it.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Who.
    pub requester: &'a Requester,
    /// What: `lambda:InvokeFunction`.
    pub action: &'a str,
    /// On what: an ARN, or `*` for actions without a resource.
    pub resource: &'a str,
    /// Everything else that is known.
    pub context: &'a Context,
}

/// What a policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A statement denies.
    Denied,
    /// A statement allows and none denies.
    Allowed(Grant),
    /// No statement is about it.
    Silent,
}

/// To whom a statement gives leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grant {
    /// To the requester's account, which must pass it on by policies of its own.
    Account,
    /// To the role whose session the requester is: within what limits the role and the session.
    Role,
    /// To the requester: by name, as the holder, or as one of everyone.
    Named,
}

/// What a policy says to a request.
#[must_use]
pub fn evaluate(policy: &Document, kind: Kind, request: &Request<'_>) -> Decision {
    let variables = policy.version == Version::Current;
    let mut allowed = None;
    for statement in &policy.statements {
        let Some(grant) = applies(statement, kind, request, variables) else { continue };
        match statement.effect {
            Effect::Deny => return Decision::Denied,
            Effect::Allow => allowed = allowed.max(Some(grant)),
        }
    }
    allowed.map_or(Decision::Silent, Decision::Allowed)
}

/// Whether a statement is about a request, and how it means the requester.
fn applies(statement: &Statement, kind: Kind, request: &Request<'_>, variables: bool) -> Option<Grant> {
    let grant = match kind {
        Kind::Identity => Grant::Named,
        Kind::Resource => means(statement, request.requester)?,
    };
    let known = variables.then_some(request.context);
    let about = has_action(&statement.actions, request.action)
        && statement
            .resources
            .as_ref()
            .is_none_or(|resources| has_resource(resources, request.resource, known))
        && statement.conditions.iter().all(|condition| condition.holds(request.context, variables));
    about.then_some(grant)
}

fn means(statement: &Statement, who: &Requester) -> Option<Grant> {
    match statement.principals.as_ref()? {
        Choice::Only(these) => these.meaning(who),
        Choice::AllBut(these) => these.meaning(who).is_none().then_some(Grant::Named),
    }
}

fn has_action(actions: &Choice<Texts>, action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    choose(actions, |pattern| wildcard(&pattern.to_ascii_lowercase(), &action))
}

fn has_resource(resources: &Choice<Texts>, resource: &str, variables: Option<&Context>) -> bool {
    choose(resources, |pattern| Pattern::read(pattern, variables).is_some_and(|p| p.matches(resource)))
}

fn choose(these: &Choice<Texts>, fits: impl Fn(&str) -> bool) -> bool {
    match these {
        Choice::Only(these) => these.iter().any(fits),
        Choice::AllBut(these) => !these.iter().any(fits),
    }
}
