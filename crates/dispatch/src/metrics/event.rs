//! What an asynchronous invocation counts as besides its runs. Never decides what comes next.

use std::time::Duration;

use lambent_core::lambda::event::Event;
use lambent_core::monitoring::measure::Measure;

use super::count::millis;
use super::{Datum, add, micros, qualifier};
use crate::Dispatcher;

impl Dispatcher {
    /// It was accepted, given up, or its end is lost.
    pub(crate) fn count_event(&self, event: &Event, measure: Measure) {
        let metrics = &self.metrics;
        let counters = [
            (Measure::AsyncEventsReceived, &metrics.async_events_received),
            (Measure::AsyncEventsDropped, &metrics.async_events_dropped),
            (Measure::DeadLetterErrors, &metrics.dead_letter_errors),
            (Measure::DestinationDeliveryFailures, &metrics.destination_delivery_failures),
        ];
        for (_, counter) in counters.into_iter().filter(|(counted, _)| *counted == measure) {
            add(counter, 1);
        }
        self.measure_event(event, (measure, 1.0));
    }

    /// It has run, so old.
    pub(crate) fn count_event_age(&self, event: &Event, age: Duration) {
        add(&self.metrics.async_event_age_us, micros(age));
        self.measure_event(event, (Measure::AsyncEventAge, millis(age)));
    }

    fn measure_event(&self, event: &Event, value: (Measure, f64)) {
        let (function, qualifier) = (&event.function, qualifier(&event.invoked_function_arn));
        let (at, values) = (self.clock.now(), [value]);
        self.measured.record(&Datum { function, qualifier, version: "", at, values: &values });
    }
}
