//! All that is measured, as the operations read it: what was just gathered and what is kept, in one. Reading drains what was
//! gathered first, so that whoever reads after an invocation sees it.

use std::sync::{Arc, Mutex, PoisonError};

use lambent_core::account::{AccountId, Region};
use lambent_core::monitoring::metric::MetricKey;
use lambent_core::monitoring::period::Spans;
use lambent_core::monitoring::statistic::Statistic;
use lambent_core::time::Timestamp;
use lambent_dispatch::{Datum, MetricSink};
use lambent_store::metrics::{Buckets, Listed, Metrics as Kept, Wanted};
use lambent_store::{Store, StoreError};
use tracing::warn;

use super::gather::Gather;
use super::prometheus::Totals;

/// The metrics of a server. Cheap to clone; clones are one.
#[derive(Debug, Clone)]
pub struct Metrics {
    pub(super) kept: Kept,
    gather: Arc<Gather>,
    /// Held while what was gathered goes over, so that nobody reads in between.
    pub(super) totals: Arc<Mutex<Totals>>,
}

/// Which values are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question<'a> {
    /// Whose they are, and where they were measured.
    pub(crate) place: (&'a AccountId, &'a Region),
    /// The metric.
    pub(crate) metric: &'a MetricKey,
    /// Their unit; any where none is given.
    pub(crate) unit: Option<&'a str>,
    /// The spans they are put together in.
    pub(crate) spans: Spans,
}

impl MetricSink for Metrics {
    fn record(&self, datum: &Datum<'_>) {
        self.gather.take(datum);
    }
}

impl Metrics {
    /// Those of this store, which holds nothing else.
    ///
    /// # Errors
    /// [`StoreError`] if it cannot be read.
    pub async fn open(store: Store) -> Result<Self, StoreError> {
        Ok(Self { kept: Kept::open(store).await?, gather: Arc::default(), totals: Arc::default() })
    }

    /// What is asked of a metric, span by span, oldest first: spans without values are left out. The first span begins at
    /// `start`, and spans of a period shorter than a minute need values that were put as such.
    ///
    /// # Errors
    /// [`StoreError`] if the values cannot be read.
    pub async fn statistics(
        &self,
        place: (&AccountId, &Region),
        (metric, unit): (&MetricKey, Option<&str>),
        (start, end): (Timestamp, Timestamp),
        period_s: i64,
        statistic: Statistic,
    ) -> Result<Vec<(Timestamp, f64)>, StoreError> {
        let spans = Spans { first_s: start.as_secs(), end_s: end.as_secs(), period_s: period_s.max(1) };
        let found = self.buckets(Question { place, metric, unit, spans }).await?;
        let values = all_units(found).into_iter();
        let at = |at_s: i64| Timestamp::from_millis(at_s.saturating_mul(1000));
        Ok(values.filter_map(|(at_s, bucket)| Some((at(at_s), statistic.of(&bucket)?))).collect())
    }

    /// The values of a metric by unit, put together by span.
    pub(crate) async fn buckets(&self, question: Question<'_>) -> Result<Vec<(String, Buckets)>, StoreError> {
        self.settle();
        let Question { place: (account, region), metric, unit, spans } = question;
        let (from_s, until_s, by_second) = (spans.first_s, spans.end_s, spans.period_s < 60);
        let wanted = Wanted { account, region, metric, unit, from_s, until_s, by_second };
        let found = self.kept.read(wanted).await?;
        let together = found.into_iter().map(|(unit, buckets)| {
            let mut by_span = Buckets::new();
            for (at_s, bucket) in buckets {
                if let Some(start_s) = spans.of(at_s) {
                    by_span.entry(start_s).or_default().merge(&bucket);
                }
            }
            (unit, by_span)
        });
        Ok(together.collect())
    }

    /// All metrics of an account and region.
    pub(crate) fn list(&self, account: &AccountId, region: &Region) -> Vec<Listed> {
        self.settle();
        self.kept.list(account, region)
    }

    /// Writes what is not written yet.
    ///
    /// # Errors
    /// [`StoreError`]: what could not be written is tried again the next time.
    pub async fn flush(&self, now: Timestamp) -> Result<(), StoreError> {
        self.settle();
        self.kept.flush(now).await
    }

    /// Puts old values together, and forgets those that are too old.
    ///
    /// # Errors
    /// [`StoreError`]: what was not done is done the next time.
    pub async fn collect(&self, now: Timestamp) -> Result<(), StoreError> {
        self.kept.collect(now).await
    }

    /// Writes what is left.
    pub async fn close(&self, now: Timestamp) {
        self.settle();
        self.kept.close(now).await;
    }

    /// Hands what was gathered on to what is kept, under each set of dimensions.
    pub(super) fn settle(&self) {
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        let mut refused = 0_u32;
        for (function, subjects) in self.gather.drain() {
            let place = (&function.account, &function.region);
            for subject in subjects {
                for minute in subject.minutes {
                    for (measure, bucket) in minute.values {
                        totals.add(&function, measure, &bucket);
                        for metric in
                            measure.metrics(&function, subject.qualifier.as_deref(), &subject.version)
                        {
                            let at = (minute.start_s, false);
                            let taken = self.kept.put(place, &metric, measure.unit(), at, &bucket);
                            refused += u32::from(!taken);
                        }
                    }
                }
            }
        }
        if refused > 0 {
            warn!(refused, "there are too many metrics: values of new ones are not kept");
        }
    }
}

/// The values of all units together.
pub(crate) fn all_units(found: Vec<(String, Buckets)>) -> Buckets {
    let mut all = Buckets::new();
    for (at_s, bucket) in found.into_iter().flat_map(|(_, buckets)| buckets) {
        all.entry(at_s).or_default().merge(&bucket);
    }
    all
}
