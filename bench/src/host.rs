//! The clock, the terminal and other programs: the one place of the benchmark that reads or starts any.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use lambent_core::dice::Dice;
use lambent_core::time::{RealClock, Timestamp};

/// A moment to measure from.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Seconds since the epoch, for signatures.
#[expect(clippy::disallowed_methods, reason = "signatures carry the time")]
pub(crate) fn epoch_s() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |span| span.as_secs().cast_signed())
}

/// The system's clock.
#[derive(Debug)]
pub(crate) struct WallClock;

impl RealClock for WallClock {
    #[expect(clippy::disallowed_methods, reason = "this is where a sandbox gets the time from")]
    fn wall(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(0).plus(since)
    }

    fn monotonic(&self) -> Duration {
        self.wall().since(Timestamp::from_millis(0))
    }
}

/// Milliseconds since a moment.
pub(crate) fn ms_since(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

/// Whether the standard output is kept for JSON.
static JSON_ONLY: AtomicBool = AtomicBool::new(false);

/// Keeps the standard output for JSON: what is said to people goes to the standard error from now on.
pub(crate) fn keep_output_for_json() {
    JSON_ONLY.store(true, Ordering::Relaxed);
}

/// Writes a line for the person at the terminal.
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "this is a command line tool")]
pub(crate) fn say(line: &str) {
    if JSON_ONLY.load(Ordering::Relaxed) {
        eprintln!("{line}");
    } else {
        println!("{line}");
    }
}

/// Writes to the standard output.
#[expect(clippy::print_stdout, reason = "a command line tool answers on its standard output")]
pub(crate) fn answer(text: &str) {
    println!("{text}");
}

/// A command that is about to run.
#[expect(clippy::disallowed_methods, reason = "the benchmark starts the server it measures, as a user would")]
pub(crate) fn command(program: &Path) -> Command {
    Command::new(program)
}

/// What a program says on its standard output.
pub(crate) fn output(program: &str, args: &[&str]) -> Result<String> {
    let done = command(Path::new(program)).args(args).output().with_context(|| program.to_owned())?;
    ensure!(done.status.success(), "{program} ended with {}", done.status);
    Ok(String::from_utf8(done.stdout)?.trim().to_owned())
}

/// How long a program takes from fork to its end, in microseconds.
pub(crate) fn time_of(argv: &[String]) -> Result<f64> {
    let (program, args) = argv.split_first().context("a program")?;
    let start = now();
    let status =
        command(Path::new(program)).args(args).stdin(Stdio::null()).stdout(Stdio::null()).status()?;
    let took = start.elapsed().as_secs_f64() * 1e6;
    ensure!(status.success(), "{program} ended with {status}");
    Ok(took)
}

/// How long so many starts of a program at once take until the last has ended, in milliseconds.
pub(crate) fn burst_of(argv: &[String], count: usize) -> Result<f64> {
    let (program, args) = argv.split_first().context("a program")?;
    let start = now();
    let begin = |_| command(Path::new(program)).args(args).stdin(Stdio::null()).stdout(Stdio::null()).spawn();
    let running: Vec<Child> = (0..count).map(begin).collect::<Result<_, _>>()?;
    for mut child in running {
        let status = child.wait()?;
        ensure!(status.success(), "{program} ended with {status}");
    }
    Ok(ms_since(start))
}

/// The kernel's random numbers.
#[derive(Debug)]
pub(crate) struct KernelDice;

impl Dice for KernelDice {
    fn bits(&self) -> u64 {
        use std::io::Read as _;
        let mut bytes = [0; 8];
        let mut source = std::fs::File::open("/dev/urandom").expect("every Linux has /dev/urandom");
        source.read_exact(&mut bytes).expect("/dev/urandom never ends");
        u64::from_ne_bytes(bytes)
    }
}
