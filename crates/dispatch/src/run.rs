//! One invocation from its environment to its answer: acquire -> run -> settle, with the lines AWS logs on the way. Never
//! chooses who may run.

use std::sync::Arc;
use std::time::Duration;

use lambent_core::lambda::failure::Failure;
use lambent_core::lambda::log::Report;
use lambent_core::lambda::log::event::Event as Logged;
use lambent_sandbox::{Answer, Event, Settled};

use crate::boot::Failed;
use crate::dispatcher::Dispatcher;
use crate::environment::Environment;
use crate::logs::Log;
use crate::metrics::{add, micros};
use crate::route::Route;
use crate::start::Acquired;
use crate::told::{Status, Told, exit_failure, extension_failure};
use crate::{Invocation, InvokeError, Outcome};

/// How long an answer is held back for the runtime to ask for its next event, so that the environment is free again when
/// the caller has it: back-to-back calls never start a second one.
const SETTLE_FIRST: Duration = Duration::from_millis(2);

/// The same where the caller wants the end of the log, which REPORT closes.
const SETTLE_FIRST_FOR_TAIL: Duration = Duration::from_secs(1);

/// One invocation under way.
pub(crate) struct Run<'a> {
    pub(crate) dispatcher: &'a Arc<Dispatcher>,
    pub(crate) route: &'a Arc<Route>,
    pub(crate) invocation: Invocation,
}

/// An event that was handed over, and what came of it.
struct Handed {
    environment: Environment,
    answered: Answer,
    started: Duration,
}

