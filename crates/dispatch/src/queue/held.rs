//! Events as the store was given them, held for the attempt that follows nearly at once, so that it reads nothing. Never
//! the only place of an event, and never more than there is room for: who finds nothing here reads the store.

use std::sync::Arc;

use lambent_core::lambda::event::Event;
use lambent_core::limits::EVENTS_HELD_MAX_BYTES;
use lambent_store::tables::{self, Seen};
use lambent_store::{Change, Key, Record, Revision, StoreError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What an event takes beside its payload and its last answer, about.
const EVENT_OVERHEAD_BYTES: usize = 1024;

/// An event that is held, with the room it takes.
#[derive(Debug)]
pub(super) struct Held {
    what: What,
    _room: OwnedSemaphorePermit,
}

#[derive(Debug)]
enum What {
    /// As the store was told.
    Put(Change),
    /// As it was read with others.
    Read(Key, Revision, Box<Event>),
}

impl Held {
    /// The record.
    ///
    /// # Errors
    /// [`StoreError::Decode`] where it cannot be read.
    pub(super) fn record(self) -> Result<Option<Record<Event>>, StoreError> {
        let change = match self.what {
            What::Read(key, revision, event) => return Ok(Some(Record { key, revision, value: *event })),
            What::Put(change) => change,
        };
        let value = change.decode(&tables::EVENTS)?;
        Ok(change.revision().zip(value).map(|(revision, value)| Record { key: change.key, revision, value }))
    }
}

/// The room for all events that are held, in bytes.
#[derive(Debug)]
pub(super) struct Shelf(Arc<Semaphore>);

impl Default for Shelf {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(EVENTS_HELD_MAX_BYTES)))
    }
}

impl Shelf {
    /// Holds what the store has just been given; nothing where there is no room.
    pub(super) fn hold(&self, change: &Change) -> Option<Held> {
        let bytes = u32::try_from(change.value.as_ref()?.len()).ok()?;
        Some(Held { what: What::Put(change.clone()), _room: self.room(bytes)? })
    }

    /// Holds what was read; nothing where there is no room, or it is no event.
    pub(super) fn hold_read(&self, read: Record<Seen>) -> Option<Held> {
        let Record { key, revision, value: Seen::Event(event) } = read else { return None };
        let last_bytes = event.last.as_ref().map_or(0, |last| last.payload.len());
        let bytes = u32::try_from(EVENT_OVERHEAD_BYTES + event.payload.len() + last_bytes).ok()?;
        Some(Held { what: What::Read(key, revision, event), _room: self.room(bytes)? })
    }

    fn room(&self, bytes: u32) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_many_owned(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use lambent_store::Sequence;

    use super::*;

    fn change(bytes: usize) -> Change {
        let value = Some("x".repeat(bytes).into());
        Change { sequence: Sequence(1), table: "events", key: Key::of(["k"]), old_revision: None, value }
    }

    #[test]
    fn what_there_is_no_room_for_is_not_held_until_something_goes() {
        let shelf = Shelf::default();
        let first = shelf.hold(&change(EVENTS_HELD_MAX_BYTES - 10)).unwrap();
        assert!(shelf.hold(&change(11)).is_none());
        let _second = shelf.hold(&change(10)).unwrap();
        drop(first);
        assert!(shelf.hold(&change(11)).is_some());
    }

    #[test]
    fn what_nobody_can_read_is_no_event() {
        let held = Shelf::default().hold(&change(3)).unwrap();
        assert!(matches!(held.record(), Err(StoreError::Decode { .. })));
    }
}
