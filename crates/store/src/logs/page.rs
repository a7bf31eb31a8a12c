//! Which events are wanted, and the page of them. Never holds more than the page may.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use lambent_core::limits;

/// Where an event stands among all of its group: by its time, then as it came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Its timestamp.
    pub at_ms: i64,
    /// The segment it is in, and where.
    pub place: u64,
}

impl Position {
    /// Before all events of this time.
    #[must_use]
    pub const fn before(at_ms: i64) -> Self {
        Self { at_ms, place: 0 }
    }
}

/// 56 digits.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:028}{:028}", self.at_ms.max(0), self.place)
    }
}

/// No 56 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the position of an event")]
pub struct NotAPosition;

impl FromStr for Position {
    type Err = NotAPosition;

    fn from_str(text: &str) -> Result<Self, NotAPosition> {
        let digits = text.len() == 56 && text.bytes().all(|byte| byte.is_ascii_digit());
        let (at, place) = text.split_at_checked(28).filter(|_| digits).ok_or(NotAPosition)?;
        let (at_ms, place) =
            (at.parse().map_err(|_| NotAPosition)?, place.parse().map_err(|_| NotAPosition)?);
        Ok(Self { at_ms, place })
    }
}

/// Which streams of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Streams {
    /// All.
    All,
    /// Those with these names.
    Named(Vec<String>),
    /// Those whose names begin so.
    Prefixed(String),
}

impl Streams {
    pub(super) fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Named(names) => names.iter().any(|wanted| wanted == name),
            Self::Prefixed(prefix) => name.starts_with(prefix),
        }
    }
}

/// Which events of a group.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Of these streams.
    pub streams: Streams,
    /// From this time on.
    pub from_ms: i64,
    /// Before this time.
    pub until_ms: i64,
    /// Behind this one.
    pub after: Option<Position>,
    /// Before this one.
    pub before: Option<Position>,
    /// The last of them, where there are more than the page holds; else the first.
    pub newest: bool,
    /// How many at most.
    pub limit: usize,
}

impl Wanted {
    /// Whether an event of this time and place may be on the page.
    pub(super) fn has(&self, position: Position) -> bool {
        (self.from_ms..self.until_ms).contains(&position.at_ms)
            && self.after.is_none_or(|after| position > after)
            && self.before.is_none_or(|before| position < before)
    }

    /// Whether events of these times may be.
    pub(super) fn may_have(&self, (first_ms, last_ms): (i64, i64)) -> bool {
        let from_ms = self.after.map_or(self.from_ms, |after| self.from_ms.max(after.at_ms));
        let to_ms = self.before.map_or(i64::MAX, |before| before.at_ms);
        last_ms >= from_ms && first_ms < self.until_ms && first_ms <= to_ms
    }
}

/// An event as it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Where it stands.
    pub position: Position,
    /// The name of its stream.
    pub stream: Arc<str>,
    /// When it was taken in.
    pub ingested_ms: i64,
    /// What was logged.
    pub text: String,
}

/// Events in the order of their positions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// At most as many as wanted, and at most 1 MiB of them; but one if there is any.
    pub events: Vec<Event>,
    /// Whether there are more in the direction that was asked for.
    pub more: bool,
}

/// A page that is being found. The events may come in any order.
#[derive(Debug)]
pub(super) struct Gathered<'w> {
    wanted: &'w Wanted,
    events: BTreeMap<Position, Event>,
    bytes: usize,
    more: bool,
}

impl<'w> Gathered<'w> {
    pub(super) const fn new(wanted: &'w Wanted) -> Self {
        Self { wanted, events: BTreeMap::new(), bytes: 0, more: false }
    }

    /// Whether an event of this position would stay on the page.
    pub(super) fn takes(&self, position: Position) -> bool {
        if !self.more {
            return true;
        }
        let last =
            if self.wanted.newest { self.events.first_key_value() } else { self.events.last_key_value() };
        last.is_none_or(|(last, _)| if self.wanted.newest { position > *last } else { position < *last })
    }

    /// Whether one of these times would.
    pub(super) fn takes_any(&self, (first_ms, last_ms): (i64, i64)) -> bool {
        let best = if self.wanted.newest {
            Position { at_ms: last_ms, place: u64::MAX }
        } else {
            Position::before(first_ms)
        };
        self.takes(best)
    }

    pub(super) fn add(&mut self, event: Event) {
        self.bytes += event.text.len();
        self.events.insert(event.position, event);
        while self.events.len() > self.wanted.limit
            || (self.bytes > limits::LOG_PAGE_MAX_BYTES && self.events.len() > 1)
        {
            let cut = if self.wanted.newest { self.events.pop_first() } else { self.events.pop_last() };
            self.bytes -= cut.map_or(0, |(_, event)| event.text.len());
            self.more = true;
        }
    }

    pub(super) fn done(self) -> Page {
        Page { events: self.events.into_values().collect(), more: self.more }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_its_digits() {
        let position = Position { at_ms: 1_767_323_045_678, place: u64::MAX };
        assert_eq!(position.to_string().len(), 56);
        assert_eq!(position.to_string().parse(), Ok(position));
        for text in ["", "7", "é", &"x".repeat(56), &"9".repeat(56)] {
            assert_eq!(text.parse::<Position>(), Err(NotAPosition), "{text}");
        }
    }
}
