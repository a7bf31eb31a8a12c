//! What a request is about: the function, layer or other thing it names, with the policy that stands on it. Never says
//! whether it is there.

use std::collections::BTreeMap;
use std::sync::Arc;

use lambent_core::account::{AccountId, Region};
use lambent_core::iam::Document;
use lambent_core::lambda::arn::{FunctionId, Qualifier, Reference};
use lambent_core::lambda::layer::{LayerId, LayerVersion};
use lambent_store::tables;
use lambent_wire::error::Fault;
use lambent_wire::value::{Structure, Value};
use tracing::error;

use super::super::Exchange;
use super::named;
use super::need::text;
use crate::Server;
use crate::caller::Caller;
use crate::lambda::Error;

/// What a request is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Resource {
    /// A function, one of its versions or aliases.
    Function(FunctionId, Option<Qualifier>),
    /// A layer or one of its versions.
    Layer(LayerId, Option<u64>),
    /// A log group, or a stream in it.
    LogGroup { account: AccountId, region: Region, name: String, stream: String },
    /// A user, a role or a policy.
    Entity {
        arn: String,
        /// How IAM names it in refusals, where that is not by its ARN.
        words: Option<String>,
        tags: BTreeMap<String, String>,
    },
    /// Something else with an ARN, which has no policy.
    Other(String, AccountId),
    /// Nothing in particular, or nothing that can be read: then the operation refuses it.
    Any,
}

impl Resource {
    /// What a request names, by the members that name things.
    pub(super) fn named(
        exchange: &Exchange<'_>,
        caller: &Caller,
        operation: &str,
        members: &Structure,
    ) -> Self {
        match exchange.service.signing_name {
            "elasticfilesystem" => named::file_system(caller, members),
            "logs" => named::log_group(caller, operation, members),
            "monitoring" => named::monitored(caller, operation, members),
            "iam" => named::entity(exchange.server, caller, operation, members),
            "sts" => Self::Any,
            _ => Self::of_lambda(caller, operation, members),
        }
    }

    fn of_lambda(caller: &Caller, operation: &str, members: &Structure) -> Self {
        if operation.contains("EventSourceMapping") {
            return Self::mapping(caller, operation, members);
        }
        let text = |member: &str| text(members, member);
        let function = || Self::function(caller, text("FunctionName")?, text("Qualifier"));
        let layer = || Self::layer(caller, text("LayerName")?, number(members, "VersionNumber"));
        let arn = || {
            let arn =
                ["Arn", "Resource", "ResourceArn", "CodeSigningConfigArn"].into_iter().find_map(text)?;
            let function = || Self::function(caller, arn, None);
            function().or_else(|| Self::layer(caller, arn, None)).or_else(|| Self::other(arn))
        };
        function().or_else(layer).or_else(arn).unwrap_or(Self::Any)
    }

    /// An event source mapping, or all of them; but another account's function, which alone can decide about itself.
    fn mapping(caller: &Caller, operation: &str, members: &Structure) -> Self {
        let Caller { account, region, .. } = caller;
        let function = text(members, "FunctionName").and_then(|name| Self::function(caller, name, None));
        if let Some(foreign) = function.filter(|function| function.account() != Some(account)) {
            return foreign;
        }
        let among = matches!(operation, "CreateEventSourceMapping" | "ListEventSourceMappings");
        let Some(uuid) = text(members, "UUID").filter(|_| !among) else { return Self::Any };
        let partition = region.partition();
        let arn = format!("arn:{partition}:lambda:{region}:{account}:event-source-mapping:{uuid}");
        Self::Other(arn, account.clone())
    }

    pub(super) fn function(caller: &Caller, name: &str, beside: Option<&str>) -> Option<Self> {
        let Reference { region, account, name, qualifier, .. } = Reference::read(name).ok()?;
        let qualifier = qualifier.or_else(|| beside.map(Qualifier::read));
        let id = FunctionId {
            account: account.map_or_else(|| Some(caller.account.clone()), |a| a.try_into().ok())?,
            region: region.map_or_else(|| Some(caller.region.clone()), |r| r.try_into().ok())?,
            name,
        };
        Some(Self::Function(id, qualifier))
    }

    fn layer(caller: &Caller, name: &str, beside: Option<u64>) -> Option<Self> {
        if let Some((id, version)) = LayerId::read_version(name) {
            return Some(Self::Layer(id, Some(version)));
        }
        Some(Self::Layer(LayerId::read(name, &caller.account, &caller.region)?, beside))
    }

    pub(super) fn other(arn: &str) -> Option<Self> {
        let account = arn.split(':').nth(4)?.to_owned();
        Some(Self::Other(arn.to_owned(), account.try_into().ok()?))
    }

    /// Whose it is; none if it is nothing in particular.
    pub(super) fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Function(id, _) => Some(&id.account),
            Self::Layer(id, _) => Some(&id.account),
            Self::Other(_, account) | Self::LogGroup { account, .. } => Some(account),
            // Its operations find no others than the caller's own.
            Self::Entity { .. } | Self::Any => None,
        }
    }

    /// As policies and refusals name it.
    pub(super) fn arn(&self) -> String {
        match self {
            Self::Function(id, None) => id.arn(),
            Self::Function(id, Some(qualifier)) => id.qualified_arn(qualifier),
            Self::Layer(id, None) => id.arn(),
            Self::Layer(id, Some(version)) => id.version_arn(*version),
            Self::Other(arn, _) | Self::Entity { arn, .. } => arn.clone(),
            Self::LogGroup { account, region, name, stream } => {
                let partition = region.partition();
                format!("arn:{partition}:logs:{region}:{account}:log-group:{name}:log-stream:{stream}")
            }
            Self::Any => "*".to_owned(),
        }
    }

    /// The policy that stands on it. The caller's own layers are not looked up: a layer's policy only ever allows.
    pub(super) async fn policy(&self, server: &Server, own: bool) -> Result<Option<Arc<Document>>, Fault> {
        match self {
            Self::Function(id, qualifier) => {
                Ok(server.policies.find(id, qualifier.as_ref().unwrap_or(&Qualifier::Latest)))
            }
            Self::Layer(id, Some(version)) if !own => {
                let key = tables::layer_version_key(id, *version);
                let record = server.store.get(&tables::LAYER_VERSIONS, &key).await;
                let record = record.map_err(|fault| Fault::from(Error::from(fault)))?;
                Ok(record.and_then(|record| policy_of_layer(&record.value)).map(Arc::new))
            }
            Self::Layer(..) | Self::LogGroup { .. } | Self::Entity { .. } | Self::Other(..) | Self::Any => {
                Ok(None)
            }
        }
    }
}

/// The policy of a layer version; one that is not understood allows nothing.
pub(super) fn policy_of_layer(version: &LayerVersion) -> Option<Document> {
    let document = version.policy.as_ref()?.document();
    let arn = || version.id.version_arn(version.number);
    document.inspect_err(|fault| error!(layer = arn(), %fault, "a stored policy cannot be read")).ok()
}

fn number(members: &Structure, member: &str) -> Option<u64> {
    let Value::Integer(number) = members.get(member)? else { return None };
    u64::try_from(*number).ok()
}
