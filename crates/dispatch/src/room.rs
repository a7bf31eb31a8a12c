//! What memory environments may take together. Never stops one to make room; whoever asks does.
//!
//! Each counts for its MemorySize, which it rarely takes: so more may be promised than there is, and beyond what there was
//! at the start the host is asked what is left.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lambent_core::limits::{MEMORY_LEFT_MIN_MIB, MEMORY_PROMISED_FACTOR};

/// What there is, and what of it is promised; in MiB.
#[derive(Debug)]
pub(crate) struct Room {
    total_mib: u64,
    /// What was there at the start; none where nobody knows.
    there_mib: Option<u64>,
    promised_mib: Arc<AtomicU64>,
}

/// What one environment may take, given back when dropped.
#[derive(Debug)]
pub(crate) struct Share {
    mib: u64,
    promised_mib: Arc<AtomicU64>,
}

/// Why there is no room for one more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Full {
    /// All is promised.
    #[error(
        "{asked_mib} MiB of memory are asked for, and {promised_mib} of {total_mib} are promised to others"
    )]
    Promised { asked_mib: u64, promised_mib: u64, total_mib: u64 },
    /// The host has hardly any left.
    #[error("the host has only {left_mib} MiB of memory left")]
    Host { left_mib: u64 },
}

impl Room {
    /// Room for this much; where it is not said, for several times what is there.
    pub(crate) fn new(asked_mib: Option<u64>, there_mib: Option<u64>) -> Self {
        let usual = || there_mib.map_or(u64::MAX, |mib| mib.saturating_mul(MEMORY_PROMISED_FACTOR));
        Self { total_mib: asked_mib.unwrap_or_else(usual), there_mib, promised_mib: Arc::default() }
    }

    /// Whether so much could be promised if nothing else were.
    pub(crate) fn could_hold(&self, mib: u64) -> bool {
        mib <= self.total_mib
    }

    /// A share of this size. `left_mib` tells what the host has left, and is asked only when it may be little.
    pub(crate) fn take(&self, mib: u64, left_mib: impl FnOnce() -> Option<u64>) -> Result<Share, Full> {
        let more = |promised: u64| promised.checked_add(mib).filter(|sum| *sum <= self.total_mib);
        let order = Ordering::SeqCst;
        let before = self.promised_mib.fetch_update(order, order, more).map_err(|promised_mib| {
            Full::Promised { asked_mib: mib, promised_mib, total_mib: self.total_mib }
        })?;
        let share = Share { mib, promised_mib: Arc::clone(&self.promised_mib) };
        // Below that nothing can run out that was there.
        if self.there_mib.is_some_and(|there_mib| before + mib > there_mib)
            && let Some(left_mib) = left_mib().filter(|left_mib| *left_mib < MEMORY_LEFT_MIN_MIB)
        {
            return Err(Full::Host { left_mib });
        }
        Ok(share)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.promised_mib.fetch_sub(self.mib, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_promised_than_there_is_room_for() {
        let room = Room::new(Some(300), None);
        let take = |mib| room.take(mib, || None);
        let first = take(200).unwrap();
        let full = Full::Promised { asked_mib: 101, promised_mib: 200, total_mib: 300 };
        assert_eq!(take(101).unwrap_err(), full);
        let _second = take(100).unwrap();
        assert!(take(1).is_err());
        drop(first);
        assert!(take(200).is_ok(), "and the refused ones hold nothing");
    }

    #[test]
    fn the_host_is_asked_where_more_is_promised_than_was_there() {
        let room = Room::new(None, Some(100));
        let _first = room.take(100, || unreachable!("there is enough")).unwrap();
        let full = Full::Host { left_mib: MEMORY_LEFT_MIN_MIB - 1 };
        assert_eq!(room.take(100, || Some(MEMORY_LEFT_MIN_MIB - 1)).unwrap_err(), full);
        let _second = room.take(100, || Some(MEMORY_LEFT_MIN_MIB)).unwrap();
        let rest = 100 * (MEMORY_PROMISED_FACTOR - 2);
        assert!(room.take(rest + 1, || None).is_err());
        assert!(room.take(rest, || None).is_ok());
    }
}
