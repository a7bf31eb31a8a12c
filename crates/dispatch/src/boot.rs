//! Starts of environments: a new sandbox, or the processes of one that was reset. Never waits for Init.

use std::sync::Arc;
use std::time::Duration;

use lambent_core::lambda::life::{Event, Life, Rules};
use lambent_core::lambda::log::event::Phase;
use lambent_sandbox::{BootError, Output, Sandbox, ShutdownReason, Spec};
use tokio::sync::SemaphorePermit;
use tracing::{error, info};

use lambent_core::lambda::failure::Failure;

use crate::InvokeError;
use crate::drive::Drive;
use crate::efs::MountError;
use crate::environment::Environment;
use crate::logs::Log;
use crate::metrics::add;
use crate::program::Program;
use crate::room::Share;
use crate::session::Session;
use crate::told::Told;

/// How many idle environments are stopped to make room for one start.
const EVICTIONS_MAX: usize = 4;

/// A place among the starts that go on at once, and one among those that nobody waits for.
pub(crate) type Slots<'a> = (Option<SemaphorePermit<'a>>, SemaphorePermit<'a>);

/// Why there is no new environment.
pub(crate) enum NotBooted {
    /// Its program cannot be executed.
    Entrypoint(Failure),
    /// The host or the server has no place for it.
    Refused(InvokeError),
}

impl<'a> Drive<'a> {
    /// A new environment whose processes run.
    pub(crate) async fn boot(&mut self, program: &Program, log: &Arc<Log>) -> Result<Environment, NotBooted> {
        if program.argv.is_empty() {
            return Err(NotBooted::Entrypoint(Failure::NoEntrypoint { tried: program.tried.clone() }));
        }
        // Before it has a place among the starts: a file system that hangs must not keep others from theirs.
        let memory = self.room().await.map_err(NotBooted::Refused)?;
        let session = self.session(memory).await?;
        // A queued event comes again; who waits is served also by a server that closes.
        let closing = &self.dispatcher.closing;
        let placed = match self.is_waited_for {
            true => self.slots(true).await,
            false => closing.run_until_cancelled(self.slots(false)).await.flatten(),
        };
        placed.ok_or(NotBooted::Refused(InvokeError::Closing))?;
        let started = self.now();
        let spec = self.spec(program, log, &session);
        self.dispatcher.routes.kinds.learn(&self.route.deployment.configuration, &spec);
        let sandbox = self.sandbox(&spec, log).await.map_err(|error| {
            self.slots = None;
            self.not_booted(error)
        })?;
        add(&self.dispatcher.metrics.cold_starts, 1);
        let life = Life::new(self.rules(), self.dispatcher.clock.elapsed());
        Ok(Environment::new(sandbox, Arc::clone(log), session, life, started))
    }

    /// What a new environment has for its life.
    async fn session(&self, memory: Share) -> Result<Session, NotBooted> {
        let configuration = &self.route.deployment.configuration;
        if !self.dispatcher.credentials.is_assumable(&configuration.role) {
            return Err(NotBooted::Refused(InvokeError::Role));
        }
        let mut session =
            Session::open(&self.dispatcher.credentials, &configuration.role, &self.route.id, memory);
        for mounted in &configuration.file_systems {
            let connected = self.dispatcher.file_systems.connect(mounted).await;
            session.mount(connected.map_err(|error| NotBooted::Refused(error.into()))?);
        }
        Ok(session)
    }

    /// Starts the processes of an environment that was reset.
    pub(crate) async fn restart(&mut self, environment: &mut Environment, phase: Phase) -> Event {
        // Within an invocation the function's time limit runs: it does not wait for a turn.
        let event = match self.slots(self.is_waited_for || phase == Phase::Invoke).await {
            Some(()) => self.start_again(environment, phase).await,
            None => Event::Lost,
        };
        if event != Event::Started {
            self.slots = None;
        }
        event
    }

    async fn start_again(&mut self, environment: &mut Environment, phase: Phase) -> Event {
        environment.started = self.now();
        self.init_starts(&environment.log, phase);
        match environment.sandbox.restart().await {
            Ok(()) => Event::Started,
            Err(BootError::Entrypoint { program, reason }) => {
                let failure = Failure::NotExecuted { program, reason };
                let told = Told::failure(&failure, self.request_id());
                self.init_failed(environment, phase, told, Some(&failure))
            }
            Err(BootError::Step { step, reason } | BootError::SharedFolder { step, reason }) => {
                info!(step, reason, "an environment was not started anew: a new sandbox takes its place");
                self.replace(environment).await
            }
        }
    }

