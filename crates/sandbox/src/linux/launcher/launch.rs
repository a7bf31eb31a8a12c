//! One launch: cgroups and `/tmp` made, the spawner asked, the birth followed, the burial. Never blocks a worker for long.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use lambent_core::limits::SANDBOX_BOOT_MAX;
use tokio::io::unix::AsyncFd;
use tokio::sync::watch as cell;
use tokio::task::spawn_blocking;
use tokio_util::sync::DropGuard;

use super::place::Place;
use super::request::Order;
use super::{Inner, step, watch};
use crate::linux::birth::Birth;
use crate::linux::cgroup::{Group, Limits};
use crate::linux::control::{Control, Launched};
use crate::linux::message::{Message, Tmp};
use crate::linux::net::Ready;
use crate::linux::shared::{KILL, Remains, Shared, Stage};
use crate::linux::told::Told;
use crate::linux::{Isolation, channel, sys};
use crate::{BootError, Exit, Network, Spec};

/// How many names are tried for a cgroup.
const GROUP_TRIES: u32 = 4;

/// What is held while the spawner works.
pub(super) struct Asked {
    pub(super) socket: AsyncFd<OwnedFd>,
    pub(super) pipes: Pipes,
    pub(super) group: Option<Group>,
    /// Where what listens inside was made before.
    pub(super) network: Option<Ready>,
}

/// Our ends of what a sandbox writes to.
pub(super) struct Pipes {
    pub(super) output: OwnedFd,
    pub(super) extension_output: Option<OwnedFd>,
    pub(super) framed_log: Option<OwnedFd>,
}

impl Pipes {
    /// Those a spec asks for; the sandbox's ends in the order a request sends them.
    fn new(spec: &Spec) -> io::Result<(Self, Vec<OwnedFd>)> {
        let mut theirs = Vec::with_capacity(3);
        let mut pipe = || -> io::Result<OwnedFd> {
            let (reader, writer) = io::pipe()?;
            rustix::io::ioctl_fionbio(&reader, true)?;
            theirs.push(writer.into());
            Ok(reader.into())
        };
        let output = pipe()?;
        let extension_output = if spec.extensions.names.is_empty() { None } else { Some(pipe()?) };
        let framed_log = if spec.framed_log { Some(pipe()?) } else { None };
        Ok((Self { output, extension_output, framed_log }, theirs))
    }
}

impl Inner {
    pub(super) fn isolated(&self) -> bool {
        self.options.isolation != Isolation::Process
    }

