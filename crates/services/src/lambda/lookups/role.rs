//! The execution role: there, in the caller's account, and one that Lambda may assume. Never judges what it may do.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html>

use serde_json::Value;

use super::arn::Arn;
use super::{Asked, Error};
use crate::Server;
use crate::caller::Caller;
use crate::upstream::{Fault, Session, iam};

/// Looks an execution role up.
///
/// # Errors
/// [`Error::AccessDenied`] for a role of another account, [`Error::InvalidParameter`], or as [`Asked::refused`].
pub async fn role(server: &Server, caller: &Caller, arn: &str) -> Result<(), Error> {
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
        Ok(found) if found.arn == arn && lets_lambda_in(&found.trust) => Ok(()),
        Ok(_other) => Err(not_assumable()),
        Err(Fault::Refused(refused)) if !refused.is_denial() => Err(not_assumable()),
        Err(fault) => Err(Asked { service: "IAM", operation: "GetRole", resource: name }.refused(fault)),
    }
}

fn not_assumable() -> Error {
    Error::InvalidParameter("The role defined for the function cannot be assumed by Lambda.".to_owned())
}

/// Whether a trust policy allows Lambda to assume the role. Conditions are not looked at: what they ask for is known only
/// when the role is assumed.
///
/// IAM stores no role whose document is not JSON; an emulator that does has not looked at it, and neither does this.
fn lets_lambda_in(trust: &str) -> bool {
    let Ok(document) = serde_json::from_str::<Value>(trust) else { return true };
    let statements = each(&document["Statement"]);
    let about_lambda = |effect: &str| {
        statements.iter().any(|statement| {
            statement["Effect"] == effect
                && names_lambda(&statement["Principal"])
                && assumes(&statement["Action"])
        })
    };
    about_lambda("Allow") && !about_lambda("Deny")
}

fn names_lambda(principal: &Value) -> bool {
    let lambda = |name: &&Value| {
        name.as_str().is_some_and(|name| name == "*" || name.starts_with("lambda.amazonaws."))
    };
    principal == "*" || each(&principal["Service"]).iter().any(lambda)
}

fn assumes(action: &Value) -> bool {
    let names = ["sts:assumerole", "sts:assume*", "sts:*", "*"];
    each(action).iter().filter_map(|name| name.as_str()).any(|name| names.contains(&&*name.to_lowercase()))
}

/// One value, or each of a list.
fn each(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |list| list.iter().collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_role_is_lambdas_if_its_trust_policy_says_so() {
        let check = |principal: Value, action: Value, allowed: bool| {
            let statement = json!({ "Effect": "Allow", "Principal": principal, "Action": action });
            for statements in [json!([statement]), statement] {
                let document = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
                assert_eq!(lets_lambda_in(&document), allowed, "{document}");
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
        assert!(!lets_lambda_in(&json!({ "Statement": statements }).to_string()));
        assert!(!lets_lambda_in("{}"));
        assert!(lets_lambda_in("some policy"));
    }
}
