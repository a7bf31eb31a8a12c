//! Waits on a paused clock of the runtime's and one of AWS's that only a test moves.

use std::sync::Mutex;

use lambent_core::time::RealClock;
use tokio::time::Instant;

use super::*;

/// Follows the runtime's clock, as many times faster as it says, and is ahead of it besides.
#[derive(Debug)]
struct Ahead {
    start: Instant,
    speed: u32,
    ahead: Mutex<Duration>,
}

impl Ahead {
    fn running(speed: u32) -> Arc<Self> {
        Arc::new(Self { start: Instant::now(), speed, ahead: Mutex::default() })
    }

    fn jump(&self, seconds: u64) {
        *self.ahead.lock().unwrap() += Duration::from_secs(seconds);
    }
}

impl RealClock for Ahead {
    fn wall(&self) -> Timestamp {
        Timestamp::from_millis(0).plus(self.monotonic())
    }
    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

impl Clock for Ahead {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(0).plus(self.elapsed())
    }
    fn elapsed(&self) -> Duration {
        self.monotonic() * self.speed + *self.ahead.lock().unwrap()
    }
    fn real(&self, span: Duration) -> Duration {
        span / self.speed
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn a_wait_takes_as_long_as_the_clock_says() {
    for (speed, took) in [(1, s(600)), (60, s(10))] {
        let clock = Ahead::running(speed);
        let waiter = Waiter::new(clock.clone());
        waiter.until(at(600)).await;
        assert_eq!(clock.monotonic(), took);
        waiter.sleep(s(600)).await;
        assert_eq!(clock.monotonic(), took * 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_when_the_clock_is_moved_beyond_it_and_not_before() {
    let clock = Ahead::running(1);
    let waiter = Waiter::new(clock.clone());
    let mover = async {
        tokio::time::sleep(s(1)).await;
        clock.jump(3000);
        waiter.moved();
        tokio::time::sleep(s(1)).await;
        clock.jump(3000);
        waiter.moved();
    };
    tokio::join!(waiter.until(at(3600)), waiter.sleep(s(3600)), mover);
    assert_eq!(clock.monotonic(), s(2));
    waiter.until(at(5)).await;
    assert_eq!(clock.monotonic(), s(2), "what is past is not waited for");
}

#[tokio::test(start_paused = true)]
async fn a_wall_clock_that_jumps_by_itself_is_noticed_within_a_minute() {
    let clock = Ahead::running(1);
    let waiter = Waiter::new(clock.clone());
    let mover = async {
        tokio::time::sleep(s(1)).await;
        clock.jump(3600);
    };
    tokio::join!(waiter.until(at(3600)), mover);
    assert_eq!(clock.monotonic(), s(60));
}

#[tokio::test(start_paused = true)]
async fn a_fast_clock_does_not_make_rounds_endless() {
    let clock = Ahead::running(86_400);
    Waiter::new(clock.clone()).round(s(10)).await;
    assert!(clock.monotonic() >= s(1), "{:?}", clock.monotonic());
}