    /// Starts one, with its program or parked, so that it waits for [`Inner::assign`].
    pub(super) async fn launch(self: Arc<Self>, spec: Spec, parked: bool) -> Result<Launched, BootError> {
        self.broken.refuse()?;
        let place = Place::take(&self)?;
        let tmp =
            self.tmp_on_disk(spec.tmp_mib).await.map_err(|error| step("file system for /tmp", error))?;
        let inner = Arc::clone(&self);
        let network = if self.isolated() { spec.network } else { Network::Host };
        let network = self.networks.take(network).await.map_err(|error| step("network", error))?;
        let asked = spawn_blocking(move || {
            let order = Order { spec: &spec, id: place.id, parked };
            let asked = inner.ask(order, tmp.as_ref(), network)?;
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
    fn ask(
        &self,
        order: Order<'_>,
        tree: Option<&OwnedFd>,
        network: Option<Ready>,
    ) -> Result<Asked, BootError> {
        let Order { spec, id, .. } = order;
        let refused = |what: &'static str| move |error: io::Error| step(what, error);
        let spawner = self.state().open_spawner()?;
        let tmp = self.tmp(spec, tree.is_some());
        let (ours, theirs) = channel::pair().map_err(refused("socket pair"))?;
        let (pipes, writers) = Pipes::new(spec).map_err(refused("pipe"))?;
        let watched = rustix::io::ioctl_fionbio(&ours, true)
            .map_err(io::Error::from)
            .and_then(|()| sys::watch_readable(ours));
        let socket = watched.map_err(refused("watch init"))?;
        let tmp_in_memory_mib = if let Tmp::Memory { mib } = tmp { mib } else { 0 };
        let limits = Limits { memory_mib: spec.memory_mib, tmp_in_memory_mib };
        let (group, tasks) = self.group(id, limits).map_err(refused("make the cgroups"))?;
        let sent = self.request(order, tmp, group.as_ref(), network.as_ref()).and_then(|request| {
            let mut fds = vec![theirs.as_fd()];
            fds.extend(writers.iter().map(AsFd::as_fd));
            fds.extend(tree.map(AsFd::as_fd));
            fds.extend(group.as_ref().and_then(Group::unified));
            fds.extend(network.as_ref().map(|network| network.namespace.as_fd()));
            fds.extend(tasks.iter().map(AsFd::as_fd));
            channel::send(&spawner.socket, &request, &fds).map_err(unsent)
        });
        match sent {
            Ok(()) => Ok(Asked { socket, pipes, group, network }),
            Err(error) => {
                if let Some(group) = group {
                    group.discard();
                }
                Err(error)
            }
        }
    }

    /// Waits until the program runs or the sandbox has failed, in which case nothing is left of it after.
    pub(super) async fn settle(
        self: Arc<Self>,
        asked: Asked,
        place: Place,
        program: String,
    ) -> Result<Launched, BootError> {
        let Asked { socket, pipes, group, network } = asked;
        let mut birth = Birth::default();
        let resolver = network.and_then(|network| birth.has(network));
        let waited = tokio::time::timeout(SANDBOX_BOOT_MAX, birth.follow(&socket, &program)).await;
        let Some(pidfd) = birth.pidfd else {
            give_up(socket, group, place).await;
            return Err(birth.outcome.and_then(Result::err).unwrap_or_else(|| {
                if waited.is_ok() { watch::gone() } else { step("boot", "took too long") }
            }));
        };
        let pidfd = match sys::watch_readable(pidfd) {
            Ok(pidfd) => pidfd,
            Err(error) => {
                give_up(socket, group, place).await;
                return Err(step("watch init", error));
            }
        };
        let stage = cell::Sender::new(Stage::Alive);
        let (isolated, told) = (self.isolated(), Told::new(program));
        let shared = Arc::new(Shared { socket, pidfd, group, isolated, stage, told });
        let control = Control::new(Arc::clone(&shared));
        if matches!(birth.outcome, Some(Ok(()))) {
            birth.early.insert(0, Message::Executed);
        }
        birth.early.into_iter().for_each(|message| shared.hear(message, Vec::new()));
        self.state().alive.insert(place.id, Arc::clone(&shared));
        let open = self.networks.serve(birth.endpoint, resolver);
        self.tasks.spawn(Arc::clone(&self).bury(shared, place, open));
        if self.state().closed {
            control.kill();
        }
        match (waited, birth.outcome, birth.listener) {
            (Ok(()), Some(Ok(())), Some((listener, port))) => {
                let runtime_api = format!("127.0.0.1:{port}");
                let Pipes { output, extension_output, framed_log } = pipes;
                Ok(Launched { listener, runtime_api, output, extension_output, framed_log, control })
            }
            (waited, outcome, _) => {
                control.removed().await;
                let unsaid = if waited.is_err() { "took too long" } else { "init ended" };
                Err(outcome.and_then(Result::err).unwrap_or_else(|| step("boot", unsaid)))
            }
        }
    }

    pub(super) fn group(&self, id: u32, limits: Limits) -> io::Result<(Option<Group>, Vec<OwnedFd>)> {
        if self.base.folders().is_empty() {
            return Ok((None, Vec::new()));
        }
        let mut tries = 0..GROUP_TRIES;
        loop {
            // A number that never comes again: what an earlier sandbox left is in nobody's way.
            let number = self.groups.fetch_add(1, Ordering::Relaxed);
            match Group::create(&self.base, &format!("s{number}-{id}"), limits) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries.next().is_some() => {}
                made => return made.map(|(group, tasks)| (Some(group), tasks)),
            }
        }
    }

    fn tmp(&self, spec: &Spec, disk: bool) -> Tmp {
        match (self.isolated(), disk) {
            (false, _) => Tmp::Host,
            (true, true) => Tmp::Disk,
            (true, false) => Tmp::Memory { mib: spec.tmp_mib },
        }
    }

    /// Waits for the end of a sandbox's processes, then removes what is left.
    async fn bury(self: Arc<Self>, shared: Arc<Shared>, mut place: Place, open: DropGuard) {
        shared.listen().await;
        // The pidfd is readable once init has ended, and with it, in a pid namespace, everyone else.
        let _ = shared.pidfd.readable().await;
        drop(open);
        let group = shared.group.as_ref();
        // Without one, where init died alone: the others must not run on.
        group.map(Group::kill);
        let remains = Remains {
            out_of_memory: group.is_some_and(Group::out_of_memory),
            memory_peak_bytes: group.map_or(0, Group::memory_peak_bytes),
        };
        shared.stage.send_replace(Stage::Ended(remains));
        let exit = if remains.out_of_memory { Exit::OutOfMemory } else { Exit::Signal(KILL) };
        shared.told.change(|state| state.all_gone(exit));
        if let Some(group) = group {
            place.leave(group.remove().await);
        }
        self.state().alive.remove(&place.id);
        drop(place);
        shared.stage.send_replace(Stage::Removed(remains));
    }
}

/// Why a request did not reach the spawner.
fn unsent(error: io::Error) -> BootError {
    if matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) {
        watch::gone()
    } else {
        step("ask the spawner", error)
    }
}

/// Ends a sandbox that cannot be followed any further: its init goes with the socket, the others with the cgroups.
async fn give_up(socket: AsyncFd<OwnedFd>, group: Option<Group>, mut place: Place) {
    drop(socket);
    if let Some(group) = group {
        place.leave(group.remove().await);
    }
}
