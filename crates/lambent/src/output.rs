//! What the server prints: its log, the lines of functions in it, and errors of the command line. Colour on a terminal
//! only.

use std::io::{IsTerminal as _, Write as _};

use lambent_dispatch::{Line, LogSink, Source};
use tracing::{Level, debug, enabled, info};
use tracing_subscriber::EnvFilter;

use crate::config::LogFormat;

/// Starts the log on standard error.
pub(crate) fn start_log(format: LogFormat, filter: &str) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).with_target(false).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
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

/// Sends the lines of functions to the server's log: what functions write at `info`, the platform's at `debug`.
#[derive(Debug)]
pub(crate) struct FunctionLines;

impl LogSink for FunctionLines {
    fn write(&self, line: &Line<'_>) {
        let text = String::from_utf8_lossy(line.text);
        let function = line.function.name.as_str();
        match line.source {
            Source::Function => info!(target: "lambent::function", function, stream = line.stream, "{text}"),
            Source::Platform => debug!(target: "lambent::function", function, stream = line.stream, "{text}"),
        }
    }

    fn wants(&self, source: Source) -> bool {
        match source {
            Source::Function => enabled!(target: "lambent::function", Level::INFO),
            Source::Platform => enabled!(target: "lambent::function", Level::DEBUG),
        }
    }
}
