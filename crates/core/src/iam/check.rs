//! What IAM refuses in a policy before it keeps it, in its words: of identities here, of roles' trust in [`trust`]. Never
//! evaluates one.
//!
//! Source: the messages of IAM that people quote, and
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_policies.html>

mod trust;

use std::collections::BTreeSet;

use serde_json::Value;

use super::document::{Choice, Document, Statement, Texts, Version};

pub use trust::trust;

/// Why a document is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not JSON, or not of a policy's form.
    #[error("Syntax errors in policy.")]
    Syntax,
    /// An old version of the language.
    #[error("Policy document must be version 2012-10-17 or greater.")]
    Version,
    /// Whose policy it is says where it stands.
    #[error("Policy document should not specify a principal.")]
    Principal,
    /// A statement about nothing that is done.
    #[error("Policy statement must contain actions.")]
    NoActions,
    /// A statement about nothing it is done to.
    #[error("Policy statement must contain resources.")]
    NoResources,
    /// A name of a statement with other letters.
    #[error(
        "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
    )]
    Sid,
    /// Two statements of one name.
    #[error("Statement IDs (SID) in a single policy must be unique.")]
    SidTwice,
    /// An action without a service.
    #[error("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")]
    NoVendor,
    /// An action of more parts than service and name.
    #[error("Actions/Condition can contain only one colon.")]
    Colons,
    /// An action whose service is no name.
    #[error("Vendor {0} is not valid")]
    Vendor(String),
    /// A resource that is no ARN.
    #[error("Resource {0} must be in ARN format or \"*\".")]
    NoArn(String),
    /// A resource that ends before it names anything.
    #[error("The policy failed legacy parsing")]
    Legacy,
    /// A resource in a partition that is not there.
    #[error("Partition \"{partition}\" is not valid for resource \"{resource}\".")]
    Partition {
        /// As it stands there.
        partition: String,
        /// The whole resource.
        resource: String,
    },
    /// A resource whose service is not plain.
    #[error("Resource vendor must be fully qualified and cannot contain regexes.")]
    ResourceVendor,
    /// A resource of a service without regions, with one.
    #[error("{service} resource {resource} cannot contain region information.")]
    Region {
        /// `IAM`.
        service: &'static str,
        /// The whole resource.
        resource: String,
    },
    /// A trust policy that is no JSON.
    #[error("This policy contains invalid Json")]
    NotJson,
    /// A trust policy with an element it may not have.
    #[error("Has prohibited field {0}")]
    Prohibited(&'static str),
    /// A trust policy without an element it must have.
    #[error("Missing required field {0}")]
    Missing(&'static str),
    /// A trust policy about something else than assuming the role.
    #[error("AssumeRole policy may only specify STS AssumeRole actions.")]
    NotAssuming,
    /// A principal that cannot be.
    #[error("Invalid principal in policy: \"{kind}\":\"{name}\"")]
    NoPrincipal {
        /// `AWS`, `SERVICE`, `FEDERATED` or `CANONICALUSER`.
        kind: String,
        /// As it stands there.
        name: String,
    },
}

/// Reads the policy of a user or role, or a managed one.
///
/// # Errors
/// [`Refused`] as IAM would refuse it.
pub fn identity(text: &str) -> Result<Document, Refused> {
    let document = read(text, Refused::Syntax)?;
    if document.version == Version::Old {
        return Err(Refused::Version);
    }
    sids(&document)?;
    for statement in &document.statements {
        if statement.principals.is_some() {
            return Err(Refused::Principal);
        }
        actions(statement)?;
        resources(statement)?;
    }
    Ok(document)
}

/// The document of a text whose form is right; `not_json` where it is none at all.
fn read(text: &str, not_json: Refused) -> Result<Document, Refused> {
    let value: Value = serde_json::from_str(text).map_err(|_| not_json)?;
    let document = Document::read(&value).map_err(|_| malformed(&value))?;
    if document.statements.is_empty() { Err(Refused::Syntax) } else { Ok(document) }
}

/// Why JSON is no policy: of one thing that may be missing IAM speaks by name.
fn malformed(value: &Value) -> Refused {
    let statements = match value.get("Statement") {
        Some(Value::Array(statements)) => statements.as_slice(),
        Some(statement) => std::slice::from_ref(statement),
        None => &[],
    };
    let lacks = |member: &str| statements.iter().any(|one| one.is_object() && one.get(member).is_none());
    if lacks("Action") && lacks("NotAction") { Refused::NoActions } else { Refused::Syntax }
}

fn sids(document: &Document) -> Result<(), Refused> {
    let mut seen = BTreeSet::new();
    for sid in document.statements.iter().filter_map(|statement| statement.sid.as_deref()) {
        if !sid.bytes().all(|letter| letter.is_ascii_alphanumeric()) {
            return Err(Refused::Sid);
        }
        if !sid.is_empty() && !seen.insert(sid) {
            return Err(Refused::SidTwice);
        }
    }
    Ok(())
}

fn texts(choice: &Choice<Texts>) -> &Texts {
    match choice {
        Choice::Only(texts) | Choice::AllBut(texts) => texts,
    }
}

fn actions(statement: &Statement) -> Result<(), Refused> {
    let actions = texts(&statement.actions);
    if actions.is_empty() {
        return Err(Refused::NoActions);
    }
    actions.iter().filter(|action| *action != "*").try_for_each(action)
}

fn action(action: &str) -> Result<(), Refused> {
    let (vendor, name) = action.split_once(':').ok_or(Refused::NoVendor)?;
    if name.contains(':') {
        return Err(Refused::Colons);
    }
    let is_name = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-';
    if vendor.is_empty() || !vendor.bytes().all(is_name) {
        return Err(Refused::Vendor(vendor.to_owned()));
    }
    Ok(())
}

fn resources(statement: &Statement) -> Result<(), Refused> {
    let resources = statement.resources.as_ref().map(texts).filter(|texts| !texts.is_empty());
    resources.ok_or(Refused::NoResources)?.iter().filter(|resource| *resource != "*").try_for_each(resource)
}

fn resource(resource: &str) -> Result<(), Refused> {
    let no_arn = || Refused::NoArn(resource.to_owned());
    let rest = resource.strip_prefix("arn:").ok_or_else(no_arn)?;
    let parts: Vec<&str> = rest.splitn(5, ':').collect();
    let [partition, service, region, _account, ..] = parts.as_slice() else {
        return Err(if rest.is_empty() { no_arn() } else { Refused::Legacy });
    };
    if parts.len() < 5 {
        return Err(Refused::Legacy);
    }
    let is_partition = *partition == "*" || *partition == "aws" || partition.starts_with("aws-");
    if !is_partition && !partition.contains("${") {
        let (partition, resource) = ((*partition).to_owned(), resource.to_owned());
        return Err(Refused::Partition { partition, resource });
    }
    if service.is_empty() || (*service != "*" && service.contains(['*', '?'])) {
        return Err(Refused::ResourceVendor);
    }
    if *service == "iam" && !region.is_empty() && *region != "*" {
        return Err(Refused::Region { service: "IAM", resource: resource.to_owned() });
    }
    Ok(())
}

#[cfg(test)]
#[path = "tests/check.rs"]
mod tests;
