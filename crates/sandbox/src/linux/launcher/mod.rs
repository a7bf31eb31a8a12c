//! Starts sandboxes through the spawner and counts them until nothing of them is left. Never blocks a worker for long.

mod launch;
mod park;
mod place;
mod request;
mod stock;
#[cfg(test)]
mod tests;
mod watch;

use std::collections::BTreeMap;
use std::future::Future;
use std::io;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use lambent_core::dice::Dice;
use tokio::sync::{oneshot, watch as cell};
use tokio::task::spawn_blocking;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use self::park::Lot;
use self::watch::Watch;
use super::cgroup::{self, Base};
use super::control::Launched;
use super::image::Images;
use super::message::Hello;
use super::net::{Networks, Reception};
use super::run_dir::RunDir;
use super::shared::{REPORT_MAX_BYTES, Shared};
use super::spawner::SpawnerHandle;
use super::uids::Uids;
use super::{Isolation, Options, Report, channel, own_limits, snapshot};
use crate::{BootError, Spec};

/// Starts sandboxes. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Launcher {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    options: Options,
    hello: Hello,
    report: Report,
    base: Base,
    images: Option<Arc<Images>>,
    networks: Arc<Networks>,
    run_dir: RunDir,
    /// How many cgroups were ever named.
    groups: AtomicU64,
    tasks: TaskTracker,
    lot: Arc<Lot>,
    state: Mutex<State>,
    /// How many sandboxes exist.
    count: cell::Sender<usize>,
    /// Whether the spawner died by itself.
    broken: Watch,
    /// Ends what runs until the launcher is closed.
    closing: CancellationToken,
    /// The same where it is dropped instead.
    _dropped: DropGuard,
}

#[derive(Debug)]
struct State {
    closed: bool,
    /// `None` once closed and empty.
    spawner: Option<Arc<SpawnerHandle>>,
    uids: Uids,
    alive: BTreeMap<u32, Arc<Shared>>,
}

