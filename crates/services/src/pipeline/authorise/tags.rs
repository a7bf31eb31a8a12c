//! Tags as conditions ask for them: those a request brings, and those of the resource. The latter are looked up only if a
//! policy of the caller's asks for them. Never a change.
//!
//! Looked up for functions, log groups, users and roles; `aws:ResourceTag` of anything else is absent.

use std::collections::BTreeMap;

use lambent_core::iam::Context;
use lambent_core::logs::group::GroupId;
use lambent_store::tables;
use lambent_wire::error::Fault;
use lambent_wire::value::{Structure, Value};

use super::Case;
use super::need::{Keys, text, texts};
use super::resource::Resource;
use crate::lambda::Error;

/// The keys for the tags a request brings: `aws:RequestTag/…` and `aws:TagKeys`.
pub(super) fn requested(members: &Structure) -> Keys {
    let tags = ["Tags", "tags"].into_iter().find_map(|name| members.get(name)).map(pairs).unwrap_or_default();
    let mut names: Vec<String> = tags.iter().map(|(key, _)| key.clone()).collect();
    names.extend(["TagKeys", "tagKeys"].into_iter().flat_map(|name| texts(members, name)));
    let mut keys: Keys =
        tags.into_iter().map(|(key, value)| (format!("aws:RequestTag/{key}"), vec![value])).collect();
    if !names.is_empty() {
        keys.push(("aws:TagKeys".to_owned(), names));
    }
    keys
}

/// Whether a request brings tags for what it makes.
pub(super) fn brings_tags(members: &Structure) -> bool {
    members.get("Tags").map(pairs).is_some_and(|tags| !tags.is_empty())
}

/// Tags as a map, or as a list of keys and values.
fn pairs(tags: &Value) -> Vec<(String, String)> {
    let of_item = |item: &Value| {
        let Value::Structure(item) = item else { return None };
        let key = text(item, "Key").or_else(|| text(item, "key"))?;
        let value = text(item, "Value").or_else(|| text(item, "value")).unwrap_or_default();
        Some((key.to_owned(), value.to_owned()))
    };
    if let Value::Map(entries) = tags {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        return entries.iter().map(|(key, value)| (key.clone(), text(value))).collect();
    }
    if let Value::List(items) = tags { items.iter().filter_map(of_item).collect() } else { Vec::new() }
}

impl Case<'_> {
    /// The same context with the tags of the resource, if a policy of the caller's asks for them.
    pub(super) async fn tag(&self, context: Context) -> Result<Context, Fault> {
        let asks = ["aws:resourcetag/", "iam:resourcetag/"];
        if !self.caller.documents().any(|document| asks.iter().any(|key| document.asks_for(key))) {
            return Ok(context);
        }
        let prefixes: &[&str] = match self.resource {
            Resource::Entity { .. } => &["aws", "iam"],
            Resource::Function(..)
            | Resource::Layer(..)
            | Resource::LogGroup { .. }
            | Resource::Other(..)
            | Resource::Any => &["aws"],
        };
        let tags = self.resource_tags().await.map_err(|fault| Fault::from(Error::from(fault)))?;
        Ok(tags.iter().fold(context, |context, (key, value)| {
            prefixes
                .iter()
                .fold(context, |context, prefix| context.with(&format!("{prefix}:ResourceTag/{key}"), value))
        }))
    }

    async fn resource_tags(&self) -> Result<BTreeMap<String, String>, lambent_store::StoreError> {
        let store = &self.exchange.server.store;
        match self.resource {
            Resource::Function(id, _) => {
                let record = store.get(&tables::FUNCTIONS, &tables::function_key(id)).await?;
                Ok(record.map(|record| record.value.tags).unwrap_or_default())
            }
            Resource::LogGroup { account, region, name, .. } => {
                let id = GroupId { account: account.clone(), region: region.clone(), name: name.clone() };
                let record = store.get(&tables::LOG_GROUPS, &tables::log_group_key(&id)).await?;
                Ok(record.map(|record| record.value.tags).unwrap_or_default())
            }
            Resource::Entity { tags, .. } => Ok(tags.clone()),
            Resource::Layer(..) | Resource::Other(..) | Resource::Any => Ok(BTreeMap::new()),
        }
    }
}
