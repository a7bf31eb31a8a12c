//! Whether throughput stays what it was: one load for a long time, its last tenth beside its first.

use std::time::Duration;

use anyhow::Result;

use crate::connection::Connection;
use crate::kind::Kind;
use crate::lambent::Lambent;
use crate::load;
use crate::report::Report;
use crate::row::Row;

const CONNECTIONS: usize = 64;
const WARM_UP: Duration = Duration::from_secs(5);
const NAME: &str = "drift";

/// Ten loads one after the other, together as long as asked for.
pub(crate) async fn measure(
    server: &Lambent,
    kind: &Kind,
    length: Duration,
    report: &mut Report,
) -> Result<()> {
    let mut control = Connection::open(server.address).await?;
    server.create(&mut control, NAME, kind).await?;
    // Not counted: it makes the environments.
    load::run(server.address, server.invocation(NAME)?, CONNECTIONS, WARM_UP).await?;
    let mut per_s = Vec::new();
    for _ in 0..10 {
        // Signed anew: a signature is good for five minutes.
        let request = server.invocation(NAME)?;
        per_s.push(load::run(server.address, request, CONNECTIONS, length / 10).await?.per_s);
    }
    let lowest = per_s.iter().copied().fold(f64::INFINITY, f64::min);
    let row = Row::new(format!("drift.{}.{CONNECTIONS}", kind.name), per_s[9], "/s");
    report.add(row.beside("the first tenth", per_s[0]).with("lowest_per_s", lowest));
    let mut control = Connection::open(server.address).await?;
    server.delete(&mut control, NAME).await
}
