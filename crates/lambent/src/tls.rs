//! The first byte of a connection: TLS or plain HTTP, on the same port. Never looks into what follows.

mod authority;
mod given;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use lambent_core::limits::CONNECTION_HEAD_MAX;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::server::ResolvesServerCert;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::either::Either;

use authority::Own;

/// A connection that is open, plain or not.
pub(crate) type Wire = Either<TcpStream, TlsStream<TcpStream>>;

/// How every TLS connection begins: a record of a handshake.
const HANDSHAKE: u8 = 0x16;

/// What clients are offered, the better first.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The files of a certificate, or none of one's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Files {
    /// The certificate, and those between it and its authority.
    pub(crate) certificate: PathBuf,
    /// Its private key.
    pub(crate) key: PathBuf,
}

impl Files {
    /// Both, or neither.
    pub(crate) fn of(certificate: Option<PathBuf>, key: Option<PathBuf>) -> Result<Option<Self>> {
        ensure!(certificate.is_some() == key.is_some(), "--tls-cert and --tls-key are given together");
        Ok(certificate.zip(key).map(|(certificate, key)| Self { certificate, key }))
    }
}

/// Opens connections.
#[derive(Clone)]
pub(crate) struct Door(TlsAcceptor);

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Door")
    }
}

impl Door {
    /// With the certificate given, else with those of an authority of the server's own, which is made beside other work.
    ///
    /// # Errors
    /// Files that cannot be read, or that do not fit together.
    pub(crate) fn open(files: Option<&Files>, data_dir: &Path) -> Result<Self> {
        let certificates: Arc<dyn ResolvesServerCert> = match files {
            Some(files) => Arc::new(given::read(files)?),
            None => {
                let own = Arc::new(Own::beside(data_dir.join("tls")));
                let early = Arc::clone(&own);
                tokio::task::spawn_blocking(move || early.prepare().is_some());
                own
            }
        };
        let config = ServerConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .context("ring does every version that rustls has")?;
        let mut config = config.with_no_client_auth().with_cert_resolver(certificates);
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
        Ok(Self(TlsAcceptor::from(Arc::new(config))))
    }

    /// The connection as its client wants it; nothing where it says nothing for too long.
    ///
    /// # Errors
    /// A handshake that fails, and what the system says.
    pub(crate) async fn enter(&self, stream: TcpStream) -> io::Result<Wire> {
        let entered = async {
            let mut first = [0];
            match (stream.peek(&mut first).await?, first) {
                (0, _) => Err(io::ErrorKind::UnexpectedEof.into()),
                (_, [HANDSHAKE]) => Ok(Either::Right(self.0.accept(stream).await?)),
                _ => Ok(Either::Left(stream)),
            }
        };
        timeout(CONNECTION_HEAD_MAX, entered).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }
}
