//! What is known of one log group's streams, and how it changes. Never locks, and never reads an event.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use super::files::Files;
use super::group::{Added, Stream};
use super::page::Wanted;
use super::segment::{Entry, Span, Summary};

/// The files of a group, and the streams in them.
#[derive(Debug)]
pub(super) struct State {
    pub(super) files: Files,
    /// The streams that are not deleted.
    streams: BTreeMap<Arc<str>, Known>,
    /// Their names by id.
    names: BTreeMap<u32, Arc<str>>,
    next_id: u32,
}

#[derive(Debug, Clone, Copy)]
struct Known {
    id: u32,
    created_ms: i64,
    span: Option<Span>,
}

/// A segment that may hold what is wanted.
pub(super) struct Holding {
    pub(super) number: u32,
    pub(super) length: u64,
    pub(super) times: (i64, i64),
}

/// Entries that are written together.
#[derive(Debug, Default)]
struct Change {
    bytes: Vec<u8>,
    summary: Summary,
}

impl Change {
    fn add(&mut self, entry: Entry<'_>) {
        entry.encode(&mut self.bytes);
        self.summary.add(entry);
    }
}

impl State {
    /// Makes a stream; false if it is there already.
    pub(super) fn create_stream(&mut self, name: &str, now_ms: i64) -> io::Result<bool> {
        if self.has(name) {
            return Ok(false);
        }
        let mut change = Change::default();
        self.declare(name, now_ms, &mut change);
        self.apply(&change)?;
        Ok(true)
    }

    /// Deletes a stream with its events; false if there is none.
    pub(super) fn delete_stream(&mut self, name: &str) -> io::Result<bool> {
        let Some(known) = self.streams.remove(name) else { return Ok(false) };
        self.names.remove(&known.id);
        let mut change = Change::default();
        change.add(Entry::Deleted { id: known.id });
        self.apply(&change)?;
        Ok(true)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.streams.contains_key(name)
    }

    /// All streams in the order of their names.
    pub(super) fn streams(&self) -> Vec<Stream> {
        let shown = |(name, known): (&Arc<str>, &Known)| Stream {
            name: name.to_string(),
            created_ms: known.created_ms,
            events_ms: known.span.map(|span| (span.first_ms, span.last_ms, span.ingested_ms)),
        };
        self.streams.iter().map(shown).collect()
    }

    pub(super) fn stored_bytes(&self) -> u64 {
        self.streams.values().filter_map(|known| known.span).map(|span| span.bytes).sum()
    }

    pub(super) fn load(files: Files) -> Self {
        let mut state = Self { files, streams: BTreeMap::new(), names: BTreeMap::new(), next_id: 1 };
        let mut ids: BTreeMap<u32, (Arc<str>, i64)> = BTreeMap::new();
        for summary in state.files.summaries() {
            for (id, (created_ms, name)) in &summary.declared {
                ids.entry(*id).or_insert_with(|| (name.as_str().into(), *created_ms));
            }
            state.next_id = state.next_id.max(summary.next_id());
        }
        state
            .files
            .summaries()
            .for_each(|summary| summary.deleted.iter().for_each(|id| drop(ids.remove(id))));
        for (id, (name, created_ms)) in ids {
            let span = state.files.span(id);
            state.keep(name, Known { id, created_ms, span });
        }
        state
    }

    pub(super) fn append(&mut self, events: &[Added<'_>], now_ms: i64) -> io::Result<()> {
        self.files.roll_if_due(now_ms)?;
        let mut change = Change::default();
        for event in events {
            let stream = self.declare(event.stream, now_ms, &mut change);
            let Added { at_ms, text, .. } = *event;
            change.add(Entry::Event { stream, at_ms, ingested_ms: now_ms, text });
        }
        self.apply(&change)
    }

    /// The stream of this name, made known in the segment if it is not yet.
    fn declare(&mut self, name: &str, now_ms: i64, change: &mut Change) -> u32 {
        let (id, created_ms) = match self.streams.get(name) {
            Some(known) => (known.id, known.created_ms),
            None => {
                let known = Known { id: self.next_id, created_ms: now_ms, span: None };
                self.keep(name.into(), known);
                self.next_id += 1;
                (known.id, now_ms)
            }
        };
        if !self.files.declares(id) && !change.summary.declared.contains_key(&id) {
            change.add(Entry::Stream { id, created_ms, name });
        }
        id
    }

    fn apply(&mut self, change: &Change) -> io::Result<()> {
        self.files.write(&change.bytes, &change.summary)?;
        for (id, new) in &change.summary.spans {
            let known = self.names.get(id).and_then(|name| self.streams.get_mut(name));
            if let Some(Known { span, .. }) = known {
                *span = Some(span.map_or(*new, |old| old.join(*new)));
            }
        }
        Ok(())
    }

    fn keep(&mut self, name: Arc<str>, known: Known) {
        self.names.insert(known.id, Arc::clone(&name));
        self.streams.insert(name, known);
    }

    /// The segments that may hold what is wanted, and the names of the streams wanted.
    pub(super) fn holding(&self, wanted: &Wanted) -> (BTreeMap<u32, Arc<str>>, Vec<Holding>) {
        let names: BTreeMap<u32, Arc<str>> = self
            .streams
            .iter()
            .filter(|(name, _)| wanted.streams.has(name))
            .map(|(name, known)| (known.id, Arc::clone(name)))
            .collect();
        let times = |summary: &Summary| {
            let spans = summary.spans.iter().filter(|(id, _)| names.contains_key(id)).map(|(_, span)| *span);
            spans.reduce(Span::join).map(|span| (span.first_ms, span.last_ms))
        };
        let segments = self.files.numbered().filter_map(|(number, summary)| {
            let times = times(summary).filter(|times| wanted.may_have(*times))?;
            Some(Holding { number, length: summary.length, times })
        });
        let segments = segments.collect();
        (names, segments)
    }

    pub(super) fn collect(&mut self, kept_since_ms: i64, now_ms: i64) -> io::Result<()> {
        let is_old = |(_, last_ms): (i64, i64)| last_ms < kept_since_ms;
        if self.files.summaries().last().and_then(Summary::times).is_some_and(is_old) {
            self.files.roll()?;
        }
        // From the first on only: what says that a stream is deleted must not go before the stream's events.
        let gone = self.files.complete().take_while(|(_, summary)| summary.times().is_none_or(is_old));
        let gone: Vec<u32> = gone.map(|(number, _)| number).collect();
        if gone.is_empty() {
            return Ok(());
        }
        // Every stream is said again where files stay, before those go that said it.
        let (mut change, names) = (Change::default(), self.streams.keys().cloned().collect::<Vec<_>>());
        for name in &names {
            self.declare(name, now_ms, &mut change);
        }
        self.files.write(&change.bytes, &change.summary)?;
        self.files.sync()?;
        self.files.remove(&gone)?;
        let files = &self.files;
        self.streams.values_mut().for_each(|known| known.span = files.span(known.id));
        Ok(())
    }
}
