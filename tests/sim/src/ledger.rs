//! Every invocation that was asked for, and what became of it. Says at once what must not be.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Moment;

/// How an invocation is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sync,
    Event,
}

/// What its caller knows of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answered {
    /// Nothing yet.
    Waiting,
    /// Nothing, and never will.
    Lost,
    /// It was run, or will be.
    Taken,
    /// It was not run, and will not be.
    Refused,
}

/// One invocation.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) kind: Kind,
    pub(crate) function: String,
    pub(crate) qualifier: String,
    pub(crate) nonce: String,
    /// How its function was when it was asked for, or when its last attempt had ended.
    pub(crate) since: Moment,
    /// The same when it was asked for.
    pub(crate) asked: Moment,
    pub(crate) answered: Answered,
    /// How often a program took it.
    pub(crate) taken: u64,
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    /// Mishaps that allow for one more attempt, before it was asked for.
    pub(crate) mishaps: u64,
    /// Conditions of its end that somebody was told of.
    pub(crate) told: BTreeSet<&'static str>,
}

/// Every invocation.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) calls: BTreeMap<String, Call>,
    /// Those that programs have in their hands now, and the sandbox of each.
    pub(crate) running: BTreeMap<String, u64>,
    /// Crashes and failed writes so far: each may make an attempt come again.
    pub(crate) mishaps: u64,
    /// The most that ran at once.
    pub(crate) running_max: usize,
}

impl Ledger {
    /// A program takes an event.
    pub(crate) fn take(&mut self, id: &str, nonce: Option<&str>, sandbox: u64) -> Result<(), String> {
        if let Some(other) = self.running.insert(id.to_owned(), sandbox) {
            return Err(format!("{id} runs in sandboxes {other} and {sandbox} at once"));
        }
        self.running_max = self.running_max.max(self.running.len());
        let mishaps = self.mishaps;
        let Some(call) = self.calls.get_mut(id) else { return Err(format!("nobody asked for {id}")) };
        call.taken += 1;
        if nonce != Some(call.nonce.as_str()) {
            return Err(format!("{id} was given the event {nonce:?} in place of {}", call.nonce));
        }
        if call.answered == Answered::Refused {
            return Err(format!("{id} runs though it was refused"));
        }
        if call.kind == Kind::Sync && call.taken > 1 {
            return Err(format!("{id} runs for the second time"));
        }
        if call.taken > 3 + mishaps - call.mishaps {
            return Err(format!("{id} runs for the {}th time", call.taken));
        }
        if call.succeeded > 0 && mishaps == call.mishaps {
            return Err(format!("{id} runs again though it has succeeded"));
        }
        Ok(())
    }

    /// What it did with it.
    pub(crate) fn done(&mut self, id: &str, succeeded: bool, now: Option<Moment>) {
        self.running.remove(id);
        if let Some(call) = self.calls.get_mut(id) {
            call.succeeded += u64::from(succeeded);
            call.failed += u64::from(!succeeded);
            if let Some(now) = now {
                call.since = now;
            }
        }
    }

    /// The server is gone, and everything in its hands.
    pub(crate) fn crashed(&mut self) {
        self.mishaps += 1;
        self.running.clear();
        for call in self.calls.values_mut().filter(|call| call.answered == Answered::Waiting) {
            call.answered = Answered::Lost;
        }
    }

    /// How many wait for their answer.
    pub(crate) fn waiting(&self) -> usize {
        self.calls.values().filter(|call| call.answered == Answered::Waiting).count()
    }
}
