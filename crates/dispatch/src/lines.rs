//! The lines AWS logs of an invocation. Never says when.

use std::time::Duration;

use lambent_core::lambda::failure::Failure;
use lambent_core::lambda::log::Report;
use lambent_core::lambda::log::event::Event as Logged;

use crate::drive::Drive;
use crate::environment::Environment;
use crate::logs::Log;
use crate::metrics::{add, micros};
use crate::told::Status;

impl Drive<'_> {
    /// START, once in each environment.
    pub(crate) fn start_line(&self, log: &Log) {
        let (function, version) = (&self.route.id, self.route.version.as_str());
        let request_id = self.request_id();
        log.platform(self.wants_tail(), || Logged::Start { request_id, function, version });
    }

    pub(crate) fn failure_line(&self, log: &Log, failure: &Failure) {
        let request_id = self.request_id();
        log.platform(self.wants_tail(), || Logged::Fault { request_id, failure });
    }

    pub(crate) fn runtime_done(&self, log: &Log) {
        let Some(served) = &self.served else { return };
        let (request_id, course) = (self.request_id(), &served.course);
        let duration = self.now().saturating_sub(course.began);
        let (produced_bytes, failed) = (course.produced_bytes, course.failed.as_ref().map(Status::names));
        log.platform(self.wants_tail(), || Logged::RuntimeDone {
            request_id,
            duration,
            produced_bytes,
            failed,
        });
    }

    pub(crate) fn report(&self, environment: &mut Environment) {
        let init = environment.init.take();
        self.report_line(&environment.log, init, environment.sandbox.memory_peak_bytes());
    }

    pub(crate) fn report_line(&self, log: &Log, init: Option<Duration>, memory_peak_bytes: u64) {
        let Some(served) = &self.served else { return };
        let (request_id, course) = (self.request_id(), &served.course);
        let duration = self.now().saturating_sub(course.began);
        let memory_mib = self.route.deployment.configuration.memory_mib;
        let failed = course.failed.as_ref().map(Status::names);
        add(&self.dispatcher.metrics.duration_us, micros(duration));
        log.platform(self.wants_tail(), || {
            Logged::Report(Report { request_id, duration, init, memory_mib, memory_peak_bytes, failed })
        });
    }
}
