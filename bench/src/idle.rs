//! What one more environment that waits for work costs in memory.

use std::path::Path;

use anyhow::Result;

use crate::connection::Connection;
use crate::environment::meminfo_kib;
use crate::kind::Kind;
use crate::lambent::{FUNCTIONS, Lambent, definition};
use crate::report::Report;
use crate::row::Row;
use crate::{Arguments, family};

/// What AWS gives a function that asks for nothing.
const MEMORY_MIB: u32 = 128;

/// Holds so many environments of each kind, each of a function of its own, on a server of its own.
pub(crate) async fn measure(
    arguments: &Arguments,
    folder: &Path,
    kinds: &[Kind],
    report: &mut Report,
) -> Result<()> {
    for kind in kinds {
        let server = Lambent::start(&arguments.binary, &folder.join(format!("idle-{}", kind.name))).await?;
        // The first of a kind brings what all others share.
        hold(&server, kind, 0..1).await?;
        let (before_kib, left_kib) = now(&server).await?;
        let count = arguments.environments;
        hold(&server, kind, 1..count + 1).await?;
        let (after_kib, left_after_kib) = now(&server).await?;
        let each_mib = |kib: f64| kib / 1024.0 / f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        report.add(
            Row::new(format!("environment.{}", kind.name), each_mib(after_kib - before_kib), "MiB")
                // The kernel's own part too, and whatever else happened on the machine meanwhile.
                .with("of_the_host_mib", each_mib(left_kib - left_after_kib)),
        );
        server.stop().await?;
    }
    Ok(())
}

/// The memory of the whole family, and what the host has left.
async fn now(server: &Lambent) -> Result<(f64, f64)> {
    let held = family::steady_pss_kib(server.pid()).await?;
    Ok((held, meminfo_kib("MemAvailable:").unwrap_or(f64::NAN)))
}

/// Creates the functions of these numbers and invokes each once.
pub(crate) async fn hold(server: &Lambent, kind: &Kind, numbers: std::ops::Range<usize>) -> Result<()> {
    let mut control = Connection::open(server.address).await?;
    for number in numbers {
        let name = name_of(kind, number);
        let body = definition(&name, kind, &kind.package(&name)?, MEMORY_MIB);
        control.succeed(&server.request("POST", FUNCTIONS, body.to_string())?).await?;
        server.active(&mut control, &name).await?;
        control.succeed(&server.invocation(&name)?).await?;
    }
    Ok(())
}

pub(crate) fn name_of(kind: &Kind, number: usize) -> String {
    format!("idle-{}-{number}", kind.name)
}
