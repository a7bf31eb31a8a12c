//! The connection to a subscriber inside a sandbox: opened when needed, kept while it works. Retries nothing.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream as Unconnected};
use std::pin::Pin;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Connection, SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use lambent_core::limits::TELEMETRY_ANSWER_MAX_BYTES;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};

use super::courier::Dial;
use super::subscription::Destination;

/// Why a batch was not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotTaken {
    /// It could not be reached.
    #[error("no connection")]
    Unreachable(#[from] io::Error),
    /// It does not speak HTTP, or not to the end.
    #[error("no answer")]
    Broken(#[from] hyper::Error),
    /// It answered so.
    #[error("answered {0}")]
    Refused(hyper::StatusCode),
}

/// The way to one subscriber.
#[derive(Debug)]
pub(super) struct Line {
    to: Destination,
    open: Option<Open>,
}

enum Open {
    Http(Http),
    Tcp(TcpStream),
}

struct Http {
    sender: SendRequest<Full<Bytes>>,
    /// Does the work while a request is under way; nobody else drives it.
    driver: Pin<Box<Connection<TokioIo<TcpStream>, Full<Bytes>>>>,
}

impl fmt::Debug for Open {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http(_) => "Http",
            Self::Tcp(_) => "Tcp",
        })
    }
}

impl Line {
    pub(super) const fn new(to: Destination) -> Self {
        Self { to, open: None }
    }

    /// Brings a batch. After an error the next attempt begins with a new connection.
    pub(super) async fn send(&mut self, dial: &Dial, batch: &[Bytes]) -> Result<(), NotTaken> {
        let mut kept = self.open.take();
        if let Some(open) = &mut kept
            && !open.is_usable().await
        {
            kept = None;
        }
        let mut open = match kept {
            Some(open) => open,
            None => self.connect(dial).await?,
        };
        match &mut open {
            Open::Tcp(stream) => stream.write_all(&joined(batch, b"", b"\n", b"\n")).await?,
            Open::Http(http) => {
                if !http.send(self.request(joined(batch, b"[", b",", b"]"))).await? {
                    return Ok(());
                }
            }
        }
        self.open = Some(open);
        Ok(())
    }

    async fn connect(&self, dial: &Dial) -> Result<Open, NotTaken> {
        let (Destination::Http { port, .. } | Destination::Tcp { port }) = self.to;
        let socket = TcpSocket::from_std_stream(Unconnected::from(dial().await?));
        let stream = socket.connect(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).await?;
        stream.set_nodelay(true)?;
        if matches!(self.to, Destination::Tcp { .. }) {
            return Ok(Open::Tcp(stream));
        }
        let (sender, driver) = handshake(TokioIo::new(stream)).await?;
        Ok(Open::Http(Http { sender, driver: Box::pin(driver) }))
    }

    fn request(&self, body: Bytes) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(body));
        let (port, path, put) = match &self.to {
            Destination::Http { port, path, put } => (*port, path.as_str(), *put),
            Destination::Tcp { port } => (*port, "/", false),
        };
        *request.method_mut() = if put { Method::PUT } else { Method::POST };
        // It was part of a URI: it is good.
        *request.uri_mut() = path.parse().unwrap_or_default();
        if let Ok(host) = HeaderValue::from_str(&format!("sandbox.localdomain:{port}")) {
            request.headers_mut().insert(HOST, host);
        }
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request
    }
}

impl Open {
    /// It was not closed meanwhile, as far as can be known.
    async fn is_usable(&mut self) -> bool {
        match self {
            Self::Http(http) => tokio::select! {
                biased;
                _ = &mut http.driver => false,
                ready = http.sender.ready() => ready.is_ok(),
            },
            Self::Tcp(stream) => is_open(stream),
        }
    }
}

/// What a subscriber writes back is of no interest; its end is. One that writes without end is open and no more: it would
/// keep this thread from all others.
fn is_open(stream: &TcpStream) -> bool {
    let mut scratch = [0; 4096];
    let mut read = 0;
    while read < TELEMETRY_ANSWER_MAX_BYTES {
        match stream.try_read(&mut scratch) {
            Ok(0) => return false,
            Ok(some) => read += some,
            Err(error) => return error.kind() == io::ErrorKind::WouldBlock,
        }
    }
    true
}

