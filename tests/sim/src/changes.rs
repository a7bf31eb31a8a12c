//! What owners do to their functions, one thing after the other for each: asked for, answered, and written into the
//! reference. What the answer leaves open is read.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::client::Client;
use crate::model::{Deployment, Function, Named};
use crate::plan::{DEAD_LETTERS, ROLE, SINK};

/// How often a state that must come is looked for.
const LOOKS_MAX: u32 = 2_000;

/// What an answer means for what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Came {
    /// It was done.
    True,
    /// It was not.
    Not,
    /// Nobody knows.
    Perhaps,
}

impl Came {
    pub(crate) fn of(status: u16) -> Self {
        match status {
            200..300 => Self::True,
            400..500 => Self::Not,
            _ => Self::Perhaps,
        }
    }
}

impl Client {
    /// Changes a function in a way that chance picks. Whoever calls it sees to it that nobody else does at the same time.
    pub(crate) async fn change(&self, name: &str) {
        let fate = &self.sim.program;
        if self.sim.function(name, |f| f.there.known() == Some(&false)) {
            return self.create(name).await;
        }
        match fate.below(22) {
            0..4 => self.configure(name).await,
            4..7 => self.recode(name).await,
            7..10 => self.publish(name).await,
            10..13 => self.put_alias(name).await,
            13..15 => self.reserve(name).await,
            15..18 => self.provision(name).await,
            18..20 => self.handle(name).await,
            20 => self.delete_qualifier(name).await,
            _ => self.delete(name).await,
        }
    }

    /// A configuration nobody else has, of the package that is there or another.
    fn draw(&self, code: Option<String>) -> Deployment {
        let mark = format!("m{}", self.sim.number());
        let packages = self.sim.packages.all();
        Deployment { mark, code: code.unwrap_or_else(|| self.sim.program.pick(packages).sha256.clone()) }
    }

    fn zip(&self, sha256: &str) -> String {
        let package = self.sim.packages.all().iter().find(|one| one.sha256 == sha256);
        package.map(|one| one.zip_base64.clone()).unwrap_or_default()
    }

    /// Creates a function, and waits until it is active.
    pub(crate) async fn create(&self, name: &str) {
        let runs = self.draw(None);
        let body = json!({
            "FunctionName": name, "Runtime": "provided.al2023", "Handler": "x", "Role": ROLE,
            "Timeout": self.sim.program.between(1, 8), "Code": { "ZipFile": self.zip(&runs.code) },
            "Environment": { "Variables": { "MARK": runs.mark } },
            "DeadLetterConfig": if name == SINK { Value::Null } else { json!({ "TargetArn": DEAD_LETTERS }) },
        });
        self.sim.function(name, |f| {
            f.there.propose(true);
            f.latest.propose(Some(runs.clone()));
        });
        let (status, _) = self.call(Method::POST, "/2015-03-31/functions", &body).await;
        match Came::of(status) {
            Came::True => {
                self.sim.function(name, |f| f.there.set(true));
                self.await_latest(name, &runs).await;
            }
            // What failed before it was written leaves nothing; a creation without an answer may be there.
            Came::Not | Came::Perhaps => self.look_at(name).await,
        }
    }

    async fn delete(&self, name: &str) {
        self.sim.function(name, |f| f.there.propose(false));
        let (status, _) = self.call(Method::DELETE, &function(name), &Value::Null).await;
        match Came::of(status) {
            Came::True => self.sim.function(name, Function::gone),
            Came::Not | Came::Perhaps => self.look_at(name).await,
        }
    }

    async fn configure(&self, name: &str) {
        let code = self.sim.function(name, |f| f.latest.known().cloned().flatten().map(|runs| runs.code));
        let runs = self.draw(code);
        let body = json!({ "Environment": { "Variables": { "MARK": runs.mark } } });
        self.update(name, "configuration", runs, &body).await;
    }

    async fn recode(&self, name: &str) {
        let Some(old) = self.sim.function(name, |f| f.latest.known().cloned().flatten()) else { return };
        let code = self.sim.program.pick(self.sim.packages.all()).sha256.clone();
        let body = json!({ "ZipFile": self.zip(&code) });
        self.update(name, "code", Deployment { code, ..old }, &body).await;
    }

    async fn update(&self, name: &str, what: &str, runs: Deployment, body: &Value) {
        self.sim.function(name, |f| f.latest.propose(Some(runs.clone())));
        let (status, _) = self.call(Method::PUT, &format!("{}/{what}", function(name)), body).await;
        match Came::of(status) {
            Came::True => self.await_latest(name, &runs).await,
            Came::Not | Came::Perhaps => self.look_at(name).await,
        }
    }

    /// Waits until the function runs this, as `aws lambda wait` would.
    async fn await_latest(&self, name: &str, runs: &Deployment) {
        let Some(found) = self.settled(name).await else { return };
        if found != Some(runs.clone()) {
            self.sim.broken(format!("{name} was to run {runs:?} and runs {found:?}"));
        }
        self.sim.function(name, |f| f.latest.settle(&found));
    }

