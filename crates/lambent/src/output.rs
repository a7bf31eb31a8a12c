//! What the server prints: its log, the lines of functions in it, and errors of the command line. Colour on a terminal
//! only.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;

use lambent_core::lambda::arn::FunctionId;
use lambent_dispatch::{Line, LogPermit, LogSink, Source};
use lambent_store::logs::{Line as Stored, Logs};
use tracing::{Level, debug, enabled, info};
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::time::SystemTime;

use crate::clock::{Labelled, MovableClock};
use crate::config::LogFormat;

/// How many lines may wait to be written; more are dropped and counted. Functions write as much as they like, and whoever
/// reads the server's log may be slow or gone: neither may hold the server up.
const LINES_WAITING_MAX: usize = 16_384;

/// The log of the server; dropping it writes what still waits.
#[derive(Debug)]
#[must_use]
pub(crate) struct Log {
    dropped: ErrorCounter,
    _writer: WorkerGuard,
}

impl Log {
    /// Starts the log on standard error, written by a thread of its own: call it after the spawner was split off.
    pub(crate) fn start(format: LogFormat, filter: &str, clock: Arc<MovableClock>) -> Self {
        let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
        let builder = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(LINES_WAITING_MAX);
        let (writer, guard) = builder.finish(std::io::stderr());
        let dropped = writer.error_counter();
        let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
        match format {
            LogFormat::Text => {
                let log = log.with_ansi(std::io::stderr().is_terminal()).with_target(false);
                log.with_timer(Labelled { form: SystemTime, clock }).init()
            }
            LogFormat::Json => {
                log.json().flatten_event(true).map_event_format(|form| Labelled { form, clock }).init()
            }
        }
        Self { dropped, _writer: guard }
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let lines = self.dropped.dropped_lines();
        if lines > 0 {
            error(&anyhow::anyhow!("{lines} lines of the log were dropped: nobody read them fast enough"));
        }
    }
}

/// Says why a command failed, with its causes.
pub(crate) fn error(fault: &anyhow::Error) {
    _ = writeln!(std::io::stderr(), "lambent: {fault:#}");
}

/// Prints a line of a command's result.
pub(crate) fn line(text: &str) {
    _ = writeln!(std::io::stdout(), "{text}");
}

/// Sends the lines of functions to the log store, and to the server's log: what functions write at `info`, the platform's at
/// `debug`.
#[derive(Debug)]
pub(crate) struct FunctionLines(pub(crate) Logs);

impl LogSink for FunctionLines {
    fn write(&self, line: &Line<'_>) {
        let Line { function: FunctionId { account, region, .. }, group, stream, at, text, .. } = *line;
        let (account, region, at_ms) = (account.as_str(), region.as_str(), at.as_millis());
        let makes_group = line.permit == LogPermit::Create;
        if line.permit != LogPermit::None {
            self.0.push(&Stored { account, region, group, stream, at_ms, makes_group, text });
        }
        if Self::shows(line.source) {
            Self::show(line);
        }
    }

    fn wants(&self, _source: Source) -> bool {
        true
    }

    fn is_full(&self) -> bool {
        self.0.is_full()
    }
}

impl FunctionLines {
    fn show(line: &Line<'_>) {
        // Runtimes join the lines of one event by carriage returns, which a terminal would print over each other.
        let text = String::from_utf8_lossy(line.text).replace('\r', "\n");
        let function = line.function.name.as_str();
        match line.source {
            Source::Function | Source::Extension => {
                info!(target: "lambent::function", function, stream = line.stream, "{text}")
            }
            Source::Platform => debug!(target: "lambent::function", function, stream = line.stream, "{text}"),
        }
    }

    fn shows(source: Source) -> bool {
        match source {
            Source::Function | Source::Extension => enabled!(target: "lambent::function", Level::INFO),
            Source::Platform => enabled!(target: "lambent::function", Level::DEBUG),
        }
    }
}
