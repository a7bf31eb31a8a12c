//! What is asked of a policy or an ARN before IAM keeps it, beside what `core` checks: its length, and that a principal of
//! the account is there. Never evaluates one.

use lambent_core::iam::check;
use lambent_core::iam::holder::policy_chars;
use lambent_core::iam::realm::Realm;
use lambent_core::limits::{IAM_MANAGED_POLICY_MAX_CHARS, IAM_TRUST_POLICY_MAX_CHARS};

use super::Error;
use crate::Server;

/// The policy of a user, a role or many.
pub(super) fn identity(text: &str) -> Result<(), Error> {
    check::identity(text).map(drop).map_err(refused)
}

/// A managed policy.
pub(super) fn managed(text: &str) -> Result<(), Error> {
    identity(text)?;
    quota(text, "PolicySize", IAM_MANAGED_POLICY_MAX_CHARS)
}

/// The trust policy of a role. A user or role of the account that it names must be there; of other accounts nothing is known.
pub(super) fn trust(server: &Server, realm: &Realm, text: &str) -> Result<(), Error> {
    let document = check::trust(text).map_err(refused)?;
    quota(text, "ACLSizePerRole", IAM_TRUST_POLICY_MAX_CHARS)?;
    for (kind, name) in check::principals(&document) {
        if kind == "AWS" && is_missing(server, realm, name) {
            return Err(refused(check::Refused::NoPrincipal {
                kind: kind.to_owned(),
                name: name.to_owned(),
            }));
        }
    }
    Ok(())
}

fn is_missing(server: &Server, realm: &Realm, name: &str) -> bool {
    let own = |kind: &str| name.starts_with(&realm.arn(kind, "/", ""));
    let identities = &server.identities;
    (own("user") && identities.user(name).is_none()) || (own("role") && identities.role(name).is_none())
}

fn quota(text: &str, name: &str, max: usize) -> Result<(), Error> {
    if policy_chars(text) > max {
        return Err(Error::Limit(format!("Cannot exceed quota for {name}: {max}")));
    }
    Ok(())
}

fn refused(why: check::Refused) -> Error {
    Error::MalformedPolicy(why.to_string())
}

/// Refuses what is no ARN of a managed policy.
pub(super) fn check_arn(arn: &str) -> Result<(), Error> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _partition, service, region, account, resource] = parts.as_slice() else {
        return Err(if arn.starts_with("arn:") {
            Error::InvalidInput(format!("ARN {arn} is not valid."))
        } else {
            Error::Validation("Invalid ARN:  Could not be parsed!".to_owned())
        });
    };
    let owner = *account == "aws" || (account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()));
    if *service == "iam" && region.is_empty() && owner && resource.starts_with("policy/") {
        return Ok(());
    }
    Err(Error::InvalidInput(format!("ARN {arn} is not valid.")))
}
