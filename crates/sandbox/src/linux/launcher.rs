//! Starts sandboxes through the spawner and counts them until nothing of them is left. Never blocks a worker for long.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use lambent_core::dice::Dice;
use lambent_core::limits::SANDBOX_BOOT_MAX;
use tokio::io::unix::AsyncFd;
use tokio::sync::{oneshot, watch};
use tokio::task::spawn_blocking;
use tokio_util::task::TaskTracker;

use super::cgroup::{self, Base, Group, Limits};
use super::control::{Control, Launched, Remains, Shared, Stage};
use super::image::Images;
use super::message::{Hello, Request, Tmp};
use super::run_dir::RunDir;
use super::spawner::SpawnerHandle;
use super::uids::Uids;
use super::{Isolation, Options, Report, birth::Birth, channel, rewrite, sys};
use crate::{BootError, Network, Spec};

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
    run_dir: RunDir,
    tasks: TaskTracker,
    state: Mutex<State>,
    /// How many sandboxes exist.
    count: watch::Sender<usize>,
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
        let (spawner, hello) = greet(spawner).await?;
        if let Some(fault) = &hello.fault {
            return Err(io::Error::other(format!("sandboxes cannot be isolated on this host: {fault}")));
        }
        let run_dir = RunDir::take(&options.run_dir)?;
        cgroup::sweep(&run_dir.leftovers()).await;
        run_dir.forget()?;
        let name = format!("lambent-{}-{:08x}", std::process::id(), dice.bits() & 0xFFFF_FFFF);
        let layout = cgroup::Layout::detect();
        let base = Base::create(&layout, &name, spawner.pid, |folder| run_dir.remember(folder));
        let images = Images::new(&options.run_dir);
        let lack = images.as_ref().map_or_else(|lack| Err(*lack), |_| Ok(()));
        let report = Report::new(&options, &hello, &layout, &base, lack);
        for item in report.lacking() {
            let (name, detail, remedy) = (item.name, &item.detail, item.remedy);
            tracing::warn!(name, detail, remedy, "sandboxes are weaker here than on AWS");
        }
        let state = State {
            closed: false,
            spawner: Some(Arc::new(spawner)),
            uids: Uids::new(options.uid_base, options.sandboxes_max),
            alive: BTreeMap::new(),
        };
        let inner = Inner {
            options,
            hello,
            report,
            base,
            images: images.ok().map(Arc::new),
            run_dir,
            tasks: TaskTracker::new(),
            state: Mutex::new(state),
            count: watch::Sender::new(0),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Starts one sandbox and returns once its program has been executed.
    ///
    /// # Errors
    /// [`BootError`]. Nothing is left behind then, nor when the future is dropped.
    pub async fn launch(&self, spec: &Spec) -> Result<Launched, BootError> {
        let (inner, spec) = (Arc::clone(&self.inner), spec.clone());
        let (answer, launched) = oneshot::channel();
        // In a task of its own, so that a caller that goes away cannot stop it half way. If it has gone, the answer
        // is dropped, and with it the sandbox.
        self.inner.tasks.spawn(async move { drop(answer.send(inner.launch(spec).await)) });
        launched.await.unwrap_or_else(|_| Err(step("launch", "given up")))
    }

    /// What this host isolates and enforces.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.inner.report
    }

    /// How many sandboxes exist, those being torn down included.
    #[must_use]
    pub fn count(&self) -> usize {
        *self.inner.count.borrow()
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
        for sandbox in alive {
            sandbox.kill();
        }
        let mut count = self.inner.count.subscribe();
        // The sender lives in `self`.
        let _ = count.wait_for(|count| *count == 0).await;
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
        if let Some(images) = &self.inner.images {
            images.clear().await;
        }
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
        let mut buffer = [0; super::control::REPORT_MAX_BYTES];
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

    fn isolated(&self) -> bool {
        self.options.isolation != Isolation::Process
    }

    async fn launch(self: Arc<Self>, spec: Spec) -> Result<Launched, BootError> {
        let place = Place::take(&self)?;
        let tmp =
            self.tmp_on_disk(spec.tmp_mib).await.map_err(|error| step("file system for /tmp", error))?;
        let inner = Arc::clone(&self);
        let asked = spawn_blocking(move || {
            let asked = inner.ask(&spec, place.id, tmp.as_ref())?;
            Ok((asked, place, spec.argv.into_iter().next().unwrap_or_default()))
        });
        let (asked, place, program) = asked.await.map_err(|error| step("launch", error))??;
        self.settle(asked, place, program).await
    }

    async fn tmp_on_disk(self: &Arc<Self>, tmp_mib: u32) -> io::Result<Option<OwnedFd>> {
        let Some(images) = self.images.as_ref().filter(|_| self.isolated()) else { return Ok(None) };
        let tree = images.get(tmp_mib).await?;
        let images = Arc::clone(images);
        self.tasks.spawn(async move { images.refill(tmp_mib).await });
        Ok(Some(tree))
    }

    /// Makes the cgroups and sends the request. System calls only, but some of them slow.
    fn ask(&self, spec: &Spec, id: u32, tree: Option<&OwnedFd>) -> Result<Asked, BootError> {
        let refused = |what: &'static str| move |error: io::Error| step(what, error);
        let spawner = self.state().open_spawner()?;
        let tmp = self.tmp(spec, tree.is_some());
        let (ours, theirs) = channel::pair().map_err(refused("socket pair"))?;
        let (output, writer) = io::pipe().map_err(refused("pipe"))?;
        let watched = rustix::io::ioctl_fionbio(&ours, true)
            .and_then(|()| rustix::io::ioctl_fionbio(&output, true))
            .map_err(io::Error::from)
            .and_then(|()| sys::watch_readable(ours));
        let socket = watched.map_err(refused("watch init"))?;
        let tmp_in_memory_mib = if let Tmp::Memory { mib } = tmp { mib } else { 0 };
        let limits = Limits { memory_mib: spec.memory_mib, tmp_in_memory_mib };
        let (group, tasks) = self.group(id, limits).map_err(refused("make the cgroups"))?;
        let sent = self.request(spec, id, tmp, group.as_ref()).and_then(|request| {
            let mut fds = vec![theirs.as_fd(), writer.as_fd()];
            fds.extend(tree.map(AsFd::as_fd));
            fds.extend(group.as_ref().and_then(Group::unified));
            fds.extend(tasks.iter().map(AsFd::as_fd));
            channel::send(&spawner.socket, &request, &fds).map_err(refused("ask the spawner"))
        });
        match sent {
            Ok(()) => Ok(Asked { socket, output: output.into(), group }),
            Err(error) => {
                if let Some(group) = group {
                    group.discard();
                }
                Err(error)
            }
        }
    }

    /// Waits until the program runs or the sandbox has failed, in which case nothing is left of it after.
    async fn settle(
        self: Arc<Self>,
        asked: Asked,
        place: Place,
        program: String,
    ) -> Result<Launched, BootError> {
        let Asked { socket, output, group } = asked;
        let mut birth = Birth::default();
        let waited = tokio::time::timeout(SANDBOX_BOOT_MAX, birth.follow(&socket, &program)).await;
        let Some(pidfd) = birth.pidfd else {
            if let Some(group) = group {
                group.remove().await;
            }
            return Err(birth
                .outcome
                .and_then(Result::err)
                .unwrap_or_else(|| step("boot", "the spawner is gone")));
        };
        let pidfd = sys::watch_readable(pidfd).map_err(|error| step("watch init", error))?;
        let stage = watch::Sender::new(Stage::Alive);
        let shared = Arc::new(Shared { socket, pidfd, group, isolated: self.isolated(), stage });
        let control = Control::new(Arc::clone(&shared), birth.ended);
        self.state().alive.insert(place.id, Arc::clone(&shared));
        self.tasks.spawn(Arc::clone(&self).bury(shared, place));
        if self.state().closed {
            control.kill();
        }
        match (waited, birth.outcome, birth.listener) {
            (Ok(()), Some(Ok(())), Some((listener, port))) => {
                Ok(Launched { listener, runtime_api: format!("127.0.0.1:{port}"), output, control })
            }
            (waited, outcome, _) => {
                control.removed().await;
                let unsaid = if waited.is_err() { "took too long" } else { "init ended" };
                Err(outcome.and_then(Result::err).unwrap_or_else(|| step("boot", unsaid)))
            }
        }
    }

    fn group(&self, id: u32, limits: Limits) -> io::Result<(Option<Group>, Vec<OwnedFd>)> {
        if self.base.folders().is_empty() {
            return Ok((None, Vec::new()));
        }
        let (group, tasks) = Group::create(&self.base, &format!("s{id}"), limits)?;
        Ok((Some(group), tasks))
    }

    fn tmp(&self, spec: &Spec, disk: bool) -> Tmp {
        match (self.isolated(), disk) {
            (false, _) => Tmp::Host,
            (true, true) => Tmp::Disk,
            (true, false) => Tmp::Memory { mib: spec.tmp_mib },
        }
    }

    fn request(&self, spec: &Spec, id: u32, tmp: Tmp, group: Option<&Group>) -> Result<Request, BootError> {
        let text = |path: &PathBuf| {
            path.to_str()
                .map(str::to_owned)
                .ok_or_else(|| step("mounts", format!("{} is not UTF-8", path.display())))
        };
        let mounts = spec
            .mounts
            .iter()
            .map(|mount| Ok((text(&mount.source)?, text(&mount.target)?)))
            .collect::<Result<Vec<_>, BootError>>()?;
        let request = Request {
            argv: spec.argv.clone(),
            working_directory: spec.working_directory.clone(),
            environment: spec.environment.iter().map(|(name, value)| format!("{name}={value}")).collect(),
            mounts,
            own_network: self.isolated() && spec.network == Network::None,
            identity: (self.isolated() && !self.hello.user_namespace).then_some(id),
            tmp,
            // Twice the memory: interpreters map more than they touch.
            data_max_bytes: (!self.base.limits("memory")).then(|| (u64::from(spec.memory_mib) * 2) << 20),
            into_cgroup: group.is_some_and(|group| group.unified().is_some()),
        };
        Ok(if self.isolated() { request } else { rewrite::to_host_paths(request) })
    }

    /// Waits for the end of a sandbox's processes, then removes what is left.
    async fn bury(self: Arc<Self>, shared: Arc<Shared>, place: Place) {
        // The pidfd is readable once init has ended, and with it, in a pid namespace, everyone else.
        let _ = shared.pidfd.readable().await;
        let group = shared.group.as_ref();
        let remains = Remains {
            out_of_memory: group.is_some_and(Group::out_of_memory),
            memory_peak_bytes: group.map_or(0, Group::memory_peak_bytes),
        };
        shared.stage.send_replace(Stage::Ended(remains));
        if let Some(group) = group {
            group.remove().await;
        }
        self.state().alive.remove(&place.id);
        drop(place);
        shared.stage.send_replace(Stage::Removed(remains));
    }
}

impl State {
    fn open_spawner(&self) -> Result<Arc<SpawnerHandle>, BootError> {
        let spawner = self.spawner.as_ref().filter(|_| !self.closed);
        spawner.cloned().ok_or_else(|| step("launch", "the launcher is closed"))
    }
}

/// A user id in use, and one sandbox counted.
#[derive(Debug)]
struct Place {
    inner: Arc<Inner>,
    id: u32,
}

impl Place {
    fn take(inner: &Arc<Inner>) -> Result<Self, BootError> {
        let id = inner.state().uids.take().ok_or_else(|| step("take a user id", "all are in use"))?;
        inner.count.send_modify(|count| *count += 1);
        Ok(Self { inner: Arc::clone(inner), id })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.inner.state().uids.give_back(self.id);
        self.inner.count.send_modify(|count| *count -= 1);
    }
}

/// What is held while the spawner works.
struct Asked {
    socket: AsyncFd<OwnedFd>,
    output: OwnedFd,
    group: Option<Group>,
}

fn step(step: &str, reason: impl ToString) -> BootError {
    BootError::Step { step: step.to_owned(), reason: reason.to_string() }
}
