//! What is done in a world, one thing after the other as chance picks it, until it is over or the server ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::client::Client;
use crate::life::Life;
use crate::plan::SINK;
use crate::sim::Sim;

/// How far a program is. It outlives the servers.
#[derive(Debug)]
pub(crate) struct Program {
    steps_left: AtomicU64,
    ends_left: AtomicU64,
}

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// With the program.
    Over,
    /// In order, and another follows.
    Closed,
    /// In the middle.
    Crashed,
}

impl Program {
    pub(crate) fn new(sim: &Sim) -> Self {
        Self { steps_left: AtomicU64::new(sim.world.steps), ends_left: AtomicU64::new(sim.world.ends) }
    }

    /// Goes on with a server that has just started.
    pub(crate) async fn run(&self, life: &Life) -> End {
        let client = &life.client;
        let sim = &client.sim;
        self.begin(client).await;
        let end_at = self.draw_end(sim);
        let mut tasks = JoinSet::new();
        while self.steps_left.load(Ordering::SeqCst) > 0 && sim.fault().is_none() {
            self.steps_left.fetch_sub(1, Ordering::SeqCst);
            if end_at == Some(self.steps_left.load(Ordering::SeqCst)) {
                self.ends_left.fetch_sub(1, Ordering::SeqCst);
                if sim.program.chance(300) {
                    life.close(sim.program.span(0, 5_000)).await;
                    answered(sim).await;
                    return End::Closed;
                }
                crash_soon(sim, &mut tasks);
            }
            step(client, &mut tasks);
            pause(sim).await;
            while let Some(ended) = tasks.try_join_next() {
                judge(sim, ended);
            }
        }
        finish(sim, &mut tasks).await;
        End::Over
    }

    /// What is there after a start must be what was acknowledged before.
    async fn begin(&self, client: &Client) {
        let names: Vec<String> = client.sim.model().functions.keys().cloned().collect();
        for name in names {
            client.sim.function(&name, |f| f.changes += 1 + f.changes % 2);
            client.look_at(&name).await;
            client.sim.function(&name, |f| f.changes += 1);
        }
        while client.sim.function(SINK, |f| f.there.known() != Some(&true)) && client.sim.fault().is_none() {
            client.sim.function(SINK, |f| f.changes += 1);
            client.create(SINK).await;
            client.sim.function(SINK, |f| f.changes += 1);
        }
    }

    /// After which step the server ends, if it does before the program.
    fn draw_end(&self, sim: &Sim) -> Option<u64> {
        let left = self.steps_left.load(Ordering::SeqCst);
        (self.ends_left.load(Ordering::SeqCst) > 0 && left > 1).then(|| sim.program.below(left))
    }
}

/// The power goes at the end of a number of commits, or in a while at whatever task has its turn then.
fn crash_soon(sim: &Arc<Sim>, tasks: &mut JoinSet<()>) {
    if sim.program.chance(400) {
        return sim.power.cut_at_commit(sim.program.between(1, 6));
    }
    let (pause, turns) = (sim.program.span(0, 2_000), sim.program.below(60));
    let sim = Arc::clone(sim);
    tasks.spawn(async move {
        sleep(pause).await;
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        sim.say("the power goes");
        sim.power.cut();
    });
}

fn step(client: &Client, tasks: &mut JoinSet<()>) {
    let sim = &client.sim;
    if sim.program.chance(sim.world.faults.kill) {
        client.host.kill(sim.program.chance(300));
    }
    match sim.program.below(100) {
        0..30 => change(client, tasks),
        30..70 => invoke(client, tasks),
        70..90 => {
            for _ in 0..sim.program.between(2, 12) {
                invoke(client, tasks);
            }
        }
        90..92 => {
            let span = sim.program.span(0, 600_000);
            sim.say(&format!("AWS's time is moved by {span:?}"));
            sim.clock.advance(span);
            client.server.waiter().moved();
        }
        92..94 => {
            let by_ms = i64::try_from(sim.program.between(0, 600_000)).unwrap_or(0) - 300_000;
            sim.say(&format!("the wall clock jumps by {by_ms} ms"));
            sim.ledger().has_jumped = true;
            sim.clock.jump(by_ms);
        }
        _ => {}
    }
}

fn invoke(client: &Client, tasks: &mut JoinSet<()>) {
    let (client, wish) = (client.clone(), client.wish());
    let leaves = client.sim.program.chance(60);
    let patience = client.sim.program.span(0, 300);
    tasks.spawn(async move {
        if leaves {
            client.invoke_and_leave(wish, patience).await;
        } else {
            client.invoke(wish).await;
        }
    });
}

/// One thing after the other for each function.
fn change(client: &Client, tasks: &mut JoinSet<()>) {
    let names: Vec<String> = client.sim.model().functions.keys().cloned().collect();
    let idle = |name: &String| name != SINK && client.sim.function(name, |f| f.changes % 2 == 0);
    let idle: Vec<String> = names.into_iter().filter(idle).collect();
    if idle.is_empty() {
        return;
    }
    let (client, name) = (client.clone(), client.sim.program.pick(&idle).clone());
    // It is taken from this moment on, not from when the task has its turn.
    client.sim.function(&name, |f| f.changes += 1);
    tasks.spawn(async move {
        client.change(&name).await;
        client.sim.function(&name, |f| f.changes += 1);
    });
}

async fn pause(sim: &Sim) {
    let (from, to) = *sim.program.pick(&[(0, 0), (0, 3), (0, 100), (0, 100), (100, 3_000), (3_000, 60_000)]);
    if sim.program.chance(20) {
        sleep(sim.program.span(60_000, 900_000)).await;
    }
    sleep(sim.program.span(from, to)).await;
}

/// Waits for all who ask. Nobody may wait for ever.
async fn finish(sim: &Sim, tasks: &mut JoinSet<()>) {
    let all = async {
        while let Some(ended) = tasks.join_next().await {
            judge(sim, ended);
        }
    };
    if tokio::time::timeout(Duration::from_secs(7_200), all).await.is_err() {
        let waiting = sim.ledger().waiting();
        sim.broken(format!("{} still ask after two hours, {waiting} invocations among them", tasks.len()));
    }
}

/// Waits until all invocations are answered; who asked for something else may ask the next server.
async fn answered(sim: &Sim) {
    for _ in 0..100 {
        if sim.ledger().waiting() == 0 {
            return;
        }
        sleep(Duration::from_millis(10)).await;
    }
    sim.broken(format!("{} invocations were never answered by a server that ended", sim.ledger().waiting()));
}

fn judge(sim: &Sim, ended: Result<(), tokio::task::JoinError>) {
    if let Err(fault) = ended {
        sim.broken(format!("who asked has panicked: {fault}"));
    }
}
