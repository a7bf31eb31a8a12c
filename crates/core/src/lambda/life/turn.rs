//! What happens in the life of an environment, and what is to be done about it. Never says which follows which.

use std::time::Duration;

use crate::lambda::log::event::Phase;

/// How something failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Its time was over.
    Timeout,
    /// A process ended, or said that it failed.
    Failure,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Its processes run.
    Started,
    /// The runtime asks for an event.
    RuntimeReady,
    /// All extensions that have a part in the phase ask for an event.
    ExtensionsReady,
    /// An invocation wants it.
    Wanted,
    /// The runtime has answered.
    Answered,
    /// The phase did not end well.
    Failed(Fault),
    /// Its processes are gone.
    WasReset,
    /// It is to be initialised though no invocation waits.
    Renewed,
    /// The host failed, or the event was not taken: nothing is known of it any more.
    Lost,
    /// Time has passed.
    Woken,
    /// Nobody may use it any more.
    Retired,
}

/// Why its processes are ended: `shutdownReason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It is not needed any more.
    Spindown,
    /// Something took too long.
    Timeout,
    /// Something failed.
    Failure,
}

/// What is to be done next; the event that comes of it is the next step's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Start its processes anew: [`Event::Started`], `Failed` or `Lost`.
    Start(Phase),
    /// Wait for the runtime: [`Event::RuntimeReady`] or `Failed`.
    Init(Phase, Duration),
    /// Wait for the extensions after Init: [`Event::ExtensionsReady`] or `Failed`.
    Join(Phase, Duration),
    /// Hand over the event: [`Event::Answered`], `Failed` or `Lost`.
    Invoke(Duration),
    /// Wait for the runtime to ask again: [`Event::RuntimeReady`] or `Failed`.
    Settle(Duration),
    /// Wait for the extensions after the invocation: [`Event::ExtensionsReady`] or `Failed`.
    Finish(Duration),
    /// End its processes and keep what they wrote: [`Event::WasReset`].
    Reset(Reason),
    /// Nothing, until something happens.
    Rest,
    /// End it; no event comes of that.
    Stop(Reason),
}
