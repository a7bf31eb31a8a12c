//! The lines AWS logs of an invocation. Never says when.

use std::time::Duration;

use lambent_core::lambda::failure::Failure;
use lambent_core::lambda::log::Report;
use lambent_core::lambda::log::event::Event as Logged;
use lambent_core::lambda::log::span::{Span, SpanName};

use crate::drive::Drive;
use crate::environment::Environment;
use crate::logs::Log;
use crate::run::Course;
use crate::told::Status;

impl Drive<'_> {
    /// START, once in each environment.
    pub(crate) fn start_line(&self, log: &Log) {
        let (function, version) = (&self.route.id, self.route.version.as_str());
        let (request_id, trace) = (self.request_id(), self.trace());
        log.platform(self.wants_tail(), || Logged::Start { request_id, function, version, trace });
        log.release();
    }

    pub(crate) fn failure_line(&self, log: &Log, failure: &Failure) {
        let request_id = self.request_id();
        log.platform(self.wants_tail(), || Logged::Fault { request_id, failure });
    }

    pub(crate) fn runtime_done(&self, log: &Log) {
        let Some(served) = &self.served else { return };
        let (request_id, trace, course) = (self.request_id(), self.trace(), &served.course);
        let duration = self.now().saturating_sub(course.began);
        let (produced_bytes, failed) = (course.produced_bytes, course.failed.as_ref().map(Status::names));
        log.platform(self.wants_tail(), || {
            let spans = self.runtime_spans(course);
            Logged::RuntimeDone { request_id, duration, produced_bytes, failed, spans, trace }
        });
    }

    pub(crate) fn report(&self, environment: &mut Environment) {
        let init = environment.init.take();
        self.report_line(&environment.log, init, environment.sandbox.memory_peak_bytes());
    }

    pub(crate) fn report_line(&self, log: &Log, init: Option<Duration>, memory_peak_bytes: u64) {
        let Some(served) = &self.served else { return };
        let (request_id, trace, course) = (self.request_id(), self.trace(), &served.course);
        let duration = self.now().saturating_sub(course.began);
        let memory_mib = self.route.deployment.configuration.memory_mib;
        let failed = course.failed.as_ref().map(Status::names);
        self.count_duration(course, duration, log.has_extensions());
        log.platform(self.wants_tail(), || {
            let over = course.ready.filter(|_| log.has_extensions());
            let spans = over.map(|ready| self.span(SpanName::ExtensionOverhead, ready, self.now()));
            let spans = spans.into_iter().collect();
            Logged::Report(Report {
                request_id,
                duration,
                init,
                memory_mib,
                memory_peak_bytes,
                failed,
                spans,
                trace,
            })
        });
    }

    /// Where the runtime's time went, as far as it answered. A buffered answer is read in one go: its time counts as latency.
    fn runtime_spans(&self, course: &Course) -> Vec<Span> {
        let Some(answered) = course.answered.filter(|_| !course.streamed) else {
            return Vec::new();
        };
        let ready = course.ready.unwrap_or(answered);
        vec![
            self.span(SpanName::ResponseLatency, course.began, answered),
            self.span(SpanName::ResponseDuration, answered, answered),
            self.span(SpanName::RuntimeOverhead, answered, ready),
        ]
    }

    /// A span between two times of the clock that never goes back.
    fn span(&self, name: SpanName, from: Duration, to: Duration) -> Span {
        let clock = &self.dispatcher.clock;
        let start = clock.now().minus(clock.monotonic().saturating_sub(from));
        Span { name, start, duration: to.saturating_sub(from) }
    }

    fn trace(&self) -> Option<&str> {
        self.served.as_ref()?.invocation.trace_id.as_deref()
    }
}
