//! `cargo xtask bench`: the server under load beside floors in the same run, reported as ratios. Never a test:
//! what it measures depends on the machine and is judged by people.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use lambent_sandbox::linux::{self, spawner};
use tokio::runtime::{Builder, Runtime};

mod budget;
mod burst;
mod cold;
mod connection;
mod drift;
mod echo;
mod environment;
mod events;
mod family;
mod first;
mod floor;
mod growth;
mod host;
mod idle;
mod kind;
mod lambent;
mod load;
mod mixed;
mod parts;
mod peers;
mod plot;
mod report;
mod resting;
mod row;
mod snapstart;
mod stored;
mod warm;

/// What can be set.
#[derive(Debug, Parser)]
struct Arguments {
    /// The server to measure.
    #[arg(long, default_value = "target/release/lambent")]
    binary: PathBuf,
    /// How many times each subject is measured; the median counts.
    #[arg(long, default_value_t = 5, value_parser = positive)]
    rounds: usize,
    /// How long each measurement under load takes, in milliseconds.
    #[arg(long, default_value_t = 1000)]
    round_ms: u64,
    /// How many functions of each kind are started cold.
    #[arg(long, default_value_t = 20, value_parser = positive)]
    colds: usize,
    /// How many functions lie in the store while the control plane is measured.
    #[arg(long, default_value_t = 10_000, value_parser = positive)]
    functions: usize,
    /// How many idle environments of each kind their memory is taken from.
    #[arg(long, default_value_t = 20, value_parser = positive)]
    environments: usize,
    /// Only these parts; may be given more than once. Without it all but those that take long or need to be installed.
    #[arg(long, value_enum, value_name = "NAME")]
    only: Vec<Part>,
    /// Only a mixed load of everything by 64 clients, for so many seconds: 60 if no number is given.
    #[arg(long, value_name = "S", num_args = 0..=1, default_missing_value = "60")]
    mixed: Option<u64>,
    /// How long the load of the part `drift` is kept up, in seconds.
    #[arg(long, default_value_t = 600)]
    drift_s: u64,
    /// Beside other servers too, with the same handler: those that `cargo xtask bench --peers` has installed.
    #[arg(long)]
    peers: bool,
    /// Draw what was measured of growth and of peers into this folder, as SVG.
    #[arg(long, value_name = "FOLDER")]
    plots: Option<PathBuf>,
    /// Write JSON to the standard output; what is said meanwhile goes to the standard error.
    #[arg(long)]
    json: bool,
    /// Where the JSON is kept.
    #[arg(long, default_value = "bench/results")]
    results: PathBuf,
}

/// What can be measured by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Ready on an empty store, and the memory held then.
    Resting,
    /// The first invocation of a new function.
    Cold,
    /// A zip of 1 MB until its first result.
    First,
    /// Restores of a function that imports pandas.
    Snapstart,
    /// 200 different functions at once.
    Burst,
    /// The memory of environments that wait.
    Idle,
    /// Invocations of functions that run already.
    Warm,
    /// Asynchronous invocations.
    Events,
    /// Creating, reading, listing, and starting on a full store.
    Stored,
    /// The same load for a long time; only when asked for.
    Drift,
    /// How cost grows with functions, environments, bytes and connections; only when asked for.
    Growth,
    /// Other servers with the same handler; only when asked for, as by `--peers`.
    Peers,
}

impl Arguments {
    /// How long each measurement under load takes.
    fn round(&self) -> Duration {
        Duration::from_millis(self.round_ms)
    }

    /// Whether a part is wanted.
    fn wants(&self, part: Part) -> bool {
        let usual = self.only.is_empty() && !matches!(part, Part::Drift | Part::Growth | Part::Peers);
        usual || self.only.contains(&part) || (part == Part::Peers && self.peers)
    }
}

impl Part {
    /// As it is named on the command line.
    fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

fn positive(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| "a number of at least 1".to_owned())
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if arguments.json {
        host::keep_output_for_json();
    }
    let folder = tempfile::tempdir().context("a folder for the run")?;
    // Before any thread exists and before memory grows, as the server itself does it.
    let options = linux::Options::new(folder.path().join("run"));
    let spawner = spawner::split(&options).context("split off the spawner")?;
    // The generator has one thread: on a small machine the rest belongs to what is measured.
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let floor = floor::Parts { spawner, options };
    let result = runtime.block_on(parts::measure(&arguments, folder.path(), floor));
    drop(folder);
    result
}

/// A runtime with as many threads as the machine has processors, as a server would have.
fn many_threads() -> Result<Runtime> {
    Ok(Builder::new_multi_thread().enable_all().build()?)
}
