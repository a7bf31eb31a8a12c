//! How an invocation gets its environment: an idle one, or a new one whose Init goes well the first or the second time.
//! Never hands over an event.

use std::sync::Arc;
use std::time::Duration;

use lambent_core::lambda::environment::Initialization;
use lambent_core::lambda::failure::Failure;
use lambent_core::lambda::log::event::Phase;
use lambent_core::limits::{ENVIRONMENT_AGE_MAX, INIT_TIMEOUT};

use crate::InvokeError;
use crate::boot::{Failed, Start, Started};
use crate::environment::Environment;
use crate::logs::Log;
use crate::metrics::add;
use crate::run::Run;

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

impl Run<'_> {
    /// An idle environment, or a new one.
    pub(crate) async fn acquire(&self) -> Result<Acquired, InvokeError> {
        while let Some(mut environment) = self.route.pool.take() {
            let age = self.now().saturating_sub(environment.born);
            if age < ENVIRONMENT_AGE_MAX && environment.wake().await {
                self.count_provisioned(environment.is_provisioned());
                environment.log.begin(self.invocation.tail);
                return Ok(Acquired::Ready { environment, spent: Duration::ZERO });
            }
            self.dispatcher.discard(environment.sandbox);
        }
        self.count_provisioned(false);
        self.start().await
    }

    /// Counts what provisioned concurrency was good for, where there is some.
    fn count_provisioned(&self, used: bool) {
        let metrics = &self.dispatcher.metrics;
        if used {
            add(&metrics.provisioned_invocations, 1);
        } else if self.route.provisioned.keeper().wanted() > 0 {
            add(&metrics.provisioned_spillovers, 1);
        }
    }

    /// A new environment. An Init that fails is done once more inside the invocation, under the function's timeout.
    async fn start(&self) -> Result<Acquired, InvokeError> {
        let program = self.dispatcher.program(self.route).await?;
        let log = Arc::new(Log::new(self.dispatcher, self.route));
        log.begin(self.invocation.tail);
        if program.argv.is_empty() {
            let failure = Failure::NoEntrypoint { tried: program.tried.clone() };
            return Ok(self.give_up(self.starting(Phase::Init).failed(&log, failure, Duration::ZERO, 0)));
        }
        let first = match self.starting(Phase::Init).initialise(program, &log, INIT_TIMEOUT).await? {
            Ok(started) => {
                let environment = self.environment(started, log, true);
                return Ok(Acquired::Ready { environment, spent: Duration::ZERO });
            }
            Err(failed) => failed,
        };
        if matches!(first.failure, Some(Failure::NoEntrypoint { .. })) {
            return Ok(self.give_up(first));
        }
        self.start_line(&log);
        match self.starting(Phase::Invoke).initialise(program, &log, self.limit()).await? {
            Ok(started) => {
                let spent = started.took;
                Ok(Acquired::Ready { environment: self.environment(started, log, false), spent })
            }
            Err(second) => {
                if let Some(failure) = &second.failure {
                    self.failure_line(&log, failure);
                }
                Ok(Acquired::Failed(second))
            }
        }
    }

    fn starting(&self, phase: Phase) -> Start<'_> {
        Start {
            dispatcher: self.dispatcher,
            route: self.route,
            initialization: Initialization::OnDemand,
            phase,
            request_id: &self.invocation.request_id,
            tail: self.invocation.tail,
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
}
