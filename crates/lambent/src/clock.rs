//! AWS's time as this server tells it: the real time, moved forward by who asks for it and run faster by `--time-scale`, so
//! that six hours of retries can be watched in seconds. Never goes back, also not over a restart: how far it is ahead is
//! kept in the data folder. The real time stays what it is, and is what signatures and sessions are judged by.

mod kept;
mod label;
mod page;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Result;
use lambent_core::limits::{CLOCK_AHEAD_MAX, CLOCK_KEPT_EVERY, CLOCK_KEPT_FOR};
use lambent_core::time::{Clock, RealClock, Timestamp};
use tokio_util::sync::CancellationToken;
use tracing::warn;

pub(crate) use self::label::Labelled;
pub(crate) use self::page::answer;
use crate::system::SystemClock;

/// How many seconds of AWS's time pass in a real one.
const REAL: f64 = 1.0;

/// AWS's time.
#[derive(Debug)]
pub(crate) struct MovableClock {
    system: SystemClock,
    pace: RwLock<Pace>,
    kept: kept::File,
    /// One at a time changes the pace.
    changing: Mutex<()>,
}

/// How far AWS's time is ahead of the real one.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pace {
    /// How far it was when it was last changed.
    ahead: Duration,
    /// When that was, in real time.
    at: Duration,
    /// How many seconds of it pass in a real one.
    scale: f64,
}

impl Pace {
    fn ahead(&self, now: Duration) -> Duration {
        let faster = now.saturating_sub(self.at).mul_f64(self.scale - REAL);
        (self.ahead + faster).min(CLOCK_AHEAD_MAX.max(self.ahead))
    }
}

/// What is asked of the clock.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Change {
    advance: Duration,
    scale: Option<f64>,
}

impl MovableClock {
    /// The time that the server of this data folder left off with, from now on so many times as fast as the real one.
    ///
    /// # Errors
    /// Where the file that keeps it cannot be read or written.
    pub(crate) fn open(data_dir: &Path, scale: f64) -> Result<Arc<Self>> {
        let (system, kept) = (SystemClock::new(), kept::File::of(data_dir));
        let pace = Pace { ahead: kept.read()?, at: system.monotonic(), scale };
        let clock = Self { system, pace: RwLock::new(pace), kept, changing: Mutex::default() };
        if clock.is_scaled() {
            clock.keep()?;
        }
        Ok(Arc::new(clock))
    }

    /// Says what time it is where that is not the real one.
    pub(crate) fn announce(&self) {
        let (now, pace) = (self.now().to_iso_string(), self.pace());
        if self.is_scaled() {
            warn!("AWS's time is scaled: {} s of it pass in a second", pace.scale);
        }
        if !pace.ahead.is_zero() {
            warn!("AWS's time was moved: it is {now}, and does not go back; {} keeps it", self.kept.shown());
        }
    }

    fn pace(&self) -> Pace {
        *self.pace.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn ahead(&self) -> Duration {
        self.pace().ahead(self.system.monotonic())
    }

    fn is_scaled(&self) -> bool {
        self.pace().scale > REAL
    }

    /// Changes it. It lasts when this returns.
    fn change(&self, change: Change) -> std::io::Result<()> {
        let _turn = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let (old, at) = (self.pace(), self.system.monotonic());
        let ahead = (old.ahead(at) + change.advance).min(CLOCK_AHEAD_MAX.max(old.ahead));
        let new = Pace { ahead, at, scale: change.scale.unwrap_or(old.scale) };
        // First, so that what is stamped then never lies in the future of the next start.
        self.kept.write(new.ahead(at + lead(new)))?;
        *self.pace.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    /// Writes how far ahead it may soon be.
    fn keep(&self) -> std::io::Result<()> {
        let _turn = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let pace = self.pace();
        self.kept.write(pace.ahead(self.system.monotonic() + lead(pace)))
    }

    /// Writes how far ahead it is, where that goes on by itself: nothing is stamped any more.
    pub(crate) fn close(&self) {
        if self.is_scaled() {
            _ = self.kept.write(self.ahead());
        }
    }
}

/// How long what is written is to be good for.
fn lead(pace: Pace) -> Duration {
    if pace.scale > REAL { CLOCK_KEPT_FOR } else { Duration::ZERO }
}

/// Keeps how far it is ahead, until told to stop: a fast clock runs ahead by itself.
pub(crate) async fn keep(clock: Arc<MovableClock>, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(CLOCK_KEPT_EVERY)).await.is_some() {
        if !clock.is_scaled() {
            continue;
        }
        let keeper = Arc::clone(&clock);
        match tokio::task::spawn_blocking(move || keeper.keep()).await {
            Ok(Ok(())) => {}
            Ok(Err(fault)) => warn!(%fault, "AWS's time is not kept: after a restart it may go back"),
            Err(fault) => warn!(%fault, "AWS's time is not kept: after a restart it may go back"),
        }
    }
}

impl RealClock for MovableClock {
    fn wall(&self) -> Timestamp {
        self.system.wall()
    }

    fn monotonic(&self) -> Duration {
        self.system.monotonic()
    }
}

impl Clock for MovableClock {
    fn now(&self) -> Timestamp {
        self.system.wall().plus(self.ahead())
    }

    fn elapsed(&self) -> Duration {
        let now = self.system.monotonic();
        now + self.pace().ahead(now)
    }

    fn real(&self, span: Duration) -> Duration {
        span.div_f64(self.pace().scale)
    }
}

#[cfg(test)]
mod tests;
