//! The connections of one extension, and the events on their way to it. Waits for nothing and wakes nobody.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use super::lobby::Told;
use crate::runtime_api::desk::Delivery;
use crate::runtime_api::seat::Seat;

/// Where one extension is met.
#[derive(Debug, Default)]
pub(super) struct Place {
    waiting: VecDeque<Arc<Seat>>,
    /// Events it has not asked for yet: of an invocation, and of the end.
    pending: VecDeque<Told>,
    held: Option<Held>,
}

/// An event that was written to a connection.
#[derive(Debug)]
struct Held {
    told: Told,
    /// Weak, so that the connection closes when its client is gone.
    seat: Weak<Seat>,
    delivery: Delivery,
}

impl Place {
    /// To the first connection that waits, else to the next that asks.
    pub(super) fn give(&mut self, told: Told) {
        while let Some(seat) = self.waiting.pop_front() {
            // A connection that cannot be written to is gone; its own task finds that out by itself.
            if seat.push(&told.head, &told.body).is_ok() {
                return self.hold(&told, &seat);
            }
        }
        self.pending.push_back(told);
    }

    /// The event nobody has asked for yet.
    pub(super) fn pending(&mut self) -> Option<Told> {
        self.pending.pop_front()
    }

    /// An event was written to `seat`.
    pub(super) fn hold(&mut self, told: &Told, seat: &Arc<Seat>) {
        let again = self.held.as_ref().is_some_and(|held| held.delivery == Delivery::Lost);
        let delivery = if again { Delivery::Second } else { Delivery::First };
        self.held = Some(Held { told: told.clone(), seat: Arc::downgrade(seat), delivery });
    }

    /// It asks for an event: the one it lost, if it lost one. An event in hand is done with.
    pub(super) fn lost(&mut self) -> Option<Told> {
        self.find_lost();
        let held = self.held.as_ref().filter(|held| held.delivery == Delivery::Lost);
        let told = held.map(|held| held.told.clone());
        if told.is_none() {
            self.held = None;
        }
        told
    }

    /// The event in hand, if its client never read it, goes to another connection that waits.
    pub(super) fn pass_on(&mut self) {
        if !self.find_lost() {
            return;
        }
        let Some(told) = self.held.as_ref().map(|held| held.told.clone()) else { return };
        while let Some(seat) = self.waiting.pop_front() {
            if seat.push(&told.head, &told.body).is_ok() {
                return self.hold(&told, &seat);
            }
        }
    }

    /// Looks whether the event in hand was lost, and says so from then on.
    fn find_lost(&mut self) -> bool {
        let Some(held) = self.held.as_mut().filter(|held| held.delivery == Delivery::First) else {
            return false;
        };
        let lost = held.seat.upgrade().is_some_and(|seat| seat.is_reset());
        if lost {
            held.delivery = Delivery::Lost;
        }
        lost
    }

    pub(super) fn wait(&mut self, seat: &Arc<Seat>) {
        self.waiting.push_back(Arc::clone(seat));
    }

    pub(super) fn waits(&self, seat: &Arc<Seat>) -> bool {
        self.waiting.iter().any(|waiting| Arc::ptr_eq(waiting, seat))
    }

    /// No event goes to `seat` any more. False if it does not wait here.
    pub(super) fn leave(&mut self, seat: &Arc<Seat>) -> bool {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| !Arc::ptr_eq(waiting, seat));
        self.waiting.len() < before
    }

    pub(super) fn holds(&self, seat: &Arc<Seat>) -> bool {
        self.held.as_ref().is_some_and(|held| std::ptr::eq(held.seat.as_ptr(), Arc::as_ptr(seat)))
    }
}
