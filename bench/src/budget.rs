//! What the server may cost: the budgets of the design, each beside the row that answers it. Never measures.

/// Which figure of a row a budget is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    /// The measured value, in the row's unit.
    Value,
    /// The value over that of its floor in the same run.
    Ratio,
}

/// One limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Budget {
    /// The row it is about.
    pub(crate) key: &'static str,
    pub(crate) of: Of,
    pub(crate) limit: f64,
    /// A rate must reach it; a time or a size must not exceed it.
    pub(crate) at_least: bool,
}

const fn at_most(key: &'static str, of: Of, limit: f64) -> Budget {
    Budget { key, of, limit, at_least: false }
}

const fn at_least(key: &'static str, of: Of, limit: f64) -> Budget {
    Budget { key, of, limit, at_least: true }
}

/// Every budget, in the order of the design.
pub(crate) const BUDGETS: &[Budget] = &[
    at_most("warm.python.1", Of::Ratio, 1.7),
    at_most("warm.nodejs.1", Of::Ratio, 1.7),
    at_most("warm.native.1", Of::Ratio, 1.7),
    at_least("throughput.python.8", Of::Ratio, 0.14),
    at_least("throughput.python.64", Of::Ratio, 0.14),
    at_least("throughput.nodejs.8", Of::Ratio, 0.12),
    at_least("throughput.nodejs.64", Of::Ratio, 0.12),
    at_least("throughput.native.8", Of::Ratio, 0.22),
    at_least("throughput.native.64", Of::Ratio, 0.22),
    // The last tenth of the time beside the first.
    at_least("drift.native.64", Of::Ratio, 0.95),
    at_most("cold.python", Of::Ratio, 0.3),
    at_most("cold.nodejs", Of::Ratio, 0.15),
    at_most("cold.native", Of::Ratio, 2.5),
    at_most("snapstart.pandas", Of::Ratio, 0.6),
    // 4 ms for each of 200 functions.
    at_most("burst.python", Of::Value, 800.0),
    at_most("environment.python", Of::Value, 2.5),
    at_most("environment.nodejs", Of::Value, 10.0),
    at_most("environment.native", Of::Value, 0.5),
    at_most("idle.memory", Of::Value, 12.0),
    at_least("events.accepted", Of::Value, 10_000.0),
    at_least("create.small", Of::Value, 1000.0),
    at_most("create.first_result", Of::Value, 20.0),
    at_least("read.get_configuration.8.rate", Of::Ratio, 0.3),
    at_most("ready.empty", Of::Value, 10.0),
    at_most("ready.1000", Of::Value, 50.0),
];

impl Budget {
    /// The budget of a row.
    pub(crate) fn of(key: &str) -> Option<&'static Self> {
        BUDGETS.iter().find(|budget| budget.key == key)
    }

    /// By which part of itself the limit is missed; nothing where it is met.
    pub(crate) fn missed_by(&self, figure: f64) -> Option<f64> {
        let over = if self.at_least { self.limit / figure } else { figure / self.limit } - 1.0;
        (over > 0.0).then_some(over)
    }

    /// `at most 1.7`
    pub(crate) fn words(&self) -> String {
        let sense = if self.at_least { "at least" } else { "at most" };
        let times = if self.of == Of::Ratio { " x" } else { "" };
        format!("{sense} {}{times}", self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_misses_from_below_and_a_time_from_above() {
        let time = at_most("t", Of::Value, 20.0);
        assert_eq!(time.missed_by(20.0), None);
        assert_eq!(time.missed_by(30.0), Some(0.5));
        let rate = at_least("r", Of::Value, 1000.0);
        assert_eq!(rate.missed_by(2000.0), None);
        assert_eq!(rate.missed_by(500.0), Some(1.0));
    }

    #[test]
    fn no_row_has_two_budgets() {
        let mut keys: Vec<_> = BUDGETS.iter().map(|budget| budget.key).collect();
        keys.sort_unstable();
        assert!(keys.windows(2).all(|pair| pair[0] != pair[1]), "{keys:?}");
    }
}
