//! Random traffic, admission and its reference side by side.

use proptest::collection::vec;
use proptest::prelude::*;

use super::naive::{FUNCTIONS, LIMIT, Naive};
use super::*;

/// What happens to admission.
#[derive(Debug, Clone)]
enum Deed {
    Begin {
        function: usize,
        version: Version,
        paced: bool,
    },
    /// So many one after the other, each ending at once.
    Rush {
        function: usize,
        version: Version,
        times: usize,
    },
    End {
        which: usize,
    },
    Set {
        function: usize,
        limits: Limits,
    },
    Wait {
        ms: u64,
    },
}

fn deed() -> impl Strategy<Value = Deed> {
    let version = || prop_oneof![Just(None), (1u64..3).prop_map(|n| Some(VersionNumber(n)))];
    let begin = (0..FUNCTIONS, version(), any::<bool>());
    let begin = begin.prop_map(|(function, version, paced)| Deed::Begin { function, version, paced });
    let rush = (0..FUNCTIONS, version(), 1..50usize);
    let rush = rush.prop_map(|(function, version, times)| Deed::Rush { function, version, times });
    let end = (0..20usize).prop_map(|which| Deed::End { which });
    let set = (0..FUNCTIONS, part()).prop_map(|(function, limits)| Deed::Set { function, limits });
    let wait = (0..400u64).prop_map(|ms| Deed::Wait { ms });
    prop_oneof![6 => begin, 3 => rush, 3 => end, 1 => set, 2 => wait]
}

fn part() -> impl Strategy<Value = Limits> {
    let settings = (proptest::option::of(0..6usize), 0..3usize, 0..3usize);
    settings.prop_map(|(reserved, first, second)| {
        // The control plane lets nobody provision more than is reserved.
        let provisioned = [(1, first), (2, second)].map(|(n, c)| (n, c.min(reserved.unwrap_or(9) / 2)));
        limits(reserved, &provisioned)
    })
}

/// Both side by side.
struct Pair {
    ids: [FunctionId; FUNCTIONS],
    admission: Admission,
    naive: Naive,
    permits: Vec<Permit>,
    now: Duration,
}

impl Pair {
    fn new() -> Self {
        let ids = ["f", "g", "h"].map(|name| id(name, "us-east-1"));
        let admission = admission(LIMIT);
        Self { ids, admission, naive: Naive::default(), permits: Vec::new(), now: NOW }
    }

    /// Whether it was admitted, which both must agree on.
    fn begin(&mut self, function: usize, version: Version, paced: bool) -> bool {
        let pace = if paced { Pace::Limited } else { Pace::Unlimited };
        let admitted = self.admission.admit(&self.ids[function], version, pace, self.now);
        let expected = self.naive.may(function, version, paced);
        match (admitted, expected) {
            (Ok(permit), Ok(run)) => {
                assert_eq!(run.provisioned, matches!(permit.class, Class::Provisioned(_)));
                self.permits.push(permit);
                self.naive.begin(run, paced);
                true
            }
            (admitted, expected) => {
                assert_eq!(admitted.map(drop), expected.map(|_| ()));
                false
            }
        }
    }

    fn end(&mut self, which: usize) {
        if which < self.permits.len() {
            self.permits.swap_remove(which);
            self.naive.end(which);
        }
    }

    fn act(&mut self, deed: Deed) {
        match deed {
            Deed::Begin { function, version, paced } => {
                if self.begin(function, version, paced) {
                    self.check_limits(function);
                }
            }
            Deed::Rush { function, version, times } => {
                for _ in 0..times {
                    if self.begin(function, version, true) {
                        self.end(self.permits.len() - 1);
                    }
                }
            }
            Deed::End { which } => self.end(which),
            Deed::Set { function, limits } => {
                self.admission.set(&self.ids[function], limits.clone(), self.now);
                self.naive.set(function, limits);
            }
            Deed::Wait { ms } => {
                self.now += Duration::from_millis(ms);
                self.naive.wait(ms);
                self.admission.sweep(self.now);
            }
        }
    }

