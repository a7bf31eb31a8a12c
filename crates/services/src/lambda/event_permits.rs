//! Whether the execution role of a function may tell the ends of its events: asked when a target is set, and again when a
//! record goes there. Of a role that nobody made here nothing is known: whoever gets the record judges it.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>

use lambent_core::iam::Document;
use lambent_core::lambda::arn::{FunctionId, Qualifier, Reference};
use lambent_core::time::Timestamp;
use serde_json::json;

use super::Error;
use super::lookups::arn::Arn;
use crate::Server;
use crate::access::{Ask, allowed};
use crate::keys::KeyRing;
use crate::pipeline::known;

/// A function as the one that gives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Giver<'a> {
    /// Who knows its role.
    pub(super) keys: &'a KeyRing,
    /// The role's ARN.
    pub(super) role: &'a str,
    /// The function.
    pub(super) function: &'a FunctionId,
    /// The real time.
    pub(super) now: Timestamp,
}

impl Giver<'_> {
    /// Whether it may give something to this ARN; `policy` is that of the function it names, if it names one.
    ///
    /// # Errors
    /// Why not, in AWS's words.
    pub(super) fn may_give(self, target: &str, policy: Option<&Document>) -> Result<(), String> {
        let Some((arn, (service, operation))) =
            Arn::read(target).and_then(|arn| Some((arn, deed(arn.service)?)))
        else {
            return Ok(());
        };
        // Kept by a server that did not note the role.
        if self.role.is_empty() {
            return Ok(());
        }
        let Some(caller) = self.keys.on_behalf(self.role, self.function) else {
            return Err(format!("the role {} is not there any more", self.role));
        };
        let resource = match service {
            "s3" => format!("{target}/aws/lambda/async/{}/record", self.function.name),
            _ => target.to_owned(),
        };
        // The policies of other services are not here: their owner asks them.
        let theirs = arn.account != self.function.account.as_str() && service != "lambda";
        let open = theirs.then(anyone);
        let context = known::context(&caller, None, self.now);
        let action = format!("{service}:{operation}");
        let ask = Ask::using(&action, &resource, &context);
        allowed(&caller, &ask, open.as_ref().or(policy)).map_err(|denied| denied.to_string())
    }
}

/// Refuses a dead-letter target that the role may not give to.
///
/// # Errors
/// [`Error::InvalidParameter`] in AWS's words.
pub(super) fn dead_letter(
    server: &Server,
    role: &str,
    function: &FunctionId,
    arn: &str,
) -> Result<(), Error> {
    if giver(server, role, function).may_give(arn, None).is_ok() {
        return Ok(());
    }
    let (service, operation) = Arn::read(arn).and_then(|arn| deed(arn.service)).unwrap_or_default();
    Err(Error::InvalidParameter(format!(
        "The provided execution role does not have permissions to call {operation} on {}",
        service.to_uppercase()
    )))
}

/// The same for a destination.
///
/// # Errors
/// [`Error::InvalidParameter`] in AWS's words.
pub(super) fn destination(
    server: &Server,
    role: &str,
    function: &FunctionId,
    arn: &str,
) -> Result<(), Error> {
    let policy = named(arn).and_then(|(id, qualifier)| server.policies.find(&id, &qualifier));
    if giver(server, role, function).may_give(arn, policy.as_deref()).is_ok() {
        return Ok(());
    }
    let operation = Arn::read(arn).and_then(|arn| deed(arn.service)).unwrap_or_default().1;
    let words = "The function's execution role does not have permissions to call";
    Err(Error::InvalidParameter(format!("{words} {operation} on {arn}")))
}

fn giver<'a>(server: &'a Server, role: &'a str, function: &'a FunctionId) -> Giver<'a> {
    Giver { keys: &server.keys, role, function, now: server.clock.wall() }
}

/// What is done to give something to a service: its prefix in actions, and the operation.
fn deed(service: &str) -> Option<(&'static str, &'static str)> {
    match service {
        "sqs" => Some(("sqs", "SendMessage")),
        "sns" => Some(("sns", "Publish")),
        "events" => Some(("events", "PutEvents")),
        "s3" => Some(("s3", "PutObject")),
        "lambda" => Some(("lambda", "InvokeFunction")),
        _ => None,
    }
}

fn named(arn: &str) -> Option<(FunctionId, Qualifier)> {
    let reference = Reference::read(arn).ok()?;
    let id = FunctionId {
        account: reference.account?.try_into().ok()?,
        region: reference.region?.try_into().ok()?,
        name: reference.name,
    };
    Some((id, reference.qualifier.unwrap_or(Qualifier::Latest)))
}

/// A policy of a resource that says nothing against anybody.
fn anyone() -> Document {
    let statement = json!({ "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*" });
    Document::parse(&json!({ "Version": "2012-10-17", "Statement": statement }).to_string())
        .expect("this is a policy")
}
