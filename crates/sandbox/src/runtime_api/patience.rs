//! How long a client may take over the head of a request: as long as it likes before it begins one, then not long.
//! Knows no route and writes nothing.

use std::pin::pin;

use lambent_core::limits;
use tokio::sync::watch;
use tokio::time::sleep;

use super::http::Broken;
use super::inlet::{Inlet, Source};

/// What the environment does with its program, as far as it matters to waiting.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tide {
    /// The program stands still: it cannot go on with what it began.
    pub(crate) frozen: bool,
    /// How often it settled, over and over.
    pub(crate) settled: u32,
}

/// Waits for the beginning of a head, and then for the rest of it.
///
/// The time does not count while the program is frozen. Large unfinished heads do not outlive an invocation: they
/// tell of an error, so nothing that behaves is in the middle of one then.
pub(super) async fn head<R: Source>(
    inlet: &mut Inlet<R>,
    tides: &watch::Sender<Tide>,
    limit: fn(&[u8]) -> usize,
) -> Result<usize, Broken> {
    inlet.begin().await?;
    if let Some(length) = inlet.whole_head(limit)? {
        return Ok(length);
    }
    let mut tides = tides.subscribe();
    let mut tide = *tides.borrow_and_update();
    let mut left = pin!(sleep(limits::RUNTIME_API_HEAD_TIMEOUT));
    loop {
        tokio::select! {
            biased;
            length = inlet.head(limit) => return length,
            there = tides.changed() => {
                let before = std::mem::replace(&mut tide, *tides.borrow_and_update());
                if there.is_err() || (before.settled != tide.settled && inlet.is_large()) {
                    return Err(Broken::Late);
                }
                if before.frozen && !tide.frozen {
                    left.set(sleep(limits::RUNTIME_API_HEAD_TIMEOUT));
                }
            }
            () = &mut left, if !tide.frozen => return Err(Broken::Late),
        }
    }
}
