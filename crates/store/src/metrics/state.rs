//! All metrics in memory. Never locks, never reads a file.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use lambent_core::account::{AccountId, Region};
use lambent_core::limits::METRICS_MAX;
use lambent_core::monitoring::metric::{MetricKey, Series as Kept};
use lambent_core::time::Timestamp;

use super::series::Series;
use super::{Buckets, Listed, Wanted};

/// Whose metrics, and where.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) account: AccountId,
    pub(super) region: Region,
}

/// Each metric by its unit; the number is its place among all.
type Units = BTreeMap<String, usize>;

/// All metrics.
#[derive(Debug, Default)]
pub(super) struct State {
    /// A place stays empty once its metric is forgotten.
    pub(super) all: Vec<Option<Series>>,
    known: HashMap<Place, BTreeMap<MetricKey, Units>>,
    count: usize,
}

/// What memory has of one metric that is asked for.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) id: String,
    pub(super) unit: String,
    pub(super) buckets: Buckets,
    pub(super) seconds: Buckets,
    /// The blocks that need not be read.
    pub(super) whole: BTreeSet<i64>,
}

impl State {
    /// Takes up a metric that was kept.
    pub(super) fn know(&mut self, kept: Kept) {
        self.add(Series::new(kept, false));
    }

    /// The metric of that name and unit, new if need be; none if there are too many.
    pub(super) fn series(&mut self, place: Place, metric: &MetricKey, unit: &str) -> Option<&mut Series> {
        let known = self.known.get(&place).and_then(|metrics| metrics.get(metric)?.get(unit)).copied();
        let number = match known {
            Some(number) => number,
            None if self.count >= METRICS_MAX => return None,
            None => {
                let Place { account, region } = place;
                let (metric, unit) = (metric.clone(), unit.to_owned());
                let last = Timestamp::from_millis(0);
                self.add(Series::new(Kept { account, region, metric, unit, last }, true))
            }
        };
        self.all[number].as_mut()
    }

    fn add(&mut self, series: Series) -> usize {
        let Kept { account, region, metric, unit, .. } = series.kept.clone();
        let number = self.all.len();
        self.known
            .entry(Place { account, region })
            .or_default()
            .entry(metric)
            .or_default()
            .insert(unit, number);
        self.all.push(Some(series));
        self.count += 1;
        number
    }

    /// Forgets a metric.
    pub(super) fn remove(&mut self, number: usize) {
        let Some(series) = self.all[number].take() else { return };
        self.count -= 1;
        let place = Place { account: series.kept.account, region: series.kept.region };
        let Some(metrics) = self.known.get_mut(&place) else { return };
        if let Some(units) = metrics.get_mut(&series.kept.metric) {
            units.remove(&series.kept.unit);
            if units.is_empty() {
                metrics.remove(&series.kept.metric);
            }
        }
    }

    pub(super) fn held(&self, place: &Place, wanted: &Wanted<'_>) -> Vec<Held> {
        let units = self.known.get(place).and_then(|metrics| metrics.get(wanted.metric));
        let numbers = units.into_iter().flatten();
        let right = numbers.filter(|(unit, _)| wanted.unit.is_none_or(|asked| asked == unit.as_str()));
        right.filter_map(|(_, number)| Some(held(self.all[*number].as_ref()?, wanted))).collect()
    }

    pub(super) fn list(&self, place: &Place) -> Vec<Listed> {
        let metrics = self.known.get(place).into_iter().flatten();
        let last = |units: &Units| {
            units.values().filter_map(|number| Some(self.all[*number].as_ref()?.kept.last)).max()
        };
        metrics
            .filter_map(|(metric, units)| Some(Listed { metric: metric.clone(), last: last(units)? }))
            .collect()
    }
}

fn held(series: &Series, wanted: &Wanted<'_>) -> Held {
    let span = wanted.from_s..wanted.until_s.max(wanted.from_s);
    let inside = |buckets: &Buckets| -> Vec<_> {
        buckets.range(span.clone()).map(|(at_s, bucket)| (*at_s, bucket.clone())).collect()
    };
    Held {
        id: series.id.clone(),
        unit: series.kept.unit.clone(),
        buckets: series.hours.values().flat_map(|hour| inside(&hour.buckets)).collect(),
        seconds: if wanted.by_second {
            inside(&series.seconds).into_iter().collect()
        } else {
            Buckets::new()
        },
        whole: series.hours.iter().filter(|(_, hour)| hour.whole).map(|(start_s, _)| *start_s).collect(),
    }
}
