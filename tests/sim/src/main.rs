//! Replays many worlds on all processors, or one of them with everything that happens: `cargo xtask sim`.

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use lambent_sim::{Report, replay};
use tokio::time::Instant;

/// Faults that are told of in one run.
const FAULTS_MAX: usize = 20;

/// What is asked for.
struct Asked {
    from: u64,
    seeds: u64,
    /// This one alone, with all that happens.
    seed: Option<u64>,
}

#[expect(clippy::print_stderr, reason = "a person reads it")]
fn main() -> ExitCode {
    match read(std::env::args().skip(1)).and_then(|asked| run(&asked)) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn read(mut args: impl Iterator<Item = String>) -> Result<Asked> {
    let mut asked = Asked { from: 0, seeds: 10_000, seed: None };
    while let Some(name) = args.next() {
        let value = args.next().with_context(|| format!("{name} needs a number"))?;
        let value: u64 = value.parse().with_context(|| format!("{name} needs a number"))?;
        match name.as_str() {
            "--from" => asked.from = value,
            "--seeds" => asked.seeds = value,
            "--seed" => asked.seed = Some(value),
            other => bail!("there is no {other}: --seeds N, --from N, --seed N"),
        }
    }
    Ok(asked)
}

#[expect(clippy::print_stdout, reason = "it is the result")]
fn run(asked: &Asked) -> Result<ExitCode> {
    if let Some(seed) = asked.seed {
        let Report { fault, sum, .. } = replay(seed, true);
        println!("seed {seed}: {sum:016x}, {}", fault.as_ref().map_or("well", |(fault, _)| fault));
        return Ok(if fault.is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS });
    }
    let (began, next, faults) = (Instant::now(), AtomicU64::new(asked.from), AtomicUsize::new(0));
    let sums: [AtomicU64; 4] = Default::default();
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(seed) =
                    take(&next, asked).filter(|_| faults.load(Ordering::SeqCst) < FAULTS_MAX)
                {
                    let report = replay(seed, false);
                    let invocations = report.invocations as u64;
                    let counts = [1, report.lines, invocations, u64::from(report.lives)];
                    for (sum, by) in sums.iter().zip(counts) {
                        sum.fetch_add(by, Ordering::SeqCst);
                    }
                    if let Some((fault, lines)) = report.fault {
                        faults.fetch_add(1, Ordering::SeqCst);
                        println!("seed {seed}: {fault}\n    {}", lines.join("\n    "));
                    }
                }
            });
        }
    });
    let took: Duration = began.elapsed();
    let [worlds, lines, invocations, lives] = sums.map(AtomicU64::into_inner);
    let faults = faults.into_inner();
    println!(
        "{worlds} worlds in {took:.1?}: {faults} with faults; {lives} servers, {invocations} invocations, {lines} things that happened"
    );
    Ok(if faults > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn take(next: &AtomicU64, asked: &Asked) -> Option<u64> {
    let seed = next.fetch_add(1, Ordering::SeqCst);
    (seed < asked.from + asked.seeds).then_some(seed)
}
