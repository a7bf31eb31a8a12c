//! Lanes by hand, and against a store that is a plain set.

use lambent_core::limits::EVENTS_READ_MAX;
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn place(seconds: i64, id: u128) -> Place {
    Place { due: at(seconds), id: Uuid::from_u128(id) }
}

fn lane(at_once: usize, places: impl IntoIterator<Item = Place>) -> Lane {
    let mut lane = Lane::new(at_once);
    places.into_iter().for_each(|place| lane.put(place));
    lane
}

#[test]
fn events_run_when_they_are_due_and_no_more_than_may() {
    let mut lane = lane(2, [place(5, 1), place(0, 2), place(0, 3), place(0, 4)]);
    assert_eq!(lane.next(at(0)), Next::Run(place(0, 2)));
    assert_eq!(lane.next(at(0)), Next::Run(place(0, 3)));
    assert_eq!(lane.next(at(0)), Next::Wait);
    lane.done(place(0, 2), true);
    assert_eq!(lane.next(at(0)), Next::Run(place(0, 4)));
    lane.done(place(0, 3), true);
    assert_eq!(lane.next(at(0)), Next::Until(at(5)));
    assert_eq!(lane.next(at(5)), Next::Run(place(5, 1)));
    lane.done(place(0, 4), true);
    assert_eq!(lane.next(at(5)), Next::Wait);
    lane.done(place(5, 1), true);
    assert_eq!(lane.next(at(5)), Next::End);
}

#[test]
fn a_limit_is_waited_for_with_growing_pauses() {
    let mut lane = lane(9, [place(0, 1), place(0, 2)]);
    let mut now = 0;
    for pause in [1, 2, 4, 8] {
        assert_eq!(lane.next(at(now)), Next::Run(place(0, 1)));
        lane.throttled(place(0, 1), at(now), at(1000));
        now += pause;
        assert_eq!(lane.next(at(now - 1)), Next::Until(at(now)), "after {pause} s");
    }
    assert_eq!(lane.next(at(now)), Next::Run(place(0, 1)));
    lane.throttled(place(0, 1), at(now), at(now + 3));
    assert_eq!(lane.next(at(now)), Next::Until(at(now + 3)), "not beyond its last moment");
    assert_eq!(lane.next(at(now + 3)), Next::Run(place(0, 1)));
    lane.done(place(0, 1), true);
    assert_eq!(lane.next(at(now + 3)), Next::Run(place(0, 2)));
}

#[test]
fn what_meets_a_limit_waits_for_one_that_runs() {
    let mut lane = lane(9, (1..=5).map(|id| place(0, id)));
    for id in 1..=5 {
        assert_eq!(lane.next(at(0)), Next::Run(place(0, id)));
    }
    for id in 3..=5 {
        lane.throttled(place(0, id), at(0), at(1000));
    }
    assert_eq!(lane.next(at(0)), Next::Until(at(1)), "two run, as many as may");
    lane.done(place(0, 1), true);
    assert_eq!(lane.next(at(0)), Next::Run(place(0, 3)));
    assert_eq!(lane.next(at(0)), Next::Run(place(0, 4)), "one more than before may be tried");
    lane.throttled(place(0, 4), at(0), at(1000));
    assert_eq!(lane.next(at(0)), Next::Until(at(1)));
    assert_eq!(lane.next(at(1)), Next::Run(place(0, 4)), "what met the limit may be gone");
    assert_eq!(lane.next(at(1)), Next::Wait, "one is enough to see");
}

#[test]
fn what_is_reserved_may_run_at_once() {
    let mut function = crate::route::tests::function(1);
    function.reserved_concurrency = Some(3);
    let mut lane = lane(1, (1..=4).map(|id| place(0, id)));
    assert_eq!(lane.next(at(0)), Next::Run(place(0, 1)));
    lane.learn(&Arc::new(function.clone()), 0);
    assert_eq!([lane.next(at(0)), lane.next(at(0))], [Next::Run(place(0, 2)), Next::Run(place(0, 3))]);
    assert_eq!(lane.next(at(0)), Next::Wait);
    lane.forget();
    function.reserved_concurrency = None;
    lane.learn(&Arc::new(function), 1);
    lane.done(place(0, 1), true);
    lane.done(place(0, 2), true);
    assert_eq!(lane.next(at(0)), Next::Wait, "nothing is reserved any more");
}

/// Drives a lane over a store that is a plain set, reading as the driver does.
fn read(lane: &mut Lane, store: &BTreeSet<Place>) {
    lane.begin_read();
    let mut after: Option<Place> = None;
    loop {
        let behind = store.iter().copied().filter(|place| after.is_none_or(|after| *place > after));
        let page: Vec<Place> = behind.take(EVENTS_READ_MAX).collect();
        after = page.last().copied();
        if !lane.read(page.iter().copied(), page.len() == EVENTS_READ_MAX) {
            return;
        }
    }
}

proptest! {
    /// Whatever comes and goes, every event runs, and the first that is due before the others.
    #[test]
    fn none_is_forgotten(turns in prop::collection::vec((0..4u8, 0..50i64), 0..3000), seen in any::<bool>()) {
        let (mut lane, mut store, mut running) = (Lane::new(40), BTreeSet::new(), BTreeSet::new());
        if !seen {
            store.extend((0..100).map(|id| place(0, id)));
            lane.look();
        }
        for (id, (turn, due)) in (1000..).zip(turns) {
            match turn {
                0 | 1 => { store.insert(place(due, id)); lane.put(place(due, id)); }
                2 => if let Some(first) = running.pop_first() {
                    store.remove(&first);
                    lane.remove(first);
                    lane.done(first, true);
                },
                _ => match lane.next(at(50)) {
                    Next::Run(next) => {
                        let first = store.iter().find(|place| !running.contains(*place));
                        prop_assert_eq!(Some(&next), first);
                        running.insert(next);
                    }
                    Next::Read => read(&mut lane, &store),
                    Next::Until(_) | Next::Wait | Next::End => {}
                },
            }
        }
        loop {
            match lane.next(at(50)) {
                Next::Run(next) => { running.insert(next); }
                Next::Read => read(&mut lane, &store),
                Next::Wait | Next::Until(_) => {
                    let first = running.pop_first().unwrap();
                    store.remove(&first);
                    lane.remove(first);
                    lane.done(first, true);
                }
                Next::End => break,
            }
        }
        prop_assert!(store.is_empty() && running.is_empty());
    }
}

#[test]
fn a_function_that_changed_while_it_was_read_is_read_again() {
    let function = Arc::new(crate::route::tests::function(1));
    let mut lane = lane(1, []);
    let (known, changes) = lane.function();
    assert!(known.is_none());
    lane.forget();
    lane.learn(&function, changes);
    let (known, changes) = lane.function();
    assert!(known.is_none(), "what was read may be older than the change");
    lane.learn(&function, changes);
    assert!(lane.function().0.is_some());
    lane.forget();
    assert!(lane.function().0.is_none());
}
