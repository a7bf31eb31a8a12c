//! Sockets and connections: HTTP/1.1 and HTTP/2, plain. Never looks into a request.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::config::Place;
use crate::front::Front;

/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest head of a request: AWS takes a megabyte of request line and headers.
const HEAD_MAX_BYTES: usize = 1 << 20;

/// How long accepting rests after the system refused a connection: it is out of descriptors, and others must end first.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// Binds every place, or none. Of a place with several addresses those this host lacks are left out.
pub(crate) async fn bind(places: &[Place]) -> Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    for place in places {
        listeners.append(&mut bind_place(place).await?);
    }
    Ok(listeners)
}

async fn bind_place(place: &Place) -> Result<Vec<TcpListener>> {
    let (mut bound, mut lacking) = (Vec::new(), None);
    for address in &place.addresses {
        match TcpListener::bind(address).await {
            Ok(listener) => bound.push(listener),
            Err(fault) if is_lacking(&fault) => {
                lacking = Some(anyhow::Error::new(fault).context(format!("cannot listen on {address}")));
            }
            Err(fault) => return Err(fault).with_context(|| format!("cannot listen on {address}")),
        }
    }
    match lacking {
        Some(fault) if bound.is_empty() => Err(fault),
        Some(fault) => {
            warn!("{fault:#}: left out");
            Ok(bound)
        }
        None => Ok(bound),
    }
}

/// Whether this host has no such address, as `::1` where IPv6 is turned off.
fn is_lacking(fault: &io::Error) -> bool {
    fault.kind() == io::ErrorKind::AddrNotAvailable
        || fault.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error())
}

/// Accepts until told to stop; connections that are open then end after their requests.
pub(crate) async fn accept(
    listener: TcpListener,
    front: Arc<Front>,
    connections: TaskTracker,
    stop: CancellationToken,
) {
    loop {
        let accepted = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                connections.spawn(serve(stream, Arc::clone(&front), stop.clone()));
            }
            Err(fault) => {
                warn!(%fault, "a connection was not accepted");
                tokio::time::sleep(ACCEPT_REST).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, front: Arc<Front>, stop: CancellationToken) {
    // Answers are written whole: waiting for more would only delay them.
    _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let front = Arc::clone(&front);
        async move { Ok::<_, std::convert::Infallible>(front.answer(request).await) }
    });
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(HEAD_MAX_BYTES);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(fault) = ended {
        debug!(%fault, "a connection ended badly");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(addresses: &[&str]) -> Place {
        Place { addresses: addresses.iter().map(|text| text.parse().unwrap()).collect() }
    }

    #[tokio::test]
    async fn an_address_the_host_lacks_is_left_out_where_there_is_another() {
        // An address of documentation, which no host has.
        let bound = bind(&[place(&["127.0.0.1:0", "[2001:db8::1]:0"])]).await.unwrap();
        assert_eq!(bound.len(), 1);
        let fault = bind(&[place(&["127.0.0.1:0"]), place(&["[2001:db8::1]:0"])]).await.unwrap_err();
        assert_eq!(fault.to_string(), "cannot listen on [2001:db8::1]:0");
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_a_fault() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let taken = taken.local_addr().unwrap().to_string();
        assert!(bind(&[place(&["127.0.0.1:0", &taken])]).await.is_err());
    }
}
