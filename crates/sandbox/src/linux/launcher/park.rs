//! Parked sandboxes: started ahead, each with a program that waits to be told what it was started for. A start takes one
//! where it can, and nobody ever waits for one to be made.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lambent_core::limits::{
    PARKED_ASSIGN_MAX, PARKED_IDLE, PARKED_LOADS_MAX, PARKED_LOOK_AGAIN, PARKED_MEMORY_PART, PARKED_PATIENCE,
    PARKED_QUIET,
};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::request::{text, variables};
use super::stock::Stock;
use super::{Inner, step};
use crate::linux::cgroup::Limits;
use crate::linux::control::Launched;
use crate::linux::memory::left_mib;
use crate::linux::message::{Assignment, Command};
use crate::linux::parked::PARKED_FD;
use crate::linux::{channel, template};
use crate::spec::{Class, Early};
use crate::{BootError, Spec};

/// The parked sandboxes of a launcher.
#[derive(Debug)]
pub(super) struct Lot {
    stock: Mutex<Stock<Parked>>,
    /// When a sandbox was asked for last.
    asked: Mutex<Instant>,
    /// Somebody fills it up.
    filling: AtomicBool,
    count: Arc<AtomicUsize>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Parked {
    launched: Launched,
    _counted: Counted,
}

/// Counts one as parked, which is none of the server's sandboxes yet.
#[derive(Debug)]
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Lot {
    /// For so many at most.
    pub(super) fn new(max: usize) -> Self {
        let stock = Mutex::new(Stock::new(max));
        Self {
            stock,
            asked: Mutex::new(Instant::now()),
            filling: AtomicBool::new(false),
            count: Arc::default(),
        }
    }

    /// How many there are, those that are being made included.
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// How many can be taken.
    pub(super) fn ready(&self) -> usize {
        self.stock().ready().count()
    }

    fn stock(&self) -> MutexGuard<'_, Stock<Parked>> {
        // No code between lock and unlock can panic half way through a change.
        self.stock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The class of a spec, if it can be parked here.
    fn class(&self, spec: &Spec) -> Option<Class> {
        Class::of(spec).filter(|_| self.stock().is_open())
    }

    fn take(&self, class: &Class, memory_mib: u32) -> Option<Parked> {
        let now = Instant::now();
        loop {
            let one = self.stock().take(class, memory_mib, now)?;
            if one.launched.control.shared().told.state().lives() {
                return Some(one);
            }
        }
    }

    /// Waits for a pause in the starts, but not for ever.
    async fn quiet(&self) {
        let patience = Instant::now() + PARKED_PATIENCE;
        loop {
            let asked = *self.asked.lock().unwrap_or_else(PoisonError::into_inner);
            let until = (asked + PARKED_QUIET).min(patience);
            if until <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(until).await;
        }
    }

    fn next(&self, has_memory: bool) -> Option<(Class, u32, Option<Parked>)> {
        if has_memory { self.stock().next() } else { None }
    }

    /// Whether parked sandboxes may take more memory, at what they have taken until now.
    fn has_memory(&self) -> bool {
        let peaks = |stock: &Stock<Parked>| {
            stock.ready().map(|one| one.launched.control.memory_peak_bytes()).sum::<u64>() >> 20
        };
        let taken = peaks(&self.stock());
        left_mib().is_none_or(|left| taken <= left / PARKED_MEMORY_PART)
    }

    /// Ends what nobody needs, and all when memory is short, until told to stop.
    pub(super) async fn tidy(&self, stop: CancellationToken) {
        while stop.run_until_cancelled(sleep(PARKED_IDLE / 60)).await.is_some() {
            // Dropped, and so ended, when nobody is kept from the stock.
            let unused = self.stock().unused(Instant::now());
            drop(unused);
            if self.count() > 0 && !self.has_memory() {
                let all = self.stock().drain();
                drop(all);
            }
        }
    }

    /// Ends all, for good.
    pub(super) fn close(&self) {
        let all = self.stock().close();
        drop(all);
    }
}

impl Inner {
    /// Starts one: a parked one becomes it, or else a new one is made.
    pub(super) async fn start(self: Arc<Self>, spec: Spec) -> Result<Launched, BootError> {
        *self.lot.asked.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        let Some(class) = self.lot.class(&spec) else { return self.launch(spec, false).await };
        while let Some(parked) = self.lot.take(&class, spec.memory_mib) {
            self.fill();
            match self.assign(parked, &spec).await {
                Ok(launched) => return Ok(launched),
                Err(error) => tracing::debug!(%error, "a parked sandbox is of no use"),
            }
        }
        self.fill();
        let launched = Arc::clone(&self).launch(spec.clone(), false).await;
        if launched.is_ok() || self.lot.count() == 0 {
            return launched;
        }
        // What is parked may be what there is no room for.
        let all = self.lot.stock().drain();
        drop(all);
        self.launch(spec, false).await
    }

