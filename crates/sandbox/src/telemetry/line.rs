//! The connection to a subscriber inside a sandbox: opened when needed, kept while it works. Retries nothing.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpStream as Unconnected};
use std::pin::Pin;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{Connection, SendRequest, handshake};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
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
            Open::Http(http) => http.send(self.request(joined(batch, b"[", b",", b"]"))).await?,
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
            // What a subscriber writes back is of no interest; its end is.
            Self::Tcp(stream) => loop {
                match stream.try_read(&mut [0; 512]) {
                    Ok(0) => break false,
                    Ok(_) => {}
                    Err(error) => break error.kind() == io::ErrorKind::WouldBlock,
                }
            },
        }
    }
}

impl Http {
    async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<(), NotTaken> {
        use http_body_util::BodyExt;
        let exchange = async {
            let answer = self.sender.send_request(request).await?;
            let status = answer.status();
            // Read to its end, so that the connection can be used again.
            let mut body = answer.into_body();
            while let Some(frame) = body.frame().await {
                drop(frame?);
            }
            if status.is_success() { Ok(()) } else { Err(NotTaken::Refused(status)) }
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
