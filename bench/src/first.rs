//! The way in: from sending the zip of a new function until its first result.

use std::path::Path;

use anyhow::Result;

use crate::connection::Connection;
use crate::host;
use crate::kind::Kind;
use crate::lambent::{FUNCTIONS, Lambent, MEMORY_MIB, definition};
use crate::report::{Report, median};
use crate::row::Row;

/// How much the package holds that no compression makes smaller.
const BYTES: usize = 1 << 20;

/// Creates so many functions of 1 MB, one after the other, and calls each as soon as it is active.
pub(crate) async fn measure(
    server: &Lambent,
    folder: &Path,
    kind: &Kind,
    count: usize,
    report: &mut Report,
) -> Result<()> {
    let mut control = Connection::open(server.address).await?;
    let (mut took_ms, mut disk_ms) = (Vec::new(), Vec::new());
    for number in 0..count {
        let name = format!("first-{number}");
        let noise = noise(number);
        let body = definition(&name, kind, &kind.package_with("noise", &noise)?, MEMORY_MIB).to_string();
        let (creation, invocation) = (server.request("POST", FUNCTIONS, body)?, server.invocation(&name)?);
        disk_ms.push(kept_ms(folder, &noise)?);
        let start = host::now();
        control.succeed(&creation).await?;
        server.active(&mut control, &name).await?;
        control.succeed(&invocation).await?;
        took_ms.push(host::ms_since(start));
        server.delete(&mut control, &name).await?;
    }
    let row = Row::new("create.first_result", median(took_ms), "ms");
    report.add(row.beside("writing 1 MB to disk and syncing", median(disk_ms)));
    Ok(())
}

/// How long this disk takes to keep a package.
fn kept_ms(folder: &Path, bytes: &[u8]) -> Result<f64> {
    use std::io::Write as _;
    let start = host::now();
    let mut file = std::fs::File::create(folder.join("kept"))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    Ok(host::ms_since(start))
}

/// Bytes that differ from seed to seed, by xorshift.
fn noise(seed: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15u64.wrapping_mul(seed as u64 + 1);
    let word = |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    (0..BYTES / 8).flat_map(word).collect()
}