    /// A sandbox like this may be started soon.
    pub(super) fn expect(self: &Arc<Self>, spec: &Spec) {
        if let Some(class) = self.lot.class(spec) {
            self.lot.stock().expect(&class, spec.memory_mib, Instant::now());
            self.fill();
        }
    }

    /// Makes a parked sandbox the one that is asked for.
    async fn assign(&self, parked: Parked, spec: &Spec) -> Result<Launched, BootError> {
        let Parked { launched, _counted } = parked;
        let shared = launched.control.shared();
        let limits = self.limits(spec);
        if let Some(Err(error)) = shared.group.as_ref().map(|group| group.change(limits)) {
            return Err(step("limit resources", error));
        }
        let (assignment, trees) = assignment(spec, &launched.runtime_api)?;
        shared.told.state().started = None;
        let fds: Vec<_> = trees.iter().map(std::os::fd::AsFd::as_fd).collect();
        channel::send(shared.socket.get_ref(), &Command::Assign(assignment), &fds)
            .map_err(|error| step("assign", error))?;
        match timeout(PARKED_ASSIGN_MAX, launched.control.started()).await {
            Ok(Ok(())) => Ok(launched),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(step("assign", "took too long")),
        }
    }

    fn limits(&self, spec: &Spec) -> Limits {
        let in_memory = self.images.is_none() && self.isolated();
        Limits { memory_mib: spec.memory_mib, tmp_in_memory_mib: if in_memory { spec.tmp_mib } else { 0 } }
    }

    /// Parks what is missing, one after the other, in the background.
    fn fill(self: &Arc<Self>) {
        if self.lot.filling.swap(true, Ordering::AcqRel) {
            return;
        }
        let inner = Arc::clone(self);
        self.tasks.spawn(async move { while inner.park_next().await {} });
    }

    /// Parks one; false when nothing is missing, and then somebody else may fill.
    async fn park_next(self: &Arc<Self>) -> bool {
        self.lot.quiet().await;
        let has_memory = self.lot.has_memory();
        let Some((class, memory_mib, ended)) = self.lot.next(has_memory) else {
            self.lot.filling.store(false, Ordering::Release);
            // Somebody may have asked in the moment before.
            return has_memory && self.lot.stock().lacks() && !self.lot.filling.swap(true, Ordering::AcqRel);
        };
        drop(ended);
        let parked = self.park(&class, memory_mib).await;
        if let Some(error) = parked.as_ref().err().filter(|_| self.lot.stock().is_open()) {
            tracing::warn!(%error, "no sandbox is parked for the next start");
        }
        self.lot.stock().keep(&class, parked.ok());
        true
    }

    async fn park(self: &Arc<Self>, class: &Class, memory_mib: u32) -> Result<Parked, BootError> {
        self.lot.count.fetch_add(1, Ordering::Relaxed);
        let counted = Counted(Arc::clone(&self.lot.count));
        let mut spec = class.spec(memory_mib);
        let number = PARKED_FD.to_string();
        spec.environment.insert(Early::DESCRIPTOR_VARIABLE.to_owned(), number);
        let launched = Arc::clone(self).launch(spec, true).await?;
        timeout(PARKED_LOADS_MAX, loaded(&launched)).await.map_err(|_| step("park", "took too long"))?;
        Ok(Parked { launched, _counted: counted })
    }
}

/// Returns when the program waits, or has ended. One that was taken before would see its folders change while it starts.
async fn loaded(launched: &Launched) {
    let shared = launched.control.shared();
    let waits = || shared.group.as_ref().is_some_and(|group| group.reads(PARKED_FD));
    while shared.told.state().lives() && !waits() {
        sleep(PARKED_LOOK_AGAIN).await;
    }
}

/// What a parked sandbox is missing: its mounts, taken from the host, and its environment.
fn assignment(spec: &Spec, runtime_api: &str) -> Result<(Assignment, Vec<std::os::fd::OwnedFd>), BootError> {
    let places = spec.early.as_ref().map_or(&[][..], |early| &early.places);
    let mut environment = variables(&spec.environment);
    environment.push(format!("AWS_LAMBDA_RUNTIME_API={runtime_api}"));
    let (mut targets, mut trees) = (Vec::new(), Vec::new());
    for mount in spec.mounts.iter().filter(|mount| places.contains(&mount.target)) {
        let tree = template::locked_copy(&mount.source);
        trees.push(tree.map_err(|error| step(&format!("take {}", mount.source.display()), error))?);
        targets.push(text(&mount.target)?);
    }
    Ok((Assignment { environment, targets }, trees))
}
