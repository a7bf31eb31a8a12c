//! Where an environment and its extensions meet: who registered, who waits, which event goes to whom. Holds its lock
//! across no await.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use lambent_core::dice::Dice;
use tokio::sync::watch;
use uuid::Uuid;

use super::place::Place;
use super::roster::{Kind, Kinds, Refused, Roster};
use super::state::Call;
use super::words::event_head;
use crate::runtime_api::seat::{Bench, Seat};
use crate::spec::{ExtensionFault, ExtensionFaultKind, Extensions, Notice, Registered, Reported};

/// An event for one extension.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) head: Bytes,
    pub(super) body: Bytes,
}

/// What a `next` comes to.
#[derive(Debug)]
pub(super) enum Next {
    /// An event was there: write it.
    Now(Told),
    /// It will be written to the connection when there is one.
    Wait,
}

/// The meeting point of one sandbox.
#[derive(Debug)]
pub(crate) struct Lobby {
    room: Mutex<Room>,
    /// Counts what happened, so that several can wait for it.
    moved: watch::Sender<u64>,
    /// Nobody has closed registration; spares the lock on the way of every event.
    open: AtomicBool,
    extensions: Extensions,
    dice: Arc<dyn Dice>,
}

#[derive(Debug)]
struct Room {
    roster: Roster,
    /// One for each member.
    places: Vec<Place>,
}

impl Lobby {
    pub(crate) fn new(extensions: Extensions, dice: Arc<dyn Dice>) -> Self {
        let room = Mutex::new(Room::new(&extensions.names));
        Self { room, moved: watch::Sender::default(), open: AtomicBool::new(true), extensions, dice }
    }

