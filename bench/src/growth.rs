//! How cost grows: the median latency against how many functions are stored, environments held, bytes carried and
//! connections open. Each subject goes through its sizes from small to large.

use std::path::Path;

use anyhow::Result;

use crate::connection::Connection;
use crate::echo::Echo;
use crate::kind::Kind;
use crate::lambent::{FUNCTIONS, Lambent};
use crate::load;
use crate::report::{Report, median};
use crate::row::Row;
use crate::{Arguments, host, idle, stored};

const STORED: [usize; 4] = [10, 100, 1000, 10_000];
const HELD: [usize; 6] = [1, 3, 10, 30, 100, 300];
/// The last is the largest payload there may be: 6 MB.
const BYTES: [usize; 7] = [0, 100, 1000, 10_000, 100_000, 1_000_000, 6 << 20];
const CONNECTIONS: [usize; 8] = [1, 2, 4, 8, 16, 32, 64, 128];
/// How many cold starts a point takes.
const COLDS: usize = 5;
const NAME: &str = "growth";

/// Measures all four.
pub(crate) async fn measure(
    arguments: &Arguments,
    folder: &Path,
    kinds: &[Kind],
    echo: &Echo,
    report: &mut Report,
) -> Result<()> {
    let (native, held) = (&kinds[0], kinds.get(1).unwrap_or(&kinds[0]));
    let smallest = kinds.last().unwrap_or(native);
    functions(arguments, folder, (native, smallest), report).await?;
    environments(arguments, folder, held, report).await?;
    let server = Lambent::start(&arguments.binary, &folder.join("growth")).await?;
    create(&server, native).await?;
    payloads(arguments, &server, echo, report).await?;
    connections(arguments, &server, echo, report).await?;
    server.stop().await
}

/// The function that is invoked warm, with its first environment.
async fn create(server: &Lambent, kind: &Kind) -> Result<()> {
    let mut control = Connection::open(server.address).await?;
    server.create(&mut control, NAME, kind).await?;
    control.succeed(&server.invocation(NAME)?).await.map(drop)
}

/// With so many functions in the store: a warm invocation, and reading the configuration of one.
async fn functions(
    arguments: &Arguments,
    folder: &Path,
    (invoked, others): (&Kind, &Kind),
    report: &mut Report,
) -> Result<()> {
    let server = Lambent::start(&arguments.binary, &folder.join("growth-functions")).await?;
    create(&server, invoked).await?;
    let mut there = 0;
    for count in STORED.into_iter().filter(|count| *count <= arguments.functions) {
        stored::fill(&server, others, there..count).await?;
        there = count;
        let path = format!("{FUNCTIONS}/{}/configuration", stored::name_of(count / 2));
        let get = server.request("GET", &path, String::new())?;
        for (what, request) in [("invoke", server.invocation(NAME)?), ("get", get)] {
            let figures = load::rounds(arguments, server.address, &request, 1).await?;
            report.add(Row::latency(format!("growth.functions.{what}.{count}"), figures));
        }
    }
    server.stop().await
}

/// With so many idle environments: a warm invocation of one of them, and a cold start beside them.
async fn environments(arguments: &Arguments, folder: &Path, kind: &Kind, report: &mut Report) -> Result<()> {
    let server = Lambent::start(&arguments.binary, &folder.join("growth-environments")).await?;
    let mut there = 0;
    for count in HELD {
        idle::hold(&server, kind, there..count).await?;
        there = count;
        let request = server.invocation(&idle::name_of(kind, count / 2))?;
        let figures = load::rounds(arguments, server.address, &request, 1).await?;
        report.add(Row::latency(format!("growth.environments.invoke.{count}"), figures));
        let cold_us = cold_us(&server, kind).await?;
        report.add(Row::new(format!("growth.environments.cold.{count}"), cold_us, "us"));
    }
    server.stop().await
}

async fn cold_us(server: &Lambent, kind: &Kind) -> Result<f64> {
    let mut control = Connection::open(server.address).await?;
    let mut each_us = Vec::new();
    for number in 0..COLDS {
        let name = format!("growth-cold-{number}");
        server.create(&mut control, &name, kind).await?;
        let request = server.invocation(&name)?;
        let start = host::now();
        control.succeed(&request).await?;
        each_us.push(host::ms_since(start) * 1e3);
        server.delete(&mut control, &name).await?;
    }
    Ok(median(each_us))
}

/// With an event of so many bytes, which comes back as the answer.
async fn payloads(arguments: &Arguments, server: &Lambent, echo: &Echo, report: &mut Report) -> Result<()> {
    for bytes in BYTES {
        let request = server.request("POST", &format!("{FUNCTIONS}/{NAME}/invocations"), event(bytes))?;
        let both = load::beside(arguments, server.address, echo.address, &request, 1).await?;
        let row = Row::latency(format!("growth.payload.invoke.{bytes}"), both.0);
        report.add(row.beside("echo", both.1.p50_us));
        report.add(Row::latency(format!("growth.payload.echo.{bytes}"), both.1));
    }
    Ok(())
}

/// A JSON string of so many bytes; nothing where there is no room for its quotes.
fn event(bytes: usize) -> String {
    bytes.checked_sub(2).map_or_else(String::new, |inner| format!("\"{}\"", "x".repeat(inner)))
}

/// With so many clients at once.
async fn connections(
    arguments: &Arguments,
    server: &Lambent,
    echo: &Echo,
    report: &mut Report,
) -> Result<()> {
    for count in CONNECTIONS {
        let request = server.invocation(NAME)?;
        // Not counted: it makes the environments.
        load::run(server.address, request.clone(), count, arguments.round()).await?;
        let both = load::beside(arguments, server.address, echo.address, &request, count).await?;
        let row = Row::latency(format!("growth.connections.invoke.{count}"), both.0);
        report.add(row.beside("echo", both.1.p50_us));
        report.add(Row::latency(format!("growth.connections.echo.{count}"), both.1));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_json_of_its_size() {
        assert_eq!(event(0), "");
        assert_eq!(event(100).len(), 100);
        assert!(serde_json::from_str::<String>(&event(100)).is_ok());
    }
}
