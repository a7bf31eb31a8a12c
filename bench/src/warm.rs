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
use crate::report::{Report, median};

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
        let echo = middle(&bare);
        report.warm("hyper echo", connections, echo, echo);
        for (kind, figures) in kinds.iter().zip(&served) {
            report.warm(&format!("lambent {}", kind.name), connections, middle(figures), echo);
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
        report.warm(&format!("sandbox {}", kind.name), 1, middle(figures), echo);
    }
    Ok(())
}

fn name(kind: &Kind) -> String {
    format!("warm-{}", kind.name)
}

/// The medians over rounds.
pub(crate) fn middle(figures: &[Figures]) -> Figures {
    let of = |part: fn(&Figures) -> f64| median(figures.iter().map(part).collect());
    Figures { p50_us: of(|f| f.p50_us), p99_us: of(|f| f.p99_us), per_s: of(|f| f.per_s) }
}
