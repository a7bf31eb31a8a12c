//! The Runtime API of one sandbox: takes connections and gives each a task. Knows no request.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use lambent_core::limits;
use rustix::net::{SocketFlags, accept_with};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::task::TaskTracker;

use super::allowance::Allowance;
use super::connection;
use super::exchange::Exchange;
use super::extension::Lobby;
use super::patience::Tide;
use crate::spec::{Output, SnapStart};
use crate::telemetry::Telemetry;

/// How long to leave a listener alone that has failed, usually for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How many clients the system queues at most, as far as we know.
const QUEUED_MAX: usize = 4096;

/// Whom a server serves besides the runtime.
pub(crate) struct Guests {
    /// The only user of the host whose connections are served; `None` where nobody else can connect.
    pub(crate) owner: Option<u32>,
    /// Whether the runtime may ask to be restored.
    pub(crate) snap_start: SnapStart,
    /// Where extensions are met.
    pub(crate) lobby: Lobby,
    /// What they may subscribe to.
    pub(crate) telemetry: Arc<Telemetry>,
    /// Hears of subscriptions.
    pub(crate) outlet: Output,
}

/// What the connections of one sandbox share.
pub(crate) struct Shared {
    pub(crate) exchange: Exchange,
    pub(crate) lobby: Lobby,
    pub(crate) telemetry: Arc<Telemetry>,
    pub(crate) outlet: Output,
    pub(crate) allowance: Allowance,
    pub(crate) tides: watch::Sender<Tide>,
    pub(crate) owner: Option<u32>,
    pub(crate) snap_start: SnapStart,
    /// How many connections may be the runtime's: all but those known to be an extension's.
    strangers: watch::Sender<usize>,
}

/// Counts a connection that may be the runtime's, until it is dropped.
pub(crate) struct Stranger(watch::Sender<usize>);

impl Stranger {
    pub(crate) fn new(shared: &Shared) -> Self {
        shared.strangers.send_modify(|count| *count += 1);
        Self(shared.strangers.clone())
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

/// What the accepting task is asked to do.
enum Round {
    /// Seat all that are queued, up to the limit of connections.
    Seat(oneshot::Sender<()>),
    /// Close all connections.
    Clear(oneshot::Sender<()>),
}

/// The server of one sandbox. Dropping it closes all connections.
pub(crate) struct Server {
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
    rounds: mpsc::Sender<Round>,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("exchange", &self.shared.exchange).finish_non_exhaustive()
    }
}

impl Server {
    /// Serves whoever connects to `listener`. Must be called inside a tokio runtime.
    pub(crate) fn start(
        listener: std::net::TcpListener,
        guests: Guests,
        tasks: &TaskTracker,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let Guests { owner, snap_start, lobby, telemetry, outlet } = guests;
        let shared = Arc::new(Shared {
            exchange: Exchange::new(),
            lobby,
            telemetry,
            outlet,
            allowance: Allowance::default(),
            tides: watch::Sender::default(),
            owner,
            snap_start,
            strangers: watch::Sender::default(),
        });
        let (rounds, asked) = mpsc::channel(1);
        let accepting = tasks.spawn(accept(listener, Arc::clone(&shared), tasks.clone(), asked));
        Ok(Self { shared, accepting, rounds })
    }

    /// Where the runtime is met.
    pub(crate) fn exchange(&self) -> &Exchange {
        &self.shared.exchange
    }

    /// Where extensions are met.
    pub(crate) fn lobby(&self) -> &Lobby {
        &self.shared.lobby
    }

    /// What they may subscribe to.
    pub(crate) fn telemetry(&self) -> &Telemetry {
        &self.shared.telemetry
    }

    /// Hears of them.
    pub(crate) fn outlet(&self) -> &Output {
        &self.shared.outlet
    }

    /// The program asked for its next event: what it left unfinished and large is dropped.
    pub(crate) fn settled(&self) {
        self.shared.tides.send_modify(|tide| tide.settled = tide.settled.wrapping_add(1));
    }

    /// The program stands still from now on, or goes on.
    pub(crate) fn frozen(&self, frozen: bool) {
        self.shared.tides.send_modify(|tide| tide.frozen = frozen);
    }

    /// Serves what a program that is gone has sent, to the last byte. Cancel safe.
    pub(crate) async fn finish(&self) {
        self.round(Round::Seat).await;
        let mut strangers = self.shared.strangers.subscribe();
        // The sender is in `self`.
        _ = strangers.wait_for(|count| *count == 0).await;
    }

    /// Closes all connections: nobody is there any more. All begins anew for who comes next.
    pub(crate) async fn clear(&self) {
        self.round(Round::Clear).await;
        self.shared.exchange.reset();
        self.shared.lobby.reset();
    }

    async fn round(&self, round: impl FnOnce(oneshot::Sender<()>) -> Round) {
        let (done, seen) = oneshot::channel();
        // A task that is gone has no connections either.
        if self.rounds.send(round(done)).await.is_ok() {
            _ = seen.await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(
    listener: TcpListener,
    shared: Arc<Shared>,
    tasks: TaskTracker,
    mut rounds: mpsc::Receiver<Round>,
) {
    let mut open = JoinSet::new();
    let seat = |open: &mut JoinSet<()>, stream| {
        // Made here and not in its task: who waits for all must not miss one that has not run yet.
        let connection = connection::serve(stream, Arc::clone(&shared), Stranger::new(&shared));
        open.spawn(tasks.track_future(connection));
    };
    loop {
        tokio::select! {
            Some(_) = open.join_next() => {}
            stream = accept_one(&listener), if open.len() < limits::RUNTIME_API_CONNECTIONS_MAX => {
                if let Some(stream) = stream {
                    seat(&mut open, stream);
                }
            }
            round = rounds.recv() => match round {
                Some(Round::Seat(done)) => {
                    while open.try_join_next().is_some() {}
                    // Others may go on connecting: they are not waited for to stop.
                    while open.len() < limits::RUNTIME_API_CONNECTIONS_MAX
                        && let Some(stream) = queued(&listener)
                    {
                        seat(&mut open, stream);
                    }
                    _ = done.send(());
                }
                Some(Round::Clear(done)) => {
                    // In the network of the host others can connect, without end.
                    (0..QUEUED_MAX).take_while(|_| queued(&listener).is_some()).for_each(drop);
                    open.shutdown().await;
                    _ = done.send(());
                }
                None => break,
            },
        }
    }
}

/// A client that is queued, asked of the system itself: tokio may not have heard of it yet.
fn queued(listener: &TcpListener) -> Option<TcpStream> {
    let stream = accept_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC).ok()?;
    let stream = TcpStream::from_std(stream.into()).ok()?;
    stream.set_nodelay(true).ok().map(|()| stream)
}

async fn accept_one(listener: &TcpListener) -> Option<TcpStream> {
    match listener.accept().await {
        Ok((stream, _)) => stream.set_nodelay(true).ok().map(|()| stream),
        Err(error) => {
            tracing::debug!(%error, "accepting a runtime's connection failed");
            tokio::time::sleep(ACCEPT_PAUSE).await;
            None
        }
    }
}