    /// No limit is exceeded by what was just admitted.
    fn check_limits(&self, function: usize) {
        assert!(self.naive.running.len() <= LIMIT);
        let reserved = self.naive.limits(function).reserved;
        assert!(reserved.is_none_or(|reserved| self.naive.of(function) <= reserved));
    }
}

proptest! {
    #[test]
    fn limits_that_change_are_never_exceeded_by_who_comes_next(deeds in vec(deed(), 1..200)) {
        let mut pair = Pair::new();
        deeds.into_iter().for_each(|deed| pair.act(deed));
        pair.permits.clear();
        (0..FUNCTIONS).for_each(|function| pair.act(Deed::Set { function, limits: Limits::default() }));
        pair.admission.in_pool(&pair.ids[0], |pool| assert_eq!(pool.counts(), [0; 4]));
    }

    #[test]
    fn what_is_guaranteed_is_always_there(parts in vec(part(), FUNCTIONS), deeds in vec(deed(), 1..200)) {
        let mut pair = Pair::new();
        for (function, limits) in parts.into_iter().enumerate() {
            pair.act(Deed::Set { function, limits });
        }
        prop_assume!((0..FUNCTIONS).map(|function| pair.naive.claims(function)).sum::<usize>() <= LIMIT);
        for deed in deeds {
            match deed {
                // What meets no rate, so that concurrency alone decides.
                Deed::Begin { function, version, .. } => {
                    let limits = pair.naive.limits(function);
                    let own = pair.naive.own(function, version);
                    let provisioned = pair.naive.provisioned(function, version) < own;
                    let unprovisioned = limits.provisioned.values().all(|count| *count == 0);
                    let reserved = limits.reserved.is_some_and(|max| pair.naive.of(function) < max);
                    let admitted = pair.begin(function, version, false);
                    prop_assert!(admitted || !(provisioned || reserved && unprovisioned));
                    pair.check_limits(function);
                }
                Deed::End { which } => pair.end(which),
                Deed::Set { .. } | Deed::Rush { .. } | Deed::Wait { .. } => {}
            }
        }
    }

    /// Whatever the others do: in no span more than the burst and what comes in meanwhile, and never less.
    #[test]
    fn a_rate_is_kept_in_every_span(
        reserved in 1..4usize,
        moments in vec((0..300u64, 1..40usize), 1..30),
    ) {
        let (admission, f, g) = (admission(LIMIT), id("f", "us-east-1"), id("g", "us-east-1"));
        admission.set(&f, limits(Some(reserved), &[]), NOW);
        let (mut now_ms, mut admitted_ms, mut refused_ms) = (0, Vec::new(), Vec::new());
        for (pause_ms, times) in moments {
            now_ms += pause_ms;
            let now = Duration::from_millis(now_ms);
            for _ in 0..times {
                drop(admission.admit(&g, None, Pace::Limited, now));
                let met = admission.admit(&f, None, Pace::Limited, now);
                if met.is_ok() { admitted_ms.push(now_ms) } else { refused_ms.push(now_ms) }
            }
        }
        // In hundredths of an invocation, as ten a second are one a millisecond.
        let may = |span_ms: u64| reserved * (1000 + usize::try_from(span_ms).unwrap());
        for (at, from) in admitted_ms.iter().enumerate() {
            for (count, to) in admitted_ms[at..].iter().enumerate() {
                prop_assert!((count + 1) * 100 <= may(to - from));
            }
        }
        for refused in refused_ms {
            // There is a span up to here that leaves no room for one more.
            let full = (0..admitted_ms.len()).any(|at| {
                let count = admitted_ms[at..].iter().filter(|to| **to <= refused).count();
                admitted_ms[at] <= refused && (count + 1) * 100 > may(refused - admitted_ms[at])
            });
            prop_assert!(full);
        }
    }
}
