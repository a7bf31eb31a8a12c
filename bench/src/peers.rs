//! Beside what a user would pick instead: the same handler in other servers that can be had from the registries, each
//! measured in rounds that take turns with ours. Never installs them: `cargo xtask bench --peers` does.

mod known;
mod process;

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::connection::Connection;
use crate::kind::Kind;
use crate::lambent::Lambent;
use crate::load::{self, Figures};
use crate::report::{Report, median};
use crate::row::Row;
use crate::{Arguments, host};
use known::{Cold, Peer};
use process::{Process, Seat};

const CONNECTIONS: [usize; 2] = [1, 8];

/// Measures every peer that can run here; one that cannot says why.
pub(crate) async fn measure(
    arguments: &Arguments,
    folder: &Path,
    kinds: &[Kind],
    report: &mut Report,
) -> Result<()> {
    let server = Lambent::start(&arguments.binary, &folder.join("peers")).await?;
    let ours = Ours { server: &server, arguments };
    for kind in kinds {
        let mut control = Connection::open(server.address).await?;
        server.create(&mut control, &format!("peer-{}", kind.name), kind).await?;
    }
    for peer in known::all() {
        let Some(kind) = kinds.iter().find(|kind| kind.name == peer.language) else { continue };
        if let Err(error) = one(&peer, kind, &ours, folder, report).await {
            report.skip(&format!("peers.{}", peer.key()), &format!("{error:#}"));
        }
    }
    server.stop().await
}

/// What each peer takes turns with.
struct Ours<'a> {
    server: &'a Lambent,
    arguments: &'a Arguments,
}

async fn one(peer: &Peer, kind: &Kind, ours: &Ours<'_>, folder: &Path, report: &mut Report) -> Result<()> {
    let seat = Seat::make(&folder.join(peer.key()))?;
    (peer.prepare)(&seat, ours.arguments.rounds).context("not installed")?;
    let (mut theirs_ms, mut ours_ms) = (Vec::new(), Vec::new());
    let mut running = None;
    for round in 0..ours.arguments.rounds {
        ours_ms.push(ours.cold(kind, &format!("{}-{round}", peer.key())).await?);
        theirs_ms.push(cold(peer, &seat, round, &mut running).await?);
    }
    let row = Row::new(format!("peers.{}.cold", peer.key()), median(theirs_ms), "ms");
    report.add(row.beside(format!("lambent {}", kind.name), median(ours_ms)));
    for connections in CONNECTIONS {
        let key = format!("peers.{}.warm.{connections}", peer.key());
        let (theirs, mine) = match ours.warm(peer, kind, &seat, connections).await {
            Ok(both) => both,
            Err(error) => {
                // Some take one call at a time.
                report.skip(&key, &format!("{error:#}"));
                continue;
            }
        };
        let floor = format!("lambent {}", kind.name);
        report.add(Row::latency(&key, theirs).beside(&floor, mine.p50_us));
        report.add(Row::rate(format!("{key}.rate"), theirs).beside(&floor, mine.per_s));
    }
    Ok(())
}

/// The first result of a function that never ran: of a server that has one function, its start is part of that.
async fn cold(peer: &Peer, seat: &Seat, round: usize, running: &mut Option<Process>) -> Result<f64> {
    match peer.cold {
        Cold::Start => {
            *running = None;
            let start = host::now();
            let mut process = Process::start(&(peer.command)(seat))?;
            process.first(seat, &(peer.request)(seat, round)).await?;
            *running = Some(process);
            Ok(host::ms_since(start))
        }
        Cold::Deploy(deploy) => {
            if running.is_none() {
                let mut process = Process::start(&(peer.command)(seat))?;
                process.answers(seat).await?;
                *running = Some(process);
            }
            deploy(seat, round).await?;
            let request = (peer.request)(seat, round);
            let mut connection = Connection::open(seat.address).await?;
            let start = host::now();
            connection.succeed(&request).await?;
            Ok(host::ms_since(start))
        }
    }
}

impl Ours<'_> {
    async fn cold(&self, kind: &Kind, mark: &str) -> Result<f64> {
        let mut control = Connection::open(self.server.address).await?;
        let name = format!("peer-cold-{}", mark.replace('.', "-"));
        self.server.create(&mut control, &name, kind).await?;
        let request = self.server.invocation(&name)?;
        let start = host::now();
        control.succeed(&request).await?;
        let took_ms = host::ms_since(start);
        self.server.delete(&mut control, &name).await?;
        Ok(took_ms)
    }

    /// The medians of theirs and of ours.
    async fn warm(
        &self,
        peer: &Peer,
        kind: &Kind,
        seat: &Seat,
        connections: usize,
    ) -> Result<(Figures, Figures)> {
        let Self { server, arguments } = *self;
        let request = (peer.request)(seat, 0);
        let (mut theirs, mut mine) = (Vec::new(), Vec::new());
        // The first round makes what is to be warm, and does not count.
        for round in 0..=arguments.rounds {
            let own = server.invocation(&format!("peer-{}", kind.name))?;
            let ours = load::run(server.address, own, connections, arguments.round()).await?;
            let other = load::run(seat.address, request.clone(), connections, arguments.round()).await?;
            if round > 0 {
                mine.push(ours);
                theirs.push(other);
            }
        }
        Ok((Figures::middle(&theirs), Figures::middle(&mine)))
    }
}
