//! What lies between an environment and its runtime: the event in hand, who waits for one, the answer. Waits for
//! nothing and wakes nobody.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use super::seat::Seat;
use super::state::Phase;
use crate::spec::{Answer, Event, Reported};

/// All of it, behind the lock of the exchange.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) phase: Phase,
    /// The event the runtime holds.
    pub(super) current: Option<Held>,
    /// An event nobody has asked for yet.
    pub(super) pending: Option<Event>,
    /// The connections that wait for an event, first come first served.
    pub(super) waiting: VecDeque<Arc<Seat>>,
    /// The answer, until the environment takes it.
    pub(super) answer: Option<Answer>,
    /// What was posted to `/init/error`.
    pub(super) init_error: Option<Reported>,
}

/// An event that was written to a connection.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) event: Event,
    /// Where it went. Weak, so that the connection closes when its client is gone.
    pub(super) seat: Weak<Seat>,
    /// How sure it is that the runtime has it.
    pub(super) delivery: Delivery,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// Written for the first time.
    First,
    /// The connection was reset before its client had read it: the next that asks gets it.
    Lost,
    /// Written once more. A client that loses it again may be dying of it: that is not tried without end.
    Second,
}

impl Desk {
    pub(super) const fn new() -> Self {
        Self {
            phase: Phase::Started,
            current: None,
            pending: None,
            waiting: VecDeque::new(),
            answer: None,
            init_error: None,
        }
    }

    pub(super) fn hold(&mut self, event: Event, seat: &Arc<Seat>, delivery: Delivery) {
        self.phase = Phase::Running;
        self.current = Some(Held { event, seat: Arc::downgrade(seat), delivery });
    }

    pub(super) fn holds(&self, seat: &Arc<Seat>) -> bool {
        self.current.as_ref().is_some_and(|held| std::ptr::eq(held.seat.as_ptr(), Arc::as_ptr(seat)))
    }

    /// Whether the response to the event of this id is on its way.
    pub(super) fn streams(&self, request_id: &str) -> bool {
        let held = self.current.as_ref().is_some_and(|held| held.event.request_id == request_id);
        held && self.phase == Phase::InvocationResponse
    }

    /// Looks whether the event in hand was lost, and says so from then on.
    pub(super) fn find_lost(&mut self) -> bool {
        let Some(held) = self.current.as_mut().filter(|held| held.delivery == Delivery::First) else {
            return false;
        };
        let lost = self.phase == Phase::Running && held.seat.upgrade().is_some_and(|seat| seat.is_reset());
        if lost {
            held.delivery = Delivery::Lost;
        }
        lost
    }

    /// The event that was written and never read.
    pub(super) fn lost(&self) -> Option<Event> {
        let held = self.current.as_ref().filter(|held| held.delivery == Delivery::Lost)?;
        (self.phase == Phase::Running).then(|| held.event.clone())
    }

    pub(super) fn settle(&mut self, answer: Answer) {
        self.current = None;
        self.answer = Some(answer);
    }
}
