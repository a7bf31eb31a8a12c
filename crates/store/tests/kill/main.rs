//! `kill -9` at random moments under a write load: what was acknowledged is there, nothing is half there.
//!
//! The test starts itself again as a worker, which writes and says on its standard output what was
//! acknowledged; then kills it, opens what it left, and looks at everything.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, in what its tests call too")]

#[path = "../still_clock/mod.rs"]
mod still_clock;
mod verify;
mod worker;

use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use lambent_store::{Digest, Table};
use serde::{Deserialize, Serialize};

/// Lives of the worker; each ends by SIGKILL.
const LIVES: usize = 50;
/// Workers killed while they make a store.
const BIRTHS: usize = 20;
/// Tasks of the worker that write at once.
const WRITERS: usize = 4;
/// How many records of a writer are kept; older ones are deleted in the transaction that adds one.
const WINDOW: u64 = 20;
/// Names the folder to the worker; without it the worker has nothing to do.
const FOLDER: &str = "LAMBENT_STORE_KILL_FOLDER";

/// How far each writer has come; put in one transaction with the record of that number.
const COUNTERS: Table<u64> = Table::new("counters");
/// Records by writer and number.
const ENTRIES: Table<Entry> = Table::new("entries");

/// A record that names a blob.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    number: u64,
    blob: Digest,
}

/// The bytes of the blob a writer puts for a number: of many sizes, never twice the same.
fn blob_of(writer: usize, number: u64) -> Vec<u8> {
    let size = usize::try_from(number * 7919 % 20_000).unwrap();
    format!("{writer} {number} ").into_bytes().into_iter().cycle().take(size + 20).collect()
}

fn number_text(number: u64) -> String {
    format!("{number:012}")
}

/// One line of the worker: a write of this writer and number was acknowledged as that commit.
#[derive(Debug, Clone, Copy)]
struct Acknowledged {
    writer: usize,
    number: u64,
    sequence: u64,
}

#[test]
fn nothing_acknowledged_is_lost_when_the_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let seed = RandomState::new().hash_one("kill");
    println!("seed {seed}");
    let mut chance = Chance(seed);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut seen = verify::Seen::default();
    for life in 0..LIVES {
        // One life in eight ends at its start.
        let enough = if chance.below(8) == 0 { 0 } else { 1 + chance.below(60) };
        let acknowledged = live_and_die(folder.path(), enough, &mut chance);
        println!("life {life}: {} acknowledged", acknowledged.len());
        runtime.block_on(verify::look(folder.path(), &acknowledged, &mut seen));
    }
    assert!(seen.sequence > LIVES as u64, "the worker hardly wrote: {seen:?}");
}

#[test]
fn a_store_killed_while_it_is_made_opens_again() {
    let seed = RandomState::new().hash_one("make");
    println!("seed {seed}");
    let mut chance = Chance(seed);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    for life in 0..BIRTHS {
        let folder = tempfile::tempdir().unwrap();
        let acknowledged = live_and_die(folder.path(), 0, &mut chance);
        println!("birth {life}: {} acknowledged", acknowledged.len());
        runtime.block_on(verify::look(folder.path(), &acknowledged, &mut verify::Seen::default()));
    }
}

/// Not a test of its own: what the worker runs. Without the folder it has nothing to do and passes.
#[test]
fn worker() {
    #[expect(clippy::disallowed_methods, reason = "the environment is how the test speaks to its worker")]
    if let Some(folder) = std::env::var_os(FOLDER) {
        tokio::runtime::Runtime::new().unwrap().block_on(worker::run(Path::new(&folder)));
    }
}

/// Starts a worker, kills it at a random moment, and says what it had acknowledged by then.
/// That moment is a little after the write that makes `enough`; with 0 it is while the store opens.
fn live_and_die(folder: &Path, enough: usize, chance: &mut Chance) -> Vec<Acknowledged> {
    let mut worker = Worker(start(folder));
    let output = worker.0.stdout.take().unwrap();
    let mut lines = BufReader::new(output).lines();
    let mut acknowledged = Vec::new();
    while acknowledged.len() < enough {
        let line = lines.next().expect("the worker ends only when it is killed").unwrap();
        acknowledged.extend(parse(&line));
    }
    let spins_max = if enough == 0 { 1_000_000 } else { 300_000 };
    (0..chance.below(spins_max)).for_each(|_| std::hint::spin_loop());
    worker.0.kill().unwrap();
    worker.0.wait().unwrap();
    // What it still said before it died was acknowledged too. The last line may be cut off.
    acknowledged.extend(lines.map_while(Result::ok).filter_map(|line| parse(&line)));
    acknowledged
}

/// Dies with its owner, so that a failing test leaves no process behind.
struct Worker(Child);

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[expect(clippy::disallowed_methods, reason = "a process to be killed has to be a process")]
fn start(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "worker", "--nocapture", "--test-threads=1"])
        .env(FOLDER, folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Reads `ack WRITER NUMBER SEQUENCE .`; the dot tells a whole line. The test harness writes others.
fn parse(line: &str) -> Option<Acknowledged> {
    let (_, rest) = line.split_once("ack ")?;
    let [writer, number, sequence] =
        <[&str; 3]>::try_from(rest.strip_suffix(" .")?.split(' ').collect::<Vec<_>>()).ok()?;
    Some(Acknowledged {
        writer: writer.parse().ok()?,
        number: number.parse().ok()?,
        sequence: sequence.parse().ok()?,
    })
}

/// Numbers from a seed (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }
}
