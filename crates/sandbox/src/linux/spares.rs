//! How many things of each size are kept ready: few altogether, and only of sizes in use. Never makes or drops them.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

/// How many of each size in use.
pub(super) const SPARE: usize = 2;
/// How many of all sizes: each is a loop device, a mount and a descriptor.
pub(super) const SPARES_MAX: usize = 8;
/// A size is in use for so long after something of it was asked for.
const IN_USE: Duration = Duration::from_secs(60);

/// What is ready, by size.
#[derive(Debug)]
pub(super) struct Spares<T> {
    sizes: BTreeMap<u32, Ready<T>>,
}

#[derive(Debug)]
struct Ready<T> {
    used: Instant,
    ready: Vec<T>,
}

/// What to do for a size.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next<T> {
    /// It has enough, or all others need theirs as much.
    Nothing,
    /// Make one.
    Make,
    /// Drop this one of another size, then make one.
    Replace(T),
}

impl<T> Default for Spares<T> {
    fn default() -> Self {
        Self { sizes: BTreeMap::new() }
    }
}

impl<T> Spares<T> {
    /// One that is ready, if there is. From now on the size is in use.
    pub(super) fn take(&mut self, size: u32, now: Instant) -> Option<T> {
        let of_size = self.sizes.entry(size).or_insert_with(|| Ready { used: now, ready: Vec::new() });
        of_size.used = now;
        of_size.ready.pop()
    }

    /// Whether one more of this size is to be kept ready.
    pub(super) fn next(&mut self, size: u32) -> Next<T> {
        let Some(own) = self.sizes.get(&size).map(|of_size| of_size.ready.len()) else {
            return Next::Nothing;
        };
        if own >= SPARE {
            return Next::Nothing;
        }
        if self.count() < SPARES_MAX {
            return Next::Make;
        }
        // Only from who has more than this one then would: else two sizes took them from each other for ever.
        let richer = self.sizes.values_mut().filter(|other| other.ready.len() > own + 1);
        let idlest = richer.min_by_key(|other| other.used);
        idlest.and_then(|other| other.ready.pop()).map_or(Next::Nothing, Next::Replace)
    }

    /// Keeps one that was made; answers it where its size is no longer in use.
    pub(super) fn keep(&mut self, size: u32, one: T) -> Option<T> {
        match self.sizes.get_mut(&size) {
            Some(of_size) => {
                of_size.ready.push(one);
                None
            }
            None => Some(one),
        }
    }

    /// Takes out everything of sizes that are no longer in use.
    pub(super) fn unused(&mut self, now: Instant) -> Vec<T> {
        let idle = self.sizes.extract_if(.., |_, of_size| now.duration_since(of_size.used) > IN_USE);
        idle.flat_map(|(_, of_size)| of_size.ready).collect()
    }

    /// Takes out everything. No size is in use after.
    pub(super) fn clear(&mut self) -> Vec<T> {
        std::mem::take(&mut self.sizes).into_values().flat_map(|of_size| of_size.ready).collect()
    }

    /// How many are ready.
    pub(super) fn count(&self) -> usize {
        self.sizes.values().map(|of_size| of_size.ready.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes what is wanted, as the owner would.
    fn refill(spares: &mut Spares<u32>, size: u32) -> usize {
        let mut made = 0;
        while spares.next(size) != Next::Nothing {
            assert_eq!(spares.keep(size, size), None);
            made += 1;
        }
        made
    }

    #[test]
    fn all_sizes_together_have_few_and_share_them() {
        let (mut spares, now) = (Spares::default(), Instant::now());
        for size in 0..20 {
            spares.take(size, now + Duration::from_secs(size.into()));
            refill(&mut spares, size);
            assert!(spares.count() <= SPARES_MAX);
        }
        assert_eq!(spares.count(), SPARES_MAX);
        for size in 0..20 {
            assert!(refill(&mut spares, size) == 0, "nobody takes from an equal");
        }
    }

    #[test]
    fn what_nobody_used_for_a_minute_is_given_up() {
        let (mut spares, start) = (Spares::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        spares.take(512, start);
        spares.take(1024, at(30));
        assert_eq!(refill(&mut spares, 512) + refill(&mut spares, 1024), 4);
        assert_eq!(spares.unused(at(60)), Vec::<u32>::new());
        assert_eq!(spares.unused(at(61)), [512, 512]);
        assert_eq!(spares.next(512), Next::Nothing, "not in use");
        assert_eq!(spares.keep(512, 512), Some(512));
        assert_eq!(spares.take(1024, at(70)), Some(1024));
        assert_eq!(spares.unused(at(130)), Vec::<u32>::new());
        assert_eq!(spares.unused(at(131)), [1024]);
    }
}
