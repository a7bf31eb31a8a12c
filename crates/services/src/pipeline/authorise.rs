//! What a caller may do: everything an operation needs is asked of `access`, with AWS's names of actions and resources. The
//! owner of an account may do everything in it unless a resource policy denies it. Never asks who the caller is.
//!
//! Decided before the model's constraints and before anything is looked up, so that who may not see a resource does not
//! learn whether it is there.
//!
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html>

mod also;
mod keys;
pub(crate) mod known;
mod looked_up;
mod named;
mod need;
mod resource;
mod tags;

use lambent_core::iam::{Context, Document};
use lambent_core::lambda::layer::LayerVersion;
use lambent_wire::error::Fault;
use lambent_wire::sigv4::Refusal;
use lambent_wire::value::{Structure, Value};

use super::{Exchange, errors};
use crate::Server;
use crate::access::{Ask, Denied, allowed};
use crate::caller::Caller;
use crate::operations::Operation;
pub use known::Connection;
use need::Need;
use resource::Resource;

/// What the owner may do whatever a policy denies, so that none can be put up that nobody can take down.
const RECOVERY: [&str; 3] = ["DeleteResourcePolicy", "GetResourcePolicy", "PutResourcePolicy"];

/// What needs nobody's leave, or is decided where it is done: who assumes a role needs that role's leave, too.
const OF_STS: [&str; 3] = ["AssumeRole", "GetCallerIdentity", "GetSessionToken"];

/// One request whose caller is to be judged.
#[derive(Clone, Copy)]
struct Case<'a> {
    exchange: &'a Exchange<'a>,
    caller: &'a Caller,
    operation: &'a Operation,
    members: &'a Structure,
    resource: &'a Resource,
}

/// Refuses what the caller may not do.
pub(super) async fn authorise(
    exchange: &Exchange<'_>,
    caller: &Caller,
    operation: &Operation,
    input: &Value,
) -> Result<(), Fault> {
    let Exchange { server, service, .. } = exchange;
    if service.signing_name == "sts" && OF_STS.contains(&operation.name) {
        return Ok(());
    }
    if service.signing_name == "iam" && caller.is_lent() {
        return Err(exchange.refused(&Refusal::UnrecognizedClient));
    }
    let nothing = Structure::new();
    let members = if let Value::Structure(members) = input { members } else { &nothing };
    let resource = Resource::named(exchange, caller, operation.name, members);
    let own = resource.account().is_none_or(|account| *account == caller.account);
    let policy = resource.policy(server, own).await?;
    if caller.is_owner() && own && policy.is_none() {
        return Ok(());
    }
    let case = Case { exchange, caller, operation, members, resource: &resource };
    case.decide(own, policy.as_deref()).await
}

impl Case<'_> {
    async fn decide(self, own: bool, policy: Option<&Document>) -> Result<(), Fault> {
        let base = self.base().await?;
        let first = Need::first(&self).with(self.keys().await?);
        match self.ask(first, &base, policy) {
            Err(denied) if !(own && self.may_recover(&denied)) => return Err(self.refused(&denied)),
            Ok(()) | Err(_) => {}
        }
        if self.caller.is_owner() {
            return Ok(());
        }
        for need in self.also() {
            self.ask(need, &base, None).map_err(|denied| self.refused(&denied))?;
        }
        Ok(())
    }

    fn ask(&self, need: Need, base: &Context, policy: Option<&Document>) -> Result<(), Denied> {
        let context = need.keys.into_iter().fold(base.clone(), |context, (k, v)| context.with_all(&k, v));
        let access = self.operation.access;
        let (action, resource) = (need.action.as_str(), need.resource.as_str());
        allowed(self.caller, &Ask { action, resource, context: &context, access, shown: need.shown }, policy)
    }

    /// What is known of the sender, the connection and the resource.
    async fn base(&self) -> Result<Context, Fault> {
        let Exchange { server, head, .. } = self.exchange;
        let context = known::context(self.caller, Some(&head.headers), server.clock.now());
        let context = match head.extensions.get::<Connection>() {
            Some(connection) => connection.tell(context),
            None => context,
        };
        self.tag(context).await
    }

    fn may_recover(&self, denied: &Denied) -> bool {
        denied.is_by_resource() && self.caller.is_owner() && RECOVERY.contains(&self.operation.name)
    }

    fn refused(&self, denied: &Denied) -> Fault {
        errors::denied(self.exchange.service, self.exchange.protocol, denied.to_string())
    }
}

/// Why a caller may not have another account's layer version in a function; nothing if its policy allows that. A version
/// that is not there has no policy.
pub(crate) fn refused_layer(
    server: &Server,
    caller: &Caller,
    arn: &str,
    version: Option<&LayerVersion>,
) -> Option<String> {
    let policy = version.and_then(resource::policy_of_layer);
    let context = known::context(caller, None, server.clock.now());
    let ask = Ask::using("lambda:GetLayerVersion", arn, &context);
    allowed(caller, &ask, policy.as_ref()).err().map(|denied| denied.to_string())
}