    /// Where the host fails to start its processes, another sandbox is the environment from now on: without what was in
    /// `/tmp`, but with the same log.
    async fn replace(&mut self, environment: &mut Environment) -> Event {
        let Ok(program) = self.dispatcher.program(self.route).await else { return Event::Lost };
        let spec = self.spec(program, &environment.log, environment.session());
        match self.sandbox(&spec, &environment.log).await {
            Ok(sandbox) => {
                let lost = std::mem::replace(&mut environment.sandbox, sandbox);
                self.dispatcher.tasks.spawn_on(lost.stop(ShutdownReason::Failure), &self.dispatcher.runtime);
                Event::Started
            }
            Err(_) => Event::Lost,
        }
    }

    fn rules(&self) -> Rules {
        let options = &self.dispatcher.options;
        Rules {
            initialization: self.initialization,
            timeout: self.timeout(),
            idle_max: options.idle_max,
            age_max: options.age_max,
        }
    }

    /// Why there is no sandbox.
    fn not_booted(&self, error: BootError) -> NotBooted {
        match error {
            BootError::Entrypoint { program, reason } => {
                NotBooted::Entrypoint(Failure::NotExecuted { program, reason })
            }
            BootError::Step { step, reason } => {
                NotBooted::Refused(InvokeError::Sandbox(format!("{step}: {reason}")))
            }
            BootError::SharedFolder { step, reason } => {
                error!(step, reason, "a file system cannot be mounted");
                let mounted = self.route.deployment.configuration.file_systems.first();
                let arn = mounted.map(|mounted| mounted.arn.clone()).unwrap_or_default();
                NotBooted::Refused(MountError::Failure(arn).into())
            }
        }
    }

    /// Memory for one more environment. Where none is left, idle environments make room, the longest idle first.
    async fn room(&self) -> Result<Share, InvokeError> {
        let dispatcher = self.dispatcher;
        let mib = u64::from(self.route.deployment.configuration.memory_mib);
        loop {
            let full = match dispatcher.room.take(mib, || dispatcher.host.memory_left_mib()) {
                Ok(share) => return Ok(share),
                Err(full) => full,
            };
            let idle = if dispatcher.room.could_hold(mib) { dispatcher.longest_idle() } else { None };
            let Some(idle) = idle else { return Err(InvokeError::Sandbox(full.to_string())) };
            info!(%full, "no memory for a sandbox: an idle one is stopped");
            idle.end(ShutdownReason::Spindown).await;
        }
    }

    /// A new sandbox. Where the host has no room for one, idle environments make room, the longest idle first.
    async fn sandbox(&self, spec: &Spec, log: &Arc<Log>) -> Result<Box<dyn Sandbox>, BootError> {
        let output: Output = Arc::<Log>::clone(log);
        let boot = || self.dispatcher.host.boot(spec, Arc::clone(&output), log.telemetry());
        for _ in 0..EVICTIONS_MAX {
            match boot().await {
                Err(BootError::Step { step, reason }) => {
                    let Some(idle) = self.dispatcher.longest_idle() else {
                        return Err(BootError::Step { step, reason });
                    };
                    info!(step, reason, "no room for a sandbox: an idle one is stopped");
                    idle.end(ShutdownReason::Spindown).await;
                }
                booted => return booted,
            }
        }
        boot().await
    }

    /// Takes a place among the starts that go on at once; nothing when the server closes. What no caller waits for, as
    /// provisioned environments and queued events, takes half of the places at most, so that invocations find room.
    async fn slots(&mut self, is_waited_for: bool) -> Option<()> {
        // Who waits for a place has none: else all who have one could wait for each other.
        self.slots = None;
        let dispatcher = self.dispatcher;
        let turn = if is_waited_for {
            None
        } else {
            Some(self.unless_closing(dispatcher.provisioner.slots.acquire()).await?.ok()?)
        };
        let start = self.unless_closing(dispatcher.start_slots.acquire()).await?.ok()?;
        self.slots = Some((turn, start));
        Some(())
    }

    /// An invocation is waited for when the server closes; what nobody waits for is given up.
    pub(crate) async fn unless_closing<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        if self.served.is_some() {
            return Some(work.await);
        }
        self.dispatcher.closing.run_until_cancelled(work).await
    }

    /// How long Init has gone on.
    pub(crate) fn init_took(&self, environment: &Environment) -> Duration {
        self.now().saturating_sub(environment.started)
    }
}
