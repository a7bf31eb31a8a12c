//! One permission that an operation needs: an action on a resource, in AWS's names. Never says whether it is given.

use lambent_wire::value::{Structure, Value};

use super::Case;
use super::resource::Resource;
use crate::access::Shown;

/// Condition keys with their values.
pub(super) type Keys = Vec<(String, Vec<String>)>;

/// A permission.
#[derive(Debug)]
pub(super) struct Need {
    pub(super) action: String,
    pub(super) resource: String,
    pub(super) shown: Shown,
    pub(super) keys: Keys,
}

impl Need {
    /// The one that has the operation's own name, on what the operation is about.
    pub(super) fn first(case: &Case<'_>) -> Self {
        let service = case.exchange.service.signing_name;
        let action = format!("{}:{}", prefix(service), action(case.operation.name));
        let shown = match (service, case.resource) {
            ("elasticfilesystem", _) => Shown::As("the specified resource".to_owned()),
            ("monitoring", Resource::Any) => Shown::Nothing,
            ("iam", Resource::Entity { words: Some(words), .. }) => Shown::As(format!("resource: {words}")),
            _ => Shown::Resource,
        };
        Self { action, resource: case.resource.arn(), shown, keys: Keys::new() }
    }

    /// Another action on another resource.
    pub(super) fn of(action: &str, resource: impl Into<String>) -> Self {
        Self {
            action: action.to_owned(),
            resource: resource.into(),
            shown: Shown::Resource,
            keys: Keys::new(),
        }
    }

    /// The same with more to ask conditions about.
    pub(super) fn with(mut self, keys: Keys) -> Self {
        self.keys.extend(keys);
        self
    }
}

/// How the actions of a service begin.
fn prefix(signing_name: &'static str) -> &'static str {
    match signing_name {
        "monitoring" => "cloudwatch",
        other => other,
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

/// A text among members.
pub(super) fn text<'a>(members: &'a Structure, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str)
}

/// The texts of a list among members.
pub(super) fn texts(members: &Structure, name: &str) -> Vec<String> {
    let Some(Value::List(items)) = members.get(name) else { return Vec::new() };
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
