//! The server without work: how long it takes to be ready, and what memory it holds then.

use std::path::Path;

use anyhow::Result;

use crate::lambent::Lambent;
use crate::report::{Report, median};
use crate::row::Row;
use crate::{Arguments, family, host};

/// Starts the server on empty data folders.
pub(crate) async fn measure(arguments: &Arguments, folder: &Path, report: &mut Report) -> Result<()> {
    let (mut ready_ms, mut own_mib, mut whole_mib) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..arguments.rounds {
        let start = host::now();
        let server = Lambent::start(&arguments.binary, &folder.join(format!("resting-{round}"))).await?;
        ready_ms.push(host::ms_since(start));
        whole_mib.push(family::steady_pss_kib(server.pid()).await? / 1024.0);
        own_mib.push(family::own_and_children_pss_kib(server.pid())? / 1024.0);
        server.stop().await?;
    }
    report.add(Row::new("ready.empty", median(ready_ms), "ms"));
    // Server and spawner; what is kept ready for functions to come lies below the spawner.
    report.add(Row::new("idle.memory", median(own_mib), "MiB").with("with_pools_mib", median(whole_mib)));
    Ok(())
}
