//! What a world is like: how much there is of everything, and how often what goes wrong. Drawn once from its seed.

use std::time::Duration;

use crate::fate::Fate;

/// What a world is like.
#[derive(Debug, Clone)]
pub(crate) struct World {
    /// Concurrent invocations of the account.
    pub(crate) concurrency: usize,
    pub(crate) starts_at_once: usize,
    pub(crate) idle_max: Duration,
    pub(crate) age_max: Duration,
    pub(crate) transition_min: Duration,
    /// Sandboxes there is room for.
    pub(crate) room: usize,
    /// How many names functions have.
    pub(crate) functions: u64,
    /// How many things the program does.
    pub(crate) steps: u64,
    /// How often the server ends in the middle: by a crash, or in order.
    pub(crate) ends: u64,
    /// So many times as fast as real time AWS's passes.
    pub(crate) scale: u32,
    pub(crate) faults: Faults,
}

/// How often something goes wrong, of a thousand times.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    /// A sandbox is not made, or not started anew.
    pub(crate) boot: u64,
    /// Init fails, ends its program or takes too long.
    pub(crate) init: u64,
    /// A program ends while it is given an event, or after its answer.
    pub(crate) invoke: u64,
    /// Sandboxes are killed from outside, of a thousand steps of the program.
    pub(crate) kill: u64,
    /// A function fails because its caller wants it.
    pub(crate) wanted: u64,
    /// A commit or a read fails.
    pub(crate) store: u64,
    /// A commit or a read takes its time.
    pub(crate) slow: u64,
    /// Another service does not take what it is told.
    pub(crate) outside: u64,
}

impl World {
    pub(crate) fn draw(fate: &Fate) -> Self {
        let world = Self::draw_unscaled(fate);
        // However fast the clock: what is examined in the end must not have grown too old meanwhile.
        Self { age_max: world.age_max * world.scale, ..world }
    }

    fn draw_unscaled(fate: &Fate) -> Self {
        let tight = fate.chance(200);
        Self {
            // An account of 100 or fewer can reserve nothing.
            concurrency: usize::try_from(if fate.chance(500) {
                fate.between(3, 12)
            } else {
                fate.between(102, 110)
            })
            .unwrap_or(5),
            starts_at_once: usize::try_from(fate.between(1, 6)).unwrap_or(1),
            idle_max: fate.span(5_000, 300_000),
            age_max: fate.span(60_000, 3_600_000),
            transition_min: if fate.chance(150) { fate.span(1, 3_000) } else { Duration::ZERO },
            room: if tight { usize::try_from(fate.between(2, 6)).unwrap_or(2) } else { usize::MAX },
            functions: fate.between(1, 3),
            steps: fate.between(10, 50),
            ends: if fate.chance(500) { 0 } else { fate.between(1, 3) },
            scale: if fate.chance(100) { *fate.pick(&[2, 60, 3_600]) } else { 1 },
            faults: if fate.chance(250) { Faults::default() } else { Faults::draw(fate) },
        }
    }

    /// Whether invocations may fail for reasons of the host.
    pub(crate) fn host_fails(&self) -> bool {
        self.faults.boot + self.faults.invoke + self.faults.kill > 0 || self.room < usize::MAX
    }
}

impl Faults {
    fn draw(fate: &Fate) -> Self {
        let rate = |most: u64| if fate.chance(400) { fate.between(1, most) } else { 0 };
        Self {
            boot: rate(300),
            init: rate(300),
            invoke: rate(200),
            kill: rate(200),
            wanted: rate(500),
            store: rate(250),
            slow: rate(600),
            outside: rate(500),
        }
    }
}