    fn room(&self) -> MutexGuard<'_, Room> {
        self.room.lock().expect("nothing panics while it holds the room")
    }

    fn moved(&self) {
        self.moved.send_modify(|moved| *moved = moved.wrapping_add(1));
    }

    /// All begin anew; connections of before must be gone.
    pub(crate) fn reset(&self) {
        *self.room() = Room::new(&self.extensions.names);
        self.open.store(true, Ordering::Relaxed);
    }

    /// The runtime asked for its first event: from now on nobody registers.
    pub(crate) fn close(&self) {
        if self.open.swap(false, Ordering::Relaxed) {
            self.room().roster.close();
        }
    }

    /// What each is told when it registers.
    pub(super) const fn function(&self) -> &Registered {
        &self.extensions.function
    }

    /// `POST /extension/register`: its id.
    pub(super) fn register(&self, name: &str, kinds: &[Kind]) -> Result<Uuid, Refused> {
        let id = self.dice.uuid();
        let mut room = self.room();
        let index = room.roster.register(name, kinds, id)?;
        if room.places.len() <= index {
            room.places.push(Place::default());
        }
        drop(room);
        self.moved();
        Ok(id)
    }

    /// The name of the one with this id.
    pub(super) fn name(&self, id: Uuid) -> Result<String, Refused> {
        let room = self.room();
        let index = room.roster.find(id)?;
        Ok(room.roster.members()[index].name.clone())
    }

    /// `GET /extension/event/next` on `seat`.
    pub(super) fn next(&self, id: Uuid, seat: &Arc<Seat>) -> Result<Next, Refused> {
        let mut room = self.room();
        let Room { roster, places } = &mut *room;
        let index = roster.find(id)?;
        let place = &mut places[index];
        let lost = place.lost();
        roster.call(index, Call::Next)?;
        let next = match lost.or_else(|| place.pending()) {
            Some(told) => {
                roster.runs(index);
                place.hold(&told, seat);
                Next::Now(told)
            }
            None => {
                place.wait(seat);
                Next::Wait
            }
        };
        drop(room);
        self.moved();
        Ok(next)
    }

    /// `POST /extension/init/error` or `/exit/error` begins; its state does not move where it is not allowed.
    pub(super) fn begin_report(&self, id: Uuid, call: Call) -> Result<(), Refused> {
        let mut room = self.room();
        let index = room.roster.find(id)?;
        room.roster.call(index, call)
    }

    /// It ended, whole or cut short.
    pub(super) fn finish_report(&self, id: Uuid, call: Call, reported: Reported) {
        let kind = match call {
            Call::InitError => ExtensionFaultKind::Init(reported),
            Call::ExitError | Call::Next | Call::Register => ExtensionFaultKind::Exit(reported),
        };
        let index = self.room().roster.find(id);
        if let Ok(index) = index {
            self.fails(index, kind);
        }
    }

    /// The one at `index` failed.
    pub(crate) fn fails(&self, index: usize, kind: ExtensionFaultKind) {
        self.room().roster.fails(index, kind);
        self.moved();
    }

    /// Tells all who asked for this kind of event.
    pub(crate) fn offer(&self, kind: Kind, body: impl FnOnce() -> String) {
        let mut room = self.room();
        let Room { roster, places } = &mut *room;
        if !roster.members().iter().any(|member| member.wants(kind)) {
            return;
        }
        let body = Bytes::from(body());
        for (index, place) in places.iter_mut().enumerate() {
            if roster.members()[index].wants(kind) {
                let head = Bytes::from(event_head(self.dice.uuid(), body.len()));
                roster.runs(index);
                place.give(Told { head, body: body.clone() });
            }
        }
    }

    /// Waits until every external extension has registered. Cancel safe.
    pub(crate) async fn registered(&self) {
        self.until(|room| room.roster.all_registered().then_some(())).await;
    }

    /// Waits until everybody waits for an event. Cancel safe.
    pub(crate) async fn ready(&self) {
        self.until(|room| room.roster.all_ready().then_some(())).await;
    }

    /// Waits until one fails; the first is told again and again. Cancel safe.
    pub(crate) async fn failed(&self) -> ExtensionFault {
        if self.is_empty() && !self.open.load(Ordering::Relaxed) {
            return std::future::pending().await;
        }
        self.until(|room| room.roster.fault().cloned()).await
    }

    async fn until<T>(&self, mut look: impl FnMut(&Room) -> Option<T> + Send) -> T {
        if let Some(found) = look(&self.room()) {
            return found;
        }
        let mut moved = self.moved.subscribe();
        loop {
            if let Some(found) = look(&self.room()) {
                return found;
            }
            // The sender is in `self`.
            _ = moved.changed().await;
        }
    }

    /// What failed first.
    pub(crate) fn fault(&self) -> Option<ExtensionFault> {
        self.room().roster.fault().cloned()
    }

    /// There are none, and nobody has registered.
    pub(crate) fn is_empty(&self) -> bool {
        self.room().roster.members().is_empty()
    }

    /// Which kinds have registered.
    pub(crate) fn kinds(&self) -> Kinds {
        self.room().roster.kinds()
    }

    /// Whether the external one at `index` is there for this kind of event.
    pub(crate) fn wants(&self, index: usize, kind: Kind) -> bool {
        self.room().roster.members().get(index).is_some_and(|member| member.wants(kind))
    }

    /// `platform.extension` of each.
    pub(crate) fn notices(&self) -> Vec<Notice> {
        self.room().roster.notices()
    }

    /// Whether the event last told went to `seat`.
    pub(crate) fn holds(&self, seat: &Arc<Seat>) -> bool {
        self.room().places.iter().any(|place| place.holds(seat))
    }

    /// The client on `seat` is gone. If an event went there and was not read, it goes to who waits instead.
    pub(crate) fn gone(&self, seat: &Arc<Seat>) {
        for place in self.room().places.iter_mut().filter(|place| place.holds(seat)) {
            place.pass_on();
        }
    }
}

impl Bench for Lobby {
    fn waits(&self, seat: &Arc<Seat>) -> bool {
        self.room().places.iter().any(|place| place.waits(seat))
    }

    fn leave(&self, seat: &Arc<Seat>) -> bool {
        // A client waits in one place: it sends no other request meanwhile.
        self.room().places.iter_mut().any(|place| place.leave(seat))
    }
}

impl Room {
    fn new(names: &[String]) -> Self {
        Self { roster: Roster::new(names), places: names.iter().map(|_| Place::default()).collect() }
    }
}
