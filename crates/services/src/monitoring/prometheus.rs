//! What is measured by function, as Prometheus reads it: sums since the server started. A thousand functions bear their
//! names, those that came first; all others are one, called `other`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::PoisonError;

use lambent_core::lambda::arn::FunctionId;
use lambent_core::limits::LABELLED_FUNCTIONS_MAX;
use lambent_core::monitoring::bucket::Bucket;
use lambent_core::monitoring::measure::{MEASURES, Measure};

use super::Metrics;

/// Sums since the start, by function.
#[derive(Debug, Default)]
pub(super) struct Totals {
    functions: BTreeMap<FunctionId, BTreeMap<Measure, Total>>,
    others: BTreeMap<Measure, Total>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Total {
    count: f64,
    sum: f64,
    /// The greatest value of the last minute.
    greatest: f64,
}

/// How a measure is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Counter,
    Summary,
    Gauge,
}

impl Totals {
    /// Adds what was measured of a function.
    pub(super) fn add(&mut self, function: &FunctionId, measure: Measure, bucket: &Bucket) {
        let full = self.functions.len() >= LABELLED_FUNCTIONS_MAX && !self.functions.contains_key(function);
        let totals = match full {
            true => &mut self.others,
            false => self.functions.entry(function.clone()).or_default(),
        };
        let total = totals.entry(measure).or_default();
        total.count += bucket.count();
        total.sum += bucket.sum();
        total.greatest = bucket.max();
    }

    /// In the Prometheus text format.
    fn text(&self) -> String {
        let mut text = String::new();
        for measure in MEASURES {
            let named = self.functions.iter().filter_map(|(function, totals)| {
                let FunctionId { account, region, name } = function;
                let labels = format!(r#"account="{account}",region="{region}",function="{name}""#);
                Some((labels, *totals.get(&measure)?))
            });
            let others = self.others.get(&measure).map(|total| (r#"function="other""#.to_owned(), *total));
            let rows: Vec<(String, Total)> = named.chain(others).collect();
            if !rows.is_empty() {
                write(&mut text, measure, &rows);
            }
        }
        text
    }
}

impl Metrics {
    /// What was measured by function since the server started.
    #[must_use]
    pub fn prometheus(&self) -> String {
        self.settle();
        self.totals.lock().unwrap_or_else(PoisonError::into_inner).text()
    }
}

fn write(text: &mut String, measure: Measure, rows: &[(String, Total)]) {
    let (name, shown) = (name(measure), shown(measure));
    let kind = match shown {
        Shown::Counter => "counter",
        Shown::Summary => "summary",
        Shown::Gauge => "gauge",
    };
    let mut line = |line: std::fmt::Arguments<'_>| writeln!(text, "{line}").expect("a string takes all");
    line(format_args!("# HELP {name} AWS/Lambda {} by function.", measure.name()));
    line(format_args!("# TYPE {name} {kind}"));
    for (labels, total) in rows {
        let Total { count, sum, greatest } = total;
        match shown {
            Shown::Counter => line(format_args!("{name}{{{labels}}} {sum}")),
            Shown::Gauge => line(format_args!("{name}{{{labels}}} {greatest}")),
            Shown::Summary => {
                line(format_args!("{name}_sum{{{labels}}} {sum}"));
                line(format_args!("{name}_count{{{labels}}} {count}"));
            }
        }
    }
}

fn shown(measure: Measure) -> Shown {
    if measure.unit() == "Milliseconds" {
        return Shown::Summary;
    }
    let is_gauge = matches!(
        measure,
        Measure::ConcurrentExecutions
            | Measure::AccountConcurrentExecutions
            | Measure::UnreservedConcurrentExecutions
            | Measure::ClaimedAccountConcurrency
            | Measure::ProvisionedConcurrentExecutions
            | Measure::ProvisionedConcurrencyUtilization
    );
    if is_gauge { Shown::Gauge } else { Shown::Counter }
}

/// `lambent_function_url_request_count_total`, `lambent_function_duration_milliseconds`.
fn name(measure: Measure) -> String {
    let of_account = matches!(measure, Measure::AccountConcurrentExecutions);
    let aws = if of_account { "AccountConcurrentExecutions" } else { measure.name() };
    let mut name = String::from("lambent_function");
    for letter in aws.chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    match shown(measure) {
        Shown::Counter => name.push_str("_total"),
        Shown::Summary => name.push_str("_milliseconds"),
        Shown::Gauge => {}
    }
    name
}

#[cfg(test)]
mod tests {
    use lambent_core::account::{AccountId, Region};

    use super::*;

    fn function(name: &str) -> FunctionId {
        let (account, region) = (AccountId::default_account(), Region::default_region());
        FunctionId { account, region, name: name.to_owned() }
    }

    #[test]
    fn each_measure_has_a_name_and_a_form_of_its_own() {
        let mut totals = Totals::default();
        let mut bucket = Bucket::one(2.0);
        bucket.add(4.0, 1.0);
        for measure in [Measure::Invocations, Measure::Duration, Measure::ConcurrentExecutions] {
            totals.add(&function("f"), measure, &bucket);
        }
        let labels = r#"{account="000000000000",region="us-east-1",function="f"}"#;
        let text = totals.text();
        for line in [
            format!("lambent_function_invocations_total{labels} 6"),
            format!("lambent_function_duration_milliseconds_sum{labels} 6"),
            format!("lambent_function_duration_milliseconds_count{labels} 2"),
            format!("lambent_function_concurrent_executions{labels} 4"),
            "# TYPE lambent_function_duration_milliseconds summary".to_owned(),
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn ten_thousand_functions_are_a_thousand_names() {
        let mut totals = Totals::default();
        for number in 0..10_000 {
            totals.add(&function(&format!("f{number}")), Measure::Invocations, &Bucket::one(1.0));
        }
        let text = totals.text();
        assert_eq!(text.lines().count(), LABELLED_FUNCTIONS_MAX + 3);
        assert!(text.ends_with("lambent_function_invocations_total{function=\"other\"} 9000\n"));
    }
}
