//! How an invocation gets its environment: an idle one, one that was reset, or a new one. Never hands over an event.

use std::sync::Arc;

use lambent_core::lambda::life::{Action, Event};
use lambent_core::lambda::log::event::Phase;

use crate::InvokeError;
use crate::boot::NotBooted;
use crate::drive::{Drive, shutdown};
use crate::environment::Environment;
use crate::logs::Log;
use crate::told::Told;

impl Drive<'_> {
    /// An idle environment, or a new one; none where the invocation has its answer already, because there can be none.
    pub(crate) async fn acquire(&mut self) -> Result<Option<Environment>, InvokeError> {
        while let Some(mut environment) = self.route.pool.take(self.may_be_provisioned()) {
            if environment.wake().await {
                environment.log.begin(self.wants_tail());
                return Ok(Some(environment));
            }
            environment.log.release();
            self.dispatcher.discard(environment);
        }
        self.may_start()?;
        let program = self.dispatcher.program(self.route).await?;
        let log = Arc::new(Log::new(self.dispatcher, self.route));
        log.begin(self.wants_tail());
        match self.boot(program, &log).await {
            Ok(mut environment) => {
                // A life that has ended says so again to the invocation, which then looks for another.
                _ = self.initialise(&mut environment).await;
                Ok(Some(environment))
            }
            Err(NotBooted::Refused(refusal)) => Err(refusal),
            Err(NotBooted::Entrypoint(failure)) => {
                let told = Told::failure(&failure, self.request_id());
                self.no_init(&log, told.names());
                self.begin();
                self.start_line(&log);
                self.conclude(&log, told, Some(&failure));
                self.report_line(&log, None, 0);
                if let Some(outcome) = self.outcome(&log) {
                    self.tell(Ok(outcome));
                }
                Ok(None)
            }
        }
    }

    /// Whether its function may have one more environment already.
    fn may_start(&self) -> Result<(), InvokeError> {
        let may = self.dispatcher.admission.may_start(&self.route.id, self.now());
        may.map_err(|throttle| {
            if let Some(served) = &self.served {
                self.dispatcher.count_throttle(self.route, &served.invocation);
            }
            InvokeError::Throttled(throttle)
        })
    }

    /// Waits for the Init of a new environment. Where that fails the invocation will begin with another.
    async fn initialise(&mut self, environment: &mut Environment) -> Action {
        self.init_starts(&environment.log, Phase::Init);
        self.through(environment, Event::Started).await
    }

    /// A provisioned environment that is ready, or nothing where its Init failed.
    pub(crate) async fn provision(&mut self) -> Result<Option<Environment>, InvokeError> {
        let program = self.dispatcher.program(self.route).await?;
        let log = Arc::new(Log::new(self.dispatcher, self.route));
        match self.boot(program, &log).await {
            Ok(mut environment) => {
                if let Action::Stop(reason) = self.initialise(&mut environment).await {
                    self.dispatcher.stop(environment, shutdown(reason));
                    return Ok(None);
                }
                Ok(Some(environment))
            }
            Err(NotBooted::Entrypoint(_)) => Ok(None),
            Err(NotBooted::Refused(refusal)) => Err(refusal),
        }
    }

    /// Initialises a provisioned environment that was reset, and gives it back.
    pub(crate) async fn renew(&mut self, mut environment: Environment) {
        let action = self.through(&mut environment, Event::Renewed).await;
        self.give_back(environment, action);
    }
}
