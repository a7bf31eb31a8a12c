//! What a payload tells a program to do: invocations carry their own behaviour, so that whoever asks knows what may come.

use std::time::Duration;

use serde_json::{Value, json};

/// How a program deals with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// It answers.
    Well,
    /// It reports an error.
    Error,
    /// It ends.
    Exit,
    /// It never answers.
    Hang,
    /// It answers and ends.
    Leave,
}

const WAYS: [(Way, &str); 5] = [
    (Way::Well, "well"),
    (Way::Error, "error"),
    (Way::Exit, "exit"),
    (Way::Hang, "hang"),
    (Way::Leave, "leave"),
];

/// What an event says.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    /// No two events share one.
    pub(crate) nonce: Option<String>,
    takes: Duration,
    /// For each attempt; the last counts for all that follow.
    ways: Vec<Way>,
}

impl Order {
    /// One that is to be given.
    pub(crate) fn new(nonce: String, takes: Duration, ways: Vec<Way>) -> Self {
        Self { nonce: Some(nonce), takes, ways }
    }

    /// What an event says; what says nothing is answered at once.
    pub(crate) fn read(payload: &[u8]) -> Self {
        let event: Value = serde_json::from_slice(payload).unwrap_or_default();
        let way = |name: &Value| WAYS.iter().find(|(_, known)| name == known).map(|(way, _)| *way);
        Self {
            nonce: event["nonce"].as_str().map(str::to_owned),
            takes: Duration::from_millis(event["takes"].as_u64().unwrap_or(1)),
            ways: event["ways"].as_array().into_iter().flatten().filter_map(way).collect(),
        }
    }

    pub(crate) fn payload(&self) -> String {
        let name = |way: &Way| WAYS.iter().find(|(known, _)| known == way).map(|(_, name)| *name);
        let ways: Vec<_> = self.ways.iter().filter_map(name).collect();
        let takes = u64::try_from(self.takes.as_millis()).unwrap_or(u64::MAX);
        json!({ "nonce": self.nonce, "takes": takes, "ways": ways }).to_string()
    }

    pub(crate) fn takes(&self) -> Duration {
        self.takes
    }

    /// How the attempt of this number is dealt with, from 0.
    pub(crate) fn way(&self, attempt: u64) -> Way {
        let at = usize::try_from(attempt).unwrap_or(usize::MAX).min(self.ways.len().saturating_sub(1));
        self.ways.get(at).copied().unwrap_or(Way::Well)
    }
}
