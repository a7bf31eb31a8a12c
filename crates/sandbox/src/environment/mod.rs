//! One execution environment: a launched program, its Runtime API and its output behind [`Sandbox`].
//!
//! Decides nothing about functions: what a time-out or an exit means to a caller is told by `dispatch`.

mod budget;
mod lines;
mod pipe;
#[cfg(test)]
mod tests;

use std::fmt::Debug;
use std::future::Future;
use std::io;
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use lambent_core::limits;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::task::TaskTracker;

use crate::linux::{Ended, Who};
use crate::runtime_api::{Asked, Server};
use crate::spec::{Answer, BootError, Event, Exit, Init, Output, Sandbox, Settled, ShutdownReason};
use pipe::Pipe;

/// The processes of one sandbox, seen from outside: a program, and the extensions that were started before it.
///
/// Commands go to a process inside, which must not be frozen then; all but [`freeze`](Self::freeze) thaw first.
#[allow(dead_code, reason = "extensions and resets are being built on it")]
pub(crate) trait Supervised: Debug + Send + Sync + 'static {
    /// Resolves when the program ends, each time the same until [`restart`](Self::restart). Where nothing is left of
    /// it after [`clear`](Self::clear), only when the sandbox is gone. Cancel safe.
    fn exited(&self) -> impl Future<Output = Exit> + Send;
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
    /// A TCP socket made inside the sandbox's network, non-blocking and unconnected.
    fn socket(&self) -> impl Future<Output = io::Result<OwnedFd>> + Send;
    /// Init is over: from now on they get their share of CPU and no more.
    fn initialised(&self);
    /// Stops all processes where they are.
    fn freeze(&self);
    /// Lets them go on.
    fn thaw(&self);
    /// Kills all of them, frozen ones and init too, so that nothing can be started again; returns at once.
    fn kill(&self);
    /// The most memory they ever used.
    fn memory_peak_bytes(&self) -> u64;
    /// Kills all and resolves when nothing is left.
    fn removed(self) -> impl Future<Output = ()> + Send;
}

/// What an environment is made of.
#[derive(Debug)]
pub(crate) struct Parts<C> {
    /// Where the program finds its Runtime API.
    pub(crate) listener: TcpListener,
    /// The read end of its standard output and error.
    pub(crate) output: OwnedFd,
    /// The only user of the host who may use it; `None` where nobody else can reach it.
    pub(crate) owner: Option<u32>,
    /// Its processes.
    pub(crate) control: C,
}

/// A running environment. Dropping it kills it and removes it in the background.
#[derive(Debug)]
pub(crate) struct Environment<C: Supervised> {
    /// Gone only while the environment is torn down.
    control: Option<C>,
    server: Server,
    pipe: Arc<Pipe>,
    /// Reads the pipe until nobody can write to it any more.
    reading: Option<JoinHandle<()>>,
    tasks: TaskTracker,
    runtime: Handle,
}

/// What came first.
enum First<T> {
    Wanted(T),
    Exited(Exit),
    TimedOut,
}

impl<C: Supervised> Environment<C> {
    /// Serves a program that was launched. Must be called inside a tokio runtime.
    pub(crate) fn new(parts: Parts<C>, output: Output, tasks: TaskTracker) -> io::Result<Self> {
        let server = Server::start(parts.listener, parts.owner, &tasks)?;
        let pipe = Arc::new(Pipe::new(parts.output, output)?);
        let reading = Some(tasks.spawn(Arc::clone(&pipe).read()));
        Ok(Self { control: Some(parts.control), server, pipe, reading, tasks, runtime: Handle::current() })
    }

    fn control(&self) -> &C {
        self.control.as_ref().expect("only tear-down takes the control, and it takes the environment too")
    }

    /// Waits for `wanted`, the program's end or the limit. What is there already wins over an end.
    async fn first<T>(
        control: &Option<C>,
        wanted: impl Future<Output = T> + Send,
        limit: Duration,
    ) -> First<T> {
        let control =
            control.as_ref().expect("only tear-down takes the control, and it takes the environment too");
        tokio::select! {
            biased;
            value = wanted => First::Wanted(value),
            exit = control.exited() => First::Exited(exit),
            () = tokio::time::sleep(limit) => First::TimedOut,
        }
    }

