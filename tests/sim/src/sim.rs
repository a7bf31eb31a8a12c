//! What all parts of a world share, and what outlives its servers: chance, time, the disk, the reference and the ledger.
//! Nothing here does anything by itself.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lambent_core::time::Clock as _;
use lambent_sandbox::{Answer, Event};
use lambent_store::MemoryDisk;
use lambent_testkit::LoadedDice;
use object_store::memory::InMemory;
use tokio::sync::Notify;

use crate::fate::Fate;
use crate::host::Made;
use crate::ledger::{Ledger, Taking};
use crate::model::{Function, Moment};
use crate::order::Order;
use crate::plan::{Model, Packages, SINK};
use crate::time::SimClock;
use crate::trace::Trace;
use crate::world::World;

/// What all parts of a world share.
pub(crate) struct Sim {
    pub(crate) world: World,
    pub(crate) packages: &'static Packages,
    pub(crate) clock: Arc<SimClock>,
    pub(crate) dice: Arc<LoadedDice>,
    pub(crate) program: Fate,
    pub(crate) host_fate: Fate,
    pub(crate) disk_fate: Fate,
    pub(crate) outside_fate: Fate,
    pub(crate) disk: MemoryDisk,
    pub(crate) blobs: Arc<InMemory>,
    pub(crate) trace: Trace,
    pub(crate) power: Power,
    /// Sessions of functions that have not ended.
    pub(crate) sessions: AtomicU64,
    model: Mutex<Model>,
    ledger: Mutex<Ledger>,
    broken: Mutex<Option<String>>,
    calm: AtomicBool,
    ending: AtomicBool,
    numbers: AtomicU64,
}

/// What a crash takes away.
#[derive(Debug, Default)]
pub(crate) struct Power {
    out: AtomicBool,
    went: Notify,
    /// Commits until it goes; never at 0.
    commits_left: AtomicU64,
}

impl Sim {
    pub(crate) fn new(seed: u64, packages: &'static Packages, echo: bool) -> Arc<Self> {
        let world = World::draw(&Fate::new(seed, 0));
        let sim = Self {
            model: Mutex::new(Model::new(&world)),
            clock: Arc::new(SimClock::new(world.scale)),
            world,
            packages,
            dice: Arc::new(LoadedDice::new(seed)),
            program: Fate::new(seed, 1),
            host_fate: Fate::new(seed, 2),
            disk_fate: Fate::new(seed, 3),
            outside_fate: Fate::new(seed, 4),
            disk: MemoryDisk::default(),
            blobs: Arc::default(),
            trace: Trace::new(echo),
            power: Power::default(),
            sessions: AtomicU64::new(0),
            ledger: Mutex::default(),
            broken: Mutex::default(),
            calm: AtomicBool::new(false),
            ending: AtomicBool::new(false),
            numbers: AtomicU64::new(1),
        };
        sim.say(&format!("{:?}", sim.world));
        Arc::new(sim)
    }

    /// One more line of the trace.
    pub(crate) fn say(&self, what: &str) {
        self.trace.line(format!("{:>11.3} {what}", self.clock.age().as_secs_f64()));
    }

    /// Something must not be. What is found first counts.
    pub(crate) fn broken(&self, what: String) {
        self.say(&format!("BROKEN: {what}"));
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(what);
    }

    /// What must not be, if something was found.
    pub(crate) fn fault(&self) -> Option<String> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on nothing goes wrong that nobody orders.
    pub(crate) fn calm_down(&self) {
        self.say("calm");
        self.calm.store(true, Ordering::SeqCst);
    }

    pub(crate) fn is_calm(&self) -> bool {
        self.calm.load(Ordering::SeqCst)
    }

