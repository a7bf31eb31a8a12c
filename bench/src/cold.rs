//! Cold starts: the first invocation of a function that never ran, beside the bare start of its interpreter.

use anyhow::Result;

use crate::connection::Connection;
use crate::host;
use crate::kind::Kind;
use crate::lambent::Lambent;
use crate::report::Report;

/// Starts so many new functions of each kind; the kinds and their floors take turns.
pub(crate) async fn measure(
    server: &Lambent,
    kinds: &[Kind],
    count: usize,
    report: &mut Report,
) -> Result<()> {
    let mut control = Connection::open(server.address).await?;
    let mut cold_us = vec![Vec::new(); kinds.len()];
    let mut bare_us = vec![Vec::new(); kinds.len()];
    for number in 0..count {
        for (at, kind) in kinds.iter().enumerate() {
            bare_us[at].push(host::time_of(&kind.bare)?);
            let name = format!("cold-{}-{number}", kind.name);
            server.create(&mut control, &name, kind).await?;
            let request = server.invocation(&name)?;
            let sent = host::now();
            control.succeed(&request).await?;
            cold_us[at].push(sent.elapsed().as_secs_f64() * 1e6);
            server.delete(&mut control, &name).await?;
        }
    }
    for ((kind, cold_us), bare_us) in kinds.iter().zip(cold_us).zip(bare_us) {
        report.cold(kind.name, cold_us, bare_us);
    }
    Ok(())
}
