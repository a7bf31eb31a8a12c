//! The clock over restarts, and at other speeds.

use super::*;

fn pace(scale: f64) -> Pace {
    Pace { ahead: Duration::from_secs(100), at: Duration::from_secs(1), scale }
}

#[test]
fn a_fast_clock_runs_ahead_and_ends_at_its_limit() {
    assert_eq!(pace(1.0).ahead(Duration::from_secs(11)), Duration::from_secs(100));
    assert_eq!(pace(60.0).ahead(Duration::from_secs(11)), Duration::from_secs(100 + 59 * 10));
    assert_eq!(pace(86_400.0).ahead(Duration::from_secs(1_000_000)), CLOCK_AHEAD_MAX);
}

#[test]
fn a_clock_that_was_moved_does_not_go_back_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let first = MovableClock::open(folder.path(), REAL).unwrap();
    assert_eq!(first.ahead(), Duration::ZERO);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is kept of the real time");
    first.change(Change { advance: Duration::from_secs(3600), scale: None }).unwrap();
    assert_eq!(first.ahead(), Duration::from_secs(3600));
    // It is not closed, as by `kill -9`.
    let second = MovableClock::open(folder.path(), REAL).unwrap();
    assert_eq!(second.ahead(), Duration::from_secs(3600));
    assert!(second.now() >= first.now());
}

#[test]
fn a_fast_clock_that_was_killed_goes_on_where_it_has_not_been() {
    let folder = tempfile::tempdir().unwrap();
    let first = MovableClock::open(folder.path(), 1000.0).unwrap();
    let killed_at = first.now();
    let second = MovableClock::open(folder.path(), REAL).unwrap();
    assert!(second.now() > killed_at);
    assert!(second.ahead() <= CLOCK_KEPT_FOR.mul_f64(1000.0), "{:?}", second.ahead());
}

#[test]
fn a_file_that_cannot_be_read_is_not_taken_for_no_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("clock.json"), "6h").unwrap();
    let fault = MovableClock::open(folder.path(), REAL).unwrap_err();
    assert!(fault.to_string().contains("does not say how far"), "{fault:#}");
}
