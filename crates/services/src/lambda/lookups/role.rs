//! The execution role: there, in the caller's account, and one that Lambda may assume. One that is kept here is looked at
//! here, any other where the server has somebody to ask. Never judges what it may do.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html>

use lambent_core::iam::{Context, Decision, Document, Effect, Kind, Request, Requester, evaluate};

use super::arn::Arn;
use super::{Asked, Error};
use crate::Server;
use crate::caller::Caller;
use crate::upstream::{Fault, Session, iam};

/// Lambda, as trust policies name it: in China by either name.
const PRINCIPALS: [&str; 2] = ["lambda.amazonaws.com", "lambda.amazonaws.com.cn"];

/// Looks an execution role up.
///
/// # Errors
/// [`Error::AccessDenied`] for a role of another account, [`Error::InvalidParameter`], or as [`Asked::refused`].
pub async fn role(server: &Server, caller: &Caller, arn: &str) -> Result<(), Error> {
    if let Some(judged) = kept(server, caller, arn) {
        return judged;
    }
    let Some(session) = Session::of(server, caller) else { return Ok(()) };
    let read = Arn::read(arn).filter(|arn| arn.service == "iam");
    let Some((read, path)) = read.and_then(|read| Some((read, read.resource.strip_prefix("role/")?))) else {
        return Err(not_assumable());
    };
    if read.account != caller.account.as_str() {
        return Err(Error::AccessDenied("Cross-account pass role is not allowed.".to_owned()));
    }
    let name = path.rsplit('/').next().unwrap_or(path);
    match iam::role(&session, name).await {
        Ok(found) if found.arn == arn && trusts_lambda(&found.trust) => Ok(()),
        Ok(_other) => Err(not_assumable()),
        Err(Fault::NotServed(_)) => Ok(()),
        Err(Fault::Refused(refused)) if !refused.is_denial() => Err(not_assumable()),
        Err(fault) => Err(Asked { service: "IAM", operation: "GetRole", resource: name }.refused(fault)),
    }
}

/// What is to be said of a role that is kept here; nothing of others.
fn kept(server: &Server, caller: &Caller, arn: &str) -> Option<Result<(), Error>> {
    let own = Arn::read(arn).is_some_and(|read| read.account == caller.account.as_str());
    // Another role of the same name has another path: then this one is not there.
    let named = || server.identities.role_named(&caller.account, arn.rsplit('/').next()?).filter(|_| own);
    let found = server.identities.role(arn).or_else(named)?;
    if found.role.realm.account != caller.account {
        return Some(Err(Error::AccessDenied("Cross-account pass role is not allowed.".to_owned())));
    }
    let may = found.held.arn == arn && lets_lambda_in(found.trust.as_ref().clone());
    Some(if may { Ok(()) } else { Err(not_assumable()) })
}

fn not_assumable() -> Error {
    Error::InvalidParameter("The role defined for the function cannot be assumed by Lambda.".to_owned())
}

/// The same of a policy as IAM shows it. IAM stores no document that is none; an emulator that does has not looked at it,
/// and neither does this.
fn trusts_lambda(trust: &str) -> bool {
    Document::parse(trust).map_or(true, lets_lambda_in)
}

/// Whether a trust policy allows Lambda to assume the role. Conditions count for nothing: what they ask for is known only
/// when the role is assumed.
pub(crate) fn lets_lambda_in(mut document: Document) -> bool {
    document
        .statements
        .retain(|statement| statement.effect == Effect::Allow || statement.conditions.is_empty());
    document.statements.iter_mut().for_each(|statement| statement.conditions.clear());
    PRINCIPALS.iter().any(|service| {
        let request = Request {
            requester: &Requester::Service((*service).to_owned()),
            action: "sts:AssumeRole",
            resource: "*",
            context: &Context::new(),
        };
        matches!(evaluate(&document, Kind::Resource, &request), Decision::Allowed(_))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_role_is_lambdas_if_its_trust_policy_says_so() {
        let check = |principal: Value, action: Value, allowed: bool| {
            let statement = json!({ "Effect": "Allow", "Principal": principal, "Action": action });
            for statements in [json!([statement]), statement] {
                let document = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
                assert_eq!(trusts_lambda(&document), allowed, "{document}");
            }
        };
        check(json!({ "Service": "lambda.amazonaws.com" }), json!("sts:AssumeRole"), true);
        check(
            json!({ "Service": ["ec2.amazonaws.com", "lambda.amazonaws.com"] }),
            json!(["sts:AssumeRole"]),
            true,
        );
        check(json!({ "Service": "ec2.amazonaws.com" }), json!("sts:AssumeRole"), false);
        check(json!({ "AWS": "arn:aws:iam::1:root" }), json!("sts:AssumeRole"), false);
        check(json!({ "Service": "lambda.amazonaws.com" }), json!("sts:TagSession"), false);
        check(json!("*"), json!("sts:*"), true);
    }

    #[test]
    fn a_denial_wins_and_nonsense_is_not_judged() {
        let lambda = json!({ "Service": "lambda.amazonaws.com" });
        let statements: Vec<Value> = ["Allow", "Deny"]
            .iter()
            .map(|effect| json!({ "Effect": effect, "Principal": lambda, "Action": "sts:AssumeRole" }))
            .collect();
        assert!(!trusts_lambda(&json!({ "Statement": statements }).to_string()));
        let condition = json!({ "StringEquals": { "aws:SourceAccount": "123456789012" } });
        let mut conditional = statements;
        conditional.iter_mut().for_each(|statement| statement["Condition"] = condition.clone());
        assert!(trusts_lambda(&json!({ "Statement": conditional }).to_string()));
        assert!(trusts_lambda("some policy"));
    }
}
