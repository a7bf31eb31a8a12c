//! What came of a mixed load: how many of what were answered how, and what was wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::connection::Answer;
use crate::host;

/// How many faults are kept with their words.
const FAULTS_MAX: usize = 20;

/// What came of what clients did.
#[derive(Debug, Default)]
pub(super) struct Tally {
    counts: BTreeMap<(&'static str, u16), u64>,
    took_us: BTreeMap<&'static str, Vec<f64>>,
    faults: Vec<String>,
}

impl Tally {
    /// An answer came; any status but these is a fault.
    pub(super) fn answered(&mut self, what: &'static str, answer: &Answer, good: &[u16], took: Duration) {
        *self.counts.entry((what, answer.status)).or_default() += 1;
        self.took_us.entry(what).or_default().push(took.as_secs_f64() * 1e6);
        if !good.contains(&answer.status) || answer.function_error {
            let body = String::from_utf8_lossy(&answer.body);
            self.fault(format!("{what}: {} {body}", answer.status));
        }
    }

    /// No answer came.
    pub(super) fn broken(&mut self, what: &'static str, error: &anyhow::Error) {
        *self.counts.entry((what, 0)).or_default() += 1;
        self.fault(format!("{what}: {error:#}"));
    }

    fn fault(&mut self, words: String) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(words);
        }
    }

    /// The same with what another client counted.
    pub(super) fn add(&mut self, other: Self) {
        for (key, count) in other.counts {
            *self.counts.entry(key).or_default() += count;
        }
        for (what, took_us) in other.took_us {
            self.took_us.entry(what).or_default().extend(took_us);
        }
        other.faults.into_iter().for_each(|fault| self.fault(fault));
    }

    /// What was wrong; the first of it.
    pub(super) fn faults(&self) -> &[String] {
        &self.faults
    }

    /// A line for each thing that was done, for people.
    pub(super) fn say(&self, took: Duration) {
        for row in self.rows(took) {
            host::say(&format!(
                "{:<16} {:>8.0}/s  p50 {:>8.0} us  p99 {:>8.0} us  {}",
                row["what"].as_str().unwrap_or_default(),
                row["per_s"].as_f64().unwrap_or_default(),
                row["p50_us"].as_f64().unwrap_or_default(),
                row["p99_us"].as_f64().unwrap_or_default(),
                row["statuses"]
            ));
        }
    }

    /// The same as JSON.
    pub(super) fn rows(&self, took: Duration) -> Vec<Value> {
        let row = |what: &&'static str| {
            let mut took_us = self.took_us[*what].clone();
            took_us.sort_by(f64::total_cmp);
            let at = |part: usize| took_us[(took_us.len() - 1) * part / 100];
            let counts = self.counts.iter().filter(|((other, _), _)| other == what);
            let statuses: BTreeMap<String, u64> =
                counts.map(|((_, status), count)| (status.to_string(), *count)).collect();
            let whole: u64 = statuses.values().sum();
            json!({
                "what": what, "per_s": whole as f64 / took.as_secs_f64(), "statuses": statuses,
                "p50_us": at(50), "p99_us": at(99),
            })
        };
        self.took_us.keys().map(row).collect()
    }
}
