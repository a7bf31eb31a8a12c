//! One file of a log group: entries one after the other, each with its length and checksum, so that what a crash left
//! half written is known. Never changes an entry once it is written.

use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Length and checksum before each entry.
const FRAME_BYTES: usize = 8;
/// Kind and stream at the head of each entry.
const HEAD_BYTES: usize = 5;

/// What stands in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entry<'a> {
    /// A log stream that is used from here on in this segment.
    Stream { id: u32, created_ms: i64, name: &'a str },
    /// The stream is deleted, with all its events in any segment.
    Deleted { id: u32 },
    /// An event.
    Event { stream: u32, at_ms: i64, ingested_ms: i64, text: &'a [u8] },
}

impl<'a> Entry<'a> {
    /// Adds it to the end.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&[0; FRAME_BYTES]);
        match *self {
            Self::Stream { id, created_ms, name } => {
                head(out, 1, id);
                out.extend_from_slice(&created_ms.to_le_bytes());
                out.extend_from_slice(name.as_bytes());
            }
            Self::Deleted { id } => head(out, 2, id),
            Self::Event { stream, at_ms, ingested_ms, text } => {
                head(out, 3, stream);
                out.extend_from_slice(&at_ms.to_le_bytes());
                out.extend_from_slice(&ingested_ms.to_le_bytes());
                out.extend_from_slice(text);
            }
        }
        let body = &out[start + FRAME_BYTES..];
        let length = u32::try_from(body.len()).expect("an event is at most a megabyte");
        let check = crc32fast::hash(body);
        out[start..start + 4].copy_from_slice(&length.to_le_bytes());
        out[start + 4..start + FRAME_BYTES].copy_from_slice(&check.to_le_bytes());
    }

    fn decode(body: &'a [u8]) -> Option<Self> {
        let (head, rest) = body.split_at_checked(HEAD_BYTES)?;
        let id = u32::from_le_bytes(head[1..].try_into().ok()?);
        match head[0] {
            1 => {
                let (created_ms, name) = number(rest)?;
                Some(Self::Stream { id, created_ms, name: str::from_utf8(name).ok()? })
            }
            2 => Some(Self::Deleted { id }),
            3 => {
                let (at_ms, rest) = number(rest)?;
                let (ingested_ms, text) = number(rest)?;
                Some(Self::Event { stream: id, at_ms, ingested_ms, text })
            }
            _ => None,
        }
    }
}

fn head(out: &mut Vec<u8>, kind: u8, id: u32) {
    out.push(kind);
    out.extend_from_slice(&id.to_le_bytes());
}

fn number(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<8>()?;
    Some((i64::from_le_bytes(*number), rest))
}

/// The entries of a segment, each with its offset; ends before the first that is not whole.
pub(super) struct Entries<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Entries<'a> {
    pub(super) const fn of(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Where the last whole entry ends that was given out.
    pub(super) const fn end(&self) -> usize {
        self.at
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = (usize, Entry<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (frame, rest) = self.bytes.get(self.at..)?.split_at_checked(FRAME_BYTES)?;
        let length = usize::try_from(u32::from_le_bytes(frame[..4].try_into().ok()?)).ok()?;
        let body = rest.get(..length)?;
        if crc32fast::hash(body).to_le_bytes() != frame[4..] {
            return None;
        }
        let entry = Entry::decode(body)?;
        let offset = self.at;
        self.at += FRAME_BYTES + length;
        Some((offset, entry))
    }
}

/// What a segment, or all of them, hold of one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Span {
    pub(super) first_ms: i64,
    pub(super) last_ms: i64,
    pub(super) ingested_ms: i64,
    pub(super) bytes: u64,
}

impl Span {
    pub(super) fn join(self, other: Self) -> Self {
        Self {
            first_ms: self.first_ms.min(other.first_ms),
            last_ms: self.last_ms.max(other.last_ms),
            ingested_ms: self.ingested_ms.max(other.ingested_ms),
            bytes: self.bytes + other.bytes,
        }
    }
}

/// What a segment holds, without its events. Kept in a file beside each that is complete.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Summary {
    /// How long the segment is.
    pub(super) length: u64,
    /// When its first event was taken in.
    pub(super) since_ms: Option<i64>,
    /// The streams in it: when they were created, and their names.
    pub(super) declared: BTreeMap<u32, (i64, String)>,
    /// Streams that were deleted while it was written.
    pub(super) deleted: BTreeSet<u32>,
    /// Events by stream.
    pub(super) spans: BTreeMap<u32, Span>,
}

impl Summary {
    /// Reads a segment as far as it is whole.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let (mut summary, mut entries) = (Self::default(), Entries::of(bytes));
        entries.by_ref().for_each(|(_, entry)| summary.add(entry));
        summary.length = entries.end() as u64;
        summary
    }

    /// Takes in one more entry; its length apart.
    pub(super) fn add(&mut self, entry: Entry<'_>) {
        match entry {
            Entry::Stream { id, created_ms, name } => {
                self.declared.insert(id, (created_ms, name.to_owned()));
            }
            Entry::Deleted { id } => {
                self.deleted.insert(id);
            }
            Entry::Event { stream, at_ms, ingested_ms, text } => {
                let bytes = text.len() as u64 + lambent_core::limits::LOG_EVENT_OVERHEAD_BYTES;
                let span = Span { first_ms: at_ms, last_ms: at_ms, ingested_ms, bytes };
                self.since_ms.get_or_insert(ingested_ms);
                self.spans.entry(stream).and_modify(|old| *old = old.join(span)).or_insert(span);
            }
        }
    }

    /// An id that no stream has which it knows of, deleted ones with them: what ended one must not end another.
    pub(super) fn next_id(&self) -> u32 {
        let last = [self.declared.keys().last(), self.deleted.last(), self.spans.keys().last()];
        last.into_iter().flatten().max().map_or(1, |id| id + 1)
    }

    /// The times of all events in it.
    pub(super) fn times(&self) -> Option<(i64, i64)> {
        let spans = self.spans.values().copied();
        spans.reduce(Span::join).map(|span| (span.first_ms, span.last_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cut_or_changed_ends_a_segment() {
        let entries = [
            Entry::Stream { id: 7, created_ms: 1, name: "s" },
            Entry::Event { stream: 7, at_ms: 5, ingested_ms: 6, text: b"one" },
            Entry::Event { stream: 7, at_ms: 3, ingested_ms: 7, text: b"" },
            Entry::Deleted { id: 7 },
        ];
        let mut bytes = Vec::new();
        let ends = entries.map(|entry| {
            entry.encode(&mut bytes);
            bytes.len()
        });
        let found = |bytes: &[u8]| Entries::of(bytes).count();
        assert_eq!(Entries::of(&bytes).map(|(_, entry)| entry).collect::<Vec<_>>(), entries);
        for length in 0..bytes.len() {
            assert_eq!(found(&bytes[..length]), ends.iter().filter(|end| **end <= length).count());
        }
        let mut changed = bytes.clone();
        changed[ends[1] - 1] ^= 1;
        assert_eq!(found(&changed), 1);
        let summary = Summary::of(&bytes);
        assert_eq!((summary.times(), summary.length), (Some((3, 5)), bytes.len() as u64));
    }
}
