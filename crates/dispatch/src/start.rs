//! How an invocation gets its environment: an idle one, or a new one whose Init goes well the first or the second time.
//! Never hands over an event.

use std::sync::Arc;
use std::time::Duration;

use lambent_core::lambda::environment::{World, variables};
use lambent_core::lambda::failure::Failure;
use lambent_core::lambda::log;
use lambent_core::limits::{ENVIRONMENT_AGE_MAX, INIT_TIMEOUT};
use lambent_sandbox::{BootError, Init, Output, Sandbox, Spec};
use tokio::sync::SemaphorePermit;
use tracing::info;

use crate::InvokeError;
use crate::environment::Environment;
use crate::logs::Log;
use crate::metrics::{add, micros};
use crate::program::Program;
use crate::run::Run;
use crate::session::{Session, SessionKeys};
use crate::told::{Status, Told, exit_failure};

/// How long a start holds its place among the starts that go on at once.
const START_SLOT: Duration = Duration::from_millis(50);

/// How many idle environments are stopped to make room for one start.
const EVICTIONS_MAX: usize = 4;

/// How an environment was got.
pub(crate) enum Acquired {
    /// It is there. START is logged already where Init took some of the invocation's time.
    Ready {
        environment: Environment,
        /// What Init took of the invocation's time.
        spent: Duration,
    },
    /// It could not be initialised.
    Failed(Failed),
}

/// An Init that ended well.
struct Started {
    sandbox: Box<dyn Sandbox>,
    session: Session,
    took: Duration,
}

/// An Init that did not end well.
pub(crate) struct Failed {
    pub(crate) log: Arc<Log>,
    pub(crate) told: Told,
    pub(crate) took: Duration,
    pub(crate) memory_peak_bytes: u64,
    failure: Option<Failure>,
}

impl Run<'_> {
    /// An idle environment, or a new one.
    pub(crate) async fn acquire(&self) -> Result<Acquired, InvokeError> {
        while let Some(mut environment) = self.route.pool.take() {
            let age = self.now().saturating_sub(environment.born);
            if age < ENVIRONMENT_AGE_MAX && environment.wake().await {
                environment.log.begin(self.invocation.tail);
                return Ok(Acquired::Ready { environment, spent: Duration::ZERO });
            }
            self.dispatcher.discard(environment.sandbox);
        }
        self.start().await
    }

    /// A new environment. An Init that fails is done once more inside the invocation, under the function's timeout.
    async fn start(&self) -> Result<Acquired, InvokeError> {
        let program = self.dispatcher.program(self.route).await?;
        let log = Arc::new(self.dispatcher.log(self.route));
        log.begin(self.invocation.tail);
        if program.argv.is_empty() {
            let failure = Failure::NoEntrypoint { tried: program.tried.clone() };
            return Ok(self.give_up(self.failed(&log, failure, Duration::ZERO, 0)));
        }
        let first = match self.initialise(program, &log, INIT_TIMEOUT).await? {
            Ok(started) => {
                let environment = self.environment(started, log, true);
                return Ok(Acquired::Ready { environment, spent: Duration::ZERO });
            }
            Err(failed) => failed,
        };
        self.init_report(&first, "init");
        if matches!(first.failure, Some(Failure::NoEntrypoint { .. })) {
            return Ok(self.give_up(first));
        }
        self.start_line(&log);
        match self.initialise(program, &log, self.limit()).await? {
            Ok(started) => {
                let spent = started.took;
                Ok(Acquired::Ready { environment: self.environment(started, log, false), spent })
            }
            Err(second) => {
                self.init_report(&second, "invoke");
                if let Some(failure) = &second.failure {
                    self.failure_line(&log, failure);
                }
                Ok(Acquired::Failed(second))
            }
        }
    }

    fn environment(&self, started: Started, log: Arc<Log>, report_init: bool) -> Environment {
        let Started { sandbox, session, took } = started;
        Environment::new(sandbox, log, session, self.now(), report_init.then_some(took))
    }

    /// An Init that is not tried again.
    fn give_up(&self, failed: Failed) -> Acquired {
        self.start_line(&failed.log);
        if let Some(failure) = &failed.failure {
            self.failure_line(&failed.log, failure);
        }
        Acquired::Failed(failed)
    }

    /// Boots a sandbox and waits for its Init.
    async fn initialise(
        &self,
        program: &Program,
        log: &Arc<Log>,
        limit: Duration,
    ) -> Result<Result<Started, Failed>, InvokeError> {
        let slot = self.dispatcher.start_slots.acquire().await.map_err(|_| InvokeError::Closing)?;
        let started = self.now();
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
        let init = hold_slot(slot, sandbox.init(limit)).await;
        let took = self.now().saturating_sub(started);
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
            Init::TimedOut => self.failed(log, Failure::TimedOut { limit }, took, peak),
        };
        self.dispatcher.discard(sandbox);
        Ok(Err(failed))
    }

    /// A new sandbox. Where the host has no room for one, idle environments make room, the longest idle first.
    async fn boot(&self, spec: &Spec, output: &Output) -> Result<Box<dyn Sandbox>, BootError> {
        for _ in 0..EVICTIONS_MAX {
            match self.dispatcher.host.boot(spec, Arc::clone(output)).await {
                Err(BootError::Step { step, reason }) => {
                    let Some(idle) = self.dispatcher.longest_idle() else {
                        return Err(BootError::Step { step, reason });
                    };
                    info!(step, reason, "no room for a sandbox: an idle one is stopped");
                    idle.sandbox.stop().await;
                }
                booted => return booted,
            }
        }
        self.dispatcher.host.boot(spec, Arc::clone(output)).await
    }

    fn failed(&self, log: &Arc<Log>, failure: Failure, took: Duration, memory_peak_bytes: u64) -> Failed {
        let told = Told::failure(&failure, &self.invocation.request_id);
        Failed { log: Arc::clone(log), told, took, memory_peak_bytes, failure: Some(failure) }
    }

    fn init_report(&self, failed: &Failed, phase: &str) {
        let Some(Status { status, error_type }) = &failed.told.failed else { return };
        let error_type = (*status != "timeout").then_some(error_type.as_str());
        failed
            .log
            .platform(self.invocation.tail, || log::init_report(failed.took, phase, status, error_type));
    }

    fn spec(&self, program: &Program, log: &Log, keys: &SessionKeys) -> Spec {
        let configuration = &self.route.deployment.configuration;
        let mut environment = variables(&World {
            id: &self.route.id,
            configuration,
            runtime: program.runtime,
            version: &self.route.version,
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
        }
    }
}

/// Waits for Init, but gives the place among the starts back after a while: a slow Init waits, it does not work.
async fn hold_slot(slot: SemaphorePermit<'_>, init: impl Future<Output = Init>) -> Init {
    tokio::pin!(init);
    tokio::select! {
        biased;
        init = &mut init => init,
        () = tokio::time::sleep(START_SLOT) => {
            drop(slot);
            init.await
        }
    }
}
