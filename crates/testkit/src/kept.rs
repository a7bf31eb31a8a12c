//! Where a test server's functions log: into its own log store. Never reads it.

use lambent_dispatch::{Line, LogPermit, LogSink, Source};
use lambent_store::logs::{Line as Stored, Logs};

/// Lines of functions are kept as the binary keeps them.
#[derive(Debug)]
pub(crate) struct Kept(pub(crate) Logs);

impl LogSink for Kept {
    fn write(&self, line: &Line<'_>) {
        let Line { function, group, stream, at, text, .. } = *line;
        let (account, region, at_ms) = (function.account.as_str(), function.region.as_str(), at.as_millis());
        let makes_group = line.permit == LogPermit::Create;
        if line.permit != LogPermit::None {
            self.0.push(&Stored { account, region, group, stream, at_ms, makes_group, text });
        }
    }

    fn wants(&self, _source: Source) -> bool {
        true
    }
}
