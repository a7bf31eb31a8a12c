//! What the data plane measures, put together in memory until somebody looks or the minute is over. What an invocation
//! waits for is one lock and one look-up; the fan-out to AWS's sets of dimensions is done later, by whoever drains.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use lambent_core::lambda::arn::FunctionId;
use lambent_core::monitoring::bucket::Bucket;
use lambent_core::monitoring::measure::Measure;
use lambent_dispatch::Datum;

/// All that was measured and not drained.
#[derive(Debug, Default)]
pub(super) struct Gather {
    functions: Mutex<HashMap<FunctionId, Vec<Subject>>>,
}

/// One version of a function as it was asked for.
#[derive(Debug)]
pub(super) struct Subject {
    pub(super) qualifier: Option<String>,
    pub(super) version: String,
    pub(super) minutes: Vec<Minute>,
}

/// What was measured in one minute.
#[derive(Debug)]
pub(super) struct Minute {
    pub(super) start_s: i64,
    pub(super) values: Vec<(Measure, Bucket)>,
}

impl Gather {
    /// Takes what was measured at one moment.
    pub(super) fn take(&self, datum: &Datum<'_>) {
        let at_s = datum.at.as_secs();
        let start_s = at_s - at_s.rem_euclid(60);
        let mut functions = self.functions.lock().unwrap_or_else(PoisonError::into_inner);
        match functions.get_mut(datum.function) {
            Some(subjects) => minute(subjects, datum, start_s).add(datum.values),
            None => {
                let subjects = functions.entry(datum.function.clone()).or_default();
                minute(subjects, datum, start_s).add(datum.values);
            }
        }
    }

    /// Hands out all that was gathered.
    pub(super) fn drain(&self) -> HashMap<FunctionId, Vec<Subject>> {
        std::mem::take(&mut *self.functions.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The minute of what a datum is about. There are few of either, the newest last.
fn minute<'a>(subjects: &'a mut Vec<Subject>, datum: &Datum<'_>, start_s: i64) -> &'a mut Minute {
    let same = |s: &Subject| s.qualifier.as_deref() == datum.qualifier && s.version == datum.version;
    let at = subjects.iter().position(same).unwrap_or_else(|| {
        let (qualifier, version) = (datum.qualifier.map(str::to_owned), datum.version.to_owned());
        subjects.push(Subject { qualifier, version, minutes: Vec::new() });
        subjects.len() - 1
    });
    let minutes = &mut subjects[at].minutes;
    let at = minutes.iter().rposition(|minute| minute.start_s == start_s).unwrap_or_else(|| {
        minutes.push(Minute { start_s, values: Vec::new() });
        minutes.len() - 1
    });
    &mut minutes[at]
}

impl Minute {
    fn add(&mut self, values: &[(Measure, f64)]) {
        for (measure, value) in values {
            match self.values.iter_mut().find(|(known, _)| known == measure) {
                Some((_, bucket)) => bucket.add(*value, 1.0),
                None => self.values.push((*measure, Bucket::one(*value))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use lambent_core::account::{AccountId, Region};
    use lambent_core::time::Timestamp;

    use super::*;

    fn function() -> FunctionId {
        let (account, region) = (AccountId::default_account(), Region::default_region());
        FunctionId { account, region, name: "f".to_owned() }
    }

    #[test]
    fn each_minute_and_each_way_to_ask_is_gathered_by_itself() {
        let (gather, function) = (Gather::default(), function());
        for (qualifier, at_ms) in [(None, 0), (None, 59_999), (None, 60_000), (Some("live"), 0)] {
            let at = Timestamp::from_millis(at_ms);
            let values = [(Measure::Invocations, 1.0), (Measure::Duration, 2.5)];
            gather.take(&Datum { function: &function, qualifier, version: "1", at, values: &values });
        }
        let drained = gather.drain();
        let counts: Vec<_> = drained[&function]
            .iter()
            .flat_map(|s| {
                s.minutes.iter().map(move |m| (s.qualifier.as_deref(), m.start_s, m.values[0].1.count()))
            })
            .collect();
        assert_eq!(counts, [(None, 0, 2.0), (None, 60, 1.0), (Some("live"), 0, 1.0)]);
        assert!(gather.drain().is_empty());
    }
}
