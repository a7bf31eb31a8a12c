//! The handle on one running sandbox. Dropping it kills the sandbox; what it used is removed in the background.

use std::io;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;

use lambent_core::limits::SANDBOX_CLEAR_MAX;
use tokio::sync::oneshot;

use super::cgroup::Group;
use super::channel;
use super::message::{Command, Who};
use super::shared::{KILL, Shared, Stage};
use super::snapshot::{self, Unfit};
use super::told::Ended;
use crate::{BootError, Exit};

/// A sandbox whose program, or whose extensions where there are any, have just been executed.
#[derive(Debug)]
pub struct Launched {
    /// Where the Runtime API is to be served: bound and listening inside the sandbox, non-blocking.
    pub listener: TcpListener,
    /// The `host:port` the program was told in `AWS_LAMBDA_RUNTIME_API`.
    pub runtime_api: String,
    /// The read end of the pipe behind standard output and error: non-blocking, end of file once the sandbox is gone.
    pub output: OwnedFd,
    /// The same of the extensions; `None` where there are none.
    pub extension_output: Option<OwnedFd>,
    /// The read end of the program's descriptor for log records, as `output`; `None` where none was asked for.
    pub framed_log: Option<OwnedFd>,
    /// The sandbox itself.
    pub control: Control,
}

/// One running sandbox. Dropping it kills the sandbox.
#[derive(Debug)]
pub struct Control {
    shared: Arc<Shared>,
}

impl Control {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Resolves when the program ends. Cancel safe; later calls answer the same at once, until a [`Control::restart`].
    ///
    /// Other processes of the sandbox may outlive its program: call [`Control::clear`] or [`Control::kill`] then.
    pub async fn exited(&self) -> Exit {
        self.shared.told.exited().await
    }

    /// Who ended next, the program too; each is told once, and none of whom [`Control::clear`] ended. Cancel safe.
    pub async fn ended(&self) -> Ended {
        self.shared.told.ended().await
    }

    /// Starts the program after its extensions; [`Control::started`] tells how that went.
    pub fn start_program(&self) {
        self.shared.told.state().started = None;
        self.shared.command(Command::StartProgram);
    }

    /// Resolves when what was started last has been executed, or could not be. An extension that could not be is told
    /// by [`Control::ended`] and is no error here. Cancel safe.
    ///
    /// # Errors
    /// [`BootError`]; what was started before goes on.
    pub async fn started(&self) -> Result<(), BootError> {
        self.shared.told.started().await
    }

    /// Asks the program to end: SIGTERM to its process group.
    pub fn terminate(&self) {
        self.shared.command(Command::Terminate);
    }

    /// Kills one, with its process group.
    pub fn end(&self, who: Who) {
        self.shared.command(Command::Kill { who });
    }

    /// Kills all processes of the sandbox but its init, frozen or not. Returns at once.
    pub fn clear(&self) {
        let mut state = self.shared.told.state();
        (state.clearing, state.cleared) = (true, false);
        drop(state);
        self.shared.command(Command::Clear);
    }

    /// Resolves when nobody is left after [`Control::clear`], or init is gone too. Cancel safe.
    ///
    /// A sandbox that needs longer than `limits::SANDBOX_CLEAR_MAX` is killed and counts as gone.
    pub async fn cleared(&self) {
        if tokio::time::timeout(SANDBOX_CLEAR_MAX, self.shared.told.cleared()).await.is_err() {
            tracing::warn!("a sandbox is given up: its processes cannot be killed");
            self.shared.kill();
            self.shared.told.change(|state| state.all_gone(Exit::Signal(KILL)));
        }
    }

    /// After [`Control::cleared`]: starts the extensions, or the program where there are none, with the CPUs of Init.
    /// `/tmp` and all else is as they left it. [`Control::started`] tells how that went.
    pub fn restart(&self) {
        self.shared.told.state().begin_again();
        if let Some(Err(error)) = self.shared.group.as_ref().map(Group::begin_again) {
            tracing::warn!(%error, "sandbox keeps its CPU share in Init");
        }
        self.shared.command(Command::Restart);
    }

    /// A TCP socket made inside the sandbox's network, non-blocking and unconnected. It lives on its own. Of a frozen
    /// sandbox it comes when that goes on.
    ///
    /// A frozen sandbox answers when it is thawed.
    ///
    /// # Errors
    /// Where init cannot make one, or is gone.
    pub async fn socket(&self) -> io::Result<OwnedFd> {
        let asked = self.ask_for_socket()?;
        asked.await.unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()))
    }

    fn ask_for_socket(&self) -> io::Result<oneshot::Receiver<io::Result<OwnedFd>>> {
        let (answer, asked) = oneshot::channel();
        // Under one lock: answers come in the order of the questions.
        let mut state = self.shared.told.state();
        if state.gone.is_some() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        channel::send(self.shared.socket.get_ref(), &Command::Socket, &[])?;
        state.sockets.push_back(answer);
        Ok(asked)
    }

    /// Holds the sandbox to its CPU share. Until this is called it has at least two CPUs, as AWS gives for Init.
    ///
    /// Call it when Init is over; it costs one write.
    pub fn hold_to_cpu_share(&self) {
        if let Some(Err(error)) = self.shared.group.as_ref().map(Group::hold_to_cpu_share) {
            tracing::warn!(%error, "sandbox keeps its CPUs of Init");
        }
    }

    /// Writes a snapshot of the program to a new file: see [`snapshot`]. It must wait in a system call; it goes on
    /// after it. Not of a frozen sandbox.
    ///
    /// # Errors
    /// [`Unfit`] where something of it would get lost; there is no file then.
    pub async fn snapshot(&self, to: PathBuf) -> Result<(), Unfit> {
        let shared = Arc::clone(&self.shared);
        let taken = tokio::task::spawn_blocking(move || snapshot::take(shared.pidfd.get_ref(), &to)).await;
        taken.unwrap_or_else(|error| Err(std::io::Error::other(error).into()))
    }

    /// Stops all processes of the sandbox where they are.
    pub fn freeze(&self) {
        self.shared.stop(true);
    }

    /// Lets them go on.
    pub fn thaw(&self) {
        self.shared.stop(false);
    }

    /// Kills all processes of the sandbox, frozen or not. Returns at once.
    pub fn kill(&self) {
        self.shared.kill();
    }

    /// The most memory the sandbox ever used in bytes, page cache included, never above its `MemorySize`.
    ///
    /// 0 where the host has no memory cgroup.
    #[must_use]
    pub fn memory_peak_bytes(&self) -> u64 {
        match *self.shared.stage.borrow() {
            Stage::Alive => self.shared.group.as_ref().map_or(0, Group::memory_peak_bytes),
            Stage::Ended(remains) | Stage::Removed(remains) => remains.memory_peak_bytes,
        }
    }

    /// Kills the sandbox and returns when its processes, mounts, cgroups and namespaces are gone.
    pub async fn removed(&self) {
        self.shared.kill();
        self.shared.removed().await;
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.shared.kill();
    }
}
