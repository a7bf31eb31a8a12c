//! A burst: many different functions invoked at the same moment, none of which ran before.

use anyhow::{Context, Result};
use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::host;
use crate::kind::Kind;
use crate::lambent::{FUNCTIONS, Lambent, definition};
use crate::report::{Report, median};
use crate::row::Row;

/// How many functions.
const COUNT: usize = 200;
/// What AWS gives a function that asks for nothing.
const MEMORY_MIB: u32 = 128;

/// Creates the functions, then invokes all of them over connections that are open already.
pub(crate) async fn measure(server: &Lambent, kind: Option<&Kind>, report: &mut Report) -> Result<()> {
    let Some(kind) = kind else {
        report.skip("burst.python", "this host has no Python");
        return Ok(());
    };
    let mut control = Connection::open(server.address).await?;
    let names: Vec<String> = (0..COUNT).map(|number| format!("burst-{number}")).collect();
    for name in &names {
        let body = definition(name, kind, &kind.package(name)?, MEMORY_MIB);
        control.succeed(&server.request("POST", FUNCTIONS, body.to_string())?).await?;
        server.active(&mut control, name).await?;
    }
    let floor_ms = host::burst_of(&kind.bare, COUNT)?;
    let mut each_ms = invoke_all(server, &names).await?;
    each_ms.sort_by(f64::total_cmp);
    let (first, last) = (each_ms[0], *each_ms.last().context("as many answers as functions")?);
    report.add(
        Row::new(format!("burst.{}", kind.name), last, "ms")
            .beside(format!("{COUNT} times {} at once", kind.bare_words()), floor_ms)
            .with("first_ms", first)
            .with("p50_ms", median(each_ms)),
    );
    for name in &names {
        server.delete(&mut control, name).await?;
    }
    Ok(())
}

/// When each was answered, in milliseconds after the first was sent; every one must succeed.
async fn invoke_all(server: &Lambent, names: &[String]) -> Result<Vec<f64>> {
    let mut ready = Vec::new();
    for name in names {
        ready.push((Connection::open(server.address).await?, server.invocation(name)?));
    }
    let (start, mut running) = (host::now(), JoinSet::new());
    for (mut connection, request) in ready {
        running.spawn(async move {
            connection.succeed(&request).await?;
            anyhow::Ok(host::ms_since(start))
        });
    }
    let mut each_ms = Vec::new();
    while let Some(done) = running.join_next().await {
        each_ms.push(done??);
    }
    Ok(each_ms)
}
