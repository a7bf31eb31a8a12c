//! What was measured, as a table for people and as JSON for later comparison.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::host;
use crate::load::Figures;

/// All rows of one run.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<Value>,
}

impl Report {
    /// A subject under load, and the echo it is compared with.
    pub(crate) fn warm(&mut self, subject: &str, connections: usize, got: Figures, echo: Figures) {
        let (latency, rate) = (got.p50_us / echo.p50_us, got.per_s / echo.per_s);
        host::say(&format!(
            "{subject:<17} {connections:>3} connections  p50 {:>8.0} us ({latency:>5.2} x echo)  p99 {:>8.0} us  \
             {:>8.0}/s ({rate:>5.3} x echo)",
            got.p50_us, got.p99_us, got.per_s
        ));
        self.rows.push(json!({
            "what": "warm", "subject": subject, "connections": connections,
            "p50_us": got.p50_us, "p99_us": got.p99_us, "per_s": got.per_s,
            "p50_over_echo": latency, "per_s_over_echo": rate,
        }));
    }

    /// First invocations of new functions, and the bare start of the interpreter.
    pub(crate) fn cold(&mut self, kind: &str, cold_us: Vec<f64>, bare_us: Vec<f64>) {
        if cold_us.is_empty() {
            return;
        }
        let (cold, bare) = (median(cold_us), median(bare_us));
        host::say(&format!(
            "cold {kind:<11} p50 {:>8.2} ms  bare start {:>6.2} ms  ratio {:>5.2}",
            cold / 1e3,
            bare / 1e3,
            cold / bare
        ));
        self.rows.push(json!({
            "what": "cold", "subject": kind, "p50_us": cold, "bare_us": bare, "over_bare": cold / bare,
        }));
    }

    /// The server without work.
    pub(crate) fn resting(&mut self, ready_us: Vec<f64>, memory_kib: Vec<f64>) {
        let (ready, memory) = (median(ready_us), median(memory_kib));
        host::say(&format!(
            "ready after {:.1} ms, {:.1} MiB idle with the spawner",
            ready / 1e3,
            memory / 1024.0
        ));
        self.rows.push(json!({ "what": "resting", "ready_us": ready, "pss_kib": memory }));
    }

    /// A full store: how fast it was filled, and how long the server takes to start on it.
    pub(crate) fn stored(&mut self, functions: usize, created_per_s: f64, ready_us: Vec<f64>) {
        let ready = median(ready_us);
        host::say(&format!(
            "{functions} functions: created {created_per_s:.0}/s, ready after {:.0} ms on them",
            ready / 1e3
        ));
        self.rows.push(json!({
            "what": "stored", "functions": functions, "created_per_s": created_per_s, "ready_us": ready,
        }));
    }

    /// Events accepted durably and run, and the same function asked synchronously, each a second.
    pub(crate) fn accept(&mut self, clients: usize, accepted: f64, drained: f64, answered: f64) {
        host::say(&format!(
            "events            {clients:>3} connections  accepted {accepted:>8.0}/s  run {drained:>8.0}/s  \
             ({:>5.3} x synchronous, {answered:.0}/s)",
            drained / answered
        ));
        self.rows.push(json!({
            "what": "accept", "connections": clients, "accepted_per_s": accepted, "run_per_s": drained,
            "answered_per_s": answered,
        }));
    }

    /// A mixed load: what was done, and the memory of the server alone and with its sandboxes, first and last.
    pub(crate) fn mixed(&mut self, rows: &[Value], first_kib: (f64, f64), last_kib: (f64, f64)) {
        self.rows.push(json!({
            "what": "mixed", "rows": rows, "server_kib": [first_kib.0, last_kib.0],
            "family_kib": [first_kib.1, last_kib.1],
        }));
    }

    /// Writes the JSON into the folder.
    pub(crate) fn finish(self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        let at = host::epoch_s();
        let path = folder.join(format!("{at}.json"));
        let text = serde_json::to_string_pretty(&json!({ "at_s": at, "rows": self.rows }))?;
        std::fs::write(&path, text).with_context(|| path.display().to_string())?;
        host::say(&format!("written to {}", path.display()));
        Ok(())
    }
}

/// The middle of the values; of an even number, the upper one of the two.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slow_round_does_not_move_the_median() {
        assert!((median(vec![3.0, 1.0, 900.0]) - 3.0).abs() < f64::EPSILON);
    }
}
