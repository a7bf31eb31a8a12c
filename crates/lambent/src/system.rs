//! The system's clock and generator, the only ones of the server; everything else takes them as parameters. Knows nothing of
//! AWS's time, which can be moved: that is [`crate::clock`].

use std::fs::File;
use std::io::Read as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use lambent_core::dice::Dice;
use lambent_core::time::{RealClock, Timestamp};

/// The system's clock.
#[derive(Debug)]
pub(crate) struct SystemClock {
    start: Instant,
}

impl SystemClock {
    pub(crate) fn new() -> Self {
        #[expect(clippy::disallowed_methods, reason = "this is the clock everyone else is given")]
        let start = Instant::now();
        Self { start }
    }
}

impl RealClock for SystemClock {
    fn wall(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the clock everyone else is given")]
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }
}

/// How many random bytes are read at once: a call a request would cost more than the rest of it.
const DRAWN_AT_ONCE: usize = 4096;

/// The kernel's random numbers, read in advance. No number is handed out twice.
#[derive(Debug)]
pub(crate) struct SystemDice(Mutex<Drawn>);

struct Drawn {
    source: File,
    bytes: Vec<u8>,
}

impl std::fmt::Debug for Drawn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Drawn")
    }
}

impl SystemDice {
    pub(crate) fn open() -> Result<Self> {
        let source = File::open("/dev/urandom").context("cannot open /dev/urandom")?;
        Ok(Self(Mutex::new(Drawn { source, bytes: Vec::new() })))
    }
}

impl Dice for SystemDice {
    fn bits(&self) -> u64 {
        let mut drawn = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Drawn { source, bytes } = &mut *drawn;
        if bytes.len() < 8 {
            bytes.resize(DRAWN_AT_ONCE, 0);
            source.read_exact(bytes).expect("an open /dev/urandom never ends and never fails");
        }
        let rest = bytes.len() - 8;
        let number = u64::from_ne_bytes(bytes[rest..].try_into().expect("eight bytes are left"));
        bytes.truncate(rest);
        number
    }
}
