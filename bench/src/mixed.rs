//! Mixed load: synchronous and asynchronous invocations, function URLs, updates, deletions and creations at the same time.
//! Nothing may be answered by an error of the server, memory stays flat, and nothing remains afterwards.

mod client;
mod tally;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::family::{self, Held};
use crate::host;
use crate::kind::Kind;
use crate::lambent::{FUNCTIONS, Lambent};
use crate::report::Report;
use client::{Client, Target};
use tally::Tally;

const CLIENTS: usize = 64;
/// When memory is looked at first: by then everything is warm.
const WARM_UP: Duration = Duration::from_secs(10);
/// How long everything may take to go afterwards.
const REST_LIMIT: Duration = Duration::from_secs(60);
/// What the server itself may hold more at the end than after the warm-up.
const GROWTH_MAX_KIB: f64 = 64.0 * 1024.0;

/// Runs the load for the given time.
pub(crate) async fn measure(
    binary: &Path,
    folder: &Path,
    kinds: &[Kind],
    length: Duration,
    report: &mut Report,
) -> Result<()> {
    let data = folder.join("mixed");
    let server = Arc::new(Lambent::start(binary, &data).await?);
    let target = Arc::new(prepare(&server, kinds).await?);
    let before = Held::by(server.pid())?;
    let start = host::now();
    let mut running = JoinSet::new();
    for number in 0..CLIENTS {
        let client = Client::new(number, Arc::clone(&server), Arc::clone(&target));
        running.spawn(client.run(start, length));
    }
    tokio::time::sleep(WARM_UP.min(length / 2)).await;
    let warm_kib = (family::own_pss_kib(server.pid())?, family::pss_kib(server.pid())?);
    let mut tally = Tally::default();
    tokio::time::sleep(length.saturating_sub(start.elapsed())).await;
    let end_kib = (family::own_pss_kib(server.pid())?, family::pss_kib(server.pid())?);
    while let Some(done) = running.join_next().await {
        tally.add(done??);
    }
    let took = start.elapsed();
    let left = clear(&server, &target).await?;
    tally.say(took);
    host::say(&format!(
        "server {:.1} MiB after the warm-up, {:.1} MiB at the end; with its sandboxes {:.1} and {:.1} MiB",
        warm_kib.0 / 1024.0,
        end_kib.0 / 1024.0,
        warm_kib.1 / 1024.0,
        end_kib.1 / 1024.0
    ));
    host::say(&format!("held before: {before:?}\nheld after:  {left:?}"));
    report.mixed(&tally.rows(took), warm_kib, end_kib);
    stopped(server, &data).await?;
    ensure!(tally.faults().is_empty(), "the server failed: {:#?}", tally.faults());
    let grown_kib = end_kib.0 - warm_kib.0;
    ensure!(grown_kib < GROWTH_MAX_KIB, "the server grew by {grown_kib:.0} KiB");
    Ok(())
}

/// The functions that all clients use: one of each kind with a URL, and those that come and go.
async fn prepare(server: &Lambent, kinds: &[Kind]) -> Result<Target> {
    let mut control = Connection::open(server.address).await?;
    let mut urls = Vec::new();
    for kind in kinds {
        let name = format!("mixed-{}", kind.name);
        server.create(&mut control, &name, kind).await?;
        let function = format!("{FUNCTIONS}/{name}");
        let anyone = json!({
            "StatementId": "all", "Action": "lambda:InvokeFunctionUrl", "Principal": "*",
            "FunctionUrlAuthType": "NONE",
        });
        let too = json!({
            "StatementId": "too", "Action": "lambda:InvokeFunction", "Principal": "*",
            "InvokedViaFunctionUrl": true,
        });
        for statement in [anyone, too] {
            let request = server.request("POST", &format!("{function}/policy"), statement.to_string())?;
            control.succeed(&request).await?;
        }
        let url = json!({ "AuthType": "NONE" }).to_string();
        let request = server.request("POST", &format!("/2021-10-31/functions/{name}/url"), url)?;
        let made: Value = serde_json::from_slice(&control.succeed(&request).await?.body)?;
        let url = made["FunctionUrl"].as_str().context("a function URL")?;
        let host = url.split('/').nth(2).context("a host in the URL")?;
        urls.push((name, host.to_owned()));
    }
    Ok(Target { urls, kinds: kinds.to_vec() })
}

/// Deletes every function, and waits until their environments are gone; tells what is held then.
async fn clear(server: &Lambent, target: &Target) -> Result<Held> {
    let mut control = Connection::open(server.address).await?;
    for name in target.names() {
        control.exchange(&server.request("DELETE", &format!("{FUNCTIONS}/{name}"), String::new())?).await?;
    }
    let start = host::now();
    let metrics = format!("GET /_lambent/metrics HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    loop {
        let text = String::from_utf8(control.succeed(metrics.as_bytes()).await?.body)?;
        if text.contains("\nlambent_environments 0\n") {
            break;
        }
        ensure!(
            start.elapsed() < REST_LIMIT,
            "environments are left of functions that were deleted:\n{text}"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    // What is torn down in the background comes to its end.
    let mut seen = Held::by(server.pid())?;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let now = Held::by(server.pid())?;
        if std::mem::replace(&mut seen, now) == now {
            break;
        }
    }
    Ok(seen)
}

/// Stops the server, and looks for what it left.
async fn stopped(server: Arc<Lambent>, data: &Path) -> Result<()> {
    let server = Arc::into_inner(server).context("every client has ended")?;
    let members = family::members(server.pid())?;
    server.stop().await?;
    let alive = members.iter().filter(|pid| Path::new(&format!("/proc/{pid}")).exists()).count();
    let left = (alive, family::mounts_of(data)?, family::cgroups(&members)?);
    host::say(&format!(
        "left by the server that stopped: {} processes, {} mounts, {} cgroups",
        left.0, left.1, left.2
    ));
    ensure!(left == (0, 0, 0), "something is left");
    Ok(())
}
