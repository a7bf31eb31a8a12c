//! Warm invocations at 1, 8 and 64 connections, beside the floors, in rounds that take turns: a machine that
//! slows down for a while slows all of them.

use std::time::Duration;

use anyhow::Result;

use crate::connection::Connection;
use crate::echo::Echo;
use crate::floor::Floor;
use crate::kind::Kind;
use crate::lambent::Lambent;
use crate::load::{self, Figures};
use crate::report::Report;
use crate::row::Row;

const CONNECTIONS: [usize; 3] = [1, 8, 64];

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    pub(crate) length: Duration,
}

/// Measures all kinds at all numbers of connections.
pub(crate) async fn measure(
    server: &Lambent,
    echo: &Echo,
    floor: &Floor,
    kinds: &[Kind],
    plan: Plan,
    report: &mut Report,
) -> Result<()> {
    let mut control = Connection::open(server.address).await?;
    for kind in kinds {
        server.create(&mut control, &name(kind), kind).await?;
    }
    for connections in CONNECTIONS {
        let mut bare = Vec::new();
        let mut served = vec![Vec::new(); kinds.len()];
        // Not counted: it makes the environments.
        for kind in kinds {
            load::run(server.address, server.invocation(&name(kind))?, connections, plan.length).await?;
        }
        for _ in 0..plan.rounds {
            let request = server.invocation(&name(&kinds[0]))?;
            bare.push(load::run(echo.address, request, connections, plan.length).await?);
            for (kind, figures) in kinds.iter().zip(&mut served) {
                let request = server.invocation(&name(kind))?;
                figures.push(load::run(server.address, request, connections, plan.length).await?);
            }
        }
        let echo = Figures::middle(&bare);
        report.add(Row::latency(format!("warm.echo.{connections}"), echo));
        for (kind, figures) in kinds.iter().zip(&served) {
            let (key, got) = (format!("{}.{connections}", kind.name), Figures::middle(figures));
            report.add(Row::latency(format!("warm.{key}"), got).beside("echo", echo.p50_us));
            report.add(Row::rate(format!("throughput.{key}"), got).beside("echo", echo.per_s));
        }
        if connections == 1 {
            sandboxes(floor, kinds, plan, echo, report).await?;
        }
    }
    // A new connection: the server closes one that says nothing for as long as all this took.
    let mut control = Connection::open(server.address).await?;
    for kind in kinds {
        server.delete(&mut control, &name(kind)).await?;
    }
    Ok(())
}

/// The same round trip without the server around it.
async fn sandboxes(
    floor: &Floor,
    kinds: &[Kind],
    plan: Plan,
    echo: Figures,
    report: &mut Report,
) -> Result<()> {
    let mut seats = Vec::new();
    for kind in kinds {
        seats.push(floor.boot(kind).await?);
    }
    let mut measured = vec![Vec::new(); kinds.len()];
    for _ in 0..plan.rounds {
        for (seat, figures) in seats.iter_mut().zip(&mut measured) {
            figures.push(seat.run(plan.length).await?);
        }
    }
    for (kind, figures) in kinds.iter().zip(&measured) {
        let row = Row::latency(format!("sandbox.{}", kind.name), Figures::middle(figures));
        report.add(row.beside("echo", echo.p50_us));
    }
    Ok(())
}

fn name(kind: &Kind) -> String {
    format!("warm-{}", kind.name)
}