impl Launcher {
    /// Takes over the spawner, inside tokio. Removes what an earlier server with the same `run_dir` left.
    ///
    /// # Errors
    /// Where `run_dir` is in use by a live server, or the isolation asked for cannot be had.
    pub async fn new(spawner: SpawnerHandle, options: Options, dice: Arc<dyn Dice>) -> io::Result<Self> {
        own_limits::raise_files();
        let (spawner, hello) = greet(spawner).await?;
        if let Some(fault) = &hello.fault {
            return Err(io::Error::other(format!("sandboxes cannot be isolated on this host: {fault}")));
        }
        let run_dir = RunDir::take(&options.run_dir)?;
        cgroup::sweep(&run_dir.leftovers()).await;
        run_dir.forget()?;
        let name = || format!("lambent-{}-{:08x}", std::process::id(), dice.bits() & 0xFFFF_FFFF);
        let layout = cgroup::Layout::detect();
        let base = Base::create(&layout, name, spawner.pid, &mut |folder| run_dir.remember(folder));
        let images = Images::new(&options.run_dir);
        let lack = images.as_ref().map_or_else(|lack| Err(*lack), |_| Ok(()));
        let mut report = Report::new(&options, &hello, &layout, &base, lack);
        let (closing, tasks) = (CancellationToken::new(), TaskTracker::new());
        let networks = Arc::new(Networks::new(&options, &hello, &tasks));
        report.items.extend(networks.capability());
        for item in report.lacking() {
            let (name, detail, remedy) = (item.name, &item.detail, item.remedy);
            tracing::warn!(name, detail, remedy, "sandboxes are weaker here than on AWS");
        }
        let broken = Watch::begin(&spawner, &tasks, closing.clone())?;
        // Looks at every process of the host: nobody waits for that.
        tasks.spawn(async move { cgroup::sweep_strays(&layout).await });
        let images = images.ok().map(Arc::new);
        if let Some(images) = images.clone() {
            let stop = closing.clone();
            tasks.spawn(async move { images.tidy(stop).await });
        }
        let (tidied, stop) = (Arc::clone(&networks), closing.clone());
        tasks.spawn(async move { tidied.tidy(stop).await });
        // Its parts come together later only where root mounts and a cgroup limits the memory.
        let can_park =
            options.isolation != Isolation::Process && !hello.user_namespace && base.limits("memory");
        let lot = Arc::new(Lot::new(if can_park { options.parked_max } else { 0 }));
        let (parked, stop) = (Arc::clone(&lot), closing.clone());
        tasks.spawn(async move { parked.tidy(stop).await });
        let state = State {
            closed: false,
            spawner: Some(Arc::new(spawner)),
            uids: Uids::new(hello.uid_base, options.sandboxes_max),
            alive: BTreeMap::new(),
        };
        let inner = Inner {
            options,
            hello,
            report,
            base,
            images,
            networks,
            run_dir,
            groups: AtomicU64::new(0),
            tasks,
            lot,
            state: Mutex::new(state),
            count: cell::Sender::new(0),
            broken,
            _dropped: closing.clone().drop_guard(),
            closing,
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Starts one sandbox and returns once its program has been executed.
    ///
    /// # Errors
    /// [`BootError`]. Nothing is left behind then, nor when the future is dropped.
    pub async fn launch(&self, spec: &Spec) -> Result<Launched, BootError> {
        let (inner, spec) = (Arc::clone(&self.inner), snapshot::executed(spec));
        let (answer, launched) = oneshot::channel();
        // In a task of its own, so that a caller that goes away cannot stop it half way. If it has gone, the answer
        // is dropped, and with it the sandbox.
        self.inner.tasks.spawn(async move { drop(answer.send(inner.start(spec).await)) });
        launched.await.unwrap_or_else(|_| Err(step("launch", "given up")))
    }

    /// What this host isolates and enforces.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.inner.report
    }

    /// From now on, who connects to the server's endpoint inside a sandbox is served.
    pub fn receive(&self, reception: Reception) {
        self.inner.networks.receive(reception);
    }

    /// How many sandboxes exist, those being torn down included; without those that are parked.
    #[must_use]
    pub fn count(&self) -> usize {
        self.inner.count.borrow().saturating_sub(self.inner.lot.count())
    }

    /// How many sandboxes are parked: started ahead, each with a program that waits for what it is to run.
    #[must_use]
    pub fn parked(&self) -> usize {
        self.inner.lot.ready()
    }

    /// A sandbox like this may be started soon: where it can be parked, one more is.
    pub fn expect(&self, spec: &Spec) {
        self.inner.expect(spec);
    }

    /// Resolves once the spawner is gone although nobody closed this launcher: killed, or out of memory.
    ///
    /// All sandboxes are gone with it and every launch fails from then on; only a new server helps. Never resolves
    /// because of [`Launcher::close`]. Cancel safe.
    pub fn broken(&self) -> impl Future<Output = ()> + Send + use<> {
        self.inner.broken.seen()
    }

    /// The process id of the spawner; `None` once closed.
    #[must_use]
    pub fn spawner_pid(&self) -> Option<i32> {
        self.inner.state().spawner.as_ref().map(|spawner| spawner.pid)
    }

    /// Kills all sandboxes, removes what they used, ends the spawner. Later launches fail.
    pub async fn close(&self) {
        let alive: Vec<_> = {
            let mut state = self.inner.state();
            state.closed = true;
            state.alive.values().cloned().collect()
        };
        self.inner.lot.close();
        for sandbox in alive {
            sandbox.kill();
        }
        let mut count = self.inner.count.subscribe();
        // The sender lives in `self`.
        let _ = count.wait_for(|count| *count == 0).await;
        self.inner.closing.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
        if let Some(images) = &self.inner.images {
            images.clear().await;
        }
        self.inner.networks.close().await;
        let spawner = self.inner.state().spawner.take();
        if let Some(spawner) = spawner.and_then(Arc::into_inner) {
            spawner.end().await;
        }
        cgroup::sweep(&self.inner.base.folders()).await;
        if let Err(error) = self.inner.run_dir.forget() {
            tracing::warn!(%error, "the list of cgroups stays");
        }
    }
}

/// Waits for the spawner's first message.
async fn greet(spawner: SpawnerHandle) -> io::Result<(SpawnerHandle, Hello)> {
    spawn_blocking(move || {
        let mut buffer = [0; REPORT_MAX_BYTES];
        let hello = channel::receive(&spawner.socket, &mut buffer)?;
        let (hello, _) = hello.ok_or_else(|| io::Error::other("the spawner ended at once"))?;
        Ok((spawner, hello))
    })
    .await?
}

impl Inner {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // No code between lock and unlock can panic half way through a change.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn open_spawner(&self) -> Result<Arc<SpawnerHandle>, BootError> {
        let spawner = self.spawner.as_ref().filter(|_| !self.closed);
        spawner.cloned().ok_or_else(|| step("launch", "the launcher is closed"))
    }
}

fn step(step: &str, reason: impl ToString) -> BootError {
    BootError::Step { step: step.to_owned(), reason: reason.to_string() }
}
