//! What is kept of the values that a metric had in one span of time. Never knows which span.

use serde::{Deserialize, Serialize};

use super::exact::Exact;
use super::spread::Spread;

/// Values of one span, all together.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Bucket {
    count: f64,
    sum: f64,
    min: f64,
    max: f64,
    spread: Spread,
    /// Values came already put together: how those are spread nobody knows.
    has_sets: bool,
}

impl Bucket {
    /// A bucket of one value.
    #[must_use]
    pub fn one(value: f64) -> Self {
        let mut bucket = Self::default();
        bucket.add(value, 1.0);
        bucket
    }

    /// How many values.
    #[must_use]
    pub const fn count(&self) -> f64 {
        self.count
    }

    /// All of them together.
    #[must_use]
    pub const fn sum(&self) -> f64 {
        self.sum
    }

    /// The least.
    #[must_use]
    pub const fn min(&self) -> f64 {
        self.min
    }

    /// The greatest.
    #[must_use]
    pub const fn max(&self) -> f64 {
        self.max
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count <= 0.0
    }

    /// How the values are spread; none where some came put together.
    #[must_use]
    pub fn spread(&self) -> Option<&Spread> {
        (!self.has_sets).then_some(&self.spread)
    }

    /// Adds a value so many times.
    pub fn add(&mut self, value: f64, count: f64) {
        if count > 0.0 {
            self.take(count, value * count, value, value);
            self.spread.add(value, count);
        }
    }

    /// Adds values that were put together elsewhere. AWS knows their spread where there is one or all are the same.
    #[expect(clippy::float_cmp, reason = "only exactly equal ends say that all values are the same")]
    pub fn add_set(&mut self, count: f64, sum: f64, min: f64, max: f64) {
        if count <= 0.0 {
            return;
        }
        self.take(count, sum, min, max);
        if min == max || count == 1.0 {
            self.spread.add(sum / count, count);
        } else {
            self.has_sets = true;
        }
    }

    /// Adds all of another.
    pub fn merge(&mut self, other: &Self) {
        if other.is_empty() {
            return;
        }
        self.take(other.count, other.sum, other.min, other.max);
        self.has_sets |= other.has_sets;
        self.spread.merge(&other.spread);
    }

    fn take(&mut self, count: f64, sum: f64, min: f64, max: f64) {
        let first = self.is_empty();
        self.count += count;
        self.sum += sum;
        self.min = if first { min } else { self.min.min(min) };
        self.max = if first { max } else { self.max.max(max) };
    }
}

/// A bucket as it is kept: where its values stand by themselves, only they.
#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(rename = "v", default, skip_serializing_if = "Vec::is_empty")]
    cells: Vec<(Exact, Exact)>,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    totals: Option<Totals>,
}

/// Count, sum, least, greatest, level of the grid, and whether sets came.
type Totals = (Exact, Exact, Exact, Exact, u8, bool);

impl From<Bucket> for Kept {
    fn from(bucket: Bucket) -> Self {
        let Bucket { count, sum, min, max, ref spread, has_sets } = bucket;
        let exact = spread.level() == 0 && !has_sets;
        let [count, sum, min, max] = [count, sum, min, max].map(Exact);
        let totals = (!exact).then(|| (count, sum, min, max, spread.level(), has_sets));
        let cells = spread.cells().iter().map(|(value, count)| (Exact(*value), Exact(*count)));
        Self { cells: cells.collect(), totals }
    }
}

impl From<Kept> for Bucket {
    fn from(Kept { cells, totals }: Kept) -> Self {
        let cells = cells.into_iter().map(|(value, count)| (value.0, count.0));
        let Some((count, sum, min, max, level, has_sets)) = totals else {
            let mut bucket = Self::default();
            cells.for_each(|(value, count)| bucket.add(value, count));
            return bucket;
        };
        let [count, sum, min, max] = [count, sum, min, max].map(|exact| exact.0);
        Self { count, sum, min, max, spread: Spread::of(level, cells.collect()), has_sets }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[f64]) -> Bucket {
        let mut bucket = Bucket::default();
        values.iter().for_each(|value| bucket.add(*value, 1.0));
        bucket
    }

    #[test]
    fn buckets_together_hold_what_each_held() {
        let (mut one, other) = (of(&[1.0, -2.0]), of(&[7.0]));
        one.merge(&other);
        assert_eq!(one, of(&[1.0, -2.0, 7.0]));
        assert_eq!((one.count(), one.sum(), one.min(), one.max()), (3.0, 6.0, -2.0, 7.0));
        let mut nothing = Bucket::default();
        nothing.merge(&one);
        assert_eq!(nothing, one);
        nothing.merge(&Bucket::default());
        assert_eq!(nothing, one);
    }

    #[test]
    fn the_spread_of_sets_is_known_only_where_all_values_are_the_same() {
        let mut bucket = Bucket::default();
        bucket.add_set(3.0, 6.0, 2.0, 2.0);
        assert_eq!(bucket.spread().unwrap().cells(), [(2.0, 3.0)]);
        bucket.add_set(2.0, 5.0, 1.0, 4.0);
        assert_eq!((bucket.spread(), bucket.count(), bucket.sum()), (None, 5.0, 11.0));
        bucket.add_set(0.0, 5.0, 1.0, 4.0);
        assert_eq!(bucket.count(), 5.0);
    }

    #[test]
    fn a_bucket_is_read_as_it_was_kept() {
        let mut set = Bucket::default();
        set.add_set(2.0, 5.0, 1.0, 4.0);
        let many = of(&(0..2000).map(f64::from).collect::<Vec<_>>());
        for bucket in [Bucket::default(), Bucket::one(1.5), of(&[1.0, 1.0, 3.0]), set, many] {
            let text = serde_json::to_string(&bucket).unwrap();
            assert_eq!(serde_json::from_str::<Bucket>(&text).unwrap(), bucket, "{text}");
        }
        assert_eq!(serde_json::to_string(&of(&[1.0, 1.0])).unwrap(), r#"{"v":[[1,2]]}"#);
    }
}
