//! Cold starts: the first invocation of a function that never ran, beside the bare start of its interpreter.

use anyhow::Result;

use crate::connection::Connection;
use crate::host;
use crate::kind::Kind;
use crate::lambent::Lambent;
use crate::report::{Report, median};
use crate::row::Row;

/// Starts so many new functions of each kind; the kinds and their floors take turns.
pub(crate) async fn measure(
    server: &Lambent,
    kinds: &[Kind],
    count: usize,
    report: &mut Report,
) -> Result<()> {
    let mut control = Connection::open(server.address).await?;
    let mut cold_ms = vec![Vec::new(); kinds.len()];
    let mut bare_ms = vec![Vec::new(); kinds.len()];
    for number in 0..count {
        for (at, kind) in kinds.iter().enumerate() {
            bare_ms[at].push(host::time_of(&kind.bare)? / 1e3);
            let name = format!("cold-{}-{number}", kind.name);
            server.create(&mut control, &name, kind).await?;
            let request = server.invocation(&name)?;
            let sent = host::now();
            control.succeed(&request).await?;
            cold_ms[at].push(host::ms_since(sent));
            server.delete(&mut control, &name).await?;
        }
    }
    for ((kind, cold_ms), bare_ms) in kinds.iter().zip(cold_ms).zip(bare_ms) {
        let highest = cold_ms.iter().copied().fold(0.0, f64::max);
        let row = Row::new(format!("cold.{}", kind.name), median(cold_ms), "ms").with("highest_ms", highest);
        report.add(row.beside(kind.bare_words(), median(bare_ms)));
    }
    Ok(())
}