impl Run<'_> {
    /// Runs the invocation; `answer` gets the outcome, which may be before this returns.
    pub(crate) async fn go(self, answer: impl FnOnce(Result<Outcome, InvokeError>)) {
        match self.acquire().await {
            Err(refusal) => answer(Err(refusal)),
            Ok(Acquired::Ready { environment, spent }) => {
                let handed = self.hand_over(environment, spent).await;
                self.finish(handed, answer).await;
            }
            Ok(Acquired::Failed(failed)) => {
                let Failed { log, told, took, memory_peak_bytes, .. } = &failed;
                self.report(log, told.produced_bytes, told.failed.as_ref(), *took, None, *memory_peak_bytes);
                answer(Ok(self.outcome(failed.told, &failed.log)));
            }
        }
    }

    pub(crate) fn limit(&self) -> Duration {
        Duration::from_secs(u64::from(self.route.deployment.configuration.timeout_s))
    }

    pub(crate) fn now(&self) -> Duration {
        self.dispatcher.clock.monotonic()
    }

    /// Hands over the event; `spent` is what Init inside the invocation took of its time. A program that ended before it
    /// took the event was killed while it was idle: another environment gets the event, once.
    async fn hand_over(&self, environment: Environment, spent: Duration) -> Handed {
        let handed = self.hand_over_once(environment, spent).await;
        if !matches!(handed.answered, Answer::Exited(_)) || !handed.environment.sandbox.untaken() {
            return handed;
        }
        match self.acquire().await {
            Ok(Acquired::Ready { environment, spent }) => {
                self.dispatcher.discard(handed.environment.sandbox);
                self.hand_over_once(environment, spent).await
            }
            Ok(Acquired::Failed(_)) | Err(_) => handed,
        }
    }

    async fn hand_over_once(&self, mut environment: Environment, spent: Duration) -> Handed {
        if spent.is_zero() {
            self.start_line(&environment.log);
        }
        let started = self.now().saturating_sub(spent);
        let left = self.limit().saturating_sub(spent);
        let answered = environment.sandbox.invoke(self.event(left), left).await;
        Handed { environment, answered, started }
    }

    /// Tells the answer, lets the environment settle, and logs what it took.
    async fn finish(self, handed: Handed, answer: impl FnOnce(Result<Outcome, InvokeError>)) {
        let Handed { mut environment, answered, started } = handed;
        if matches!(answered, Answer::Exited(_)) && self.dispatcher.is_killing() {
            return answer(Err(InvokeError::Closing));
        }
        let log = Arc::clone(&environment.log);
        let alive = !matches!(answered, Answer::Exited(_) | Answer::Extension(_) | Answer::TimedOut);
        let told = self.answered(answered, &log);
        let (failed, produced_bytes) = (told.failed.clone(), told.produced_bytes);
        let mut pending = Some((told, answer));
        let mut settled = None;
        let held = if self.invocation.tail { SETTLE_FIRST_FOR_TAIL } else { SETTLE_FIRST };
        if alive {
            let left = self.limit().saturating_sub(self.now().saturating_sub(started));
            let settle = environment.sandbox.settle(left);
            tokio::pin!(settle);
            settled = Some(tokio::select! {
                biased;
                settled = &mut settle => settled,
                () = tokio::time::sleep(held) => {
                    if let Some((told, answer)) = pending.take() {
                        answer(Ok(self.outcome(told, &log)));
                    }
                    settle.await
                }
            });
        }
        let failed = failed.or_else(|| settled.clone().and_then(|s| self.unsettled(s, &log)));
        let took = self.now().saturating_sub(started);
        let (init, peak) = (environment.init.take(), environment.sandbox.memory_peak_bytes());
        self.report(&log, produced_bytes, failed.as_ref(), took, init, peak);
        // The outcome takes the log's tail, so it is made while nobody else has the environment.
        let pending = pending.map(|(told, answer)| (self.outcome(told, &log), answer));
        if settled == Some(Settled::Ready) {
            self.dispatcher.release(self.route, environment);
        } else {
            self.dispatcher.discard(environment.sandbox);
        }
        if let Some((outcome, answer)) = pending {
            answer(Ok(outcome));
        }
    }

    fn event(&self, left: Duration) -> Event {
        let Invocation {
            request_id,
            invoked_function_arn,
            payload,
            client_context,
            trace_id,
            tail: _,
            stream,
        } = self.invocation.clone();
        let deadline = self.dispatcher.clock.now().plus(left);
        Event {
            request_id,
            deadline,
            invoked_function_arn,
            trace_id,
            client_context,
            cognito_identity: None,
            payload,
            stream,
        }
    }

    fn answered(&self, answer: Answer, log: &Log) -> Told {
        let failure = match answer {
            Answer::Response { content_type, body } => {
                return Told::answer(content_type, body);
            }
            Answer::Error(reported) => return Told::reported(reported),
            Answer::TooLarge => Failure::ResponseTooLarge,
            Answer::Streamed { produced_bytes, failed } => return Told::streamed(produced_bytes, failed),
            Answer::Exited(exit) => exit_failure(exit),
            Answer::Extension(fault) => extension_failure(&fault),
            Answer::TimedOut => Failure::TimedOut { limit: self.limit() },
        };
        self.failure_line(log, &failure);
        Told::failure(&failure, &self.invocation.request_id)
    }

    /// What went wrong between the answer and the next event: logged, not told, since the caller has an answer.
    fn unsettled(&self, settled: Settled, log: &Log) -> Option<Status> {
        let failure = match settled {
            Settled::Ready => return None,
            Settled::Exited(exit) => exit_failure(exit),
            Settled::Extension(fault) => extension_failure(&fault),
            Settled::TimedOut => Failure::TimedOut { limit: self.limit() },
        };
        self.failure_line(log, &failure);
        Some(Status::of(&failure))
    }

    fn outcome(&self, told: Told, log: &Log) -> Outcome {
        add(&self.dispatcher.metrics.invocations, 1);
        add(&self.dispatcher.metrics.errors, u64::from(told.failed.is_some()));
        Outcome {
            payload: told.payload,
            failed: told.failed.is_some(),
            error_type: told.failed.map(|status| status.error_type),
            content_type: told.content_type,
            version: self.route.version.clone(),
            tail: log.take_tail(),
        }
    }

    pub(crate) fn start_line(&self, log: &Log) {
        let (request_id, function, version) =
            (self.invocation.request_id.as_str(), &self.route.id, self.route.version.as_str());
        log.platform(self.invocation.tail, || Logged::Start { request_id, function, version });
    }

    pub(crate) fn failure_line(&self, log: &Log, failure: &Failure) {
        let request_id = self.invocation.request_id.as_str();
        log.platform(self.invocation.tail, || Logged::Fault { request_id, failure });
    }

    fn report(
        &self,
        log: &Log,
        produced_bytes: usize,
        failed: Option<&Status>,
        duration: Duration,
        init: Option<Duration>,
        memory_peak_bytes: u64,
    ) {
        let failed = failed.map(Status::names);
        let (tail, request_id) = (self.invocation.tail, self.invocation.request_id.as_str());
        let memory_mib = self.route.deployment.configuration.memory_mib;
        add(&self.dispatcher.metrics.duration_us, micros(duration));
        log.platform(tail, || Logged::RuntimeDone { request_id, duration, produced_bytes, failed });
        log.platform(tail, || {
            Logged::Report(Report { request_id, duration, init, memory_mib, memory_peak_bytes, failed })
        });
    }
}
