//! Where an environment and its runtime meet: one event in, one answer out. Holds its lock across no await.

use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use tokio::sync::{Notify, mpsc};

use super::desk::{Delivery, Desk};
use super::reply;
use super::seat::{Bench, Seat};
use super::state::{Call, Phase, Refused};
use crate::spec::{Answer, Event, Piece, Reported};

/// The meeting point of one sandbox.
#[derive(Debug)]
pub(crate) struct Exchange {
    desk: Mutex<Desk>,
    /// Wakes the environment, which alone waits here.
    moved: Notify,
}

/// What a `next` comes to.
#[derive(Debug)]
pub(crate) enum Next {
    /// An event was there: write it.
    Now(Event),
    /// It will be written to the connection when there is one.
    Wait,
}

/// How the runtime stands, seen by the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// It asked for an event, or waits to be restored.
    Ready,
    /// It reported that it cannot.
    Reported(Reported),
}

/// Why a call was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    /// The id is not the one of the event in hand.
    #[error("Invalid request ID")]
    RequestId,
    /// The state does not allow it.
    #[error(transparent)]
    State(#[from] Refused),
}

impl Exchange {
    pub(crate) const fn new() -> Self {
        Self { desk: Mutex::new(Desk::new()), moved: Notify::const_new() }
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().expect("nothing panics while it holds the desk")
    }

    /// Hands an event to the runtime: to the first connection that waits, else to the next that asks.
    ///
    /// The bytes are written from here, so that no other task has to wake up for it.
    pub(crate) fn offer(&self, event: Event) {
        let mut desk = self.desk();
        desk.answer = None;
        if desk.waiting.is_empty() {
            desk.pending = Some(event);
            return;
        }
        let head = reply::event_head(&event);
        while let Some(seat) = desk.waiting.pop_front() {
            // A connection that cannot be written to is gone; its own task finds that out by itself.
            if seat.push(&head, &event.payload).is_ok() {
                desk.hold(event, &seat, Delivery::First);
                return;
            }
        }
        desk.pending = Some(event);
    }

    /// Waits until the runtime asks for an event or reports that it cannot initialise. Cancel safe.
    pub(crate) async fn asked(&self) -> Asked {
        self.until(|desk| match desk.phase {
            Phase::Ready | Phase::RestoreReady => Some(Asked::Ready),
            Phase::InitError => desk.init_error.take().map(Asked::Reported),
            Phase::Started
            | Phase::Restoring
            | Phase::Running
            | Phase::InvocationResponse
            | Phase::InvocationErrorResponse
            | Phase::Truncated
            | Phase::StreamCut
            | Phase::ResponseSent => None,
        })
        .await
    }

    /// Waits for the answer. Cancel safe: an answer is taken only when it is returned.
    pub(crate) async fn answered(&self) -> Answer {
        self.until(|desk| desk.answer.take()).await
    }

    /// The answer, if it is there.
    pub(crate) fn answer(&self) -> Option<Answer> {
        self.desk().answer.take()
    }

    /// What was posted to `/init/error`, if anything was.
    pub(crate) fn init_error(&self) -> Option<Reported> {
        self.desk().init_error.take()
    }

    async fn until<T>(&self, mut look: impl FnMut(&mut Desk) -> Option<T> + Send) -> T {
        loop {
            if let Some(found) = look(&mut self.desk()) {
                return found;
            }
            self.moved.notified().await;
        }
    }

    /// `GET /runtime/invocation/next` on `seat`.
    pub(crate) fn next(&self, seat: &Arc<Seat>) -> Result<Next, Refused> {
        let mut desk = self.desk();
        // The connection that lost it may not have been told yet.
        desk.find_lost();
        if let Some(event) = desk.lost() {
            desk.hold(event.clone(), seat, Delivery::Second);
            return Ok(Next::Now(event));
        }
        let before = desk.phase;
        desk.phase = before.on(Call::Next)?;
        if matches!(before, Phase::Truncated | Phase::StreamCut) {
            desk.settle(reply::truncated_answer());
        }
        let next = match desk.pending.take() {
            Some(event) => {
                desk.hold(event.clone(), seat, Delivery::First);
                Next::Now(event)
            }
            None => {
                desk.waiting.push_back(Arc::clone(seat));
                Next::Wait
            }
        };
        drop(desk);
        self.moved.notify_one();
        Ok(next)
    }

    /// The client on `seat` is gone. If the event in hand went there and was not read, it was lost.
    ///
    /// It goes to a connection that waits, else to the next that asks. So a client whose time to wait was over while
    /// it was frozen, and who asks anew, gets the event that was on its way to it.
    pub(crate) fn gone(&self, seat: &Arc<Seat>) {
        let mut desk = self.desk();
        if !desk.holds(seat) || !desk.find_lost() {
            return;
        }
        let Some(event) = desk.lost() else { return };
        let head = reply::event_head(&event);
        while let Some(other) = desk.waiting.pop_front() {
            if other.push(&head, &event.payload).is_ok() {
                desk.hold(event, &other, Delivery::Second);
                return;
            }
        }
    }

