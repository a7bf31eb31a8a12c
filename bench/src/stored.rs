//! The control plane: creating functions, and with many in the store reading one, listing a page and starting again.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::echo::Echo;
use crate::kind::Kind;
use crate::lambent::{FUNCTIONS, Lambent};
use crate::load;
use crate::report::{Report, median};
use crate::row::Row;
use crate::{Arguments, host};

/// Connections that create at the same time.
const CREATORS: usize = 8;
/// How many functions a start is measured with.
const FEW: usize = 1000;

/// Fills a store of its own, measures it, and starts the server again on it.
pub(crate) async fn measure(
    arguments: &Arguments,
    folder: &Path,
    kind: &Kind,
    echo: &Echo,
    report: &mut Report,
) -> Result<()> {
    let data = folder.join("stored");
    let (few, all) = (FEW.min(arguments.functions), arguments.functions);
    let server = Lambent::start(&arguments.binary, &data).await?;
    let first_per_s = fill(&server, kind, 0..few).await?;
    server.stop().await?;
    restart(arguments, &data, few, report).await?;
    let server = Lambent::start(&arguments.binary, &data).await?;
    let then_per_s = if all > few { fill(&server, kind, few..all).await? } else { first_per_s };
    report.add(Row::new("create.small", first_per_s, "/s").with("into_a_full_store_per_s", then_per_s));
    read(arguments, &server, echo, all, report).await?;
    server.stop().await?;
    if all > few {
        restart(arguments, &data, all, report).await?;
    }
    Ok(())
}

/// Reading one function and a page of them, beside the echo.
async fn read(
    arguments: &Arguments,
    server: &Lambent,
    echo: &Echo,
    stored: usize,
    report: &mut Report,
) -> Result<()> {
    let name = name_of(stored / 2);
    let one = server.request("GET", &format!("{FUNCTIONS}/{name}/configuration"), String::new())?;
    let page = second_page(server).await?;
    for (what, request, connections) in
        [("get_configuration", &one, 1), ("get_configuration", &one, 8), ("list_page", &page, 1)]
    {
        let both = load::beside(arguments, server.address, echo.address, request, connections).await?;
        let key = format!("read.{what}.{connections}");
        report.add(Row::latency(&key, both.0).beside("echo", both.1.p50_us));
        report.add(Row::rate(format!("{key}.rate"), both.0).beside("echo", both.1.per_s));
    }
    Ok(())
}

/// How long the server takes to be ready on this folder.
async fn restart(arguments: &Arguments, data: &Path, stored: usize, report: &mut Report) -> Result<()> {
    let mut ready_ms = Vec::new();
    for _ in 0..arguments.rounds {
        let start = host::now();
        let server = Lambent::start(&arguments.binary, data).await?;
        ready_ms.push(host::ms_since(start));
        server.stop().await?;
    }
    report.add(Row::new(format!("ready.{stored}"), median(ready_ms), "ms"));
    Ok(())
}

pub(crate) fn name_of(number: usize) -> String {
    format!("stored-{number:06}")
}

/// Creates the functions of these numbers; tells how many in a second.
pub(crate) async fn fill(server: &Lambent, kind: &Kind, numbers: std::ops::Range<usize>) -> Result<f64> {
    let count = u32::try_from(numbers.len())?;
    let requests: Vec<Vec<u8>> =
        numbers.map(|number| server.creation(&name_of(number), kind, "stored")).collect::<Result<_>>()?;
    let (address, start, mut running) = (server.address, host::now(), JoinSet::new());
    for creator in 0..CREATORS {
        let mine: Vec<Vec<u8>> = requests.iter().skip(creator).step_by(CREATORS).cloned().collect();
        running.spawn(async move {
            let mut connection = Connection::open(address).await?;
            for request in mine {
                connection.succeed(&request).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}

/// The request for the second page of the list; for the first, where there is no second.
async fn second_page(server: &Lambent) -> Result<Vec<u8>> {
    let mut connection = Connection::open(server.address).await?;
    let first = server.request("GET", FUNCTIONS, String::new())?;
    let shown: Value = serde_json::from_slice(&connection.succeed(&first).await?.body).context("a list")?;
    match shown["NextMarker"].as_str() {
        Some(marker) => server.request("GET", &format!("{FUNCTIONS}?Marker={marker}"), String::new()),
        None => Ok(first),
    }
}
