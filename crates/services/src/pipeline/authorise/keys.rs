//! What conditions may ask of an operation's own input: tags, layers, subnets, principals. What AWS looks up itself is in
//! `looked_up`.
//!
//! Absent: `lambda:EventSourceToken`, which only invocations by other services have.
//!
//! Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html#awslambda-policy-keys>

use lambent_wire::error::Fault;
use lambent_wire::value::{Structure, Value};

use super::Case;
use super::need::{Keys, text, texts};
use super::resource::Resource;
use super::tags::requested;

impl Case<'_> {
    /// The keys of the operation's own permission.
    pub(super) async fn keys(&self) -> Result<Keys, Fault> {
        let mut keys = requested(self.members);
        match self.exchange.service.signing_name {
            "lambda" => {
                keys.extend(self.of_lambda());
                keys.extend(self.looked_up().await?);
            }
            "iam" => keys.extend(of_iam(self.operation.name, self.members)),
            "monitoring" => keys.extend(one("cloudwatch:namespace", text(self.members, "Namespace"))),
            _ => {}
        }
        Ok(keys)
    }

    fn of_lambda(&self) -> Keys {
        let members = self.members;
        let signing = || one("lambda:CodeSigningConfigArn", text(members, "CodeSigningConfigArn"));
        match self.operation.name {
            "CreateFunction" | "UpdateFunctionConfiguration" => {
                let mut keys = many("lambda:Layer", texts(members, "Layers"));
                if let Some(Value::Structure(network)) = members.get("VpcConfig") {
                    keys.extend(many("lambda:SubnetIds", texts(network, "SubnetIds")));
                    keys.extend(many("lambda:SecurityGroupIds", texts(network, "SecurityGroupIds")));
                }
                keys.extend(signing());
                keys
            }
            "PutFunctionCodeSigningConfig" => signing(),
            "AddPermission" => {
                let mut keys = one("lambda:Principal", text(members, "Principal"));
                keys.extend(one("lambda:FunctionUrlAuthType", text(members, "FunctionUrlAuthType")));
                keys
            }
            name if name.ends_with("FunctionUrlConfig") => {
                let mut keys = one("lambda:FunctionUrlAuthType", text(members, "AuthType"));
                keys.extend(self.function_arn(text(members, "FunctionName")));
                keys
            }
            "CreateEventSourceMapping" | "ListEventSourceMappings" => {
                self.function_arn(text(members, "FunctionName"))
            }
            _ => Keys::new(),
        }
    }

    /// `lambda:FunctionArn` of a function that a request names.
    pub(super) fn function_arn(&self, name: Option<&str>) -> Keys {
        let function = name.and_then(|name| Resource::function(self.caller, name, None));
        one("lambda:FunctionArn", function.map(|function| function.arn()).as_deref())
    }
}

fn of_iam(operation: &str, members: &Structure) -> Keys {
    let mut keys = one("iam:PermissionsBoundary", text(members, "PermissionsBoundary"));
    if operation.starts_with("Attach") || operation.starts_with("Detach") {
        keys.extend(one("iam:PolicyARN", text(members, "PolicyArn")));
    }
    keys.extend(one("iam:AWSServiceName", text(members, "AWSServiceName")));
    keys
}

pub(super) fn one(key: &str, value: Option<&str>) -> Keys {
    value.map(|value| (key.to_owned(), vec![value.to_owned()])).into_iter().collect()
}

fn many(key: &str, values: Vec<String>) -> Keys {
    if values.is_empty() { Keys::new() } else { vec![(key.to_owned(), values)] }
}
