//! What must be true in the end, when nothing goes wrong any more: every event has ended and was told of, every limit and
//! every guarantee holds exactly, nothing is left of what is over.

use std::sync::atomic::Ordering;
use std::time::Duration;

use lambent_store::{Prefix, tables};
use serde_json::Value;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::invokes::Wish;
use crate::ledger::{Answered, Call, Kind};
use crate::life::Life;
use crate::order::Way;
use crate::plan::SINK;
use crate::sim::Sim;

/// How long events may take to end: the greatest age, and who is told of it.
const EVENTS_MAX: Duration = Duration::from_secs(12 * 3600);

/// Examines a server to which nothing happens any more.
pub(crate) async fn examine(life: &Life) {
    let sim = &life.client.sim;
    sim.calm_down();
    drained(life).await;
    // Who left has left a function behind that may still run, or wait for its Init.
    sleep(Duration::from_secs(180)).await;
    let calls = sim.ledger().calls.clone();
    for (id, call) in &calls {
        has_ended(sim, id, call);
    }
    provisioned(life).await;
    full_house(life).await;
    sleep(sim.world.idle_max + Duration::from_secs(60)).await;
    left_idle(life);
}

/// Waits until no event is left.
async fn drained(life: &Life) {
    let sim = &life.client.sim;
    let (mut waited, mut pause) = (Duration::ZERO, Duration::from_secs(1));
    loop {
        let page = life.store.list(&tables::EVENT_PLACES, &Prefix::all(), None, 1).await;
        if page.is_ok_and(|page| page.is_empty()) {
            return;
        }
        if waited > EVENTS_MAX {
            return sim.broken("events are left that never end".to_owned());
        }
        sleep(pause).await;
        waited += pause;
        pause = (pause * 2).min(Duration::from_secs(60));
    }
}

/// An event that was accepted was told of, unless its function is gone; or it went well, and nobody wanted to know.
fn has_ended(sim: &Sim, id: &str, call: &Call) {
    // An environment that ended before it took the event has begun a log of it all the same.
    let [starts, ends, reports] = call.lines;
    if sim.ledger().mishaps == 0 && (ends != reports || ends < call.taken || ends > starts) {
        sim.broken(format!("{id} ran {} times and has the lines {:?}", call.taken, call.lines));
    }
    if call.kind == Kind::Sync || call.answered != Answered::Taken || !call.told.is_empty() {
        return;
    }
    let gone = sim.function(&call.function, |f| f.may_be_deleted(&call.asked));
    let wanted = sim.function(&call.function, |f| {
        f.handling.get(&call.qualifier).is_some_and(|handled| !handled.now().contains(&(2, 21_600)))
    });
    if !gone && (call.succeeded == 0 || wanted && sim.world.faults.outside == 0 && is_steady(sim, call)) {
        sim.broken(format!("the event {id} is lost: {call:?}"));
    }
}

/// Whether nothing was changed of its function since it was asked for.
fn is_steady(sim: &Sim, call: &Call) -> bool {
    sim.function(&call.function, |f| f.is_as(&call.asked))
}

/// Waits until the provisioned environments are there, all of them and no others.
async fn provisioned(life: &Life) {
    let sim = &life.client.sim;
    let mut last = (Vec::new(), Vec::new());
    for _ in 0..400 {
        last = counts(life);
        if last.0 == last.1 {
            return;
        }
        sleep(Duration::from_secs(5)).await;
    }
    sim.broken(format!("provisioned environments: {:?}, wanted {:?}", last.0, last.1));
}

type Counts = Vec<(String, u64)>;

/// Provisioned environments that are there, and that are wanted, by function.
fn counts(life: &Life) -> (Counts, Counts) {
    let sim = &life.client.sim;
    let made = life.client.host.made();
    let names: Vec<String> = sim.model().functions.keys().cloned().collect();
    let there = |name: &String| made.iter().filter(|m| m.provisioned && m.function == *name).count() as u64;
    let wanted = |name: &String| sim.function(name, |f| f.provisioned_together());
    names.iter().map(|name| ((name.clone(), there(name)), (name.clone(), wanted(name)))).unzip()
}

/// As many at once as may run, and one more, of everything: exactly those that must be are turned away.
async fn full_house(life: &Life) {
    let sim = &life.client.sim;
    let names: Vec<String> = sim.model().functions.keys().cloned().collect();
    let claimed: u64 = names.iter().map(|name| sim.function(name, |f| f.claims())).sum();
    let mut pool = Some((sim.world.concurrency as u64).saturating_sub(claimed));
    let mut rows = Vec::new();
    for name in names.iter().filter(|name| *name != SINK) {
        let (there, reserved, provisioned) = sim.function(name, |f| {
            (f.there.known() == Some(&true), f.reserved.known().copied().flatten(), f.provisioned_together())
        });
        let room = match reserved {
            Some(reserved) => Some(reserved.saturating_sub(provisioned)),
            // A large account is filled now and then only: it costs as much as everything else.
            None => pool.take_if(|pool| there && (*pool < 20 || sim.program.chance(200))),
        };
        if let (true, Some(room)) = (there, room) {
            rows.push((name.clone(), "$LATEST".to_owned(), room, room + 2));
        }
        let versions = sim.function(name, |f| f.provisioned.clone());
        for (qualifier, count) in versions.iter().filter_map(|(q, c)| Some((q, *c.known()?))) {
            if there && count > 0 && qualifier.parse::<u64>().is_ok() {
                rows.push((name.clone(), qualifier.clone(), count, count));
            }
        }
    }
    let mut tasks = JoinSet::new();
    for (row, (function, qualifier, _, asked)) in rows.iter().enumerate() {
        for _ in 0..*asked {
            let wish = Wish {
                kind: Kind::Sync,
                function: function.clone(),
                qualifier: qualifier.clone(),
                takes: Duration::from_millis(400),
                ways: vec![Way::Well],
            };
            let client = life.client.clone();
            tasks.spawn(async move { (row, client.invoke(wish).await) });
        }
    }
    let mut ran = vec![0; rows.len()];
    while let Some(Ok((row, (status, said)))) = tasks.join_next().await {
        ran[row] += u64::from(status == 200);
        let is_version = rows[row].1 != "$LATEST";
        if status == 200 && said["provisioned"] != Value::Bool(is_version) {
            sim.broken(format!("{:?} ran in {said}", rows[row]));
        }
    }
    for ((function, qualifier, room, asked), ran) in rows.iter().zip(ran) {
        if ran != *room {
            sim.broken(format!("{ran} of {asked} ran of {function}:{qualifier}, {room} must"));
        }
    }
}

/// After a while without work only provisioned environments are there.
fn left_idle(life: &Life) {
    let sim = &life.client.sim;
    let (there, wanted) = counts(life);
    let made = life.client.host.made();
    if there != wanted || made.iter().any(|made| !made.provisioned) {
        sim.broken(format!("idle environments: {made:?}, wanted {wanted:?}"));
    }
    if sim.sessions.load(Ordering::SeqCst) != made.len() as u64 {
        sim.broken(format!("{:?} sessions for {} environments", sim.sessions, made.len()));
    }
    if !sim.ledger().running.is_empty() {
        sim.broken(format!("still running: {:?}", sim.ledger().running));
    }
}
