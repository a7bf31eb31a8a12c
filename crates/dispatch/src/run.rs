//! One invocation from its environment to its answer: acquire -> init -> run -> settle, with the lines AWS logs on the
//! way. Never chooses who may run.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use lambent_core::lambda::environment::{World, variables};
use lambent_core::lambda::failure::{Failure, accepted_error_type, unknown_error};
use lambent_core::lambda::log;
use lambent_core::limits::INIT_TIMEOUT;
use lambent_sandbox::{Answer, BootError, Event, Exit, Init, Reported, Sandbox, Settled, Spec};

use crate::dispatcher::Dispatcher;
use crate::environment::Environment;
use crate::logs::Log;
use crate::metrics::add;
use crate::program::Program;
use crate::route::Route;
use crate::{Invocation, InvokeError, Outcome};

/// How long an answer is held back for the runtime to ask for its next event, so that the environment is free again when
/// the caller has it: back-to-back calls never start a second one.
const SETTLE_FIRST: Duration = Duration::from_millis(2);

/// How long a start holds its place among the starts that go on at once.
const START_SLOT: Duration = Duration::from_millis(500);

/// One invocation under way.
pub(crate) struct Run<'a> {
    pub(crate) dispatcher: &'a Arc<Dispatcher>,
    pub(crate) route: &'a Arc<Route>,
    pub(crate) invocation: Invocation,
}

/// What the caller is told, and how the log calls it.
struct Told {
    payload: Bytes,
    content_type: Option<String>,
    failed: Option<(&'static str, String)>,
}

/// How an environment was got.
enum Acquired {
    Ready(Environment, Duration),
    /// Init failed twice: what the caller is told, and how long the second took.
    Failed(Arc<Log>, Told, Duration, u64),
}

/// How one Init ended that did not end well.
struct InitFailure {
    told: Told,
    failure: Option<Failure>,
    took: Duration,
    peak: u64,
}

impl Run<'_> {
    /// Runs the invocation; `answer` gets the outcome, which may be before this returns.
    pub(crate) async fn go(self, answer: impl FnOnce(Result<Outcome, InvokeError>)) {
        match self.acquire().await {
            Err(refusal) => answer(Err(refusal)),
            Ok(Acquired::Ready(environment, spent)) => self.invoke(environment, spent, answer).await,
            Ok(Acquired::Failed(log, told, took, peak)) => {
                let failed = told.failed.as_ref().map(|(s, k)| (*s, k.as_str()));
                self.start_line(&log);
                self.report(&log, took, None, peak, failed);
                answer(Ok(self.outcome(told, &log)));
            }
        }
    }

    fn limit(&self) -> Duration {
        Duration::from_secs(u64::from(self.route.deployment.configuration.timeout_s))
    }

    fn now(&self) -> Duration {
        self.dispatcher.clock.monotonic()
    }

    /// An idle environment, or a new one.
    async fn acquire(&self) -> Result<Acquired, InvokeError> {
        while let Some(mut environment) = self.route.pool.take() {
            if environment.wake().await {
                return Ok(Acquired::Ready(environment, Duration::ZERO));
            }
            self.dispatcher.discard(environment.sandbox);
        }
        self.start().await
    }

    /// A new environment. An Init that fails is done once more inside the invocation, under the function's timeout.
    async fn start(&self) -> Result<Acquired, InvokeError> {
        let program = self.dispatcher.program(self.route).await?;
        let log = Arc::new(self.dispatcher.log(self.route));
        if program.argv.is_empty() {
            let told = self.told(&Failure::NoEntrypoint { tried: program.tried.clone() });
            return Ok(Acquired::Failed(log, told, Duration::ZERO, 0));
        }
        let first = match self.initialise(program, &log, INIT_TIMEOUT).await? {
            Ok((sandbox, took)) => {
                return Ok(Acquired::Ready(Environment::new(sandbox, log, Some(took)), Duration::ZERO));
            }
            Err(failure) => failure,
        };
        self.init_report(&log, &first, "init");
        if matches!(first.failure, Some(Failure::NoEntrypoint { .. })) {
            return Ok(Acquired::Failed(log, first.told, first.took, first.peak));
        }
        match self.initialise(program, &log, self.limit()).await? {
            Ok((sandbox, took)) => Ok(Acquired::Ready(Environment::new(sandbox, log, None), took)),
            Err(second) => {
                self.init_report(&log, &second, "invoke");
                Ok(Acquired::Failed(log, second.told, second.took, second.peak))
            }
        }
    }

