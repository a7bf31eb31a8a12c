//! What is read of a function where nobody knows what became of a change, and after each start of a server. What was
//! acknowledged must be there.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use http::Method;
use serde_json::Value;
use tokio::time::sleep;

use crate::changes::{deployment, function};
use crate::client::Client;
use crate::model::Named;

impl Client {
    /// Reads what a function is, holds it against the reference, and takes it in.
    pub(crate) async fn look_at(&self, name: &str) {
        let Some(found) = self.settled(name).await else { return };
        let there = found.is_some();
        let known = self.sim.function(name, |f| {
            if !there {
                let may_be = f.there.now().contains(&false);
                f.gone();
                return may_be;
            }
            let known = f.there.settle(&true) && f.latest.settle(&found);
            f.latest.set(found.clone());
            known
        });
        if !known {
            self.sim.broken(format!("{name} is {found:?}, which it cannot be"));
        }
        if there {
            self.look_at_qualifiers(name).await;
            self.look_at_concurrency(name).await;
            self.look_at_settings(name).await;
        }
    }

    async fn look_at_qualifiers(&self, name: &str) {
        let mut found = BTreeMap::new();
        let versions = self.read(&format!("{}/versions", function(name))).await;
        for version in versions["Versions"].as_array().into_iter().flatten() {
            let number = version["Version"].as_str().unwrap_or_default();
            if number != "$LATEST" {
                self.is_active(name, number).await;
                found.insert(number.to_owned(), Named::Version(deployment(version)));
            }
        }
        let aliases = self.read(&format!("{}/aliases", function(name))).await;
        for alias in aliases["Aliases"].as_array().into_iter().flatten() {
            let mut to = vec![alias["FunctionVersion"].as_str().unwrap_or_default().to_owned()];
            let more = alias["RoutingConfig"]["AdditionalVersionWeights"].as_object();
            to.extend(more.into_iter().flatten().map(|(version, _)| version.clone()));
            found.insert(alias["Name"].as_str().unwrap_or_default().to_owned(), Named::Alias(to));
        }
        self.sim.function(name, |f| {
            let names: BTreeSet<String> = f.qualifiers.keys().chain(found.keys()).cloned().collect();
            for qualifier in names {
                let named = found.get(&qualifier).unwrap_or(&Named::Nothing);
                // A version that nobody was told of may be there: its publication was never answered.
                let is_new = f.named(&qualifier).known() == Some(&Named::Nothing)
                    && matches!(named, Named::Version(_));
                if !is_new && !f.named(&qualifier).now().contains(named) {
                    let known = f.named(&qualifier).now().to_vec();
                    self.sim.broken(format!("{name}:{qualifier} is {named:?}, not one of {known:?}"));
                }
                f.named(&qualifier).set(named.clone());
            }
        });
    }

    async fn look_at_concurrency(&self, name: &str) {
        let found = self.read(&format!("/2019-09-30/functions/{name}/concurrency")).await;
        let reserved = found["ReservedConcurrentExecutions"].as_u64();
        self.sim.function(name, |f| {
            if !f.reserved.now().contains(&reserved) {
                self.sim.broken(format!("{name} has reserved {reserved:?}"));
            }
            f.reserved.set(reserved);
        });
        let list = self.read(&format!("/2019-09-30/functions/{name}/provisioned-concurrency?List=ALL")).await;
        let mut counts = BTreeMap::new();
        for one in list["ProvisionedConcurrencyConfigs"].as_array().into_iter().flatten() {
            let requested = one["RequestedProvisionedConcurrentExecutions"].as_u64().unwrap_or(0);
            counts.insert(last(&one["FunctionArn"]), requested);
        }
        self.sim.function(name, |f| {
            let names: BTreeSet<String> = f.provisioned.keys().chain(counts.keys()).cloned().collect();
            for qualifier in names {
                let count = counts.get(&qualifier).copied().unwrap_or(0);
                if !f.wanted(&qualifier).now().contains(&count) {
                    self.sim.broken(format!("{name}:{qualifier} has {count} provisioned"));
                }
                f.wanted(&qualifier).set(count);
            }
        });
    }

    async fn look_at_settings(&self, name: &str) {
        let list = self.read(&format!("/2019-09-25/functions/{name}/event-invoke-config/list")).await;
        let mut all = BTreeMap::new();
        for one in list["FunctionEventInvokeConfigs"].as_array().into_iter().flatten() {
            let number = |what: &str| one[what].as_u64().unwrap_or(u64::MAX);
            let handled = (number("MaximumRetryAttempts"), number("MaximumEventAgeInSeconds"));
            all.insert(last(&one["FunctionArn"]), handled);
        }
        self.sim.function(name, |f| {
            let names: BTreeSet<String> = f.handling.keys().chain(all.keys()).cloned().collect();
            for qualifier in names {
                let handled = all.get(&qualifier).copied().unwrap_or((2, 21_600));
                if !f.handled(&qualifier).now().contains(&handled) {
                    self.sim.broken(format!("the events of {name}:{qualifier} are handled by {handled:?}"));
                }
                f.handled(&qualifier).set(handled);
            }
        });
    }

    /// Reads until the store lets it.
    pub(crate) async fn read(&self, path: &str) -> Value {
        for _ in 0..200 {
            let (status, found) = self.call(Method::GET, path, &Value::Null).await;
            if status == 200 {
                return found;
            }
            self.not_while_ending().await;
            sleep(Duration::from_millis(200)).await;
        }
        self.sim.broken(format!("{path} cannot be read"));
        Value::Null
    }
}

/// The qualifier that an ARN ends with.
fn last(arn: &Value) -> String {
    arn.as_str().unwrap_or_default().rsplit(':').next().unwrap_or_default().to_owned()
}
