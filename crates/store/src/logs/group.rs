//! One log group's files: the streams in them, what is added, what is deleted. Never knows what was set for the group.
//! All of it blocks: call it where that is allowed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::files::Files;
use super::page::{Gathered, Page, Position, Wanted};
use super::segment::{Entries, Entry};
use super::state::State;

/// One log group, whose files are read when they are first needed.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) id: Uuid,
    folder: PathBuf,
    /// Nothing until it is needed, and after a failed write: then the files say how far it came.
    state: Mutex<Option<State>>,
    /// Nothing is written any more, so that no folder comes back.
    is_deleted: AtomicBool,
}

/// A log stream as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// Its name.
    pub name: String,
    /// When it was created.
    pub created_ms: i64,
    /// First and last timestamp of its events, and when the last was taken in.
    pub events_ms: Option<(i64, i64, i64)>,
}

/// An event that is to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Added<'a> {
    /// The name of its stream.
    pub stream: &'a str,
    /// Its timestamp.
    pub at_ms: i64,
    /// What was logged.
    pub text: &'a [u8],
}

impl Group {
    pub(super) const fn new(id: Uuid, folder: PathBuf) -> Self {
        Self { id, folder, state: Mutex::new(None), is_deleted: AtomicBool::new(false) }
    }

    /// Makes a stream; false if it is there already.
    pub(super) fn create_stream(&self, name: &str, now_ms: i64) -> io::Result<bool> {
        self.with(|state| state.create_stream(name, now_ms))
    }

    /// Deletes a stream with its events; false if there is none.
    pub(super) fn delete_stream(&self, name: &str) -> io::Result<bool> {
        self.with(|state| state.delete_stream(name))
    }

    /// Adds events, and the streams they name where these are missing.
    pub(super) fn append(&self, events: &[Added<'_>], now_ms: i64) -> io::Result<()> {
        self.with(|state| state.append(events, now_ms))
    }

    /// The same where the stream must be there; false if it is not. Returns when the disk has it.
    pub(super) fn append_durably(&self, stream: &str, events: &[Added<'_>], now_ms: i64) -> io::Result<bool> {
        let there = self.with(|state| {
            let there = state.has(stream);
            if there {
                state.append(events, now_ms)?;
            }
            Ok(there)
        })?;
        if there {
            self.sync()?;
        }
        Ok(there)
    }

    /// Waits until the disk has all that was added.
    pub(super) fn sync(&self) -> io::Result<()> {
        let file = self.lock().as_ref().and_then(|state| state.files.open_file());
        file.map_or(Ok(()), |file: Arc<File>| file.sync_data())
    }

    /// All streams in the order of their names.
    pub(super) fn streams(&self) -> io::Result<Vec<Stream>> {
        self.with(|state| Ok(state.streams()))
    }

    /// What its events count.
    pub(super) fn stored_bytes(&self) -> io::Result<u64> {
        self.with(|state| Ok(state.stored_bytes()))
    }

    /// A page of events for which `keep` is true.
    pub(super) fn read(&self, wanted: &Wanted, keep: &mut dyn FnMut(&str) -> bool) -> io::Result<Page> {
        let mut page = Gathered::new(wanted);
        let (names, mut segments) = self.with(|state| Ok(state.holding(wanted)))?;
        segments.sort_by_key(|segment| if wanted.newest { -segment.times.1 } else { segment.times.0 });
        for segment in segments {
            if !page.takes_any(segment.times) {
                continue;
            }
            let path = Files::segment_path(&self.folder, segment.number);
            // A segment that is collected meanwhile held nothing but what has expired.
            let bytes = match fs::read(path) {
                Ok(bytes) => bytes,
                Err(gone) if gone.kind() == io::ErrorKind::NotFound => continue,
                Err(fault) => return Err(fault),
            };
            let whole = usize::try_from(segment.length).unwrap_or(usize::MAX).min(bytes.len());
            gather(&mut page, wanted, segment.number, &bytes[..whole], &names, keep);
        }
        Ok(page.done())
    }

    /// Deletes the files in which every event is older than this. A stream stays, also without an event.
    pub(super) fn collect(&self, kept_since_ms: i64, now_ms: i64) -> io::Result<()> {
        self.with(|state| state.collect(kept_since_ms, now_ms))
    }

    /// Deletes everything.
    pub(super) fn delete(&self) -> io::Result<()> {
        let mut state = self.lock();
        *state = None;
        self.mark_deleted();
        match fs::remove_dir_all(&self.folder) {
            Err(fault) if fault.kind() != io::ErrorKind::NotFound => Err(fault),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Whether it was deleted while somebody still had it.
    pub(super) fn is_deleted(&self) -> bool {
        self.is_deleted.load(Ordering::Relaxed)
    }

    pub(super) fn mark_deleted(&self) {
        self.is_deleted.store(true, Ordering::Relaxed);
    }

    pub(super) const fn folder(&self) -> &PathBuf {
        &self.folder
    }

    fn lock(&self) -> MutexGuard<'_, Option<State>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on the state; after a failure it is read anew.
    fn with<T>(&self, work: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let mut held = self.lock();
        if self.is_deleted() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let state = match &mut *held {
            Some(state) => state,
            none => none.insert(State::load(Files::open(&self.folder)?)),
        };
        let done = work(state);
        if done.is_err() {
            *held = None;
        }
        done
    }
}

/// Puts the wanted events of one segment on the page.
fn gather(
    page: &mut Gathered<'_>,
    wanted: &Wanted,
    number: u32,
    bytes: &[u8],
    names: &BTreeMap<u32, Arc<str>>,
    keep: &mut dyn FnMut(&str) -> bool,
) {
    for (offset, entry) in Entries::of(bytes) {
        let Entry::Event { stream, at_ms, ingested_ms, text } = entry else { continue };
        let place = (u64::from(number) << 32) | offset as u64;
        let position = Position { at_ms, place };
        let Some(name) = names.get(&stream).filter(|_| wanted.has(position)) else { continue };
        if !page.takes(position) {
            continue;
        }
        let text = String::from_utf8_lossy(text);
        if keep(&text) {
            let (stream, text) = (Arc::clone(name), text.into_owned());
            page.add(super::page::Event { position, stream, ingested_ms, text });
        }
    }
}
