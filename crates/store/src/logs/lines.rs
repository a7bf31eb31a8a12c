//! Lines on their way from sandboxes to the writer: copied into one buffer, so that giving one costs no allocation and no
//! wait. Never loses one below [`limits::LOG_WAITING_MAX_BYTES`].

use std::sync::{Mutex, MutexGuard, PoisonError};

use lambent_core::limits;
use tokio::sync::{Notify, oneshot};

/// A line of a function, of its platform or of an extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// The account of its log group.
    pub account: &'a str,
    /// The region of its log group.
    pub region: &'a str,
    /// The name of its log group.
    pub group: &'a str,
    /// The name of its stream.
    pub stream: &'a str,
    /// When it was written.
    pub at_ms: i64,
    /// Its log group is made where it is missing; else the line is in no group then.
    pub makes_group: bool,
    /// The line; its end is added where it is missing.
    pub text: &'a [u8],
}

/// Where each part of a line ends, behind the line before it.
#[derive(Debug, Clone, Copy)]
struct Entry {
    ends: [usize; 5],
    at_ms: i64,
    makes_group: bool,
}

/// Lines in the order they came.
#[derive(Debug, Default)]
pub(super) struct Lines {
    bytes: Vec<u8>,
    entries: Vec<Entry>,
}

/// What waits for the writer.
#[derive(Debug, Default)]
struct Waiting {
    lines: Lines,
    /// Who wants to know when the writer has come as far as now.
    askers: Vec<oneshot::Sender<()>>,
    /// Whether the writer holds lines that are not written yet.
    is_writing: bool,
    dropped: u64,
}

/// The queue between them.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    /// There is something to write.
    some: Notify,
    /// Somebody waits for it.
    hurry: Notify,
}

/// What the writer takes at once.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) lines: Lines,
    pub(super) askers: Vec<oneshot::Sender<()>>,
    /// How many lines were dropped since the last batch.
    pub(super) dropped: u64,
}

impl Lines {
    fn push(&mut self, line: &Line<'_>) {
        let Line { account, region, group, stream, at_ms, makes_group, text } = *line;
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        let parts = [account.as_bytes(), region.as_bytes(), group.as_bytes(), stream.as_bytes(), text];
        let ends = parts.map(|part| {
            self.bytes.extend_from_slice(part);
            self.bytes.len()
        });
        self.bytes.push(b'\n');
        self.entries.push(Entry { ends, at_ms, makes_group });
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.entries.len()
    }

    /// The line of that number, its end with it.
    pub(super) fn get(&self, number: usize) -> Line<'_> {
        let from = number.checked_sub(1).map_or(0, |before| self.entries[before].ends[4] + 1);
        let Entry { ends: [account, region, group, stream, text], at_ms, makes_group } = self.entries[number];
        let part = |from, to| str::from_utf8(&self.bytes[from..to]).unwrap_or_default();
        Line {
            account: part(from, account),
            region: part(account, region),
            group: part(region, group),
            stream: part(group, stream),
            at_ms,
            makes_group,
            text: &self.bytes[stream..=text],
        }
    }
}

impl Queue {
    /// Takes a line.
    pub(super) fn push(&self, line: &Line<'_>) {
        let mut waiting = self.lock();
        if waiting.lines.bytes.len() > limits::LOG_WAITING_MAX_BYTES {
            waiting.dropped += 1;
            return;
        }
        let first = waiting.lines.entries.is_empty();
        waiting.lines.push(line);
        drop(waiting);
        if first {
            self.some.notify_one();
        }
    }

    /// Whether functions should be held up.
    pub(super) fn is_full(&self) -> bool {
        self.lock().lines.bytes.len() > limits::LOG_WAITING_FULL_BYTES
    }

    /// Waits until everything that was pushed before is written.
    pub(super) async fn written(&self) {
        let (asker, written) = oneshot::channel();
        {
            let mut waiting = self.lock();
            if waiting.lines.entries.is_empty() && !waiting.is_writing {
                return;
            }
            waiting.askers.push(asker);
        }
        self.hurry.notify_one();
        self.some.notify_one();
        // No answer means that the writer has ended, and with it everything it had.
        _ = written.await;
    }

    /// Waits for something to write.
    pub(super) async fn some(&self) {
        self.some.notified().await;
    }

    /// Waits for somebody who waits.
    pub(super) async fn hurry(&self) {
        self.hurry.notified().await;
    }

    /// All that waits.
    pub(super) fn take(&self) -> Batch {
        let mut waiting = self.lock();
        waiting.is_writing = true;
        let Waiting { lines, askers, dropped, .. } = &mut *waiting;
        let (lines, askers, dropped) =
            (std::mem::take(lines), std::mem::take(askers), std::mem::take(dropped));
        Batch { lines, askers, dropped }
    }

    /// Who began to wait since the last was taken.
    pub(super) fn askers(&self) -> Vec<oneshot::Sender<()>> {
        std::mem::take(&mut self.lock().askers)
    }

    /// What was taken is written.
    pub(super) fn done(&self) {
        self.lock().is_writing = false;
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_as_they_went_in() {
        let mut lines = Lines::default();
        let line = |text| Line {
            account: "1",
            region: "r",
            group: "/g",
            stream: "s[$LATEST]",
            at_ms: 7,
            makes_group: true,
            text,
        };
        lines.push(&line(b"one"));
        lines.push(&line(b""));
        lines.push(&line(b"\xff\n"));
        let found: Vec<_> = (0..lines.len()).map(|number| lines.get(number)).collect();
        assert_eq!(found, [line(b"one\n"), line(b"\n"), line(b"\xff\n")]);
    }
}
