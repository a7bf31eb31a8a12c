//! What init has told of the processes of one sandbox since they were last started. Never asks init anything.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};

use super::birth::refusal;
use super::message::Fault;
use crate::{BootError, Exit, ExtensionFaultKind};

/// Somebody's end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The program's.
    Program(Exit),
    /// That of an external extension, by its place in the spec; it may not have begun.
    Extension(usize, ExtensionFaultKind),
}

/// What was told, for all who wait to hear it.
#[derive(Debug)]
pub(super) struct Told {
    /// The program's path.
    program: String,
    news: Notify,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// How the last start ended.
    pub(super) started: Option<Result<(), Trouble>>,
    /// How the program ended.
    pub(super) exit: Option<Exit>,
    /// Who ended, and nobody has heard of it. As many as there are extensions and a program.
    pub(super) ends: VecDeque<Ended>,
    /// Ends are not worth telling: they are wanted.
    pub(super) clearing: bool,
    /// Only init is left.
    pub(super) cleared: bool,
    /// Who asked for sockets, in this order.
    pub(super) sockets: VecDeque<oneshot::Sender<io::Result<OwnedFd>>>,
    /// Init is gone, and this is what became of a program that had not ended before.
    pub(super) gone: Option<Exit>,
}

/// Why a start failed.
#[derive(Debug, Clone)]
pub(super) enum Trouble {
    /// The program was not executed.
    Errno(i32),
    /// A step before.
    Step(Fault),
}

impl Told {
    pub(super) fn new(program: String) -> Self {
        Self { program, news: Notify::new(), state: Mutex::default() }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // No code between lock and unlock can panic half way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the state and wakes who waits for it.
    pub(super) fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.news.notify_waiters();
    }

    /// Waits until `found` finds something. Cancel safe: what it takes is returned in the same step.
    async fn when<T>(&self, found: impl Fn(&mut State) -> Option<T>) -> T {
        loop {
            let mut news = std::pin::pin!(self.news.notified());
            // From here on no change is missed.
            news.as_mut().enable();
            if let Some(value) = found(&mut self.state()) {
                return value;
            }
            news.await;
        }
    }

    pub(super) async fn exited(&self) -> Exit {
        self.when(|state| state.exit.or(state.gone)).await
    }

    pub(super) async fn ended(&self) -> Ended {
        self.when(|state| {
            let end = state.ends.pop_front();
            end.or_else(|| {
                let exit = state.gone.filter(|_| state.exit.is_none())?;
                // Told now, and not again.
                state.exit = Some(exit);
                Some(Ended::Program(exit))
            })
        })
        .await
    }

    pub(super) async fn started(&self) -> Result<(), BootError> {
        let outcome = self.when(|state| match (&state.started, state.gone) {
            (Some(outcome), _) => Some(outcome.clone()),
            (None, Some(_)) => Some(Err(Trouble::Step(Fault::new("boot", "init ended")))),
            (None, None) => None,
        });
        outcome.await.map_err(|trouble| match trouble {
            Trouble::Errno(errno) => refusal(&self.program, errno),
            Trouble::Step(Fault { step, reason }) => BootError::Step { step, reason },
        })
    }

    pub(super) async fn cleared(&self) {
        self.when(|state| (state.cleared || state.gone.is_some()).then_some(())).await;
    }
}

impl State {
    /// Neither the program nor init has ended.
    pub(super) fn lives(&self) -> bool {
        self.exit.is_none() && self.gone.is_none()
    }

    /// Nothing has been told of what is started now.
    pub(super) fn begin_again(&mut self) {
        (self.started, self.exit, self.cleared) = (None, None, false);
        self.ends.clear();
    }

    pub(super) fn program_ended(&mut self, exit: Exit) {
        self.exit = Some(exit);
        self.end(Ended::Program(exit));
    }

    pub(super) fn end(&mut self, end: Ended) {
        if !self.clearing {
            self.ends.push_back(end);
        }
    }

    pub(super) fn answer_socket(&mut self, socket: io::Result<OwnedFd>) {
        if let Some(asker) = self.sockets.pop_front() {
            // It may not wait any more.
            drop(asker.send(socket));
        }
    }

    /// Only init is left: nothing of the former processes counts any more.
    pub(super) fn all_cleared(&mut self) {
        self.begin_again();
        (self.clearing, self.cleared) = (false, true);
    }

    /// Init is gone, and everybody with it.
    pub(super) fn all_gone(&mut self, exit: Exit) {
        self.gone = Some(exit);
        // Who waits for a socket hears that there is none.
        self.sockets.clear();
    }
}
