//! Another server while it runs: with all it starts in a process group of its own, which is killed when it is dropped.

use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::connection::Connection;
use crate::host;

const START_LIMIT: Duration = Duration::from_secs(60);

/// Where a peer runs: a folder with its files and a port of its own.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) address: SocketAddr,
    pub(super) folder: PathBuf,
}

impl Seat {
    /// A new one, with a copy of the handlers.
    pub(super) fn make(folder: &Path) -> Result<Self> {
        let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        std::fs::create_dir_all(folder)?;
        for file in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("peers"))? {
            let file = file?;
            if file.file_type()?.is_file() {
                std::fs::copy(file.path(), folder.join(file.file_name()))?;
            }
        }
        Ok(Self { address, folder: folder.to_owned() })
    }

    /// A request with JSON in its body.
    pub(super) fn post(&self, path: &str, body: &str) -> Vec<u8> {
        // Emulators read the account and the service from it; none checks the signature.
        let signed = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/lambda/aws4_request, SignedHeaders=host, Signature=00";
        format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nAuthorization: {signed}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .into_bytes()
    }
}

/// How a peer is started.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) program: PathBuf,
    pub(super) args: Vec<String>,
    pub(super) environment: Vec<(&'static str, String)>,
    pub(super) folder: PathBuf,
}

/// A running peer.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts it; its output goes into a file.
    pub(super) fn start(start: &Start) -> Result<Self> {
        let path = start.folder.join("output.log");
        let log = File::create(&path)?;
        let child = host::command(&start.program)
            .args(&start.args)
            .envs(start.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(&start.folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(0)
            .spawn()
            .with_context(|| start.program.display().to_string())?;
        Ok(Self { child, log: path })
    }

    /// Waits until a request succeeds.
    pub(super) async fn first(&mut self, seat: &Seat, request: &[u8]) -> Result<()> {
        self.until(seat, request, |status| status < 300).await
    }

    /// Waits until anything is answered.
    pub(super) async fn answers(&mut self, seat: &Seat) -> Result<()> {
        let request = format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", seat.address);
        self.until(seat, request.as_bytes(), |_| true).await
    }

    async fn until(&mut self, seat: &Seat, request: &[u8], good: fn(u16) -> bool) -> Result<()> {
        let start = host::now();
        while start.elapsed() < START_LIMIT {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended with {status}: {}", self.said());
            }
            if let Ok(mut connection) = Connection::open(seat.address).await
                && let Ok(answer) = connection.exchange(request).await
                && good(answer.status)
            {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        bail!("no answer within {START_LIMIT:?}: {}", self.said())
    }

    /// The last of its output.
    fn said(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().rev().take(3).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" / ")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The group, since most have children. One that has ended already is no fault.
        drop(host::output("kill", &["-KILL", "--", &format!("-{}", self.child.id())]));
        drop(self.child.wait());
    }
}
