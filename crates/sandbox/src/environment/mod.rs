//! One execution environment: launched processes, their Runtime API and their output behind [`Sandbox`], phase after
//! phase. Decides nothing about functions: what a time-out or an exit means to a caller is told by `dispatch`.
//!
//! [`life`] knows who has ended, [`shutdown`] has the last phase, [`outputs`] reads what is written.

mod budget;
mod frames;
mod life;
mod lines;
mod outputs;
mod phases;
mod pipe;
mod shutdown;
#[cfg(test)]
mod tests;

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Weak};

use lambent_core::dice::Dice;
use lambent_core::limits;
use lambent_core::time::RealClock;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use crate::linux::snapshot::Unfit;
use crate::linux::{Ended, Who};
use crate::runtime_api::{Guests, Lobby, Server};
use crate::spec::{BootError, Extensions, Output, SnapStart};
use crate::telemetry::{Attached, Dial, Means, Telemetry};
use life::{Life, Watch};
pub(crate) use outputs::Ends;
use outputs::Outputs;

/// The processes of one sandbox, seen from outside: a program, and the extensions that were started before it.
///
/// Commands go to a process inside, which must not be frozen then; all but [`freeze`](Self::freeze) and
/// [`socket`](Self::socket) thaw first.
pub(crate) trait Supervised: Debug + Send + Sync + 'static {
    /// Who ended next, the program too; each is told once. What [`clear`](Self::clear) ended is not. Cancel safe.
    fn ended(&self) -> impl Future<Output = Ended> + Send;
    /// Starts the program after its extensions. Without extensions it has been started by itself.
    fn start_program(&self);
    /// Resolves when what was started last, at [`restart`](Self::restart) or [`start_program`](Self::start_program),
    /// has been executed, or could not be. An extension that could not be is told by [`ended`](Self::ended) and is no
    /// error here. Cancel safe.
    fn started(&self) -> impl Future<Output = Result<(), BootError>> + Send;
    /// Asks the program to end: SIGTERM to its process group.
    fn terminate(&self);
    /// Kills one of them, with its process group; others go on.
    fn end(&self, who: Who);
    /// Kills all processes but the sandbox's own init, whoever their parents are; returns at once.
    fn clear(&self);
    /// Resolves when nobody is left after [`clear`](Self::clear), or the sandbox is gone. Cancel safe.
    fn cleared(&self) -> impl Future<Output = ()> + Send;
    /// After [`cleared`](Self::cleared): starts the extensions, or the program where there are none, as at boot, with
    /// the CPUs of Init. [`started`](Self::started) tells how that went.
    fn restart(&self);
    /// A TCP socket made inside the sandbox's network, non-blocking and unconnected; while it is frozen, once it goes on.
    fn socket(&self) -> impl Future<Output = io::Result<OwnedFd>> + Send;
    /// Init is over: from now on they get their share of CPU and no more.
    fn initialised(&self);
    /// Writes a snapshot of the program, which waits, to a new file.
    fn snapshot(&self, to: PathBuf) -> impl Future<Output = Result<(), Unfit>> + Send;
    /// Stops all processes where they are.
    fn freeze(&self);
    /// Lets them go on.
    fn thaw(&self);
    /// The most memory they ever used.
    fn memory_peak_bytes(&self) -> u64;
    /// Kills all and resolves when nothing is left.
    fn removed(&self) -> impl Future<Output = ()> + Send;
}

/// What an environment is made of.
#[derive(Debug)]
pub(crate) struct Parts<C> {
    /// Where the program finds its Runtime API.
    pub(crate) listener: TcpListener,
    /// What it writes to.
    pub(crate) ends: Ends,
    /// The only user of the host who may use it; `None` where nobody else can reach it.
    pub(crate) owner: Option<u32>,
    /// Whether it may ask to be restored.
    pub(crate) snap_start: SnapStart,
    /// Its processes.
    pub(crate) control: C,
}

/// What an environment needs of the server around it.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) tasks: TaskTracker,
    pub(crate) clock: Arc<dyn RealClock>,
    pub(crate) dice: Arc<dyn Dice>,
}

