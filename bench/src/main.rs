//! `cargo xtask bench`: the server under load beside floors in the same run, reported as ratios. Never a test:
//! what it measures depends on the machine and is judged by people.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use lambent_sandbox::linux::{self, spawner};
use tokio::runtime::{Builder, Runtime};

mod accept;
mod cold;
mod connection;
mod echo;
mod family;
mod floor;
mod host;
mod kind;
mod lambent;
mod load;
mod mixed;
mod report;
mod resting;
mod stored;
mod warm;

/// What can be set.
#[derive(Debug, Parser)]
struct Arguments {
    /// The server to measure.
    #[arg(long, default_value = "target/release/lambent")]
    binary: PathBuf,
    /// How many times each subject is measured; the median counts.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How long each measurement under load takes, in milliseconds.
    #[arg(long, default_value_t = 1000)]
    round_ms: u64,
    /// How many functions of each kind are started cold.
    #[arg(long, default_value_t = 20)]
    colds: usize,
    /// How many functions lie in the store while the control plane is measured; 0 leaves it out.
    #[arg(long, default_value_t = 10_000)]
    functions: usize,
    /// Only a mixed load of everything by 64 clients, for so many seconds: 60 if no number is given.
    #[arg(long, value_name = "S", num_args = 0..=1, default_missing_value = "60")]
    mixed: Option<u64>,
    /// Only asynchronous invocations: accepted durably, and run.
    #[arg(long)]
    accept: bool,
    /// Where the JSON goes.
    #[arg(long, default_value = "bench/results")]
    results: PathBuf,
}

impl Arguments {
    /// How long each measurement under load takes.
    fn round(&self) -> Duration {
        Duration::from_millis(self.round_ms)
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let folder = tempfile::tempdir().context("a folder for the run")?;
    // Before any thread exists and before memory grows, as the server itself does it.
    let options = linux::Options::new(folder.path().join("run"));
    let spawner = spawner::split(&options).context("split off the spawner")?;
    // The generator has one thread: on a small machine the rest belongs to what is measured.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(measure(&arguments, folder.path(), spawner, options));
    drop(folder);
    result
}

async fn measure(
    arguments: &Arguments,
    folder: &std::path::Path,
    spawner: spawner::SpawnerHandle,
    options: linux::Options,
) -> Result<()> {
    let kinds = kind::found()?;
    let mut report = report::Report::default();
    if let Some(length_s) = arguments.mixed {
        let length = Duration::from_secs(length_s);
        mixed::measure(&arguments.binary, folder, &kinds, length, &mut report).await?;
        return report.finish(&arguments.results);
    }
    if arguments.accept {
        let rounds = (arguments.rounds, arguments.round());
        accept::measure(&arguments.binary, folder, &kinds[0], rounds, &mut report).await?;
        return report.finish(&arguments.results);
    }
    resting::measure(arguments, folder, &mut report).await?;
    let server = lambent::Lambent::start(&arguments.binary, &folder.join("data")).await?;
    cold::measure(&server, &kinds, arguments.colds, &mut report).await?;
    let echo = echo::Echo::start()?;
    let floor = floor::Floor::start(spawner, options, folder).await?;
    let plan = warm::Plan { rounds: arguments.rounds, length: arguments.round() };
    warm::measure(&server, &echo, &floor, &kinds, plan, &mut report).await?;
    floor.stop().await;
    server.stop().await?;
    let smallest = kinds.last().context("at least one kind of function")?;
    stored::measure(arguments, folder, smallest, &echo, &mut report).await?;
    report.finish(&arguments.results)
}

/// A runtime with as many threads as the machine has processors, as a server would have.
fn many_threads() -> Result<Runtime> {
    Ok(Builder::new_multi_thread().enable_all().build()?)
}
