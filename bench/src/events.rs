//! Asynchronous invocations: how many are accepted durably in a second, and how fast the queue drains.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::connection::Connection;
use crate::echo::Echo;
use crate::kind::Kind;
use crate::lambent::{FUNCTIONS, Lambent};
use crate::load::{self, Figures};
use crate::report::{Report, median};
use crate::row::Row;
use crate::{Arguments, host};

const CLIENTS: usize = 32;
const NAME: &str = "events";
/// How long a queue may take to drain.
const DRAIN_LIMIT: Duration = Duration::from_secs(300);

/// Fills the queue and waits until it is empty, round by round.
pub(crate) async fn measure(
    arguments: &Arguments,
    folder: &Path,
    kind: &Kind,
    echo: &Echo,
    report: &mut Report,
) -> Result<()> {
    let server = Lambent::start(&arguments.binary, &folder.join("events")).await?;
    let mut control = Connection::open(server.address).await?;
    server.create(&mut control, NAME, kind).await?;
    control.succeed(&server.invocation(NAME)?).await?;
    let path = format!("{FUNCTIONS}/{NAME}/invocations");
    let header = [("x-amz-invocation-type", "Event")];
    let (mut accepted, mut run_per_s, mut asked_per_s, mut floor) = (vec![], vec![], vec![], vec![]);
    for _ in 0..arguments.rounds {
        let asked = load::run(server.address, server.invocation(NAME)?, CLIENTS, arguments.round()).await?;
        asked_per_s.push(asked.per_s);
        let request = server.request_with("POST", &path, &header, r#"{"hello":"world"}"#.to_owned())?;
        let before = ended(&server).await?;
        let start = host::now();
        let got = load::run(server.address, request.clone(), CLIENTS, arguments.round()).await?;
        run_per_s.push(drained(&server, (before, got.count), start).await?);
        accepted.push(got);
        floor.push(load::run(echo.address, request, CLIENTS, arguments.round()).await?);
    }
    let (got, echo) = (Figures::middle(&accepted), Figures::middle(&floor));
    let sync_us = sync_us(folder)?;
    report.add(Row::rate("events.accepted", got).beside("echo", echo.per_s).with("disk_sync_us", sync_us));
    let row = Row::new("events.run", median(run_per_s), "/s");
    report.add(row.beside("the same asked synchronously", median(asked_per_s)));
    server.stop().await
}

/// How many invocations have come to their end.
async fn ended(server: &Lambent) -> Result<f64> {
    let request = format!("GET /_lambent/metrics HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    // A new connection: an idle one would be closed while the queue drains.
    let answer = Connection::open(server.address).await?.succeed(request.as_bytes()).await?;
    let text = String::from_utf8(answer.body)?;
    let line = text.lines().find_map(|line| line.strip_prefix("lambent_invocations_total "));
    Ok(line.context("lambent_invocations_total in the metrics")?.trim().parse()?)
}

/// How many events were run in a second, from the first that was sent until all of them have ended.
async fn drained(server: &Lambent, (before, all): (f64, f64), start: Instant) -> Result<f64> {
    loop {
        let ran = ended(server).await? - before;
        if ran >= all {
            return Ok(ran / start.elapsed().as_secs_f64());
        }
        ensure!(start.elapsed() < DRAIN_LIMIT, "{ran} of {all} events have run");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// How long this disk takes to keep 4 KB, in microseconds: what anything durable waits for, alone or with others.
fn sync_us(folder: &Path) -> Result<f64> {
    use std::io::Write as _;
    let mut file = std::fs::File::create(folder.join("sync"))?;
    let mut each_us = Vec::new();
    for _ in 0..50 {
        let start = host::now();
        file.write_all(&[1; 4096])?;
        file.sync_data()?;
        each_us.push(start.elapsed().as_secs_f64() * 1e6);
    }
    Ok(median(each_us))
}