    /// The server ends in order, or does not any more.
    pub(crate) fn ends(&self, ending: bool) {
        self.ending.store(ending, Ordering::SeqCst);
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::SeqCst)
    }

    /// A number nobody has.
    pub(crate) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::SeqCst)
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn model(&self) -> MutexGuard<'_, Model> {
        self.model.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at one function of the reference, or changes it.
    pub(crate) fn function<T>(&self, name: &str, look: impl FnOnce(&mut Function) -> T) -> T {
        look(self.model().functions.entry(name.to_owned()).or_default())
    }

    /// How a function is now.
    pub(crate) fn moment(&self, name: &str) -> Moment {
        self.function(name, |function| function.moment())
    }

    /// A program has taken an event: whether it may, and how often it did before.
    pub(crate) fn taken(
        &self,
        event: &Event,
        order: &Order,
        sandbox: u64,
        made: &Made,
        started: Option<Moment>,
    ) -> u64 {
        let id = &event.request_id;
        self.say(&format!("take {id} in {sandbox}"));
        if made.function == SINK {
            self.told(&event.payload, "sink");
            self.ledger().running.insert(id.clone(), sandbox);
            return 0;
        }
        let retries = self.retries(id);
        let now = self.clock.now();
        let mut ledger = self.ledger();
        let taking = Taking { id, nonce: order.nonce.as_deref(), sandbox, retries, now };
        if let Err(fault) = ledger.take(taking) {
            self.broken(fault);
        }
        let Some(call) = ledger.calls.get(id).cloned() else { return 0 };
        let running = ledger.running.keys().filter_map(|id| ledger.calls.get(id));
        let together: Vec<_> = running.filter(|call| call.function == made.function).cloned().collect();
        let (all, taken) = (ledger.running.len(), call.taken);
        drop(ledger);
        if all > self.world.concurrency {
            self.broken(format!("{all} invocations run at once, {} may", self.world.concurrency));
        }
        self.function(&made.function, |function| {
            let earliest = together.iter().map(|call| call.since.reserved).min().unwrap_or(0);
            let reserved = function.reserved_max(earliest);
            if reserved.is_some_and(|reserved| together.len() as u64 > reserved) {
                self.broken(format!("{} runs {} at once, {reserved:?} may", made.function, together.len()));
            }
            // An environment that was there already runs what is in force now; a new one may have been begun before.
            let since = match started {
                None => function.moment(),
                Some(_) => call.since.clone(),
            };
            if !function.may_serve(&since, &call.qualifier, &made.version, &made.runs) {
                let (version, runs) = (&made.version, &made.runs);
                self.broken(format!(
                    "{id} of {}:{} runs in {version} {runs:?}",
                    call.function, call.qualifier
                ));
            }
        });
        taken - 1
    }

    /// It has dealt with it.
    pub(crate) fn dealt(&self, id: &str, function: &str, succeeded: bool, answer: &Answer) {
        let how = match answer {
            Answer::Response { .. } => "response",
            Answer::Error(_) => "error",
            Answer::TimedOut => "time-out",
            Answer::Exited(_) => "exit",
            Answer::Streamed { .. } | Answer::TooLarge | Answer::Extension(_) => "something",
        };
        self.say(&format!("deal {id}: {how}"));
        let (moment, now) = (self.moment(function), self.clock.now());
        let mut ledger = self.ledger();
        // What the end of a server cuts off is no attempt: it comes again as soon as the next one starts.
        if self.is_ending() {
            ledger.mishaps += 1;
        }
        ledger.done(id, succeeded, now, moment);
    }

    /// How often an event may be tried again, at most of what was set since it was asked for.
    fn retries(&self, id: &str) -> u64 {
        let Some(call) = self.ledger().calls.get(id).cloned() else { return 0 };
        self.function(&call.function, |f| f.retries_max(&call.asked, &call.qualifier))
    }
}

impl Power {
    /// A server starts.
    pub(crate) fn on(&self) {
        self.out.store(false, Ordering::SeqCst);
        self.commits_left.store(0, Ordering::SeqCst);
    }

    /// It goes, now.
    pub(crate) fn cut(&self) {
        self.out.store(true, Ordering::SeqCst);
        self.went.notify_one();
    }

    /// It goes with that commit.
    pub(crate) fn cut_at_commit(&self, number: u64) {
        self.commits_left.store(number, Ordering::SeqCst);
    }

    pub(crate) fn is_out(&self) -> bool {
        self.out.load(Ordering::SeqCst)
    }

    /// Resolves when it goes.
    pub(crate) async fn went(&self) {
        self.went.notified().await;
    }

    /// Whether it goes with the next commit.
    pub(crate) fn is_due(&self) -> bool {
        self.commits_left.load(Ordering::SeqCst) == 1
    }

    /// One commit is over.
    pub(crate) fn committed(&self) {
        let left = self.commits_left.load(Ordering::SeqCst);
        self.commits_left.store(left.saturating_sub(1), Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests;
