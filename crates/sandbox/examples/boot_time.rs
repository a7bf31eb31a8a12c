//! Prints how long a sandbox takes: asked for until its program runs, and until nothing of it is left.
//!
//! `cargo run --release -p lambent-sandbox --example boot_time [rounds [program [arguments]]]`, as root.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measuring program: it prints and reads clocks"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use lambent_core::dice::Dice;
use lambent_sandbox::linux::{Launcher, Options, spawner};
use lambent_sandbox::{Extensions, Network, SnapStart, Spec};

#[derive(Debug, Default)]
struct Counting(AtomicU64);

impl Dice for Counting {
    fn bits(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let rounds = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(200);
    let mut argv: Vec<_> = arguments.collect();
    if argv.is_empty() {
        argv.push("/bin/true".into());
    }
    let folder = std::env::temp_dir().join(format!("lambent-boot-{}", std::process::id()));
    let options = Options { nat: true, endpoint_port: Some(4566), ..Options::new(folder.clone()) };
    let spawner = spawner::split(&options)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(measure(spawner, options, argv, rounds))?;
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

async fn measure(
    spawner: spawner::SpawnerHandle,
    options: Options,
    argv: Vec<String>,
    rounds: usize,
) -> Result<(), Box<dyn std::error::Error>> {
    let launcher = Launcher::new(spawner, options, Arc::new(Counting::default())).await?;
    println!("{}", launcher.report().summary);
    for network in [Network::None, Network::Nat, Network::Host] {
        let spec = Spec {
            argv: argv.clone(),
            working_directory: "/tmp".into(),
            environment: std::iter::empty().collect(),
            mounts: Vec::new(),
            shared: Vec::new(),
            memory_mib: 512,
            tmp_mib: 512,
            network,
            extensions: Extensions::default(),
            framed_log: false,
            snap_start: SnapStart::Off,
            early: None,
        };
        let mut times = [Vec::new(), Vec::new(), Vec::new()];
        for _ in 0..rounds {
            let start = Instant::now();
            let launched = launcher.launch(&spec).await?;
            times[0].push(start.elapsed());
            if times[0].len() == 1 {
                println!("{network:?} first: {:?}", start.elapsed());
            }
            launched.control.exited().await;
            times[1].push(start.elapsed());
            launched.control.removed().await;
            times[2].push(start.elapsed());
        }
        for (name, times) in ["executed", "ended", "removed"].iter().zip(&mut times) {
            times.sort_unstable();
            let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
            println!("{network:?} {name}: p50 {:?} p99 {:?} best {:?}", at(50), at(99), at(0));
        }
    }
    launcher.close().await;
    Ok(())
}
