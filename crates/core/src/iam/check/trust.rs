//! The trust policy of a role: who may assume it. Never asks whether a principal is there.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_update-role-trust-policy.html>

use super::super::document::{Choice, Statement};
use super::super::{Document, wildcard};
use super::{Form, Refused, sids, texts};

/// What a trust policy can be about.
const ACTIONS: [&str; 6] = [
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:setcontext",
    "sts:setsourceidentity",
    "sts:tagsession",
];

/// How the names of services end.
const SERVICES: [&str; 5] =
    [".amazonaws.com", ".amazonaws.com.cn", ".amazon.com", ".aws.internal", ".amazonaws.eu"];

/// Reads the trust policy of a role.
///
/// # Errors
/// [`Refused`] as IAM would refuse it.
pub fn trust(text: &str) -> Result<Document, Refused> {
    let Form { document, is_legacy, lacks_actions } = Form::read(text, Refused::NotJson)?;
    if is_legacy {
        return Err(Refused::Legacy);
    }
    if lacks_actions {
        return Err(Refused::Missing("Action"));
    }
    sids(&document)?;
    document.statements.iter().try_for_each(statement)?;
    Ok(document)
}

/// Everyone a policy names, with the kind: `AWS`, `Service`, `Federated` or `CanonicalUser`.
pub fn principals(document: &Document) -> impl Iterator<Item = (&'static str, &str)> {
    let named = document.statements.iter().filter_map(|statement| statement.principals.as_ref());
    named.flat_map(|(Choice::Only(principals) | Choice::AllBut(principals))| principals.names())
}

fn statement(statement: &Statement) -> Result<(), Refused> {
    if statement.resources.is_some() {
        return Err(Refused::Prohibited("Resource"));
    }
    let named = statement.principals.as_ref().ok_or(Refused::Missing("Principal"))?;
    let (Choice::Only(principals) | Choice::AllBut(principals)) = named;
    let mut names = principals.names().peekable();
    if names.peek().is_none() {
        return Err(Refused::Missing("Principal cannot be empty!"));
    }
    names.try_for_each(|(kind, name)| principal(kind, name))?;
    let actions = texts(&statement.actions);
    if actions.is_empty() {
        return Err(Refused::Missing("Action"));
    }
    actions.iter().map(str::to_ascii_lowercase).try_for_each(|action| match action.split_once(':') {
        Some(("sts", _)) if ACTIONS.iter().any(|known| wildcard(&action, known)) => Ok(()),
        Some(("sts", _)) => Err(Refused::OtherSts),
        Some(_) | None => Err(Refused::NotAssuming),
    })
}

fn principal(kind: &str, name: &str) -> Result<(), Refused> {
    let can_be = match kind {
        "AWS" => name == "*" || is_account(name) || is_unique_id(name) || is_identity(name),
        "Service" => SERVICES.iter().any(|end| name.ends_with(end)) && !name.contains(['*', '?']),
        // Providers of identities are named by domains or ARNs, canonical users by digits.
        _ => !name.is_empty() && !name.contains('*'),
    };
    if can_be {
        return Ok(());
    }
    Err(Refused::NoPrincipal { kind: kind.to_uppercase(), name: name.to_owned() })
}

fn is_account(name: &str) -> bool {
    name.len() == 12 && name.bytes().all(|digit| digit.is_ascii_digit())
}

fn is_unique_id(name: &str) -> bool {
    name.len() >= 20 && (name.starts_with("AROA") || name.starts_with("AIDA")) && !name.contains('*')
}

/// The ARN of a user, a role, a session or the account itself; none has a wildcard.
fn is_identity(name: &str) -> bool {
    let parts: Vec<&str> = name.splitn(6, ':').collect();
    let ["arn", partition, service, "", account, resource] = parts.as_slice() else { return false };
    let kinds: &[&str] = match *service {
        "iam" => &["user/", "role/"],
        "sts" => &["assumed-role/", "federated-user/"],
        _ => return false,
    };
    let is_root = *service == "iam" && *resource == "root";
    partition.starts_with("aws")
        && is_account(account)
        && (is_root || kinds.iter().any(|kind| resource.starts_with(kind)))
        && !resource.contains(['*', '?'])
}