    /// Whether the event in hand went to `seat`, and no answer to it has begun.
    pub(crate) fn waits_for_answer(&self, seat: &Arc<Seat>) -> bool {
        let desk = self.desk();
        desk.phase == Phase::Running && desk.holds(seat)
    }

    /// Whether the event last offered never reached the runtime, as far as can be known.
    pub(crate) fn untaken(&self) -> bool {
        let desk = self.desk();
        desk.pending.is_some() || desk.lost().is_some()
    }

    /// Waits until a client waits for an event. Cancel safe.
    pub(crate) async fn waited_for(&self) {
        self.until(|desk| (!desk.waiting.is_empty()).then_some(())).await;
    }

    /// The beginning of an answer: from here to its end no other is taken. Returns where it may be streamed to.
    pub(crate) fn begin_answer(
        &self,
        call: Call,
        request_id: &str,
    ) -> Result<Option<mpsc::Sender<Piece>>, Refusal> {
        let mut desk = self.desk();
        let held = desk.current.as_ref().filter(|held| held.event.request_id == request_id);
        let stream = held.ok_or(Refusal::RequestId)?.event.stream.clone();
        desk.phase = desk.phase.on(call)?;
        Ok(stream)
    }

    /// The end of a streamed answer. One that nobody waits for any more, because its invocation has ended otherwise,
    /// changes nothing.
    pub(crate) fn finish_stream(&self, request_id: &str, answer: Answer) {
        let mut desk = self.desk();
        if desk.streams(request_id) {
            desk.phase = Phase::ResponseSent;
            desk.settle(answer);
            drop(desk);
            self.moved.notify_one();
        }
    }

    /// A streamed answer ended early: what came of it is with its caller, so that no other can follow.
    pub(crate) fn cut_stream(&self, request_id: &str) {
        let mut desk = self.desk();
        if desk.streams(request_id) {
            desk.phase = Phase::StreamCut;
        }
    }

    /// The end of an answer begun.
    pub(crate) fn finish_answer(&self, answer: Answer) {
        let mut desk = self.desk();
        desk.phase = Phase::ResponseSent;
        desk.settle(answer);
        drop(desk);
        self.moved.notify_one();
    }

    /// An answer begun ended early. Nothing is settled yet: the program may have died in the middle of it, and
    /// then that is what happened.
    pub(crate) fn truncate_answer(&self) {
        self.desk().phase = Phase::Truncated;
    }

    /// The beginning of `POST /runtime/init/error`.
    pub(crate) fn begin_init_error(&self) -> Result<(), Refused> {
        let mut desk = self.desk();
        desk.phase = desk.phase.on(Call::InitError)?;
        Ok(())
    }

    /// `GET /runtime/restore/next`: the runtime waits for it, or goes on.
    pub(crate) fn restore(&self, call: Call) -> Result<(), Refused> {
        let mut desk = self.desk();
        desk.phase = desk.phase.on(call)?;
        drop(desk);
        self.moved.notify_one();
        Ok(())
    }

    /// Whether the runtime waits to be restored.
    pub(crate) fn awaits_restore(&self) -> bool {
        self.desk().phase == Phase::RestoreReady
    }

    /// The beginning of `POST /runtime/restore/error`, which ends as an error of Init does.
    pub(crate) fn begin_restore_error(&self) -> Result<(), Refused> {
        let mut desk = self.desk();
        desk.phase = desk.phase.on(Call::RestoreError)?;
        Ok(())
    }

    /// The end of `POST /runtime/init/error`, whole or cut short.
    pub(crate) fn finish_init_error(&self, reported: Reported) {
        self.desk().init_error = Some(reported);
        self.moved.notify_one();
    }

    /// All begins anew, for a runtime that is started; connections of before must be gone.
    pub(crate) fn reset(&self) {
        *self.desk() = Desk::new();
    }
}

impl Bench for Exchange {
    fn waits(&self, seat: &Arc<Seat>) -> bool {
        self.desk().waiting.iter().any(|waiting| Arc::ptr_eq(waiting, seat))
    }

    fn leave(&self, seat: &Arc<Seat>) -> bool {
        let mut desk = self.desk();
        let before = desk.waiting.len();
        desk.waiting.retain(|waiting| !Arc::ptr_eq(waiting, seat));
        desk.waiting.len() < before
    }
}

/// An error the platform itself reports in the runtime's name.
pub(crate) fn platform_error(error_type: &str, body: &'static [u8]) -> Answer {
    Answer::Error(Reported {
        error_type: Some(error_type.to_owned()),
        content_type: Some("application/json".to_owned()),
        body: Bytes::from_static(body),
    })
}
