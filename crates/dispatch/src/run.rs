//! One invocation from its environment to its answer: acquire -> run -> settle, with the lines AWS logs on the way. Never
//! chooses who may run.

use std::sync::Arc;
use std::time::Duration;

use lambent_core::lambda::failure::Failure;
use lambent_core::lambda::life::{Action, Event, Fault, Reason};
use lambent_sandbox::{Answer, Event as Handed, Settled};

use crate::drive::Drive;
use crate::environment::Environment;
use crate::logs::Log;
use crate::told::{Status, Told, exit_failure, extension_failure};
use crate::{Invocation, InvokeError};

/// How long an answer is held back for the runtime to ask for its next event, so that the environment is free again when
/// the caller has it: back-to-back calls never start a second one.
const SETTLE_FIRST: Duration = Duration::from_millis(2);

/// The same where the caller wants the end of the log, which REPORT closes.
const SETTLE_FIRST_FOR_TAIL: Duration = Duration::from_secs(1);

/// The same where the environment is reset, so that the next call finds it.
const RESET_FIRST: Duration = Duration::from_millis(100);

/// How many environments an invocation may lose to trouble of the host before it is refused.
const ENVIRONMENTS_LOST_MAX: u32 = 3;

/// What is known of an invocation that runs.
#[derive(Debug, Default)]
pub(crate) struct Course {
    /// When its time began.
    pub(crate) began: Duration,
    /// When the runtime had answered, and when it asked for its next event.
    pub(crate) answered: Option<Duration>,
    pub(crate) ready: Option<Duration>,
    /// The answer went to the caller as it came.
    pub(crate) streamed: bool,
    /// It has an answer, or the function will get no other chance to give one.
    over: bool,
    /// One environment was found dead with the event in its hands.
    untaken: bool,
    /// How many environments were lost on the way.
    lost: u32,
    pub(crate) produced_bytes: usize,
    pub(crate) failed: Option<Status>,
}