/// A running environment. Dropping it kills it and removes it in the background.
#[derive(Debug)]
pub(crate) struct Environment<C: Supervised> {
    /// Gone only while the environment is torn down.
    control: Option<Arc<C>>,
    server: Server,
    outputs: Arc<Outputs>,
    life: Life,
    /// Its telemetry may be another's after it.
    attached: Attached,
    clock: Arc<dyn RealClock>,
    tasks: TaskTracker,
    runtime: Handle,
}

impl<C: Supervised> Environment<C> {
    /// Serves what was launched. Must be called inside a tokio runtime.
    pub(crate) fn new(
        parts: Parts<C>,
        extensions: Extensions,
        (outlet, telemetry): (Output, Arc<Telemetry>),
        world: World,
    ) -> io::Result<Self> {
        let World { tasks, clock, dice } = world;
        let control = Arc::new(parts.control);
        let life = Life::new(extensions.names.len());
        let outputs = Arc::new(Outputs::read(parts.ends, &outlet, &tasks)?);
        let means = Means { dial: dial(Arc::downgrade(&control)), tasks: tasks.clone() };
        let attached = telemetry.attach(means, !extensions.names.is_empty());
        let lobby = Lobby::new(extensions, dice);
        let guests = Guests { owner: parts.owner, snap_start: parts.snap_start, lobby, telemetry, outlet };
        let server = Server::start(parts.listener, guests, &tasks)?;
        let (control, runtime) = (Some(control), Handle::current());
        Ok(Self { control, server, outputs, life, attached, clock, tasks, runtime })
    }

    fn control(&self) -> &C {
        self.control.as_deref().expect("only tear-down takes the control, and it takes the environment too")
    }

    fn watch(&mut self) -> Watch<'_, C> {
        let control = self.control.as_deref();
        Watch {
            control: control.expect("only tear-down takes the control, and it takes the environment too"),
            server: &self.server,
            life: &mut self.life,
        }
    }

    /// The program is gone: what it sent and wrote is dealt with. Without extensions its children go too.
    ///
    /// An answer may still be on its way from a program that ended right after sending it.
    async fn collect(&self) {
        if self.server.lobby().is_empty() {
            self.control().clear();
        }
        if tokio::time::timeout(limits::SANDBOX_LAST_WORDS_TIMEOUT, self.server.finish()).await.is_err() {
            tracing::debug!("connections to the Runtime API outlive their program");
        }
        self.outputs.drain().await;
    }

    /// Init is over, however it ended: each extension is noticed once a life.
    fn end_init(&mut self) {
        if std::mem::replace(&mut self.life.initialised, true) {
            return;
        }
        self.server.telemetry().close();
        self.control().initialised();
        for notice in self.server.lobby().notices() {
            self.server.outlet().notice(notice);
        }
    }

    fn stand_still(&mut self) {
        self.life.frozen = true;
        self.server.frozen(true);
        self.server.telemetry().frozen(true);
        self.control().freeze();
    }

    fn go_on(&mut self) {
        self.life.frozen = false;
        self.control().thaw();
        self.server.telemetry().frozen(false);
        self.server.frozen(false);
    }

    /// Tears down on the tracker, so that it is finished whoever stops waiting for it.
    fn tear_down(&mut self) -> Option<JoinHandle<()>> {
        let control = self.control.take()?;
        let outputs = Arc::clone(&self.outputs);
        self.server.telemetry().end(self.attached);
        let gone = async move {
            control.removed().await;
            outputs.drain().await;
            outputs.end();
        };
        Some(self.tasks.spawn_on(gone, &self.runtime))
    }
}

/// Sockets inside the sandbox, as long as it is there.
fn dial<C: Supervised>(control: Weak<C>) -> Dial {
    Arc::new(move || {
        let control = control.upgrade();
        Box::pin(async move {
            match control {
                Some(control) => control.socket().await,
                None => Err(io::ErrorKind::NotConnected.into()),
            }
        })
    })
}

impl<C: Supervised> Drop for Environment<C> {
    fn drop(&mut self) {
        drop(self.tear_down());
    }
}
