//! How the server's log says that AWS's time is not the real one. The moment of each line is always the real one. Never moves
//! the clock.

use std::fmt::{self, Write as _};
use std::sync::Arc;
use std::time::Duration;

use lambent_core::time::RealClock as _;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::{MovableClock, Pace, REAL};

impl MovableClock {
    /// How far ahead it is, and how fast: `+6h`, `+1d2h3m4s`, `+0s,x60`; nothing where it is the real time.
    fn label(&self) -> Option<String> {
        label(self.pace(), self.system.monotonic())
    }
}

fn label(pace: Pace, now: Duration) -> Option<String> {
    let ahead_s = pace.ahead(now).as_secs();
    if ahead_s == 0 && pace.scale <= REAL {
        return None;
    }
    let mut text = "+".to_owned();
    let units = [(86_400, u64::MAX, 'd'), (3600, 24, 'h'), (60, 60, 'm'), (1, 60, 's')];
    for (seconds, wrap, unit) in units {
        let count = ahead_s / seconds % wrap;
        if count > 0 || text == "+" && unit == 's' {
            _ = write!(text, "{count}{unit}");
        }
    }
    if pace.scale > REAL {
        _ = write!(text, ",x{}", pace.scale);
    }
    Some(text)
}

/// The log of a server whose time can be moved: behind the moment of a line in text, in a member of its own in JSON.
#[derive(Debug)]
pub(crate) struct Labelled<F> {
    pub(crate) form: F,
    pub(crate) clock: Arc<MovableClock>,
}

impl FormatTime for Labelled<SystemTime> {
    fn format_time(&self, line: &mut Writer<'_>) -> fmt::Result {
        self.form.format_time(line)?;
        match self.clock.label() {
            Some(label) => write!(line, " clock={label}"),
            None => Ok(()),
        }
    }
}

impl<S, N, F> FormatEvent<S, N> for Labelled<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let Some(label) = self.clock.label() else { return self.form.format_event(context, line, event) };
        let mut object = String::new();
        self.form.format_event(context, Writer::new(&mut object), event)?;
        let members = object.trim_end();
        let members = members.strip_suffix('}').unwrap_or(members);
        writeln!(line, "{members},\"clock\":\"{label}\"}}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_real_time_has_no_label() {
        let check = |ahead_s, scale, expected: Option<&str>| {
            let pace = Pace { ahead: Duration::from_secs(ahead_s), at: Duration::ZERO, scale };
            assert_eq!(label(pace, Duration::ZERO).as_deref(), expected);
        };
        check(0, 1.0, None);
        check(21_600, 1.0, Some("+6h"));
        check(93_784, 1.0, Some("+1d2h3m4s"));
        check(0, 60.0, Some("+0s,x60"));
        check(5, 1.5, Some("+5s,x1.5"));
    }
}