impl Http {
    /// Whether the connection can be used again, after a batch that was taken.
    async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<bool, NotTaken> {
        let exchange = async {
            let answer = self.sender.send_request(request).await?;
            let status = answer.status();
            let whole = ends(answer.into_body()).await?;
            if status.is_success() { Ok(whole) } else { Err(NotTaken::Refused(status)) }
        };
        tokio::pin!(exchange);
        tokio::select! {
            biased;
            taken = &mut exchange => return taken,
            ended = &mut self.driver => ended?,
        }
        // The connection has ended and all it had to say is there.
        exchange.await
    }
}

/// Reads an answer to its end, so that the connection can be used again; false where that is far.
async fn ends(mut answer: Incoming) -> hyper::Result<bool> {
    let mut read = 0;
    while let Some(frame) = answer.frame().await {
        read += frame?.data_ref().map_or(0, Bytes::len);
        if read > TELEMETRY_ANSWER_MAX_BYTES {
            return Ok(false);
        }
    }
    Ok(true)
}

fn joined(batch: &[Bytes], before: &[u8], between: &[u8], after: &[u8]) -> Bytes {
    let mut all = Vec::with_capacity(batch.iter().map(|line| line.len() + between.len()).sum::<usize>() + 2);
    all.extend_from_slice(before);
    for (index, line) in batch.iter().enumerate() {
        if index > 0 {
            all.extend_from_slice(between);
        }
        all.extend_from_slice(line);
    }
    all.extend_from_slice(after);
    Bytes::from(all)
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::thread;

    use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
    use tokio::io::AsyncReadExt as _;

    use super::*;

    /// More than fits into the buffers of two sockets; what a line that reads all of it would read.
    const FLOOD_BYTES: usize = 256 << 20;

    fn dial() -> Dial {
        Arc::new(|| {
            Box::pin(async {
                Ok(socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::NONBLOCK, None)?)
            })
        })
    }

    fn listener() -> (TcpListener, u16) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        (listener, port)
    }

    /// Writes until nobody takes it any more, or for long enough; how much that was.
    fn flood(mut stream: impl io::Write) -> usize {
        let piece = [b'x'; 65_536];
        let mut written = 0;
        while written < FLOOD_BYTES && stream.write_all(&piece).is_ok() {
            written += piece.len();
        }
        written
    }

    #[tokio::test]
    async fn of_what_a_subscriber_writes_back_only_so_much_is_read_before_a_batch() {
        const WRITTEN: usize = 4 * TELEMETRY_ANSWER_MAX_BYTES;
        let (listener, port) = listener();
        let (tell, told) = std::sync::mpsc::channel();
        let served = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            assert_eq!(lines.next().unwrap().unwrap(), "first");
            stream.write_all(&vec![b'x'; WRITTEN]).unwrap();
            tell.send(()).unwrap();
            assert_eq!(lines.next().unwrap().unwrap(), "second");
        });
        let mut line = Line::new(Destination::Tcp { port });
        let dial = dial();
        line.send(&dial, &[Bytes::from("first")]).await.unwrap();
        tokio::task::spawn_blocking(move || told.recv().unwrap()).await.unwrap();
        line.send(&dial, &[Bytes::from("second")]).await.unwrap();
        let Some(Open::Tcp(stream)) = &mut line.open else { panic!("not connected") };
        let mut left = Vec::new();
        stream.read_to_end(&mut left).await.unwrap();
        assert!(left.len() + TELEMETRY_ANSWER_MAX_BYTES + 4096 > WRITTEN, "{} left", left.len());
        served.join().unwrap();
    }

    #[tokio::test]
    async fn an_answer_without_end_is_an_answer_and_the_connection_is_given_up() {
        let (listener, port) = listener();
        let served = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            assert!(io::Read::read(&mut stream, &mut [0; 4096]).unwrap() > 0);
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n").unwrap();
            flood(stream)
        });
        let mut line = Line::new(Destination::Http { port, path: "/".to_owned(), put: false });
        line.send(&dial(), &[Bytes::from("1")]).await.unwrap();
        assert!(line.open.is_none());
        let written = tokio::task::spawn_blocking(|| served.join().unwrap()).await.unwrap();
        assert!(written < FLOOD_BYTES, "all of it was read");
    }
}
