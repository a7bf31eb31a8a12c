//! The Init phase: waits for the runtime and the extensions, with what the log says of it. Never starts a process.

use std::time::Duration;

use lambent_core::lambda::environment::Initialization;
use lambent_core::lambda::failure::Failure;
use lambent_core::lambda::life::{Event, Fault};
use lambent_core::lambda::log::event::{Event as Logged, Failed, Initialized, Instance, Phase};
use lambent_core::lambda::runtime_version::RuntimeVersion;
use lambent_sandbox::{BootError, Init, Settled};
use tracing::info;

use crate::boot::Slots;
use crate::drive::Drive;
use crate::environment::Environment;
use crate::logs::Log;
use crate::metrics::{add, micros};
use crate::told::{Told, exit_failure, extension_failure};

/// How long a start holds its place among the starts that go on at once.
const START_SLOT: Duration = Duration::from_millis(50);

impl Drive<'_> {
    /// Waits for the runtime.
    pub(crate) async fn init(
        &mut self,
        environment: &mut Environment,
        phase: Phase,
        limit: Duration,
    ) -> Event {
        let slots = self.slots.take();
        let Some(init) = self.unless_closing(hold(slots, environment.sandbox.init(limit))).await else {
            return Event::Lost;
        };
        let failure = match init {
            Init::Ready => {
                let init = initialized(environment.life.initialization(), phase);
                environment
                    .log
                    .platform(self.wants_tail(), || Logged::InitRuntimeDone { init, failed: None });
                return Event::RuntimeReady;
            }
            Init::Reported(reported) => {
                return self.init_failed(environment, phase, Told::reported(reported), None);
            }
            Init::Exited(_) if self.is_cut_off() => return Event::Lost,
            Init::Exited(exit) => exit_failure(exit),
            Init::Extension(fault) => extension_failure(&fault),
            Init::NotStarted(BootError::Entrypoint { program, reason }) => {
                Failure::NotExecuted { program, reason }
            }
            Init::NotStarted(BootError::Step { step, reason } | BootError::SharedFolder { step, reason }) => {
                info!(step, reason, "a program was not started after its extensions");
                return Event::Lost;
            }
            Init::TimedOut => self.init_timed_out(phase, limit),
        };
        let told = Told::failure(&failure, self.request_id());
        self.init_failed(environment, phase, told, Some(&failure))
    }

    /// Waits for the extensions; then Init has ended well.
    pub(crate) async fn join(
        &mut self,
        environment: &mut Environment,
        phase: Phase,
        limit: Duration,
    ) -> Event {
        let Some(joined) = self.unless_closing(environment.sandbox.extensions_ready(limit)).await else {
            return Event::Lost;
        };
        let failure = match joined {
            Settled::Ready => {
                let took = self.init_took(environment);
                environment.init = (phase == Phase::Init).then_some(took);
                self.init_reports(environment, phase, None);
                return Event::ExtensionsReady;
            }
            Settled::Exited(exit) => exit_failure(exit),
            Settled::Extension(fault) => extension_failure(&fault),
            Settled::TimedOut => self.init_timed_out(phase, limit),
        };
        let told = Told::failure(&failure, self.request_id());
        self.init_reports(environment, phase, told.names());
        self.init_costs(environment, phase, told, Some(&failure))
    }

    /// Init before the runtime was ready ended like this.
    pub(crate) fn init_failed(
        &mut self,
        environment: &mut Environment,
        phase: Phase,
        told: Told,
        failure: Option<&Failure>,
    ) -> Event {
        let init = initialized(environment.life.initialization(), phase);
        let failed = told.names();
        environment.log.platform(self.wants_tail(), || Logged::InitRuntimeDone { init, failed });
        self.init_reports(environment, phase, failed);
        self.init_costs(environment, phase, told, failure)
    }

    /// What a failed Init means to the invocation it is part of, if it is part of one.
    fn init_costs(
        &mut self,
        environment: &mut Environment,
        phase: Phase,
        told: Told,
        failure: Option<&Failure>,
    ) -> Event {
        let timed_out = matches!(failure, Some(Failure::TimedOut { .. }));
        if phase == Phase::Invoke {
            self.start_line(&environment.log);
            self.failed(environment, told, failure);
        }
        Event::Failed(if timed_out { Fault::Timeout } else { Fault::Failure })
    }

    /// Inside an invocation it is the function's timeout that passed.
    fn init_timed_out(&self, phase: Phase, limit: Duration) -> Failure {
        let limit = match phase {
            Phase::Init => limit,
            Phase::Invoke => self.timeout(),
        };
        Failure::TimedOut { limit }
    }

    /// Init begins.
    pub(crate) fn init_starts(&self, log: &Log, phase: Phase) {
        let (function, version) = (&self.route.id, self.route.version.as_str());
        let init = initialized(self.initialization, phase);
        let configuration = &self.route.deployment.configuration;
        let instance = Instance { id: log.instance(), memory_mib: configuration.memory_mib };
        log.platform(self.wants_tail(), || {
            let runtime = RuntimeVersion::of(&configuration.runtime, &function.region);
            Logged::InitStart { init, function, version, runtime, instance }
        });
    }

    fn init_reports(&self, environment: &Environment, phase: Phase, failed: Failed<'_>) {
        let duration = self.init_took(environment);
        add(&self.dispatcher.metrics.init_us, micros(duration));
        let init = initialized(environment.life.initialization(), phase);
        environment.log.platform(self.wants_tail(), || Logged::InitReport { init, duration, failed });
    }

    /// A program that cannot be executed: Init fails, and so it does inside the invocation, without trying.
    pub(crate) fn no_init(&self, log: &Log, failed: Failed<'_>) {
        let duration = Duration::ZERO;
        for phase in [Phase::Init, Phase::Invoke] {
            let init = initialized(self.initialization, phase);
            self.init_starts(log, phase);
            log.platform(self.wants_tail(), || Logged::InitRuntimeDone { init, failed });
            log.platform(self.wants_tail(), || Logged::InitReport { init, duration, failed });
        }
    }
}

fn initialized(initialization: Initialization, phase: Phase) -> Initialized {
    Initialized { initialization, phase }
}

/// Waits for Init, but gives the place among the starts back after a while: a slow Init waits, it does not work.
async fn hold(slots: Option<Slots<'_>>, init: impl Future<Output = Init>) -> Init {
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
