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

use super::errors;
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
    server: &Server,
    caller: &Caller,
    headers: &HeaderMap,
    operation: &Operation,
    input: &Value,
) -> Result<(), Fault> {
    let resource = Resource::named(caller, input);
    let own = resource.account().is_none_or(|account| *account == caller.account);
    let policy = resource.policy(server, own).await?;
    let ask =
        Ask { caller, headers: Some(headers), action: action(operation.name), resource: resource.arn() };
    let said = policy.map_or(Decision::Silent, |policy| ask.of(&policy, server));
    let identity = operation.access != Access::Write || !caller.is_session();
    match (said, own) {
        (Decision::Denied, true) if !caller.is_session() && RECOVERY.contains(&operation.name) => Ok(()),
        (Decision::Denied, _) => Err(errors::denied(ask.refused(DENIED))),
        (Decision::Silent, false) => Err(errors::denied(ask.unallowed("resource"))),
        (Decision::Allowed(Grant::Named), true) => Ok(()),
        (Decision::Allowed(_), _) | (Decision::Silent, true) if identity => Ok(()),
        (Decision::Allowed(_), _) | (Decision::Silent, true) => {
            Err(errors::denied(ask.unallowed("identity")))
        }
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
    let ask = Ask { caller, headers: None, action: "GetLayerVersion", resource: arn };
    match policy.map_or(Decision::Silent, |policy| ask.of(&policy, server)) {
        Decision::Allowed(_) => None,
        Decision::Denied => Some(ask.refused(DENIED)),
        Decision::Silent => Some(ask.unallowed("resource")),
    }
}

/// The name of the permission an operation needs, without `lambda:`.
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
    action: &'static str,
    resource: String,
}

impl Ask<'_> {
    fn of(&self, policy: &Document, server: &Server) -> Decision {
        let requester = self.caller.requester();
        let context = known::context(self.caller, self.headers, server.clock.now());
        let (action, resource) = (format!("lambda:{}", self.action), self.resource.as_str());
        let request = Request { requester: &requester, action: &action, resource, context: &context };
        evaluate(policy, Kind::Resource, &request)
    }

    fn unallowed(&self, kind: &str) -> String {
        self.refused(&format!("because no {kind}-based policy allows the lambda:{} action", self.action))
    }

    fn refused(&self, why: &str) -> String {
        let Self { caller, action, resource, .. } = self;
        format!(
            "User: {} is not authorized to perform: lambda:{action} on resource: {resource} {why}",
            caller.arn
        )
    }
}
