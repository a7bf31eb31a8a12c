//! What became of the processes of one life of an environment. Ends nobody.

use std::future::Future;

use lambent_core::limits;
use tokio::time::{Instant, timeout};

use super::Supervised;
use crate::linux::Ended;
use crate::runtime_api::Server;
use crate::spec::{Exit, ExtensionFault, ExtensionFaultKind};

/// Who has ended since the last start.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) program: Option<Exit>,
    /// One for each external extension.
    pub(super) extensions: Vec<bool>,
    /// One that ended, while it may still be heard why.
    suspect: Option<(usize, ExtensionFaultKind)>,
    /// Its Init is over, and its extensions have been noticed.
    pub(super) initialised: bool,
    pub(super) frozen: bool,
}

/// What came first.
#[derive(Debug)]
pub(super) enum First<T> {
    Wanted(T),
    Exited(Exit),
    Extension(ExtensionFault),
    TimedOut,
}

/// What is looked at while something is waited for.
#[derive(Debug)]
pub(super) struct Watch<'a, C> {
    pub(super) control: &'a C,
    pub(super) server: &'a Server,
    pub(super) life: &'a mut Life,
}

impl Life {
    /// With so many external extensions.
    pub(super) fn new(extensions: usize) -> Self {
        let extensions = vec![false; extensions];
        Self { program: None, extensions, suspect: None, initialised: false, frozen: false }
    }

    /// Somebody ended.
    pub(super) fn note(&mut self, ended: Ended) {
        match ended {
            Ended::Program(exit) => self.program = Some(exit),
            Ended::Extension(index, kind) => {
                if let Some(ended) = self.extensions.get_mut(index) {
                    *ended = true;
                }
                self.suspect.get_or_insert((index, kind));
            }
        }
    }
}

impl<C: Supervised> Watch<'_, C> {
    /// Waits for `wanted`, an end, a failure or the limit. What is there already wins over an end.
    pub(super) async fn first<T>(
        mut self,
        wanted: impl Future<Output = T> + Send,
        limit: Instant,
    ) -> First<T> {
        tokio::select! {
            biased;
            value = wanted => First::Wanted(value),
            fallen = self.fallen() => match fallen {
                Ok(exit) => First::Exited(exit),
                Err(fault) => First::Extension(fault),
            },
            () = tokio::time::sleep_until(limit) => First::TimedOut,
        }
    }

    /// Resolves when the program ended, or else when an extension failed; each time the same. Cancel safe.
    pub(super) async fn fallen(&mut self) -> Result<Exit, ExtensionFault> {
        let lobby = self.server.lobby();
        loop {
            if let Some(exit) = self.life.program {
                return Ok(exit);
            }
            if let Some(fault) = lobby.fault() {
                return Err(fault);
            }
            if let Some((index, kind)) = self.life.suspect.clone() {
                // It may have told why right before: that is known when its last call has been read.
                _ = timeout(limits::EXTENSION_LAST_WORDS_TIMEOUT, lobby.failed()).await;
                lobby.fails(index, kind);
                self.life.suspect = None;
                continue;
            }
            tokio::select! {
                biased;
                fault = lobby.failed() => return Err(fault),
                ended = self.control.ended() => self.life.note(ended),
            }
        }
    }
}
