//! Every invocation that was asked for, and what became of it. Says at once what must not be.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use lambent_core::limits::{EVENT_RETRY_FIRST, EVENT_RETRY_SECOND};
use lambent_core::time::Timestamp;

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
    /// When it was asked for, by AWS's time.
    pub(crate) asked_at: Timestamp,
    /// Before this it must not be tried again, unless there were more mishaps than these.
    pub(crate) due: Option<(Timestamp, u64)>,
    /// Its lines START, END and REPORT.
    pub(crate) lines: [u64; 3],
    /// How often its end was not taken, and by whom.
    pub(crate) not_taken: BTreeMap<String, u32>,
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
    /// Whether the wall clock has jumped: what is due then is due at another time.
    pub(crate) has_jumped: bool,
}

/// A program that takes an event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taking<'a> {
    pub(crate) id: &'a str,
    pub(crate) nonce: Option<&'a str>,
    pub(crate) sandbox: u64,
    /// How often it may be tried again.
    pub(crate) retries: u64,
    pub(crate) now: Timestamp,
}

impl Ledger {
    /// A program takes an event.
    pub(crate) fn take(&mut self, taking: Taking<'_>) -> Result<(), String> {
        let Taking { id, nonce, sandbox, retries, now } = taking;
        if let Some(other) = self.running.insert(id.to_owned(), sandbox) {
            return Err(format!("{id} runs in sandboxes {other} and {sandbox} at once"));
        }
        self.running_max = self.running_max.max(self.running.len());
        let (mishaps, has_jumped) = (self.mishaps, self.has_jumped);
        let Some(call) = self.calls.get_mut(id) else { return Err(format!("nobody asked for {id}")) };
        call.taken += 1;
        if nonce != Some(call.nonce.as_str()) {
            return Err(format!("{id} was given the event {nonce:?} in place of {}", call.nonce));
        }
        if call.answered == Answered::Refused {
            return Err(format!("{id} runs though it was refused"));
        }
        let most = if call.kind == Kind::Sync { 1 } else { 1 + retries + mishaps - call.mishaps };
        if call.taken > most {
            return Err(format!("{id} runs for the {}th time, {most} times at most", call.taken));
        }
        if call.succeeded > 0 && mishaps == call.mishaps {
            return Err(format!("{id} runs again though it has succeeded"));
        }
        match call.due {
            Some((due, then)) if now < due && then == mishaps && !has_jumped => {
                Err(format!("{id} runs again at {}, before {}", now.to_iso_string(), due.to_iso_string()))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// What it did with it.
    pub(crate) fn done(&mut self, id: &str, succeeded: bool, now: Timestamp, moment: Moment) {
        self.running.remove(id);
        let mishaps = self.mishaps;
        if let Some(call) = self.calls.get_mut(id) {
            call.succeeded += u64::from(succeeded);
            call.failed += u64::from(!succeeded);
            if call.kind == Kind::Event {
                // Whoever fails for the second time may do so for the first that counts.
                let pause = if call.failed > 1 { EVENT_RETRY_SECOND } else { EVENT_RETRY_FIRST };
                let pause = if mishaps == call.mishaps { pause } else { Duration::ZERO };
                call.since = moment;
                call.due = Some((now.plus(pause), mishaps));
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
