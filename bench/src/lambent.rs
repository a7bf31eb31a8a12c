//! The server under test: started as a user would, spoken to over HTTP with signed requests.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use lambent_wire::sigv4::Signer;
use serde_json::{Value, json};

use crate::connection::Connection;
use crate::host;
use crate::kind::Kind;

pub(crate) const FUNCTIONS: &str = "/2015-03-31/functions";
/// Memory that buys one whole processor, so that the share of a small function is not what is measured.
pub(crate) const MEMORY_MIB: u32 = 1769;
const START_LIMIT: Duration = Duration::from_secs(30);

/// A running server; killed if it is not stopped.
#[derive(Debug)]
pub(crate) struct Lambent {
    pub(crate) address: SocketAddr,
    child: Child,
}

impl Lambent {
    /// Starts the binary on a free port and waits until it answers.
    pub(crate) async fn start(binary: &Path, data: &Path) -> Result<Self> {
        let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let log = std::fs::File::create(data.with_extension("log"))?;
        let child = host::command(binary)
            // Ten invocations a second for each that may run at once: a rate that no measurement meets.
            .args(["serve", "--concurrency", "100000", "--listen", &address.to_string()])
            // What a registry takes to answer is not to be measured.
            .args(["--runtime-sdk", "manual", "--data-dir"])
            .arg(data)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("start {}", binary.display()))?;
        let mut server = Self { address, child };
        server.ready().await?;
        Ok(server)
    }

    async fn ready(&mut self) -> Result<()> {
        let start = host::now();
        let request = format!("GET /_lambent/health HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
        while start.elapsed() < START_LIMIT {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended with {status}");
            }
            if let Ok(mut connection) = Connection::open(self.address).await {
                connection.succeed(request.as_bytes()).await?;
                return Ok(());
            }
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        bail!("the server did not answer within {START_LIMIT:?}")
    }

    /// The process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Stops it as an operator would.
    pub(crate) async fn stop(mut self) -> Result<()> {
        host::output("kill", &["-TERM", &self.pid().to_string()])?;
        let start = host::now();
        while start.elapsed() < START_LIMIT {
            if let Some(status) = self.child.try_wait()? {
                ensure!(status.success(), "the server ended with {status}");
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        bail!("the server did not stop within {START_LIMIT:?}")
    }

    /// A function that is active when this returns.
    pub(crate) async fn create(&self, connection: &mut Connection, name: &str, kind: &Kind) -> Result<()> {
        connection.succeed(&self.creation(name, kind, name)?).await?;
        self.active(connection, name).await
    }

    /// Waits until a function, or a version as `NAME:VERSION`, is active.
    pub(crate) async fn active(&self, connection: &mut Connection, name: &str) -> Result<()> {
        let start = host::now();
        while start.elapsed() < START_LIMIT {
            let request = self.request("GET", &format!("{FUNCTIONS}/{name}/configuration"), String::new())?;
            let shown: Value = serde_json::from_slice(&connection.succeed(&request).await?.body)?;
            if shown["State"] == "Active" {
                return Ok(());
            }
        }
        bail!("{name} did not become active")
    }

    /// The request that creates a function; packages of one mark are the same.
    pub(crate) fn creation(&self, name: &str, kind: &Kind, mark: &str) -> Result<Vec<u8>> {
        let body = definition(name, kind, &kind.package(mark)?, MEMORY_MIB);
        self.request("POST", FUNCTIONS, body.to_string())
    }

    /// Deletes a function.
    pub(crate) async fn delete(&self, connection: &mut Connection, name: &str) -> Result<()> {
        let request = self.request("DELETE", &format!("{FUNCTIONS}/{name}"), String::new())?;
        connection.succeed(&request).await.map(drop)
    }

    /// The bytes of a signed invocation; good for five minutes.
    pub(crate) fn invocation(&self, name: &str) -> Result<Vec<u8>> {
        self.request("POST", &format!("{FUNCTIONS}/{name}/invocations"), r#"{"hello":"world"}"#.to_owned())
    }

    /// The bytes of a signed request; good for five minutes.
    pub(crate) fn request(&self, method: &str, target: &str, body: String) -> Result<Vec<u8>> {
        self.request_with(method, target, &[], body)
    }

    /// The same with more headers.
    pub(crate) fn request_with(
        &self,
        method: &str,
        target: &str,
        more: &[(&'static str, &'static str)],
        body: String,
    ) -> Result<Vec<u8>> {
        let mut headers = HeaderMap::new();
        for (name, value) in more {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        headers.insert("host", HeaderValue::from_str(&self.address.to_string())?);
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        headers.insert("content-length", HeaderValue::from(body.len()));
        let body = Bytes::from(body);
        let signer = Signer {
            access_key_id: "test",
            secret: "test",
            session_token: None,
            region: "us-east-1",
            service: "lambda",
        };
        signer
            .authorize(
                method,
                target.split_once('?').unwrap_or((target, "")),
                &mut headers,
                &body,
                host::epoch_s(),
            )
            .map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
        let mut request = format!("{method} {target} HTTP/1.1\r\n").into_bytes();
        for (name, value) in &headers {
            request.extend_from_slice(name.as_str().as_bytes());
            request.extend_from_slice(b": ");
            request.extend_from_slice(value.as_bytes());
            request.extend_from_slice(b"\r\n");
        }
        request.extend_from_slice(b"\r\n");
        request.extend_from_slice(&body);
        Ok(request)
    }
}

/// The input of CreateFunction.
pub(crate) fn definition(name: &str, kind: &Kind, package: &[u8], memory_mib: u32) -> Value {
    json!({
        "FunctionName": name,
        "Runtime": kind.runtime,
        "Handler": "app.handler",
        "Role": "arn:aws:iam::000000000000:role/bench",
        "MemorySize": memory_mib,
        "Timeout": 30,
        "Code": { "ZipFile": STANDARD.encode(package) },
    })
}

impl Drop for Lambent {
    fn drop(&mut self) {
        // After `stop` it has ended already, and this does nothing.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
