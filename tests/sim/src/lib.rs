//! The data plane replayed from a seed: a whole server in one thread with a clock that stands still while there is work,
//! and with everything that can befall it. What must hold always is checked at every step, against a small reference.
//! Equal seeds give equal worlds. Never a socket, a thread or a process.
//!
//! See `README.md` beside this crate.

mod changes;
mod client;
mod disk;
mod exam;
mod fate;
mod history;
mod host;
mod invokes;
mod ledger;
mod life;
mod look;
mod model;
mod order;
mod outside;
mod plan;
mod program;
mod sandbox;
mod settings;
mod sim;
mod time;
mod trace;
mod world;

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use crate::host::SimHost;
use crate::life::Life;
use crate::plan::Packages;
use crate::program::{End, Program};
use crate::sim::Sim;

/// How a world ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The sum of all that happened: equal seeds give equal sums.
    pub sum: u64,
    /// How much happened.
    pub lines: u64,
    /// How many invocations were asked for.
    pub invocations: usize,
    /// The most that ran at once.
    pub running_max: usize,
    /// How many servers there were.
    pub lives: u32,
    /// What must not be, and the last that happened before it was seen.
    pub fault: Option<(String, Vec<String>)>,
}

/// Replays the world of a seed. `echo` writes all that happens to standard error.
///
/// # Panics
/// If the temporary folder cannot be used.
#[must_use]
pub fn replay(seed: u64, echo: bool) -> Report {
    let sim = Sim::new(seed, packages(), echo);
    let program = Program::new(&sim);
    let mut lives = 0;
    loop {
        lives += 1;
        let end = live(&sim, &program);
        if end == End::Over || sim.fault().is_some() {
            break;
        }
    }
    let ledger = sim.ledger();
    Report {
        sum: sim.trace.sum(),
        lines: sim.trace.count(),
        invocations: ledger.calls.len(),
        running_max: ledger.running_max,
        lives,
        fault: sim.fault().map(|fault| (fault, sim.trace.last())),
    }
}

/// One server, from its start to its end.
fn live(sim: &Arc<Sim>, program: &Program) -> End {
    let runtime = runtime();
    let host = SimHost::new(Arc::clone(sim));
    let end = runtime.block_on(async {
        sim.clock.begin();
        sim.power.on();
        sim.ends(false);
        let end = tokio::select! {
            biased;
            () = sim.power.went() => End::Crashed,
            end = serve(sim, &host, program) => end,
        };
        sim.clock.end(if end == End::Over { Duration::ZERO } else { sim.program.span(0, 120_000) });
        end
    });
    drop(runtime);
    if end == End::Crashed {
        sim.ledger().crashed();
    }
    if sim.fault().is_none() {
        nothing_left(sim, &host);
    }
    end
}

async fn serve(sim: &Arc<Sim>, host: &SimHost, program: &Program) -> End {
    let life = match Life::start(sim, host).await {
        Ok(life) => life,
        Err(fault) => {
            sim.say(&format!("not started: {fault}"));
            return End::Crashed;
        }
    };
    let end = program.run(&life).await;
    if end == End::Over && sim.fault().is_none() {
        exam::examine(&life).await;
        life.close(Duration::from_secs(60)).await;
    }
    end
}

/// A server that is gone leaves no sandbox and no session.
fn nothing_left(sim: &Sim, host: &SimHost) {
    let (made, sessions) = (host.made(), sim.sessions.load(Ordering::SeqCst));
    if !made.is_empty() || sessions > 0 {
        sim.broken(format!("{made:?} and {sessions} sessions outlive their server"));
    }
}

/// One thread, and a clock that stands still while there is work. Whoever waits for the end of the server looks after each
/// turn of a task, so that it can end anywhere.
fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true).event_interval(1).build().expect("a runtime without sockets")
}

fn packages() -> &'static Packages {
    static PACKAGES: OnceLock<Packages> = OnceLock::new();
    PACKAGES.get_or_init(|| runtime().block_on(Packages::unpack()).expect("a temporary folder"))
}
