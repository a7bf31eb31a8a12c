//! One measured figure: what it is, beside its floor and its budget. Never measures.

use serde_json::{Map, Value, json};

use crate::budget::{Budget, Of};
use crate::load::Figures;

/// One figure under a key that stays the same from run to run.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) key: String,
    pub(crate) value: f64,
    unit: &'static str,
    /// What the machine can do at best, in the same unit and the same run.
    floor: Option<(String, f64)>,
    /// Other figures of the same measurement.
    more: Vec<(&'static str, f64)>,
}

impl Row {
    pub(crate) fn new(key: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { key: key.into(), value, unit, floor: None, more: Vec::new() }
    }

    /// The median latency of a load, in microseconds.
    pub(crate) fn latency(key: impl Into<String>, figures: Figures) -> Self {
        Self::new(key, figures.p50_us, "us").with("p99_us", figures.p99_us).with("per_s", figures.per_s)
    }

    /// How many exchanges a load got through in a second.
    pub(crate) fn rate(key: impl Into<String>, figures: Figures) -> Self {
        Self::new(key, figures.per_s, "/s").with("p50_us", figures.p50_us).with("p99_us", figures.p99_us)
    }

    /// Beside this floor.
    pub(crate) fn beside(mut self, name: impl Into<String>, value: f64) -> Self {
        self.floor = Some((name.into(), value));
        self
    }

    /// With one more figure.
    pub(crate) fn with(mut self, name: &'static str, value: f64) -> Self {
        self.more.push((name, value));
        self
    }

    /// Name and value of the floor.
    pub(crate) fn floor(&self) -> Option<&(String, f64)> {
        self.floor.as_ref()
    }

    /// The value over that of the floor.
    pub(crate) fn ratio(&self) -> Option<f64> {
        self.floor.as_ref().map(|(_, floor)| self.value / floor)
    }

    /// What the budget of this row judges.
    fn judged(&self, budget: &Budget) -> Option<f64> {
        match budget.of {
            Of::Value => Some(self.value),
            Of::Ratio => self.ratio(),
        }
    }

    /// `met: at most 1.7 x`, or by how much it is missed.
    pub(crate) fn verdict(&self) -> Option<String> {
        let budget = Budget::of(&self.key)?;
        let words = budget.words();
        Some(match budget.missed_by(self.judged(budget)?) {
            None => format!("met: {words}"),
            Some(over) => format!("missed by {:.0}%: {words}", over * 100.0),
        })
    }

    /// For people.
    pub(crate) fn line(&self) -> String {
        let mut line = format!("{:<44} {:>10} {:<4}", self.key, short(self.value), self.unit);
        if let (Some((name, floor)), Some(ratio)) = (&self.floor, self.ratio()) {
            line += &format!(" = {ratio:.3} x {name} ({})", short(*floor));
        }
        for (name, value) in &self.more {
            line += &format!("  {name} {}", short(*value));
        }
        match self.verdict() {
            Some(verdict) => format!("{line}  [{verdict}]"),
            None => line,
        }
    }

    /// For programs.
    pub(crate) fn json(&self) -> Value {
        let more: Map<_, _> =
            self.more.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let mut row = json!({ "key": self.key, "value": self.value, "unit": self.unit, "more": more });
        if let Some((name, floor)) = &self.floor {
            row["floor"] = json!({ "name": name, "value": floor });
            row["ratio"] = json!(self.ratio());
        }
        if let Some(budget) = Budget::of(&self.key)
            && let Some(figure) = self.judged(budget)
        {
            let missed_by = budget.missed_by(figure);
            row["budget"] =
                json!({ "words": budget.words(), "met": missed_by.is_none(), "missed_by": missed_by });
        }
        row
    }
}

/// Three digits that matter, and no more places than that takes.
fn short(value: f64) -> String {
    let places = if value.abs() >= 100.0 {
        0
    } else if value.abs() >= 10.0 {
        1
    } else {
        2
    };
    format!("{value:.places$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_of_a_ratio_needs_a_floor() {
        let row = Row::new("cold.python", 3.0, "ms");
        assert_eq!(row.verdict(), None);
        assert_eq!(row.clone().beside("bare", 10.0).verdict().unwrap(), "met: at most 0.3 x");
        assert_eq!(row.beside("bare", 5.0).verdict().unwrap(), "missed by 100%: at most 0.3 x");
    }

    #[test]
    fn json_says_by_how_much_a_budget_is_missed() {
        let row = Row::new("idle.memory", 18.0, "MiB").json();
        assert_eq!(row["budget"]["met"], false);
        assert_eq!(row["budget"]["missed_by"], 0.5);
        assert!(Row::new("else", 1.0, "ms").json().get("budget").is_none());
    }
}