    /// Boots a sandbox and waits for its Init.
    async fn initialise(
        &self,
        program: &Program,
        log: &Arc<Log>,
        limit: Duration,
    ) -> Result<Result<(Box<dyn Sandbox>, Duration), InitFailure>, InvokeError> {
        let slot = self.dispatcher.start_slots.acquire().await.map_err(|_| InvokeError::Closing)?;
        let started = self.now();
        let spec = self.spec(program, log);
        let lines = Arc::clone(log);
        let booted = self.dispatcher.host.boot(&spec, Arc::new(move |line| lines.line(line))).await;
        let mut sandbox = match booted {
            Ok(sandbox) => sandbox,
            Err(BootError::Entrypoint { program, .. }) => {
                let failure = Failure::NoEntrypoint { tried: vec![program] };
                return Ok(Err(self.init_failure(failure, Duration::ZERO, 0)));
            }
            Err(BootError::Step { step, reason }) => {
                return Err(InvokeError::Sandbox(format!("{step}: {reason}")));
            }
        };
        add(&self.dispatcher.metrics.cold_starts, 1);
        let init = hold_slot(slot, sandbox.init(limit)).await;
        let took = self.now().saturating_sub(started);
        add(&self.dispatcher.metrics.init_us, micros(took));
        let failure = match init {
            Init::Ready => return Ok(Ok((sandbox, took))),
            Init::Reported(reported) => Err(reported),
            Init::Exited(exit) => Ok(exit_failure(exit)),
            Init::TimedOut => Ok(Failure::TimedOut { limit }),
        };
        let peak = sandbox.memory_peak_bytes();
        self.dispatcher.discard(sandbox);
        Ok(Err(match failure {
            Ok(failure) => self.init_failure(failure, took, peak),
            Err(reported) => InitFailure { told: reported_error(reported), failure: None, took, peak },
        }))
    }

    fn init_failure(&self, failure: Failure, took: Duration, peak: u64) -> InitFailure {
        InitFailure { told: self.told(&failure), failure: Some(failure), took, peak }
    }

