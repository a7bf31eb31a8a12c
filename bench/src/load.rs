//! Load on one address: so many connections, each sending its next request when the last was answered.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::task::JoinSet;

use crate::connection::Connection;
use crate::report::median;
use crate::{Arguments, host};

/// What one measurement gave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figures {
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) per_s: f64,
    /// How many exchanges there were.
    pub(crate) count: f64,
}

impl Figures {
    /// From the time each exchange took, in microseconds, and how long all took together.
    pub(crate) fn of(mut each_us: Vec<f64>, whole: Duration) -> Result<Self> {
        anyhow::ensure!(!each_us.is_empty(), "nothing was answered");
        each_us.sort_by(f64::total_cmp);
        let at = |part: usize| each_us[(each_us.len() - 1) * part / 100];
        let count = u32::try_from(each_us.len()).context("too many exchanges to count")?;
        let count = f64::from(count);
        Ok(Self { p50_us: at(50), p99_us: at(99), per_s: count / whole.as_secs_f64(), count })
    }

    /// The medians over rounds.
    pub(crate) fn middle(rounds: &[Self]) -> Self {
        let of = |part: fn(&Self) -> f64| median(rounds.iter().map(part).collect());
        let (p50_us, p99_us) = (of(|f| f.p50_us), of(|f| f.p99_us));
        Self { p50_us, p99_us, per_s: of(|f| f.per_s), count: of(|f| f.count) }
    }
}

/// Keeps the connections busy for the given time; every answer must be a success.
pub(crate) async fn run(
    address: SocketAddr,
    request: Vec<u8>,
    connections: usize,
    length: Duration,
) -> Result<Figures> {
    let request: Arc<[u8]> = request.into();
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(Connection::open(address).await?);
    }
    let start = host::now();
    let mut running = JoinSet::new();
    for mut connection in open {
        let request = Arc::clone(&request);
        running.spawn(async move {
            let mut each_us = Vec::new();
            while start.elapsed() < length {
                let sent = host::now();
                connection.succeed(&request).await?;
                each_us.push(sent.elapsed().as_secs_f64() * 1e6);
            }
            anyhow::Ok(each_us)
        });
    }
    let mut all = Vec::new();
    while let Some(each_us) = running.join_next().await {
        all.extend(each_us??);
    }
    Figures::of(all, start.elapsed())
}

/// The medians of a subject over rounds.
pub(crate) async fn rounds(
    arguments: &Arguments,
    subject: SocketAddr,
    request: &[u8],
    connections: usize,
) -> Result<Figures> {
    let mut figures = Vec::new();
    for _ in 0..arguments.rounds {
        figures.push(run(subject, request.to_vec(), connections, arguments.round()).await?);
    }
    Ok(Figures::middle(&figures))
}

/// The medians of a subject and of its floor, over rounds that take turns.
pub(crate) async fn beside(
    arguments: &Arguments,
    subject: SocketAddr,
    floor: SocketAddr,
    request: &[u8],
    connections: usize,
) -> Result<(Figures, Figures)> {
    let (mut ours, mut floors) = (Vec::new(), Vec::new());
    for _ in 0..arguments.rounds {
        ours.push(run(subject, request.to_vec(), connections, arguments.round()).await?);
        floors.push(run(floor, request.to_vec(), connections, arguments.round()).await?);
    }
    Ok((Figures::middle(&ours), Figures::middle(&floors)))
}
