//! What is asked of the values of a span: sums, percentiles, trimmed means. Never which span.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html>

mod parse;

use super::bucket::Bucket;

/// What is asked of the values of one span.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statistic {
    /// How many.
    SampleCount,
    /// Their sum by their count.
    Average,
    /// All together.
    Sum,
    /// The least.
    Minimum,
    /// The greatest.
    Maximum,
    /// The value that so many of a hundred do not exceed.
    Percentile(f64),
    /// The average of those within bounds.
    TrimmedMean(Bounds),
    /// The average, those outside taken for the bounds.
    WinsorizedMean(Bounds),
    /// How many are within bounds.
    TrimmedCount(Bounds),
    /// The sum of those within bounds.
    TrimmedSum(Bounds),
    /// How many of a hundred are within bounds.
    PercentileRank(Bounds),
}

/// Between what values are looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bounds {
    /// From so many of a hundred to so many.
    Percent(f64, f64),
    /// Above one value, and not above another.
    Values(f64, f64),
}

/// What a text should have been.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no statistic")]
pub struct NotAStatistic(pub String);

impl Statistic {
    /// Reads `Sum`, `p99.9`, `tm(10%:90%)`, `IQM` and their like.
    ///
    /// # Errors
    /// [`NotAStatistic`] for anything else.
    pub fn read(text: &str) -> Result<Self, NotAStatistic> {
        parse::read(text).ok_or_else(|| NotAStatistic(text.to_owned()))
    }

    /// Whether it is one of the five that need no spread.
    #[must_use]
    pub const fn is_plain(self) -> bool {
        matches!(self, Self::SampleCount | Self::Average | Self::Sum | Self::Minimum | Self::Maximum)
    }

    /// What it is of these values; nothing where there are none or where their spread is not known.
    #[must_use]
    pub fn of(self, bucket: &Bucket) -> Option<f64> {
        if bucket.is_empty() {
            return None;
        }
        match self {
            Self::SampleCount => Some(bucket.count()),
            Self::Average => Some(bucket.sum() / bucket.count()),
            Self::Sum => Some(bucket.sum()),
            Self::Minimum => Some(bucket.min()),
            Self::Maximum => Some(bucket.max()),
            Self::Percentile(percent) => percentile(bucket, percent),
            Self::TrimmedMean(bounds) => within(bucket, bounds)?.mean(),
            Self::WinsorizedMean(bounds) => winsorized(bucket, bounds),
            Self::TrimmedCount(bounds) => Some(within(bucket, bounds)?.count),
            Self::TrimmedSum(bounds) => Some(within(bucket, bounds)?.sum),
            Self::PercentileRank(bounds) => Some(within(bucket, bounds)?.count / bucket.count() * 100.0),
        }
    }
}

/// The value at a share of the way from the least to the greatest, between two neighbours by their distance.
fn percentile(bucket: &Bucket, percent: f64) -> Option<f64> {
    let cells = bucket.spread()?.cells();
    let place = (bucket.count() - 1.0).max(0.0) * percent / 100.0;
    let at = |place: f64| {
        let mut before = 0.0;
        cells.iter().find_map(|(value, count)| {
            before += count;
            (place < before).then_some(*value)
        })
    };
    let last = cells.last()?.0;
    let low = at(place.floor()).unwrap_or(last);
    let high = at(place.floor() + 1.0).unwrap_or(last);
    Some((low + (high - low) * place.fract()).clamp(bucket.min(), bucket.max()))
}

/// Some of the values, together.
#[derive(Debug, Default)]
struct Part {
    count: f64,
    sum: f64,
}

impl Part {
    fn mean(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }
}

/// The values within bounds; where a bound by percent falls among equal values, as many of them as it says.
fn within(bucket: &Bucket, bounds: Bounds) -> Option<Part> {
    let (mut part, mut before) = (Part::default(), 0.0);
    for (value, count) in bucket.spread()?.cells() {
        let taken = match bounds {
            Bounds::Values(low, high) if *value > low && *value <= high => *count,
            Bounds::Values(..) => 0.0,
            Bounds::Percent(low, high) => {
                let (low, high) = (bucket.count() * low / 100.0, bucket.count() * high / 100.0);
                (high.min(before + count) - low.max(before)).max(0.0)
            }
        };
        before += count;
        part.count += taken;
        part.sum += taken * value;
    }
    Some(part)
}

fn winsorized(bucket: &Bucket, bounds: Bounds) -> Option<f64> {
    let (low, high) = match bounds {
        Bounds::Values(low, high) => (low, high),
        Bounds::Percent(low, high) => (percentile(bucket, low)?, percentile(bucket, high)?),
    };
    let cells = bucket.spread()?.cells().iter();
    let sum: f64 = cells.map(|(value, count)| value.max(low).min(high) * count).sum();
    Some(sum / bucket.count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(values: &[f64]) -> Bucket {
        let mut bucket = Bucket::default();
        values.iter().for_each(|value| bucket.add(*value, 1.0));
        bucket
    }

    fn check(statistic: &str, values: &[f64], expected: Option<f64>) {
        let found = Statistic::read(statistic).unwrap().of(&bucket(values));
        let same = match (found, expected) {
            (Some(found), Some(expected)) => (found - expected).abs() < 1e-9,
            (found, expected) => found == expected,
        };
        assert!(same, "{statistic} of {values:?}: {found:?}, not {expected:?}");
    }

    #[test]
    fn plain_statistics() {
        let values = [4.0, 1.0, 7.0];
        for (name, expected) in
            [("SampleCount", 3.0), ("Average", 4.0), ("Sum", 12.0), ("Minimum", 1.0), ("Maximum", 7.0)]
        {
            check(name, &values, Some(expected));
            check(name, &[], None);
        }
    }

    #[test]
    fn percentiles_lie_between_neighbours() {
        let ten: Vec<f64> = (1..=10).map(f64::from).collect();
        for (name, expected) in [("p0", 1.0), ("p50", 5.5), ("p90", 9.1), ("p100", 10.0), ("p99.9", 9.991)] {
            check(name, &ten, Some(expected));
        }
        check("p50", &[3.0], Some(3.0));
        check("p99", &[2.0, 2.0, 2.0, 9.0], Some(8.79));
    }

    #[test]
    fn means_are_trimmed_by_share_and_by_value() {
        let ten: Vec<f64> = (1..=10).map(f64::from).collect();
        for (name, expected) in [
            ("tm90", 5.0),
            ("TM(10%:90%)", 5.5),
            ("tm(2:5)", 4.0),
            ("tm(:5)", 3.0),
            ("IQM", 5.5),
            ("tc(2:5)", 3.0),
            ("ts(2:5)", 12.0),
            ("TC(20%:80%)", 6.0),
            ("PR(:5)", 50.0),
            ("PR(2:)", 80.0),
            ("wm(3:8)", 5.5),
        ] {
            check(name, &ten, Some(expected));
        }
        check("tm(20:30)", &ten, None);
        check("tm50", &[4.0], Some(4.0));
    }

    #[test]
    fn sets_have_no_percentiles() {
        let mut bucket = bucket(&[1.0]);
        bucket.add_set(2.0, 5.0, 1.0, 4.0);
        assert_eq!(Statistic::Percentile(50.0).of(&bucket), None);
        assert_eq!(Statistic::Sum.of(&bucket), Some(6.0));
    }
}
