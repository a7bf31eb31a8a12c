//! The control plane with many functions in the store: reading one, listing a page, and starting again.

use std::net::SocketAddr;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;
use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::echo::Echo;
use crate::kind::Kind;
use crate::lambent::{FUNCTIONS, Lambent};
use crate::load::{self, Figures};
use crate::report::Report;
use crate::warm::middle;
use crate::{Arguments, host};

/// Connections that create at the same time.
const CREATORS: usize = 8;

/// Fills a store of its own, measures it, and starts the server again on it.
pub(crate) async fn measure(
    arguments: &Arguments,
    folder: &Path,
    kind: &Kind,
    echo: &Echo,
    report: &mut Report,
) -> Result<()> {
    if arguments.functions == 0 {
        return Ok(());
    }
    let data = folder.join("stored");
    let server = Lambent::start(&arguments.binary, &data).await?;
    let per_s = fill(&server, kind, arguments.functions).await?;
    let name = name_of(arguments.functions / 2);
    let one = server.request("GET", &format!("{FUNCTIONS}/{name}/configuration"), String::new())?;
    let page = middle_page(&server).await?;
    for connections in [1, 8] {
        let reading = rounds(arguments, server.address, echo.address, &one, connections).await?;
        report.warm("get configuration", connections, reading.0, reading.1);
    }
    let listing = rounds(arguments, server.address, echo.address, &page, 1).await?;
    report.warm("list a page", 1, listing.0, listing.1);
    server.stop().await?;
    let mut ready_us = Vec::new();
    for _ in 0..arguments.rounds.max(1) {
        let start = host::now();
        let server = Lambent::start(&arguments.binary, &data).await?;
        ready_us.push(start.elapsed().as_secs_f64() * 1e6);
        server.stop().await?;
    }
    report.stored(arguments.functions, per_s, ready_us);
    Ok(())
}

fn name_of(number: usize) -> String {
    format!("stored-{number:06}")
}

/// Creates so many functions; tells how many in a second.
async fn fill(server: &Lambent, kind: &Kind, count: usize) -> Result<f64> {
    let requests: Vec<Vec<u8>> =
        (0..count).map(|number| server.creation(&name_of(number), kind, "stored")).collect::<Result<_>>()?;
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
    Ok(f64::from(u32::try_from(count)?) / start.elapsed().as_secs_f64())
}

/// The request for the second page of the list.
async fn middle_page(server: &Lambent) -> Result<Vec<u8>> {
    let mut connection = Connection::open(server.address).await?;
    let first = connection.succeed(&server.request("GET", FUNCTIONS, String::new())?).await?;
    let shown: Value = serde_json::from_slice(&first.body)?;
    let marker = shown["NextMarker"].as_str().context("a list of so many functions has a second page")?;
    server.request("GET", &format!("{FUNCTIONS}?Marker={marker}"), String::new())
}

/// The medians over the rounds, the echo beside in the same run.
async fn rounds(
    arguments: &Arguments,
    server: SocketAddr,
    echo: SocketAddr,
    request: &[u8],
    connections: usize,
) -> Result<(Figures, Figures)> {
    let (mut ours, mut floor) = (Vec::new(), Vec::new());
    for _ in 0..arguments.rounds.max(1) {
        ours.push(load::run(server, request.to_vec(), connections, arguments.round()).await?);
        floor.push(load::run(echo, request.to_vec(), connections, arguments.round()).await?);
    }
    Ok((middle(&ours), middle(&floor)))
}
