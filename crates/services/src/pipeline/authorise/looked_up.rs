//! What conditions may ask of what a request only names, and AWS looks up itself: the function of an event source mapping,
//! the auth type of a URL, the principal of a permission, the VPC of subnets. Looked up only where a policy of the caller's
//! asks for it. Never changes anything.
//!
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html#awslambda-policy-keys>

use lambent_core::lambda::arn::Qualifier;
use lambent_core::lambda::event_source_mapping::MappingId;
use lambent_core::lambda::policy::Policy;
use lambent_core::lambda::settings::Settings;
use lambent_store::tables;
use lambent_wire::error::Fault;
use lambent_wire::lambda::function::VpcConfig;
use lambent_wire::value::Value;
use serde_json::Value as Json;

use super::Case;
use super::keys::one;
use super::need::{Keys, text, texts};
use super::resource::Resource;
use crate::lambda::{Error, lookups};

impl Case<'_> {
    /// The keys that are looked up for the operation, if somebody asks for them.
    pub(super) async fn looked_up(&self) -> Result<Keys, Fault> {
        match self.operation.name {
            "DeleteEventSourceMapping" | "GetEventSourceMapping" | "UpdateEventSourceMapping" => {
                self.mapped_function().await
            }
            "DeleteFunctionUrlConfig" | "GetFunctionUrlConfig" => self.url_auth_type().await,
            "UpdateFunctionUrlConfig" if text(self.members, "AuthType").is_none() => {
                self.url_auth_type().await
            }
            "RemovePermission" => self.removed().await,
            "CreateFunction" | "UpdateFunctionConfiguration" => Ok(self.vpc().await),
            _ => Ok(Keys::new()),
        }
    }

    /// Whether a policy of the caller's has a condition on this key, in lower case.
    fn is_asked(&self, key: &str) -> bool {
        self.caller.documents().any(|document| document.asks_for(key))
    }

    async fn mapped_function(&self) -> Result<Keys, Fault> {
        let uuid = text(self.members, "UUID").and_then(|uuid| uuid.parse().ok());
        let Some(uuid) = uuid.filter(|_| self.is_asked("lambda:functionarn")) else {
            return Ok(Keys::new());
        };
        let (account, region) = (self.caller.account.clone(), self.caller.region.clone());
        let key = tables::mapping_key(&MappingId { account, region, uuid });
        let record = self.exchange.server.store.get(&tables::EVENT_SOURCE_MAPPINGS, &key).await;
        let record = record.map_err(|fault| Fault::from(Error::from(fault)))?;
        Ok(one("lambda:FunctionArn", record.as_ref().map(|record| record.value.function_arn.as_str())))
    }

    async fn url_auth_type(&self) -> Result<Keys, Fault> {
        if !self.is_asked("lambda:functionurlauthtype") {
            return Ok(Keys::new());
        }
        let settings = self.settings().await?;
        let url = settings.as_ref().and_then(|settings| settings.url.as_ref());
        Ok(one("lambda:FunctionUrlAuthType", url.map(|url| url.auth_type.as_str())))
    }

    /// Of the statement that is to go.
    async fn removed(&self) -> Result<Keys, Fault> {
        if !self.is_asked("lambda:principal") && !self.is_asked("lambda:functionurlauthtype") {
            return Ok(Keys::new());
        }
        let settings = self.settings().await?;
        let policy = settings.as_ref().and_then(|settings| settings.policy.as_ref());
        let sid = text(self.members, "StatementId").unwrap_or_default();
        let statement = policy.and_then(|policy: &Policy| policy.statement(sid));
        let Some(statement) = statement else { return Ok(Keys::new()) };
        let mut keys = one("lambda:Principal", principal(&statement["Principal"]).as_deref());
        let auth_type = &statement["Condition"]["StringEquals"]["lambda:FunctionUrlAuthType"];
        keys.extend(one("lambda:FunctionUrlAuthType", auth_type.as_str()));
        Ok(keys)
    }

    /// The settings of the function or qualifier that the request names.
    async fn settings(&self) -> Result<Option<Settings>, Fault> {
        let Resource::Function(id, qualifier) = self.resource else { return Ok(None) };
        let record = self.exchange.server.store.get(&tables::FUNCTIONS, &tables::function_key(id)).await;
        let record = record.map_err(|fault| Fault::from(Error::from(fault)))?;
        let qualifier = qualifier.clone().unwrap_or(Qualifier::Latest);
        Ok(record.and_then(|record| record.value.settings.get(&qualifier).cloned()))
    }

    /// The VPC of the subnets that are asked for, where EC2 can be asked. What is wrong with them is told by the operation.
    async fn vpc(&self) -> Keys {
        let Some(Value::Structure(network)) = self.members.get("VpcConfig") else { return Keys::new() };
        if !self.is_asked("lambda:vpcids") {
            return Keys::new();
        }
        let (subnet_ids, security_group_ids) =
            (Some(texts(network, "SubnetIds")), Some(texts(network, "SecurityGroupIds")));
        let given = VpcConfig { subnet_ids, security_group_ids, ..VpcConfig::default() };
        let found = lookups::vpc(self.exchange.server, self.caller, &given).await.ok();
        one("lambda:VpcIds", found.as_deref().filter(|vpc| !vpc.is_empty()))
    }
}

/// A principal as AddPermission takes it: an account by its number.
fn principal(shown: &Json) -> Option<String> {
    let named = shown.as_str().or_else(|| shown["Service"].as_str()).or_else(|| shown["AWS"].as_str())?;
    let account = named.strip_suffix(":root").and_then(|arn| arn.split(':').nth(4));
    Some(account.unwrap_or(named).to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_principal_is_told_as_it_was_given() {
        for (shown, expected) in [
            (json!("*"), Some("*")),
            (json!({ "Service": "s3.amazonaws.com" }), Some("s3.amazonaws.com")),
            (json!({ "AWS": "arn:aws:iam::111122223333:root" }), Some("111122223333")),
            (json!({ "AWS": "arn:aws:iam::111122223333:user/u" }), Some("arn:aws:iam::111122223333:user/u")),
            (json!({ "Federated": "x" }), None),
        ] {
            assert_eq!(principal(&shown).as_deref(), expected, "{shown}");
        }
    }
}