impl Drive<'_> {
    /// Runs the invocation to its end; the caller has the answer before, or then.
    pub(crate) async fn go(mut self) {
        loop {
            match self.acquire().await {
                Err(refusal) => return self.tell(Err(refusal)),
                Ok(None) => return,
                Ok(Some(environment)) => {
                    if self.run(environment).await {
                        return;
                    }
                }
            }
        }
    }

    /// Runs it in this environment; false if it needs another.
    async fn run(&mut self, mut environment: Environment) -> bool {
        self.begin();
        let action = self.through(&mut environment, Event::Wanted).await;
        let over = self.is_over(action);
        // The outcome takes the log's tail, so it is made while nobody else has the environment.
        let outcome = self.outcome(&environment.log);
        self.give_back(environment, action);
        if over && let Some(served) = &mut self.served {
            // Whoever is told comes again at once: there is room before.
            served.permit = None;
        }
        if let Some(outcome) = outcome {
            self.tell(Ok(outcome));
        }
        over
    }

    /// Whether nothing more is to be done for it, now that an environment has done this.
    fn is_over(&mut self, action: Action) -> bool {
        let closing = self.is_cut_off();
        let Some(course) = self.course() else { return true };
        if course.over {
            return true;
        }
        course.lost += u32::from(action != Action::Stop(Reason::Spindown));
        let gives_up = course.lost > ENVIRONMENTS_LOST_MAX;
        if closing {
            self.tell(Err(InvokeError::Closing));
        } else if gives_up {
            self.tell(Err(InvokeError::Sandbox("every environment was lost".to_owned())));
        }
        closing || gives_up
    }

    /// Its time begins.
    pub(crate) fn begin(&mut self) {
        let now = self.now();
        if let Some(course) = self.course() {
            course.began = now;
        }
    }

    /// Hands over the event. A program that ended before it took the event was killed while it was idle: another environment
    /// gets the event, once.
    pub(crate) async fn invoke(&mut self, environment: &mut Environment, limit: Duration) -> Event {
        let Some(event) = self.event(limit) else { return Event::Lost };
        self.start_line(&environment.log);
        let answer = environment.sandbox.invoke(event, limit).await;
        if let (Answer::Exited(_), Some(course)) = (&answer, self.course())
            && environment.sandbox.untaken()
            && !std::mem::replace(&mut course.untaken, true)
        {
            return Event::Lost;
        }
        if matches!(answer, Answer::Exited(_)) && self.is_cut_off() {
            return Event::Lost;
        }
        self.count_provisioned(environment.is_provisioned());
        self.answered(environment, answer)
    }

    fn answered(&mut self, environment: &mut Environment, answer: Answer) -> Event {
        let failure = match answer {
            Answer::Response { content_type, body } => return self.hold(Told::answer(content_type, body)),
            Answer::Error(reported) => return self.hold(Told::reported(reported)),
            Answer::Streamed { produced_bytes, failed } => {
                if let Some(course) = self.course() {
                    course.streamed = true;
                }
                return self.hold(Told::streamed(produced_bytes, failed));
            }
            Answer::TooLarge => {
                let failure = Failure::ResponseTooLarge;
                self.failure_line(&environment.log, &failure);
                return self.hold(Told::failure(&failure, self.request_id()));
            }
            Answer::Exited(exit) => exit_failure(exit),
            Answer::Extension(fault) => extension_failure(&fault),
            Answer::TimedOut => Failure::TimedOut { limit: self.timeout() },
        };
        let told = Told::failure(&failure, self.request_id());
        self.failed(environment, told, Some(&failure));
        failed_by(&failure)
    }

    /// The function has answered: its caller is told when the environment has settled, or soon.
    fn hold(&mut self, told: Told) -> Event {
        let held = if self.wants_tail() { SETTLE_FIRST_FOR_TAIL } else { SETTLE_FIRST };
        let now = self.now();
        if let Some(served) = &mut self.served {
            (served.course.over, served.course.answered) = (true, Some(now));
            (served.course.failed, served.course.produced_bytes) = (told.failed.clone(), told.produced_bytes);
            served.reply.hold(told, held);
        }
        Event::Answered
    }

    /// Waits for the runtime to ask for its next event.
    pub(crate) async fn settle(&mut self, environment: &mut Environment, limit: Duration) -> Event {
        let log = Arc::clone(&environment.log);
        let settled = self.telling(environment.sandbox.settle(limit), &log).await;
        let failure = self.unsettled(&settled, &log);
        let now = self.now();
        if let Some(course) = self.course() {
            course.ready = Some(now);
        }
        self.runtime_done(&log);
        match failure {
            None => Event::RuntimeReady,
            Some(failure) => {
                self.report(environment);
                failed_by(&failure)
            }
        }
    }

    /// Waits for the extensions that were told of the invocation.
    pub(crate) async fn finish(&mut self, environment: &mut Environment, limit: Duration) -> Event {
        let log = Arc::clone(&environment.log);
        let finished = self.telling(environment.sandbox.extensions_ready(limit), &log).await;
        let failure = self.unsettled(&finished, &log);
        self.report(environment);
        failure.map_or(Event::ExtensionsReady, |failure| failed_by(&failure))
    }

    /// What went wrong between the answer and the next event: logged, not told, since the caller has an answer.
    fn unsettled(&mut self, settled: &Settled, log: &Log) -> Option<Failure> {
        let failure = match settled {
            Settled::Ready => return None,
            Settled::Exited(exit) => exit_failure(*exit),
            Settled::Extension(fault) => extension_failure(fault),
            Settled::TimedOut => Failure::TimedOut { limit: self.timeout() },
        };
        self.failure_line(log, &failure);
        if let Some(course) = self.course() {
            course.failed.get_or_insert_with(|| Status::of(&failure));
        }
        Some(failure)
    }

    /// The invocation has failed, and what failed ends its environment's processes.
    pub(crate) fn failed(&mut self, environment: &mut Environment, told: Told, failure: Option<&Failure>) {
        self.conclude(&environment.log, told, failure);
        self.report(environment);
    }

    /// The answer of an invocation that failed, and its last lines but for REPORT.
    pub(crate) fn conclude(&mut self, log: &Log, told: Told, failure: Option<&Failure>) {
        log.fail();
        if let Some(failure) = failure {
            self.failure_line(log, failure);
        }
        if let Some(served) = &mut self.served {
            served.course.over = true;
            (served.course.failed, served.course.produced_bytes) = (told.failed.clone(), told.produced_bytes);
            served.reply.hold(told, RESET_FIRST);
        }
        self.runtime_done(log);
    }
}

fn failed_by(failure: &Failure) -> Event {
    let timed_out = matches!(failure, Failure::TimedOut { .. });
    Event::Failed(if timed_out { Fault::Timeout } else { Fault::Failure })
}

impl Drive<'_> {
    fn course(&mut self) -> Option<&mut Course> {
        self.served.as_mut().map(|served| &mut served.course)
    }

    /// The id of the invocation; empty where there is none.
    pub(crate) fn request_id(&self) -> &str {
        self.served.as_ref().map_or("", |served| &served.invocation.request_id)
    }

    /// Whether what ends now ends because the server does.
    pub(crate) fn is_cut_off(&self) -> bool {
        self.dispatcher.is_killing()
    }

    fn event(&self, left: Duration) -> Option<Handed> {
        let Invocation {
            request_id,
            invoked_function_arn,
            payload,
            client_context,
            trace_id,
            tail: _,
            stream,
        } = self.served.as_ref()?.invocation.clone();
        let deadline = self.dispatcher.clock.wall().plus(left);
        Some(Handed {
            request_id,
            deadline,
            invoked_function_arn,
            trace_id,
            client_context,
            cognito_identity: None,
            payload,
            stream,
        })
    }
}
