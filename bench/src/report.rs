//! What was measured, as a table for people and as JSON for later comparison.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::budget::BUDGETS;
use crate::environment;
use crate::host;
use crate::row::Row;

/// All rows of one run.
#[derive(Debug)]
pub(crate) struct Report {
    environment: Value,
    rows: Vec<Row>,
    /// What was not measured, and why.
    skipped: Vec<(String, String)>,
    /// The parts that failed.
    failed: Vec<String>,
    mixed: Option<Value>,
}

impl Report {
    /// An empty one, with what this machine is now.
    pub(crate) fn new() -> Self {
        Self {
            environment: environment::described(),
            rows: Vec::new(),
            skipped: Vec::new(),
            failed: Vec::new(),
            mixed: None,
        }
    }

    /// Adds a figure, and shows it.
    pub(crate) fn add(&mut self, row: Row) {
        host::say(&row.line());
        self.rows.push(row);
    }

    /// Says that something is not measured.
    pub(crate) fn skip(&mut self, key: &str, why: &str) {
        host::say(&format!("{key:<44} not measured: {why}"));
        self.skipped.push((key.to_owned(), why.to_owned()));
    }

    /// Says that a part could not be measured to its end.
    pub(crate) fn fail(&mut self, part: &str, error: &anyhow::Error) {
        // The chain of causes alone: a stack says nothing of a server.
        self.skip(part, &format!("{error:#}"));
        self.failed.push(part.to_owned());
    }

    /// A mixed load: what was done, and the memory of the server alone and with its sandboxes, first and last.
    pub(crate) fn mixed(&mut self, rows: &[Value], first_kib: (f64, f64), last_kib: (f64, f64)) {
        self.mixed = Some(json!({
            "rows": rows, "server_kib": [first_kib.0, last_kib.0], "family_kib": [first_kib.1, last_kib.1],
        }));
    }

    /// Every row.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Shows each budget once more, with what became of it.
    pub(crate) fn judge(&self) {
        host::say("\nbudgets:");
        let mut unmeasured = Vec::new();
        for key in BUDGETS.iter().map(|budget| budget.key) {
            let row = self.rows.iter().find(|row| row.key == key);
            let skipped = self.skipped.iter().find(|(skipped, _)| skipped == key);
            match (row.and_then(Row::verdict), skipped) {
                (Some(verdict), _) => host::say(&format!("  {key:<32} {verdict}")),
                (None, Some((_, why))) => host::say(&format!("  {key:<32} not measured: {why}")),
                (None, None) => unmeasured.push(key),
            }
        }
        if !unmeasured.is_empty() {
            host::say(&format!("  not measured in this run: {}", unmeasured.join(", ")));
        }
    }

    /// Everything as JSON.
    pub(crate) fn json(&self) -> Value {
        let rows: Vec<Value> = self.rows.iter().map(Row::json).collect();
        let skipped: Vec<Value> =
            self.skipped.iter().map(|(key, why)| json!({ "key": key, "why": why })).collect();
        let mut all = json!({ "environment": self.environment, "rows": rows, "skipped": skipped });
        if let Some(mixed) = &self.mixed {
            all["mixed"] = mixed.clone();
        }
        all
    }

    /// Writes the JSON into the folder.
    ///
    /// # Errors
    /// It cannot be written, or a part failed.
    pub(crate) fn finish(self, folder: &Path) -> Result<()> {
        let path = self.write(folder)?;
        host::say(&format!("written to {}", path.display()));
        ensure!(self.failed.is_empty(), "could not be measured: {}", self.failed.join(", "));
        Ok(())
    }

    fn write(&self, folder: &Path) -> Result<PathBuf> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(format!("{}.json", host::epoch_s()));
        let text = serde_json::to_string_pretty(&self.json())?;
        std::fs::write(&path, text).with_context(|| path.display().to_string())?;
        Ok(path)
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
