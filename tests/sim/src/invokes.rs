//! Those who invoke functions, and what they are told: their own answer, once, from what was in force.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response};
use lambent_core::time::Clock as _;
use serde_json::Value;

use crate::client::Client;
use crate::ledger::{Answered, Call, Kind};
use crate::model::{Deployment, Function, Moment};
use crate::order::{Order, Way};
use crate::sim::Sim;

/// How long an answer may take: Init, four environments that are lost, and the longest time-out, with room to spare.
const ANSWER_MAX: Duration = Duration::from_secs(180);

/// What is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) kind: Kind,
    pub(crate) function: String,
    pub(crate) qualifier: String,
    pub(crate) takes: Duration,
    pub(crate) ways: Vec<Way>,
}

/// Whoever goes away without an answer never has one.
struct Leaving<'a> {
    client: &'a Client,
    id: &'a str,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        if let Some(call) = self.client.sim.ledger().calls.get_mut(self.id)
            && call.answered == Answered::Waiting
        {
            call.answered = Answered::Lost;
        }
    }
}

impl Client {
    /// An invocation as chance picks it.
    pub(crate) fn wish(&self) -> Wish {
        let fate = &self.sim.program;
        let names: Vec<String> = self.sim.model().functions.keys().cloned().collect();
        let mine: Vec<String> = names.into_iter().filter(|name| name != crate::plan::SINK).collect();
        let function = fate.pick(&mine).clone();
        let mut qualifiers = self.sim.function(&function, |f| [f.versions(), f.aliases()].concat());
        qualifiers.push("$LATEST".to_owned());
        let qualifier = fate.pick(&qualifiers).clone();
        let kind = if fate.chance(400) { Kind::Event } else { Kind::Sync };
        let way = || {
            let ways = [Way::Error, Way::Exit, Way::Hang, Way::Leave];
            if fate.chance(self.sim.world.faults.wanted) { *fate.pick(&ways) } else { Way::Well }
        };
        let ways = (0..3).map(|_| way()).collect();
        let takes = if fate.chance(100) { fate.span(100, 12_000) } else { fate.span(0, 150) };
        Wish { kind, function, qualifier, takes, ways }
    }

    /// Invokes, and judges the answer; gives its status and what it says.
    pub(crate) async fn invoke(&self, wish: Wish) -> (u16, Value) {
        let number = self.sim.number();
        let id = format!("00000000-0000-4000-8000-{number:012x}");
        let order = Order::new(format!("n{number}"), wish.takes, wish.ways.clone());
        let since = self.sim.moment(&wish.function);
        self.sim.say(&format!("ask {id} {wish:?}"));
        self.sim.register(&id, &wish, &order, &since);
        let _leaving = Leaving { client: self, id: &id };
        let path =
            format!("{}/invocations?Qualifier={}", crate::changes::function(&wish.function), wish.qualifier);
        let asked = self.sim.clock.age();
        let kind = if wish.kind == Kind::Event { "Event" } else { "RequestResponse" };
        let headers = [("x-amzn-requestid", id.as_str()), ("x-amz-invocation-type", kind)];
        let response = self.send(Method::POST, &path, &headers, order.payload()).await;
        let status = response.status().as_u16();
        let said: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        self.sim.say(&format!("answer {id}: {status} {}", said["message"]));
        let took = self.sim.clock.age().saturating_sub(asked);
        if wish.kind == Kind::Sync && took > ANSWER_MAX {
            self.sim.broken(format!("{id} is answered after {took:?}"));
        }
        let taken = matches!(status, 200..300);
        // Who is sent away because the server ends may have begun all the same.
        let refused = if self.sim.is_ending() { Answered::Lost } else { Answered::Refused };
        if let Some(call) = self.sim.ledger().calls.get_mut(&id) {
            call.answered = if taken { Answered::Taken } else { refused };
        }
        let judged = if taken {
            self.judge(&id, &wish, &since, &response)
        } else {
            self.refused(&id, &wish, &since, status)
        };
        if let Err(fault) = judged {
            self.sim
                .broken(format!("{id} of {}:{}: {fault}: {status} {said}", wish.function, wish.qualifier));
        }
        (status, said)
    }

