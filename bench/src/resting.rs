//! The server without work: how long it takes to be ready, and what memory it holds then.

use std::path::Path;

use anyhow::Result;

use crate::lambent::Lambent;
use crate::report::Report;
use crate::{Arguments, family, host};

/// Starts the server on empty data folders.
pub(crate) async fn measure(arguments: &Arguments, folder: &Path, report: &mut Report) -> Result<()> {
    let (mut ready_us, mut memory_kib) = (Vec::new(), Vec::new());
    for round in 0..arguments.rounds.max(1) {
        let start = host::now();
        let server = Lambent::start(&arguments.binary, &folder.join(format!("resting-{round}"))).await?;
        ready_us.push(start.elapsed().as_secs_f64() * 1e6);
        memory_kib.push(family::pss_kib(server.pid())?);
        server.stop().await?;
    }
    report.resting(ready_us, memory_kib);
    Ok(())
}
