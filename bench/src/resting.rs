//! The server without work: how long it takes to be ready, and what memory it holds then.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};

use crate::lambent::Lambent;
use crate::report::Report;
use crate::{Arguments, host};

/// Starts the server on empty data folders.
pub(crate) async fn measure(arguments: &Arguments, folder: &Path, report: &mut Report) -> Result<()> {
    let (mut ready_us, mut memory_kib) = (Vec::new(), Vec::new());
    for round in 0..arguments.rounds.max(1) {
        let start = host::now();
        let server = Lambent::start(&arguments.binary, &folder.join(format!("resting-{round}"))).await?;
        ready_us.push(start.elapsed().as_secs_f64() * 1e6);
        memory_kib.push(family_pss_kib(server.pid())?);
        server.stop().await?;
    }
    report.resting(ready_us, memory_kib);
    Ok(())
}

/// The memory of a process and all below it, pages that are shared counted in parts.
fn family_pss_kib(pid: u32) -> Result<f64> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in std::fs::read_dir("/proc")? {
        let Ok(child) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
        // A process may end while we look.
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{child}/stat")) else { continue };
        let parent = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
        children.entry(parent.unwrap_or(0)).or_default().push(child);
    }
    let (mut waiting, mut sum) = (vec![pid], 0.0);
    while let Some(pid) = waiting.pop() {
        let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).context("Pss in smaps_rollup")?;
        sum += line.trim().trim_end_matches("kB").trim().parse::<f64>()?;
        waiting.extend(children.remove(&pid).into_iter().flatten());
    }
    Ok(sum)
}
