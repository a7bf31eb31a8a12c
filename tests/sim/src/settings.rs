//! What owners set for their functions beside what they run: concurrency, and how events are dealt with.

use http::Method;
use serde_json::{Value, json};

use crate::changes::Came;
use crate::client::Client;
use crate::plan::{RECORDS, SINK};

impl Client {
    /// Reserves concurrency, or gives it back.
    pub(crate) async fn reserve(&self, name: &str) {
        let path = format!("/2017-10-31/functions/{name}/concurrency");
        let wanted = self.sim.program.chance(600).then(|| self.sim.program.below(4));
        self.sim.function(name, |f| f.reserved.propose(wanted));
        let (status, _) = match wanted {
            Some(count) => {
                self.call(Method::PUT, &path, &json!({ "ReservedConcurrentExecutions": count })).await
            }
            None => self.call(Method::DELETE, &path, &Value::Null).await,
        };
        match Came::of(status) {
            Came::True => self.sim.function(name, |f| f.reserved.set(wanted)),
            Came::Not => self.sim.function(name, |f| f.reserved.retract()),
            Came::Perhaps => self.look_at(name).await,
        }
    }

    /// Provisions a version or an alias, or no longer.
    pub(crate) async fn provision(&self, name: &str) {
        let all = self.sim.function(name, |f| [f.versions(), f.aliases()].concat());
        if all.is_empty() {
            return self.publish(name).await;
        }
        let qualifier = self.sim.program.pick(&all).clone();
        let path = format!("/2019-09-30/functions/{name}/provisioned-concurrency?Qualifier={qualifier}");
        let count = self.sim.program.below(4);
        self.sim.function(name, |f| f.wanted(&qualifier).propose(count));
        let (status, _) = if count > 0 {
            self.call(Method::PUT, &path, &json!({ "ProvisionedConcurrentExecutions": count })).await
        } else {
            self.call(Method::DELETE, &path, &Value::Null).await
        };
        match Came::of(status) {
            Came::True => self.sim.function(name, |f| f.wanted(&qualifier).set(count)),
            Came::Not => self.sim.function(name, |f| f.wanted(&qualifier).retract()),
            Came::Perhaps => self.look_at(name).await,
        }
    }

    /// How events are dealt with: of `$LATEST`, or what else there is.
    pub(crate) async fn handle(&self, name: &str) {
        let mut all = self.sim.function(name, |f| [f.versions(), f.aliases()].concat());
        all.push("$LATEST".to_owned());
        let qualifier = self.sim.program.pick(&all).clone();
        let path = format!("/2019-09-25/functions/{name}/event-invoke-config?Qualifier={qualifier}");
        let (retries, age_s) = (self.sim.program.below(3), self.sim.program.between(60, 600));
        let sink = format!("arn:aws:lambda:us-east-1:000000000000:function:{SINK}");
        let to =
            || json!({ "Destination": if self.sim.program.chance(500) { RECORDS } else { sink.as_str() } });
        let body = json!({
            "MaximumRetryAttempts": retries, "MaximumEventAgeInSeconds": age_s,
            "DestinationConfig": { "OnSuccess": to(), "OnFailure": to() },
        });
        self.sim.function(name, |f| f.handled(&qualifier).propose((retries, age_s)));
        let (status, _) = self.call(Method::PUT, &path, &body).await;
        match Came::of(status) {
            Came::True => self.sim.function(name, |f| f.handled(&qualifier).set((retries, age_s))),
            Came::Not => self.sim.function(name, |f| f.handled(&qualifier).retract()),
            Came::Perhaps => self.look_at(name).await,
        }
    }
}
