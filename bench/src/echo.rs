//! The floor of HTTP: a bare hyper server in this process that answers the same bytes to everyone.

use std::convert::Infallible;
use std::net::SocketAddr;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_util::task::TaskTracker;

/// A running echo server; it ends with its runtime.
#[derive(Debug)]
pub(crate) struct Echo {
    pub(crate) address: SocketAddr,
    runtime: Option<Runtime>,
}

impl Echo {
    /// Listens on a free port, on threads of its own.
    pub(crate) fn start() -> Result<Self> {
        let runtime = crate::many_threads()?;
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let tasks = TaskTracker::new();
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener)?
        };
        tasks.spawn_on(accept(listener, tasks.clone()), runtime.handle());
        Ok(Self { address, runtime: Some(runtime) })
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        // A runtime must not be dropped inside another one.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn accept(listener: TcpListener, tasks: TaskTracker) {
    while let Ok((stream, _)) = listener.accept().await {
        // A failure shows in the generator as a closed connection.
        drop(stream.set_nodelay(true));
        tasks.spawn(async move {
            drop(http1::Builder::new().serve_connection(TokioIo::new(stream), service_fn(answer)).await);
        });
    }
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    // The body is read, as any server must.
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let answer = if body.is_empty() { Bytes::from_static(b"{}") } else { body };
    Ok(Response::new(Full::new(answer)))
}
