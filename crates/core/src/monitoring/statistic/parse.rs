//! Names of statistics. Never judges whether one suits a metric.

use super::{Bounds, Statistic};

/// The statistic of that name.
pub(super) fn read(text: &str) -> Option<Statistic> {
    match text {
        "SampleCount" => return Some(Statistic::SampleCount),
        "Average" => return Some(Statistic::Average),
        "Sum" => return Some(Statistic::Sum),
        "Minimum" => return Some(Statistic::Minimum),
        "Maximum" => return Some(Statistic::Maximum),
        _ => {}
    }
    let lower = text.to_ascii_lowercase();
    if lower == "iqm" {
        return Some(Statistic::TrimmedMean(Bounds::Percent(25.0, 75.0)));
    }
    let make = |name: &str, bounds: Bounds| {
        Some(match name {
            "tm" => Statistic::TrimmedMean(bounds),
            "wm" => Statistic::WinsorizedMean(bounds),
            "tc" => Statistic::TrimmedCount(bounds),
            "ts" => Statistic::TrimmedSum(bounds),
            "pr" if matches!(bounds, Bounds::Values(..)) => Statistic::PercentileRank(bounds),
            _ => return None,
        })
    };
    if let Some((name, inner)) = lower.strip_suffix(')').and_then(|head| head.split_once('(')) {
        return make(name, bounds(inner)?);
    }
    if let Some(percent) = lower.strip_prefix('p').and_then(percent) {
        return Some(Statistic::Percentile(percent));
    }
    let (name, share) = lower.split_at_checked(2)?;
    if name == "pr" {
        return None;
    }
    make(name, Bounds::Percent(0.0, percent(share)?))
}

/// `10%:90%`, `:500`, `150:`. Both ends are of one kind, and one end must be there.
fn bounds(text: &str) -> Option<Bounds> {
    let (low, high) = text.split_once(':')?;
    let (low, high) = (low.trim(), high.trim());
    if [low, high].iter().any(|end| end.ends_with('%')) {
        let share = |end: &str, open: f64| {
            if end.is_empty() { Some(open) } else { percent(end.strip_suffix('%')?) }
        };
        let (low, high) = (share(low, 0.0)?, share(high, 100.0)?);
        return (low < high).then_some(Bounds::Percent(low, high));
    }
    if low.is_empty() && high.is_empty() {
        return None;
    }
    let value = |end: &str, open: f64| if end.is_empty() { Some(open) } else { number(end) };
    let (low, high) = (value(low, f64::NEG_INFINITY)?, value(high, f64::INFINITY)?);
    (low < high).then_some(Bounds::Values(low, high))
}

/// A number of digits with up to ten places: 0 to 100.
fn percent(text: &str) -> Option<f64> {
    let places = text.split_once('.').map_or(0, |(_, places)| places.len());
    number(text).filter(|percent| *percent <= 100.0 && places <= 10)
}

fn number(text: &str) -> Option<f64> {
    let plain = text.starts_with(|c: char| c.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|_| plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read() {
        for (text, expected) in [
            ("p99.9", Statistic::Percentile(99.9)),
            ("P50", Statistic::Percentile(50.0)),
            ("p100", Statistic::Percentile(100.0)),
            ("tm95", Statistic::TrimmedMean(Bounds::Percent(0.0, 95.0))),
            ("TM(:90%)", Statistic::TrimmedMean(Bounds::Percent(0.0, 90.0))),
            ("wm(10%:)", Statistic::WinsorizedMean(Bounds::Percent(10.0, 100.0))),
            ("ts(150:1000)", Statistic::TrimmedSum(Bounds::Values(150.0, 1000.0))),
            ("tc99", Statistic::TrimmedCount(Bounds::Percent(0.0, 99.0))),
            ("PR(:300)", Statistic::PercentileRank(Bounds::Values(f64::NEG_INFINITY, 300.0))),
            ("iqm", Statistic::TrimmedMean(Bounds::Percent(25.0, 75.0))),
        ] {
            assert_eq!(read(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_statistic_is_not_read() {
        for text in [
            "",
            "p",
            "p101",
            "p-1",
            "pinf",
            "sum",
            "SUM",
            "tm",
            "tm(:)",
            "tm(9:1)",
            "tm(10%:20)",
            "pr50",
            "PR(10%:20%)",
            "xx(1:2)",
            "p99.99999999999",
            "é",
            "aé",
            "tm(1:2",
            "p1e1",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
