//! What a caller may do. The owner of an account may do everything in it unless a resource policy denies it. The session of
//! a role, as a function has it, may invoke and read, and change nothing: its role's own policies are not there yet. On
//! another account's resource the policy of exactly that resource must allow the action too. Never asks who the caller is.
//!
//! Decided before the model's constraints and before anything is looked up, so that who may not see a resource does not
//! learn whether it is there.

pub(crate) mod known;
mod resource;

use http::HeaderMap;
use lambent_core::iam::{Decision, Document, Grant, Kind, Request, evaluate};
use lambent_core::lambda::layer::LayerVersion;
use lambent_wire::error::Fault;
use lambent_wire::value::Value;

use super::{Exchange, errors};
use crate::Server;
use crate::caller::Caller;
use crate::operations::{Access, Operation};
use resource::Resource;

/// What the owner may do whatever a policy denies, so that none can be put up that nobody can take down.
const RECOVERY: [&str; 3] = ["DeleteResourcePolicy", "GetResourcePolicy", "PutResourcePolicy"];

/// Why what a policy denies is refused.
const DENIED: &str = "with an explicit deny in a resource-based policy";

/// Refuses what the caller may not do.
pub(super) async fn authorise(
    exchange: &Exchange<'_>,
    caller: &Caller,
    operation: &Operation,
    input: &Value,
) -> Result<(), Fault> {
    let Exchange { server, service, protocol, head, .. } = exchange;
    let resource = Resource::named(service, caller, input);
    let own = resource.account().is_none_or(|account| *account == caller.account);
    let policy = resource.policy(server, own).await?;
    let action = format!("{}:{}", service.signing_name, action(operation.name));
    let ask = Ask { caller, headers: Some(&head.headers), action, resource: resource.arn() };
    let denied = |words: String| Err(errors::denied(*protocol, words));
    let said = policy.map_or(Decision::Silent, |policy| ask.of(&policy, server));
    let identity = operation.access != Access::Write || !caller.is_session();
    match (said, own) {
        (Decision::Denied, true) if !caller.is_session() && RECOVERY.contains(&operation.name) => Ok(()),
        (Decision::Denied, _) => denied(ask.refused(DENIED)),
        (Decision::Silent, false) => denied(ask.unallowed("resource")),
        (Decision::Allowed(Grant::Named), true) => Ok(()),
        (Decision::Allowed(_), _) | (Decision::Silent, true) if identity => Ok(()),
        (Decision::Allowed(_), _) | (Decision::Silent, true) => denied(ask.unallowed("identity")),
    }
}

/// Why a caller may not have another account's layer version in a function; nothing if its policy allows that. A version
/// that is not there has no policy.
pub(crate) fn refused_layer(
    server: &Server,
    caller: &Caller,
    arn: String,
    version: Option<&LayerVersion>,
) -> Option<String> {
    let policy = version.and_then(resource::policy_of_layer);
    let ask = Ask { caller, headers: None, action: "lambda:GetLayerVersion".to_owned(), resource: arn };
    match policy.map_or(Decision::Silent, |policy| ask.of(&policy, server)) {
        Decision::Allowed(_) => None,
        Decision::Denied => Some(ask.refused(DENIED)),
        Decision::Silent => Some(ask.unallowed("resource")),
    }
}

/// The name of the permission an operation needs, without its service.
fn action(operation: &'static str) -> &'static str {
    match operation {
        "Invoke" | "InvokeWithResponseStream" => "InvokeFunction",
        "GetLayerVersionByArn" => "GetLayerVersion",
        other => other,
    }
}

/// Who asks to do what on what.
struct Ask<'a> {
    caller: &'a Caller,
    headers: Option<&'a HeaderMap>,
    /// With its service: `lambda:InvokeFunction`.
    action: String,
    resource: String,
}

impl Ask<'_> {
    fn of(&self, policy: &Document, server: &Server) -> Decision {
        let requester = self.caller.requester();
        let context = known::context(self.caller, self.headers, server.clock.now());
        let (action, resource) = (self.action.as_str(), self.resource.as_str());
        let request = Request { requester: &requester, action, resource, context: &context };
        evaluate(policy, Kind::Resource, &request)
    }

    fn unallowed(&self, kind: &str) -> String {
        self.refused(&format!("because no {kind}-based policy allows the {} action", self.action))
    }

    fn refused(&self, why: &str) -> String {
        let Self { caller, action, resource, .. } = self;
        format!("User: {} is not authorized to perform: {action} on resource: {resource} {why}", caller.arn)
    }
}
