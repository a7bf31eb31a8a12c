//! The Runtime API of one sandbox: takes connections and gives each a task. Knows no request.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use lambent_core::limits;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::task::TaskTracker;

use super::allowance::Allowance;
use super::connection;
use super::exchange::Exchange;
use super::patience::Tide;

/// How long to leave a listener alone that has failed, usually for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What the connections of one sandbox share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) exchange: Exchange,
    pub(crate) allowance: Allowance,
    pub(crate) tides: watch::Sender<Tide>,
    /// The only user of the host whose connections are served; `None` where nobody else can connect.
    pub(crate) owner: Option<u32>,
}

/// The server of one sandbox. Dropping it closes all connections.
#[derive(Debug)]
pub(crate) struct Server {
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
    finish: Option<oneshot::Sender<()>>,
}

impl Server {
    /// Serves whoever connects to `listener`, or only the `owner`. Must be called inside a tokio runtime.
    pub(crate) fn start(
        listener: std::net::TcpListener,
        owner: Option<u32>,
        tasks: &TaskTracker,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        let shared = Arc::new(Shared {
            exchange: Exchange::new(),
            allowance: Allowance::default(),
            tides: watch::Sender::default(),
            owner,
        });
        let (finish, finishing) = oneshot::channel();
        let accepting = tasks.spawn(accept(listener, Arc::clone(&shared), tasks.clone(), finishing));
        Ok(Self { shared, accepting, finish: Some(finish) })
    }

    /// Where the runtime is met.
    pub(crate) fn exchange(&self) -> &Exchange {
        &self.shared.exchange
    }

    /// The program asked for its next event: what it left unfinished and large is dropped.
    pub(crate) fn settled(&self) {
        self.shared.tides.send_modify(|tide| tide.settled = tide.settled.wrapping_add(1));
    }

    /// The program stands still from now on, or goes on.
    pub(crate) fn frozen(&self, frozen: bool) {
        self.shared.tides.send_modify(|tide| tide.frozen = frozen);
    }

    /// Serves what clients that are gone have sent, to the last byte, and closes. Cancel safe.
    pub(crate) async fn finish(&mut self) {
        if let Some(finish) = self.finish.take() {
            _ = finish.send(());
        }
        if !self.accepting.is_finished() {
            // Whether it panicked matters to nobody now: the sandbox is at its end.
            _ = (&mut self.accepting).await;
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
    mut finishing: oneshot::Receiver<()>,
) {
    let mut open = JoinSet::new();
    let seat = |open: &mut JoinSet<()>, stream| {
        open.spawn(tasks.track_future(connection::serve(stream, Arc::clone(&shared))));
    };
    loop {
        tokio::select! {
            Some(_) = open.join_next() => {}
            stream = accept_one(&listener), if open.len() < limits::RUNTIME_API_CONNECTIONS_MAX => {
                if let Some(stream) = stream {
                    seat(&mut open, stream);
                }
            }
            _ = &mut finishing => break,
        }
    }
    if let Ok(listener) = listener.into_std() {
        // Asked of the system itself: tokio may not have heard yet of clients that are queued.
        while let Ok((stream, _)) = listener.accept() {
            if let Ok(stream) = adopt(stream) {
                seat(&mut open, stream);
            }
        }
    }
    while open.join_next().await.is_some() {}
}

fn adopt(stream: std::net::TcpStream) -> io::Result<TcpStream> {
    stream.set_nonblocking(true)?;
    TcpStream::from_std(stream)
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
