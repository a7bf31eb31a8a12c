//! What an invocation counts as, at the places it passes. Never decides what comes next.

use std::time::Duration;

use lambent_core::lambda::arn::FunctionId;
use lambent_core::monitoring::measure::Measure;
use lambent_core::time::Timestamp;

use super::{Datum, add, micros, qualifier};
use crate::admission::Load;
use crate::drive::Drive;
use crate::route::Route;
use crate::run::Course;
use crate::{Dispatcher, Invocation};

impl Dispatcher {
    /// An invocation was refused by a limit.
    pub(crate) fn count_throttle(&self, route: &Route, invocation: &Invocation) {
        add(&self.metrics.throttles, 1);
        self.measure(route, invocation, self.clock.now(), &[(Measure::Throttles, 1.0)]);
    }

    /// An invocation was admitted: that much runs now.
    pub(crate) fn count_running(&self, route: &Route, invocation: &Invocation) {
        let Load { function, account, unreserved, claimed } = self.admission.load(&route.id);
        let values = [
            (Measure::ConcurrentExecutions, number(function)),
            (Measure::AccountConcurrentExecutions, number(account)),
            (Measure::UnreservedConcurrentExecutions, number(unreserved)),
            (Measure::ClaimedAccountConcurrency, number(claimed)),
        ];
        self.measure(route, invocation, self.clock.now(), &values);
    }

    /// An invocation was stopped since it was part of a loop.
    pub(crate) fn count_loop(&self, function: &FunctionId, invocation: &Invocation) {
        add(&self.metrics.recursive_invocations_dropped, 1);
        let (qualifier, at) = (qualifier(&invocation.invoked_function_arn), self.clock.now());
        let values = [(Measure::RecursiveInvocationsDropped, 1.0)];
        self.measured.record(&Datum { function, qualifier, version: "", at, values: &values });
    }

    /// Hands on what was measured of an invocation that began at this time.
    fn measure(&self, route: &Route, invocation: &Invocation, at: Timestamp, values: &[(Measure, f64)]) {
        let qualifier = qualifier(&invocation.invoked_function_arn);
        self.measured.record(&Datum { function: &route.id, qualifier, version: &route.version, at, values });
    }
}

impl Drive<'_> {
    /// An invocation is over as far as its caller is concerned.
    pub(crate) fn count_invocation(&self, failed: bool) {
        let metrics = &self.dispatcher.metrics;
        add(&metrics.invocations, 1);
        add(&metrics.errors, u64::from(failed));
        let errors = f64::from(u8::from(failed));
        let values = [(Measure::Invocations, 1.0), (Measure::Errors, errors), (Measure::Throttles, 0.0)];
        self.measure(&values);
    }

    /// It is over for its environment too.
    pub(crate) fn count_duration(&self, course: &Course, duration: Duration, extended: bool) {
        add(&self.dispatcher.metrics.duration_us, micros(duration));
        let ran = (Measure::Duration, millis(duration));
        // Extensions go on after the runtime is ready for its next event.
        let after = course.ready.filter(|_| extended).map(|ready| self.now().saturating_sub(ready));
        match after {
            Some(after) => self.measure(&[ran, (Measure::PostRuntimeExtensionsDuration, millis(after))]),
            None => self.measure(&[ran]),
        }
    }

    /// What provisioned concurrency was good for, where there is some.
    pub(crate) fn count_provisioned(&self, used: bool) {
        let metrics = &self.dispatcher.metrics;
        if used {
            add(&metrics.provisioned_invocations, 1);
            let ready = usize::try_from(self.route.provisioned.keeper().ready()).unwrap_or(usize::MAX);
            // This one runs, whatever else was counted meanwhile.
            let running = ready.saturating_sub(self.route.pool.idle_provisioned()).max(1);
            self.measure(&[
                (Measure::ProvisionedConcurrencyInvocations, 1.0),
                (Measure::ProvisionedConcurrentExecutions, number(running)),
                (Measure::ProvisionedConcurrencyUtilization, number(running) / number(ready.max(running))),
            ]);
        } else if self.route.provisioned.keeper().wanted() > 0 {
            add(&metrics.provisioned_spillovers, 1);
            self.measure(&[(Measure::ProvisionedConcurrencySpilloverInvocations, 1.0)]);
        }
    }

    /// Hands on what was measured of the invocation, at the time it began.
    fn measure(&self, values: &[(Measure, f64)]) {
        let Some(served) = &self.served else { return };
        let ago = self.now().saturating_sub(served.course.began);
        let at = self.dispatcher.clock.now().minus(ago);
        self.dispatcher.measure(self.route, &served.invocation, at, values);
    }
}

pub(super) fn millis(span: Duration) -> f64 {
    span.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "never 2^52 run at once")]
fn number(count: usize) -> f64 {
    count as f64
}