    /// What a function runs once no change of it goes on; none where it is not there.
    pub(crate) async fn settled(&self, name: &str) -> Option<Option<Deployment>> {
        for _ in 0..LOOKS_MAX {
            let path = format!("{}/configuration", function(name));
            let (status, found) = self.call(Method::GET, &path, &Value::Null).await;
            if status == 404 {
                return Some(None);
            }
            if status == 200 && found["LastUpdateStatus"] == "Successful" && found["State"] == "Active" {
                return Some(Some(deployment(&found)));
            }
            self.not_while_ending().await;
            sleep(Duration::from_millis(500)).await;
        }
        self.sim.broken(format!("{name} never settles"));
        None
    }

    /// Publishes a version, and waits until it is active.
    pub(crate) async fn publish(&self, name: &str) {
        let path = format!("{}/versions", function(name));
        let (status, found) = self.call(Method::POST, &path, &json!({})).await;
        if Came::of(status) != Came::True {
            return self.look_at(name).await;
        }
        let (version, runs) = (found["Version"].as_str().unwrap_or_default(), deployment(&found));
        self.sim.function(name, |f| {
            if !f.latest.now().contains(&Some(runs.clone())) {
                self.sim.broken(format!("version {version} of {name} runs {runs:?}"));
            }
            f.named(version).set(Named::Version(runs));
        });
        self.is_active(name, version).await;
    }

    /// Waits until a version is active, as `aws lambda wait` would.
    pub(crate) async fn is_active(&self, name: &str, version: &str) {
        let path = format!("{}/configuration?Qualifier={version}", function(name));
        for _ in 0..LOOKS_MAX {
            if self.read(&path).await["State"] == "Active" {
                return;
            }
            sleep(Duration::from_millis(500)).await;
        }
        self.sim.broken(format!("version {version} of {name} is never active"));
    }

    async fn put_alias(&self, name: &str) {
        let (versions, known) = self.sim.function(name, |f| (f.versions(), f.aliases()));
        if versions.is_empty() {
            return self.publish(name).await;
        }
        let alias = self.sim.program.pick(&["live", "next"]).to_string();
        let mut to = vec![self.sim.program.pick(&versions).clone()];
        let second = self.sim.program.pick(&versions).clone();
        let mut body =
            json!({ "FunctionVersion": to[0], "RoutingConfig": { "AdditionalVersionWeights": {} } });
        if second != to[0] && self.sim.program.chance(500) {
            body["RoutingConfig"]["AdditionalVersionWeights"][&second] = json!(0.5);
            to.push(second);
        }
        let is_there = known.contains(&alias);
        let (method, path) = if is_there {
            (Method::PUT, format!("{}/aliases/{alias}", function(name)))
        } else {
            body["Name"] = json!(alias);
            (Method::POST, format!("{}/aliases", function(name)))
        };
        let named = Named::Alias(to);
        self.sim.function(name, |f| f.named(&alias).propose(named.clone()));
        let (status, _) = self.call(method, &path, &body).await;
        match Came::of(status) {
            Came::True => self.sim.function(name, |f| f.named(&alias).set(named)),
            Came::Not | Came::Perhaps => self.look_at(name).await,
        }
    }

    async fn delete_qualifier(&self, name: &str) {
        let (versions, aliases) = self.sim.function(name, |f| (f.versions(), f.aliases()));
        let all = [versions.as_slice(), aliases.as_slice()].concat();
        if all.is_empty() {
            return;
        }
        let qualifier = self.sim.program.pick(&all).clone();
        let path = if versions.contains(&qualifier) {
            format!("{}?Qualifier={qualifier}", function(name))
        } else {
            format!("{}/aliases/{qualifier}", function(name))
        };
        self.sim.function(name, |f| {
            f.named(&qualifier).propose(Named::Nothing);
            f.wanted(&qualifier).propose(0);
            f.handled(&qualifier).propose((2, 21_600));
        });
        let (status, _) = self.call(Method::DELETE, &path, &Value::Null).await;
        match Came::of(status) {
            Came::True => self.sim.function(name, |f| {
                f.named(&qualifier).set(Named::Nothing);
                f.wanted(&qualifier).set(0);
                f.handled(&qualifier).set((2, 21_600));
            }),
            Came::Not | Came::Perhaps => self.look_at(name).await,
        }
    }
}

/// The path of a function.
pub(crate) fn function(name: &str) -> String {
    format!("/2015-03-31/functions/{name}")
}

/// What a configuration runs.
pub(crate) fn deployment(found: &Value) -> Deployment {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Deployment { mark: text(&found["Environment"]["Variables"]["MARK"]), code: text(&found["CodeSha256"]) }
}
