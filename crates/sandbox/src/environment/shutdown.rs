//! The Shutdown phase: who ends when, and how the next life begins. Decides nothing about why.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-shutdown>

use std::time::Duration;

use lambent_core::limits;
use tokio::time::{Instant, timeout, timeout_at};

use super::life::Life;
use super::{Environment, Supervised};
use crate::linux::Who;
use crate::runtime_api::{Kind, Kinds, shutdown_event};
use crate::spec::{BootError, ShutdownReason};

impl<C: Supervised> Environment<C> {
    /// Lets runtime and extensions end by themselves, within their time. Whoever is left is to be killed.
    pub(super) async fn shut_down(&mut self, reason: ShutdownReason) {
        let (budget, runtime) = match self.server.lobby().kinds() {
            Kinds::None => return,
            // It is part of the runtime, whose time this is.
            Kinds::Internal => (limits::SHUTDOWN_INTERNAL, limits::SHUTDOWN_INTERNAL),
            Kinds::External => (limits::SHUTDOWN_EXTERNAL, limits::SHUTDOWN_RUNTIME),
        };
        if self.life.frozen {
            self.go_on();
        }
        let (end, deadline) = (Instant::now() + budget, self.clock.wall().plus(budget));
        self.server.telemetry().hurry();
        self.end_program(runtime).await;
        if self.life.extensions.iter().all(|ended| *ended) {
            return;
        }
        // What they are to pass on should be with them before they are told to end.
        _ = timeout(limits::SHUTDOWN_RUNTIME, self.server.telemetry().flushed()).await;
        self.server.lobby().offer(Kind::Shutdown, || shutdown_event(reason, deadline));
        for index in 0..self.life.extensions.len() {
            if !self.life.extensions[index] && !self.server.lobby().wants(index, Kind::Shutdown) {
                self.control().end(Who::Extension(index));
            }
        }
        self.until(end, |life| life.extensions.iter().all(|ended| *ended)).await;
    }

    /// SIGTERM, and SIGKILL when its time is over.
    async fn end_program(&mut self, time: Duration) {
        if self.life.program.is_some() {
            return;
        }
        self.control().terminate();
        if !self.until(Instant::now() + time, |life| life.program.is_some()).await {
            self.control().end(Who::Program);
        }
    }

    /// Takes note of who ends until `done`. False if that was not before `end`.
    async fn until(&mut self, end: Instant, done: impl Fn(&Life) -> bool + Send) -> bool {
        while !done(&self.life) {
            let control = self.control.as_deref().expect("only tear-down takes the control");
            match timeout_at(end, control.ended()).await {
                Ok(ended) => self.life.note(ended),
                Err(_) => return false,
            }
        }
        true
    }

    /// All processes are gone afterwards, and all they sent and wrote is dealt with.
    pub(super) async fn clear(&mut self) {
        self.control().clear();
        self.control().cleared().await;
        self.outputs.begin_anew().await;
        self.server.telemetry().begin_anew();
        self.server.clear().await;
        self.life = Life::new(self.life.extensions.len());
    }

    /// Starts extensions, or the program where there are none.
    pub(super) async fn start_again(&mut self) -> Result<(), BootError> {
        self.control().restart();
        timeout(limits::SANDBOX_BOOT_MAX, self.control().started()).await.unwrap_or_else(|_| {
            Err(BootError::Step { step: "restart".to_owned(), reason: "took too long".to_owned() })
        })
    }
}