    /// The program is gone: its children go too, and what all of them sent and wrote is dealt with.
    ///
    /// An answer may still be on its way from a program that ended right after sending it.
    async fn collect(&mut self) {
        self.control().kill();
        if tokio::time::timeout(limits::SANDBOX_LAST_WORDS_TIMEOUT, self.server.finish()).await.is_err() {
            tracing::debug!("connections to the Runtime API outlive their sandbox");
        }
        self.pipe.drain().await;
    }

    /// The limit passed.
    async fn kill(&mut self) {
        self.control().kill();
        self.pipe.drain().await;
    }

    /// Tears down on the tracker, so that it is finished whoever stops waiting for it.
    fn tear_down(&mut self) -> Option<JoinHandle<()>> {
        let control = self.control.take()?;
        let reading = self.reading.take();
        let pipe = Arc::clone(&self.pipe);
        let gone = async move {
            control.removed().await;
            pipe.drain().await;
            if let Some(reading) = reading {
                reading.abort();
            }
        };
        Some(self.tasks.spawn_on(gone, &self.runtime))
    }
}

impl<C: Supervised> Drop for Environment<C> {
    fn drop(&mut self) {
        drop(self.tear_down());
    }
}

#[async_trait::async_trait]
impl<C: Supervised> Sandbox for Environment<C> {
    async fn init(&mut self, limit: Duration) -> Init {
        match Self::first(&self.control, self.server.exchange().asked(), limit).await {
            First::Wanted(asked) => {
                self.pipe.catch_up().await;
                self.control().initialised();
                match asked {
                    Asked::Ready => Init::Ready,
                    Asked::Reported(reported) => Init::Reported(reported),
                }
            }
            First::Exited(exit) => {
                self.collect().await;
                self.server.exchange().init_error().map_or(Init::Exited(exit), Init::Reported)
            }
            First::TimedOut => {
                self.kill().await;
                Init::TimedOut
            }
        }
    }

    async fn invoke(&mut self, event: Event, limit: Duration) -> Answer {
        let exchange = self.server.exchange();
        exchange.offer(event);
        match Self::first(&self.control, exchange.answered(), limit).await {
            First::Wanted(answer) => answer,
            First::Exited(exit) => {
                self.collect().await;
                self.server.exchange().answer().unwrap_or(Answer::Exited(exit))
            }
            First::TimedOut => {
                self.kill().await;
                Answer::TimedOut
            }
        }
    }

    async fn settle(&mut self, limit: Duration) -> Settled {
        match Self::first(&self.control, self.server.exchange().asked(), limit).await {
            First::Wanted(_) => {
                self.server.settled();
                self.pipe.catch_up().await;
                Settled::Ready
            }
            First::Exited(exit) => {
                self.collect().await;
                Settled::Exited(exit)
            }
            First::TimedOut => {
                self.kill().await;
                Settled::TimedOut
            }
        }
    }

    fn freeze(&mut self) {
        self.server.frozen(true);
        self.control().freeze();
    }

    fn thaw(&mut self) {
        self.control().thaw();
        self.server.frozen(false);
    }

    async fn awake(&mut self) -> bool {
        let control = self.control();
        tokio::select! {
            biased;
            _ = control.exited() => false,
            () = self.server.exchange().waited_for() => true,
            () = tokio::time::sleep(limits::SANDBOX_WAKE_TIMEOUT) => true,
        }
    }

    fn untaken(&self) -> bool {
        self.server.exchange().untaken()
    }

    async fn exited(&mut self) -> Exit {
        let control = self.control();
        let exit = control.exited().await;
        self.pipe.drain().await;
        exit
    }

    fn memory_peak_bytes(&self) -> u64 {
        self.control().memory_peak_bytes()
    }

    async fn reset(&mut self, _reason: ShutdownReason) {
        self.kill().await;
    }

    async fn restart(&mut self) -> Result<(), BootError> {
        Err(BootError::Step { step: "restart".to_owned(), reason: "not there yet".to_owned() })
    }

    async fn stop(mut self: Box<Self>, _reason: ShutdownReason) {
        if let Some(gone) = self.tear_down() {
            // A panic in it has been reported by the panic hook; there is nothing to add.
            _ = gone.await;
        }
    }
}
