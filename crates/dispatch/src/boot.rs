//! One start of an environment: a sandbox is booted and its Init waited for. Never tries twice, never hands over an event.

use std::sync::Arc;
use std::time::Duration;

use lambent_core::lambda::environment::{Initialization, World, variables};
use lambent_core::lambda::failure::Failure;
use lambent_core::lambda::log::event::{Event, Initialized, Phase};
use lambent_sandbox::{BootError, Extensions, Init, Output, Sandbox, ShutdownReason, Spec};
use tokio::sync::SemaphorePermit;
use tracing::info;

use crate::InvokeError;
use crate::dispatcher::Dispatcher;
use crate::logs::Log;
use crate::metrics::{add, micros};
use crate::program::Program;
use crate::route::Route;
use crate::session::{Session, SessionKeys};
use crate::told::{Status, Told, exit_failure, extension_failure};

/// How long a start holds its place among the starts that go on at once.
const START_SLOT: Duration = Duration::from_millis(50);

/// How many idle environments are stopped to make room for one start.
const EVICTIONS_MAX: usize = 4;

/// What is started, and for whom.
#[derive(Clone, Copy)]
pub(crate) struct Start<'a> {
    pub(crate) dispatcher: &'a Dispatcher,
    pub(crate) route: &'a Route,
    pub(crate) initialization: Initialization,
    pub(crate) phase: Phase,
    /// The invocation that waits for it, which is told of a failure; empty where none does.
    pub(crate) request_id: &'a str,
    /// Whether it wants the end of the log.
    pub(crate) tail: bool,
}

/// An Init that ended well.
pub(crate) struct Started {
    pub(crate) sandbox: Box<dyn Sandbox>,
    pub(crate) session: Session,
    pub(crate) took: Duration,
}

/// An Init that did not end well.
pub(crate) struct Failed {
    pub(crate) log: Arc<Log>,
    pub(crate) told: Told,
    pub(crate) took: Duration,
    pub(crate) memory_peak_bytes: u64,
    pub(crate) failure: Option<Failure>,
}