    fn spec(&self, program: &Program, log: &Log) -> Spec {
        let configuration = &self.route.deployment.configuration;
        let keys = &self.route.keys;
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

    /// Hands over the event; `spent` is what Init inside the invocation took of its time.
    async fn invoke(
        self,
        mut environment: Environment,
        spent: Duration,
        answer: impl FnOnce(Result<Outcome, InvokeError>),
    ) {
        let log = Arc::clone(&environment.log);
        self.start_line(&log);
        let started = self.now().saturating_sub(spent);
        let left = self.limit().saturating_sub(spent);
        let answered = environment.sandbox.invoke(self.event(left), left).await;
        let alive = !matches!(answered, Answer::Exited(_) | Answer::TimedOut);
        let told = self.answered(answered, &log);
        let failed = told.failed.clone();
        let mut pending = Some((told, answer));
        let mut settled = None;
        if alive {
            let left = self.limit().saturating_sub(self.now().saturating_sub(started));
            let settle = environment.sandbox.settle(left);
            tokio::pin!(settle);
            settled = Some(tokio::select! {
                biased;
                settled = &mut settle => settled,
                () = tokio::time::sleep(SETTLE_FIRST), if !self.invocation.tail => {
                    if let Some((told, answer)) = pending.take() {
                        answer(Ok(self.outcome(told, &log)));
                    }
                    settle.await
                }
            });
        }
        let failed = failed.or_else(|| settled.and_then(|s| self.unsettled(s, &log)));
        let failed = failed.as_ref().map(|(status, kind)| (*status, kind.as_str()));
        let took = self.now().saturating_sub(started);
        self.report(&log, took, environment.init.take(), environment.sandbox.memory_peak_bytes(), failed);
        if settled == Some(Settled::Ready) {
            self.dispatcher.release(self.route, environment);
        } else {
            self.dispatcher.discard(environment.sandbox);
        }
        if let Some((told, answer)) = pending {
            answer(Ok(self.outcome(told, &log)));
        }
    }

    fn event(&self, left: Duration) -> Event {
        let Invocation { request_id, invoked_function_arn, payload, client_context, trace_id, tail: _ } =
            self.invocation.clone();
        let deadline = self.dispatcher.clock.now().plus(left);
        Event {
            request_id,
            deadline,
            invoked_function_arn,
            trace_id,
            client_context,
            cognito_identity: None,
            payload,
        }
    }

    fn answered(&self, answer: Answer, log: &Log) -> Told {
        let failure = match answer {
            Answer::Response { content_type, body } => {
                return Told { payload: body, content_type, failed: None };
            }
            Answer::Error(reported) => return reported_error(reported),
            Answer::TooLarge => Failure::ResponseTooLarge,
            Answer::Exited(exit) => exit_failure(exit),
            Answer::TimedOut => Failure::TimedOut { limit: self.limit() },
        };
        self.failure_line(log, &failure);
        self.told(&failure)
    }

    /// What went wrong between the answer and the next event: logged, not told, since the caller has an answer.
    fn unsettled(&self, settled: Settled, log: &Log) -> Option<(&'static str, String)> {
        let failure = match settled {
            Settled::Ready => return None,
            Settled::Exited(exit) => exit_failure(exit),
            Settled::TimedOut => Failure::TimedOut { limit: self.limit() },
        };
        self.failure_line(log, &failure);
        Some((failure.status(), failure.error_type().to_owned()))
    }

    fn told(&self, failure: &Failure) -> Told {
        Told {
            payload: failure.payload(&self.invocation.request_id).into(),
            content_type: None,
            failed: Some((failure.status(), failure.error_type().to_owned())),
        }
    }

    fn outcome(&self, told: Told, log: &Log) -> Outcome {
        add(&self.dispatcher.metrics.invocations, 1);
        add(&self.dispatcher.metrics.errors, u64::from(told.failed.is_some()));
        Outcome {
            payload: told.payload,
            failed: told.failed.is_some(),
            content_type: told.content_type,
            version: self.route.version.clone(),
            tail: self.invocation.tail.then(|| log.take_tail()),
        }
    }

    fn start_line(&self, log: &Log) {
        log.platform(self.invocation.tail, || log::start(&self.invocation.request_id, &self.route.version));
    }

    fn failure_line(&self, log: &Log, failure: &Failure) {
        let now = self.dispatcher.clock.now();
        log.platform(self.invocation.tail, || log::failure(failure, &self.invocation.request_id, now));
    }

    fn init_report(&self, log: &Log, failure: &InitFailure, phase: &str) {
        let (status, kind) = failure.told.failed.as_ref().map_or(("error", ""), |(s, k)| (*s, k.as_str()));
        let kind = (status != "timeout").then_some(kind);
        log.platform(self.invocation.tail, || log::init_report(failure.took, phase, status, kind));
    }

    fn report(
        &self,
        log: &Log,
        duration: Duration,
        init: Option<Duration>,
        memory_peak_bytes: u64,
        failed: Option<(&str, &str)>,
    ) {
        let request_id = self.invocation.request_id.as_str();
        let memory_mib = self.route.deployment.configuration.memory_mib;
        add(&self.dispatcher.metrics.duration_us, micros(duration));
        log.platform(self.invocation.tail, || log::end(request_id));
        log.platform(self.invocation.tail, || {
            log::Report { request_id, duration, init, memory_mib, memory_peak_bytes, failed }.line()
        });
    }
}

/// Waits for Init, but gives the place among the starts back after a while: a slow Init waits, it does not work.
async fn hold_slot(slot: tokio::sync::SemaphorePermit<'_>, init: impl Future<Output = Init>) -> Init {
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

/// An error the runtime reported, passed on untouched.
fn reported_error(reported: Reported) -> Told {
    let kind = accepted_error_type(reported.error_type.as_deref());
    let payload = if reported.body.is_empty() { unknown_error(&kind).into() } else { reported.body };
    Told { payload, content_type: reported.content_type, failed: Some(("error", kind)) }
}

fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

fn exit_failure(exit: Exit) -> Failure {
    match exit {
        Exit::Code(code) => Failure::ExitCode(code),
        Exit::Signal(number) => Failure::Signal(number),
        Exit::OutOfMemory => Failure::OutOfMemory,
    }
}
