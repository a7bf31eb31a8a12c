//! One connection: HTTP/1.1 or HTTP/2, whether plain or by TLS. Never looks into a request.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use crate::activity::{self, Activity};
use crate::sips::Sips;
use crate::upstream::Body;

/// The largest head of a request: AWS takes a megabyte of request line and headers.
const HEAD_MAX_BYTES: usize = 1 << 20;

/// How often a client of HTTP/2 is asked whether it is still there, and how long it may take to answer.
const PING: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(20));

/// How connections are told to end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ends {
    /// After the requests that have begun.
    pub(crate) soon: CancellationToken,
    /// At once.
    pub(crate) now: CancellationToken,
}

/// Serves a connection until its client or we have had enough.
pub(crate) async fn serve<S, A, W>(stream: S, answer: A, ends: Ends)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    A: Fn(Request<Incoming>, activity::Request) -> W,
    W: Future<Output = Response<Body>> + Send + 'static,
{
    let activity = Arc::new(Activity::default());
    let service = service_fn(|request| {
        let answered = answer(request, activity.begin());
        async move { Ok::<_, Infallible>(answered.await) }
    });
    let builder = builder();
    let connection = builder.serve_connection(TokioIo::new(Sips::of(stream)), service);
    tokio::pin!(connection);
    let served = async {
        let early = tokio::select! {
            ended = connection.as_mut() => Some(ended),
            () = ends.soon.cancelled() => None,
        };
        match early {
            Some(ended) => ended,
            None => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    };
    tokio::select! {
        ended = served => if let Err(fault) = ended {
            debug!(%fault, "a connection ended badly");
        },
        () = activity.useless() => debug!("a connection rested for too long"),
        () = ends.now.cancelled() => {}
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    let (interval, limit) = PING;
    // How long heads and rests may take is `activity`'s: a timer for each request would cost as much as its routing.
    builder.http1().header_read_timeout(None).max_buf_size(HEAD_MAX_BYTES);
    builder.http2().timer(TokioTimer::new()).keep_alive_interval(interval).keep_alive_timeout(limit);
    builder
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;
    use crate::upstream::whole;

    /// What a client reads to the end of its connection after it sent this.
    async fn sends(start: &[u8], ends: Ends) -> Vec<u8> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        client.write_all(start).await.unwrap();
        let answer = |_request, running| async move {
            drop(running);
            Response::new(whole("yes".into()))
        };
        let mut read = Vec::new();
        let (_, end) = tokio::join!(serve(stream, answer, ends), client.read_to_end(&mut read));
        // A connection that is dropped with something unread is reset.
        _ = end;
        read
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_never_completes_a_head_is_dropped() {
        for start in [&b""[..], b"P", b"PRI * HTTP", b"GET / HTTP/1.1\r\nHost:"] {
            assert_eq!(sends(start, Ends::default()).await, b"", "{start:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_rests_after_its_request_is_dropped() {
        let read = sends(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", Ends::default()).await;
        assert!(read.ends_with(b"\r\n\r\nyes"), "{read:?}");
    }

    #[tokio::test]
    async fn half_a_request_does_not_outlive_the_server() {
        let ends = Ends::default();
        ends.soon.cancel();
        ends.now.cancel();
        assert_eq!(sends(b"POST / HTTP/1.1\r\nHost:", ends).await, b"");
    }
}