impl Start<'_> {
    /// Boots a sandbox and waits for its Init, with what the log says of both.
    pub(crate) async fn initialise(
        &self,
        program: &Program,
        log: &Arc<Log>,
        limit: Duration,
    ) -> Result<Result<Started, Failed>, InvokeError> {
        let init = Initialized { initialization: self.initialization, phase: self.phase };
        let Route { id: function, version, .. } = self.route;
        log.platform(self.tail, || Event::InitStart { init, function, version });
        let initialised = self.initialise_once(program, log, limit).await?;
        let (duration, failed) = match &initialised {
            Ok(started) => (started.took, None),
            Err(failed) => (failed.took, failed.told.failed.as_ref().map(Status::names)),
        };
        log.platform(self.tail, || Event::InitRuntimeDone { init, failed });
        log.platform(self.tail, || Event::InitReport { init, duration, failed });
        Ok(initialised)
    }

    async fn initialise_once(
        &self,
        program: &Program,
        log: &Arc<Log>,
        limit: Duration,
    ) -> Result<Result<Started, Failed>, InvokeError> {
        let slots = self.slots().await.ok_or(InvokeError::Closing)?;
        let started = self.dispatcher.clock.monotonic();
        let role = &self.route.deployment.configuration.role;
        let session = Session::open(&self.dispatcher.credentials, role, &self.route.id);
        let spec = self.spec(program, log, &session.keys);
        let lines = Arc::clone(log);
        let output: Output = Arc::new(move |line: &[u8]| lines.line(line));
        let mut sandbox = match self.boot(&spec, &output).await {
            Ok(sandbox) => sandbox,
            Err(BootError::Entrypoint { program: missing, .. }) => {
                let tried = if program.tried.is_empty() { vec![missing] } else { program.tried.clone() };
                let failure = Failure::NoEntrypoint { tried };
                return Ok(Err(self.failed(log, failure, Duration::ZERO, 0)));
            }
            Err(BootError::Step { step, reason }) => {
                return Err(InvokeError::Sandbox(format!("{step}: {reason}")));
            }
        };
        add(&self.dispatcher.metrics.cold_starts, 1);
        let Some(init) = self.unless_closing(hold(slots, sandbox.init(limit))).await else {
            self.dispatcher.discard(sandbox);
            return Err(InvokeError::Closing);
        };
        let took = self.dispatcher.clock.monotonic().saturating_sub(started);
        add(&self.dispatcher.metrics.init_us, micros(took));
        let peak = sandbox.memory_peak_bytes();
        let failed = match init {
            Init::Ready => return Ok(Ok(Started { sandbox, session, took })),
            Init::Reported(reported) => Failed {
                log: Arc::clone(log),
                told: Told::reported(reported),
                took,
                memory_peak_bytes: peak,
                failure: None,
            },
            Init::Exited(exit) => self.failed(log, exit_failure(exit), took, peak),
            Init::Extension(fault) => self.failed(log, extension_failure(&fault), took, peak),
            Init::TimedOut => self.failed(log, Failure::TimedOut { limit }, took, peak),
        };
        self.dispatcher.discard(sandbox);
        Ok(Err(failed))
    }

    /// A new sandbox. Where the host has no room for one, idle environments make room, the longest idle first.
    async fn boot(&self, spec: &Spec, output: &Output) -> Result<Box<dyn Sandbox>, BootError> {
        for _ in 0..EVICTIONS_MAX {
            match self.dispatcher.host.boot(spec, Arc::clone(output), Arc::default()).await {
                Err(BootError::Step { step, reason }) => {
                    let Some(idle) = self.dispatcher.longest_idle() else {
                        return Err(BootError::Step { step, reason });
                    };
                    info!(step, reason, "no room for a sandbox: an idle one is stopped");
                    idle.sandbox.stop(ShutdownReason::Spindown).await;
                }
                booted => return booted,
            }
        }
        self.dispatcher.host.boot(spec, Arc::clone(output), Arc::default()).await
    }

    pub(crate) fn failed(
        &self,
        log: &Arc<Log>,
        failure: Failure,
        took: Duration,
        memory_peak_bytes: u64,
    ) -> Failed {
        let told = Told::failure(&failure, self.request_id);
        Failed { log: Arc::clone(log), told, took, memory_peak_bytes, failure: Some(failure) }
    }

    /// A place among the starts that go on at once; nothing when the server closes. What nobody waits for takes half of the
    /// places at most, so that invocations find room.
    async fn slots(&self) -> Option<(Option<SemaphorePermit<'_>>, SemaphorePermit<'_>)> {
        let turn = match self.initialization {
            Initialization::OnDemand => None,
            Initialization::ProvisionedConcurrency => {
                Some(self.unless_closing(self.dispatcher.provisioner.slots.acquire()).await?.ok()?)
            }
        };
        Some((turn, self.unless_closing(self.dispatcher.start_slots.acquire()).await?.ok()?))
    }

    /// An invocation is waited for when the server closes; what nobody waits for is given up.
    async fn unless_closing<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        match self.initialization {
            Initialization::OnDemand => Some(work.await),
            Initialization::ProvisionedConcurrency => self.dispatcher.closing.run_until_cancelled(work).await,
        }
    }

    fn spec(&self, program: &Program, log: &Log, keys: &SessionKeys) -> Spec {
        let configuration = &self.route.deployment.configuration;
        let mut environment = variables(&World {
            id: &self.route.id,
            configuration,
            runtime: program.runtime,
            version: &self.route.version,
            initialization: self.initialization,
            log_stream: log.stream(),
            credentials: (&keys.access_key_id, &keys.secret_access_key, &keys.session_token),
        });
        for (name, value) in &program.environment {
            environment.entry(name.clone()).or_insert_with(|| value.clone());
        }
        Spec {
            argv: program.argv.clone(),
            working_directory: "/var/task".to_owned(),
            environment,
            mounts: program.mounts.clone(),
            memory_mib: configuration.memory_mib,
            tmp_mib: configuration.tmp_mib,
            network: self.dispatcher.options.network,
            extensions: Extensions::default(),
            framed_log: false,
        }
    }
}

/// Waits for Init, but gives the place among the starts back after a while: a slow Init waits, it does not work.
async fn hold(slots: impl Send, init: impl Future<Output = Init>) -> Init {
    tokio::pin!(init);
    tokio::select! {
        biased;
        init = &mut init => init,
        () = tokio::time::sleep(START_SLOT) => {
            drop(slots);
            init.await
        }
    }
}
