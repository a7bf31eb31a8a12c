//! Asynchronous invocation: how many events a second are accepted durably, how fast they are run afterwards, and the same
//! function asked synchronously in the same run. Never counts an event that was not answered with 202.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::connection::Connection;
use crate::host;
use crate::kind::Kind;
use crate::lambent::{FUNCTIONS, Lambent};
use crate::load;
use crate::report::{Report, median};

const CLIENTS: usize = 32;
const NAME: &str = "accept";
/// How long everything that was accepted may take to be run.
const DRAIN_LIMIT: Duration = Duration::from_secs(120);

/// Measures in rounds of this length; the middle ones count.
pub(crate) async fn measure(
    binary: &Path,
    folder: &Path,
    kind: &Kind,
    (rounds, length): (usize, Duration),
    report: &mut Report,
) -> Result<()> {
    let server = Lambent::start(binary, &folder.join("accept")).await?;
    let mut control = Connection::open(server.address).await?;
    server.create(&mut control, NAME, kind).await?;
    let (mut accepted, mut drained, mut answered) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        answered.push(load::run(server.address, server.invocation(NAME)?, CLIENTS, length).await?.per_s);
        let round = round(&server, &mut control, length).await?;
        accepted.push(round.0);
        drained.push(round.1);
    }
    report.accept(CLIENTS, median(accepted), median(drained), median(answered));
    server.stop().await
}

/// Events accepted in one round, and run from its beginning to the last of them, each a second.
async fn round(server: &Lambent, control: &mut Connection, length: Duration) -> Result<(f64, f64)> {
    let target = format!("{FUNCTIONS}/{NAME}/invocations");
    let header = [("x-amz-invocation-type", "Event")];
    let request = server.request_with("POST", &target, &header, r#"{"hello":"world"}"#.to_owned())?;
    let before = run(server, control).await?;
    let start = host::now();
    let figures = load::run(server.address, request, CLIENTS, length).await?;
    let accepted = figures.per_s * start.elapsed().as_secs_f64();
    loop {
        let ran = run(server, control).await? - before;
        // The rate is a quotient: one event of thousands may be missing in it.
        if ran + 1.0 >= accepted {
            return Ok((figures.per_s, ran / start.elapsed().as_secs_f64()));
        }
        ensure!(start.elapsed() < DRAIN_LIMIT, "{ran} of {accepted} events were run");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// How many invocations the server has run.
async fn run(server: &Lambent, control: &mut Connection) -> Result<f64> {
    let request = format!("GET /_lambent/metrics HTTP/1.1\r\nHost: {}\r\n\r\n", server.address);
    let text = String::from_utf8(control.succeed(request.as_bytes()).await?.body)?;
    let count = text.lines().find_map(|line| line.strip_prefix("lambent_invocations_total "));
    Ok(count.context("invocations are counted")?.parse()?)
}