    /// The same, but its caller goes away after a while.
    pub(crate) async fn invoke_and_leave(&self, wish: Wish, patience: Duration) {
        // What it would have been told is nobody's.
        _ = tokio::time::timeout(patience, self.invoke(wish)).await;
    }

    /// An answer that says it was run, or will be.
    fn judge(&self, id: &str, wish: &Wish, since: &Moment, response: &Response<Bytes>) -> Result<(), String> {
        if wish.kind == Kind::Event {
            return if response.status() == 202 { Ok(()) } else { Err("an event is not 202".to_owned()) };
        }
        let call = self.sim.ledger().calls.get(id).cloned().ok_or("nobody asked")?;
        let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        if header("x-amzn-requestid") != Some(id) {
            return Err("the answer has another request's id".to_owned());
        }
        if header("x-amz-function-error").is_some() {
            return if call.succeeded == 0 { Ok(()) } else { Err("it has not failed".to_owned()) };
        }
        let said: Value = serde_json::from_slice(response.body()).map_err(|error| error.to_string())?;
        let text = |name: &str| said[name].as_str().unwrap_or_default().to_owned();
        if text("id") != id || text("nonce") != call.nonce || text("function") != wish.function {
            return Err("the answer is another's".to_owned());
        }
        if header("x-amz-executed-version") != Some(text("version").as_str()) {
            return Err("another version has run".to_owned());
        }
        if call.succeeded != 1 {
            return Err(format!("it has succeeded {} times", call.succeeded));
        }
        let runs = Deployment { mark: text("mark"), code: text("code") };
        let may = |f: &mut Function| f.may_serve(since, &wish.qualifier, &text("version"), &runs);
        if self.sim.function(&wish.function, may) {
            Ok(())
        } else {
            Err("what ran was not in force".to_owned())
        }
    }

    /// An answer that says it was not run: whether there may be a reason.
    fn refused(&self, id: &str, wish: &Wish, since: &Moment, status: u16) -> Result<(), String> {
        let call = self.sim.ledger().calls.get(id).cloned().ok_or("nobody asked")?;
        let ends = self.sim.is_ending();
        let (missing, changing) = self
            .sim
            .function(&wish.function, |f| (f.may_be_missing(since, &wish.qualifier), !f.is_as(since)));
        let host_fails = self.sim.world.host_fails() && call.kind == Kind::Sync;
        let store_fails = self.sim.world.faults.store > 0 && call.kind == Kind::Event;
        let may = match status {
            404 => missing,
            409 => changing,
            429 => call.kind == Kind::Sync,
            500.. => host_fails || store_fails || ends,
            _ => false,
        };
        if !may {
            return Err("there is no reason to refuse it".to_owned());
        }
        if !ends && (call.succeeded > 0 || call.kind == Kind::Event && call.taken > 0) {
            return Err("it was refused, and has run".to_owned());
        }
        Ok(())
    }
}

impl Sim {
    /// Somebody asks.
    pub(crate) fn register(&self, id: &str, wish: &Wish, order: &Order, since: &Moment) {
        let mut ledger = self.ledger();
        let call = Call {
            kind: wish.kind,
            function: wish.function.clone(),
            qualifier: wish.qualifier.clone(),
            nonce: order.nonce.clone().unwrap_or_default(),
            since: since.clone(),
            asked: since.clone(),
            answered: Answered::Waiting,
            taken: 0,
            succeeded: 0,
            failed: 0,
            mishaps: ledger.mishaps,
            asked_at: self.clock.now(),
            due: None,
            lines: [0; 3],
            not_taken: BTreeMap::new(),
            told: BTreeSet::new(),
        };
        ledger.calls.insert(id.to_owned(), call);
    }
}
