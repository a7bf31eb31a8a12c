//! Events that wait for one subscriber. Holds no more than twice what it asked to have buffered: what comes on top is
//! dropped, and counted. Never reads a clock.

use std::collections::VecDeque;

use bytes::Bytes;
use lambent_core::time::Timestamp;
use tokio::time::Instant;

use super::record::object;
use super::subscription::Buffering;

/// What an event costs besides its bytes.
const OVERHEAD_BYTES: usize = 64;

/// The queue.
#[derive(Debug)]
pub(super) struct Queue {
    buffering: Buffering,
    /// The subscriber hears of what was dropped.
    tells: bool,
    lines: VecDeque<Bytes>,
    bytes: usize,
    /// When the first of them came.
    since: Option<Instant>,
    dropped: Option<Dropped>,
}

#[derive(Debug, Clone, Copy)]
struct Dropped {
    records: u64,
    bytes: u64,
    time: Timestamp,
}

impl Queue {
    pub(super) const fn new(buffering: Buffering, tells: bool) -> Self {
        Self { buffering, tells, lines: VecDeque::new(), bytes: 0, since: None, dropped: None }
    }

    /// Takes an event of this time, if there is room.
    pub(super) fn push(&mut self, line: String, time: Timestamp, now: Instant) {
        let held = self.bytes + (self.lines.len() + 1) * OVERHEAD_BYTES;
        if held + line.len() <= 2 * self.buffering.bytes_max {
            self.tell_of_dropped(now);
            self.hold(line, now);
            return;
        }
        let before = self.dropped.map_or((0, 0), |dropped| (dropped.records, dropped.bytes));
        self.dropped = Some(Dropped { records: before.0 + 1, bytes: before.1 + line.len() as u64, time });
    }

    fn hold(&mut self, line: String, now: Instant) {
        self.bytes += line.len();
        self.lines.push_back(Bytes::from(line));
        self.since.get_or_insert(now);
    }

    fn tell_of_dropped(&mut self, now: Instant) {
        let Some(Dropped { records, bytes, time }) = self.dropped.take().filter(|_| self.tells) else {
            return;
        };
        let record = serde_json::json!({
            "droppedBytes": bytes,
            "droppedRecords": records,
            "reason": "Consumer seems to have fallen behind as it has not acknowledged receipt of logs.",
        });
        self.hold(object(time, "platform.logsDropped", &record.to_string()), now);
    }

    /// When a batch is to be brought; `None` while there is nothing.
    pub(super) fn due(&self, hurry: bool) -> Option<Instant> {
        let since = self.since?;
        let full = self.lines.len() >= self.buffering.items_max || self.bytes >= self.buffering.bytes_max;
        Some(if full || hurry { since } else { since + self.buffering.timeout })
    }

    /// What is to be brought next. It stays until it is [`taken`](Self::taken).
    pub(super) fn batch(&self) -> Vec<Bytes> {
        let mut bytes = 0;
        let fits = |line: &&Bytes| {
            let first = bytes == 0;
            bytes += line.len();
            first || bytes <= self.buffering.bytes_max
        };
        self.lines.iter().take(self.buffering.items_max).take_while(fits).cloned().collect()
    }

    /// So many have been brought.
    pub(super) fn taken(&mut self, count: usize, now: Instant) {
        self.bytes -= self.lines.drain(..count).map(|line| line.len()).sum::<usize>();
        if self.lines.is_empty() {
            self.lines = VecDeque::new();
            self.since = None;
        } else {
            self.since = Some(now);
        }
        self.tell_of_dropped(now);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const TIME: Timestamp = Timestamp::from_millis(0);

    fn queue() -> Queue {
        let timeout = Duration::from_secs(1);
        Queue::new(Buffering { items_max: 1000, bytes_max: 262_144, timeout }, true)
    }

    #[test]
    fn a_batch_is_due_when_it_is_old_or_full() {
        let now = Instant::now();
        let mut queue = queue();
        assert_eq!(queue.due(true), None);
        queue.push("a".to_owned(), TIME, now);
        assert_eq!(queue.due(false), Some(now + Duration::from_secs(1)));
        assert_eq!(queue.due(true), Some(now));
        for _ in 1..1001 {
            queue.push("b".to_owned(), TIME, now);
        }
        assert_eq!(queue.due(false), Some(now));
        assert_eq!(queue.batch().len(), 1000);
        queue.taken(1000, now);
        assert_eq!(queue.batch(), ["b"]);
        queue.push("x".repeat(262_144), TIME, now);
        assert_eq!(queue.due(false), Some(now));
        assert_eq!(queue.batch(), ["b"], "a batch is no larger than was asked for");
        queue.taken(1, now);
        queue.taken(1, now);
        assert_eq!(queue.due(false), None);
    }

    #[test]
    fn what_has_no_room_is_counted_and_told() {
        let now = Instant::now();
        let mut queue = queue();
        for _ in 0..6 {
            queue.push("x".repeat(100_000), TIME, now);
        }
        assert_eq!(queue.lines.len(), 5);
        queue.taken(5, now);
        assert_eq!(
            queue.batch(),
            ["{\"time\":\"1970-01-01T00:00:00.000Z\",\"type\":\"platform.logsDropped\",\"record\":\
              {\"droppedBytes\":100000,\"droppedRecords\":1,\"reason\":\"Consumer seems to have fallen behind as it \
              has not acknowledged receipt of logs.\"}}"]
        );
    }

    proptest! {
        #[test]
        fn it_holds_no_more_than_twice_its_buffer_and_loses_nothing_uncounted(
            steps in prop::collection::vec((0usize..400_000, any::<bool>()), 0..40)
        ) {
            let now = Instant::now();
            let mut queue = queue();
            let (mut pushed, mut brought) = (0, 0);
            for (size, take) in steps {
                queue.push("x".repeat(size), TIME, now);
                pushed += 1;
                prop_assert!(queue.bytes <= 2 * 262_144 + 1000);
                if take {
                    let batch = queue.batch();
                    brought += batch.iter().filter(|line| !line.starts_with(b"{")).count();
                    queue.taken(batch.len(), now);
                }
            }
            let held = queue.lines.iter().filter(|line| !line.starts_with(b"{")).count();
            let told: u64 = queue.dropped.map_or(0, |dropped| dropped.records);
            prop_assert!(brought + held + usize::try_from(told).unwrap() <= pushed);
            prop_assert_eq!(queue.bytes, queue.lines.iter().map(Bytes::len).sum::<usize>());
        }
    }
}
