//! A whole server in one process: real pipeline, dispatcher, store and code; fake sandboxes; no socket.

use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Full;
use lambent_code::Trees;
use lambent_code::interpreter::{HostEnvironment, Interpreters};
use lambent_code::sdk::Sdks;
use lambent_core::account::{AccountId, Region};
use lambent_core::lambda::concurrency::AccountLimits;
use lambent_core::limits::ENVIRONMENT_AGE_MAX;
use lambent_dispatch::efs::FileSystemOptions;
use lambent_dispatch::{Dispatcher, Options as DispatchOptions, Parts as DispatchParts, Programs};
use lambent_sandbox::Network;
use lambent_services::keys::KeyRing;
use lambent_services::lambda::Deliveries;
use lambent_services::upstream::Upstream;
use lambent_services::{Auth, Options, Parts, Server, monitoring::Metrics, pipeline};
use lambent_store::Store;
use lambent_store::blobs::Blobs;
use lambent_store::logs::Logs;
use serde_json::Value;
use tempfile::TempDir;

use crate::kept::Kept;
use crate::{FakeHost, LoadedDice, PausedClock};

/// What the account of a test may run at once.
const CONCURRENCY: usize = 10;

/// How many environments of a test may have one file system mounted at once.
const FILE_SYSTEM_CONNECTIONS: u32 = 1;

/// A role that any function may have.
#[must_use]
pub fn role() -> &'static str {
    "arn:aws:iam::000000000000:role/test"
}

/// A zip of one executable file.
#[must_use]
pub fn zip(name: &str, content: &str) -> Bytes {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
    zip.start_file(name, options).expect("memory takes a file");
    zip.write_all(content.as_bytes()).expect("memory takes bytes");
    zip.finish().expect("memory takes a directory").into_inner().into()
}

/// A server with fake sandboxes.
#[derive(Debug)]
pub struct TestServer {
    /// Its sandboxes.
    pub host: FakeHost,
    /// Its clock.
    pub clock: Arc<PausedClock>,
    /// Its store.
    pub store: Store,
    /// The operations.
    pub server: Arc<Server>,
    /// Its access keys.
    pub keys: Arc<KeyRing>,
    blobs: Blobs,
    trees: Trees,
    _folder: TempDir,
}

/// How long an invocation waits for a function that is being created, where nothing holds that up.
const PENDING_WAIT: Duration = Duration::from_secs(5);

/// What can be different about one.
struct Ways {
    auth: Auth,
    upstream: Option<Upstream>,
    concurrency: usize,
    memory_mib: Option<u64>,
    transition_min: Duration,
}

impl Default for Ways {
    fn default() -> Self {
        Self {
            auth: Auth::Open,
            upstream: None,
            concurrency: CONCURRENCY,
            memory_mib: None,
            transition_min: Duration::ZERO,
        }
    }
}

impl TestServer {
    /// Assembles one that takes any signature.
    pub async fn start(host: FakeHost) -> Self {
        Self::start_with(host, Auth::Open).await
    }

    /// Assembles one that checks signatures, or not.
    pub async fn start_with(host: FakeHost, auth: Auth) -> Self {
        Self::assemble(host, Ways { auth, ..Ways::default() }).await
    }

    /// Assembles one that takes any signature and asks other services.
    pub async fn start_asking(host: FakeHost, upstream: Upstream) -> Self {
        Self::assemble(host, Ways { upstream: Some(upstream), ..Ways::default() }).await
    }

    /// Assembles one that takes any signature and whose account may run so many functions at once.
    pub async fn start_for(host: FakeHost, concurrency: usize) -> Self {
        Self::assemble(host, Ways { concurrency, ..Ways::default() }).await
    }

    /// Assembles one that takes any signature and has so much memory for environments.
    pub async fn start_within(host: FakeHost, memory_mib: u64) -> Self {
        Self::assemble(host, Ways { memory_mib: Some(memory_mib), ..Ways::default() }).await
    }

    /// Assembles one that takes any signature and whose state changes take at least that long.
    pub async fn start_holding(host: FakeHost, transition_min: Duration) -> Self {
        Self::assemble(host, Ways { transition_min, ..Ways::default() }).await
    }

    async fn assemble(host: FakeHost, ways: Ways) -> Self {
        let folder = TempDir::new().expect("the system has a temporary folder");
        let (clock, dice) = (Arc::new(PausedClock::default()), Arc::new(LoadedDice::new(1)));
        let store = Store::memory();
        let blobs = Blobs::local(&folder.path().join("blobs"), clock.clone()).expect("the folder is new");
        let trees = Trees::open(folder.path().join("trees")).expect("the folder is new");
        let account = AccountId::default_account();
        let logs = Logs::open(store.clone(), folder.path().join("logs"), dice.clone());
        let metrics = Metrics::open(Store::memory()).await.expect("an empty store can be read");
        let keys = Arc::new(KeyRing::new(account.clone(), clock.clone(), dice.clone()));
        let interpreters = Interpreters::discover(HostEnvironment::default(), Vec::new());
        let bootstraps = folder.path().join("runtimes");
        let sdks = Sdks::new(folder.path().join("sdk"), None);
        let programs = Programs::new(trees.clone(), blobs.clone(), interpreters, sdks, bootstraps, false);
        let parts = DispatchParts {
            host: Arc::new(host.clone()),
            programs,
            credentials: keys.clone(),
            logs: Arc::new(Kept(logs.clone())),
            measured: Arc::new(metrics.clone()),
            destinations: Arc::new(Deliveries::new(ways.upstream.clone(), keys.clone(), clock.clone())),
            clock: clock.clone(),
            dice: dice.clone(),
            options: dispatch_options(folder.path(), &ways),
        };
        let dispatcher = Dispatcher::start(parts, &store).await.expect("an empty store can be read");
        let options = Options {
            auth: ways.auth,
            account,
            region: Region::default_region(),
            public_endpoint: None,
            code_grace: Duration::ZERO,
            transition_min: ways.transition_min,
        };
        let (kept, unpacked, ring) = (blobs.clone(), trees.clone(), keys.clone());
        let parts = Parts {
            store: store.clone(),
            blobs,
            trees,
            logs,
            metrics,
            dispatcher,
            keys,
            clock: clock.clone(),
            dice,
            options,
            upstream: ways.upstream,
        };
        Self {
            host,
            clock,
            store,
            server: Server::new(parts),
            keys: ring,
            blobs: kept,
            trees: unpacked,
            _folder: folder,
        }
    }

    /// Sends one request.
    pub async fn send(&self, method: Method, path: &str, body: impl Into<Bytes>) -> Response<Bytes> {
        let request = Request::builder().method(method).uri(path).header("host", "test");
        let request = request.body(Full::new(body.into())).expect("tests write valid paths");
        pipeline::handle(&self.server, request).await
    }

    /// The same with JSON both ways: status and body.
    pub async fn call(&self, method: Method, path: &str, body: &Value) -> (u16, Value) {
        let response = self.send(method, path, body.to_string()).await;
        let value = serde_json::from_slice(response.body()).unwrap_or_default();
        (response.status().as_u16(), value)
    }

    /// The same as the owner of another account, which only a server that checks no signatures believes.
    pub async fn call_as(&self, account: &str, method: Method, path: &str, body: &Value) -> (u16, Value) {
        self.call_of("lambda", account, method, path, body).await
    }

    /// The same of a service by its signing name.
    pub async fn call_of(
        &self,
        service: &str,
        account: &str,
        method: Method,
        path: &str,
        body: &Value,
    ) -> (u16, Value) {
        let scope = format!("{account}/20260101/us-east-1/{service}/aws4_request");
        let signed = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00");
        let request = Request::builder().method(method).uri(path).header("host", "test");
        let request = request.header("authorization", signed).body(Full::new(Bytes::from(body.to_string())));
        let response = pipeline::handle(&self.server, request.expect("tests write valid paths")).await;
        let value = serde_json::from_slice(response.body()).unwrap_or_default();
        (response.status().as_u16(), value)
    }

    /// Calls an operation of CloudWatch Logs: status and body.
    pub async fn logs(&self, operation: &str, body: &Value) -> (u16, Value) {
        self.logs_as("000000000000", operation, body).await
    }

    /// The same as the owner of another account.
    pub async fn logs_as(&self, account: &str, operation: &str, body: &Value) -> (u16, Value) {
        let scope = format!("{account}/20260101/us-east-1/logs/aws4_request");
        let signed = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=00");
        let request = Request::builder().method(Method::POST).uri("/").header("host", "test");
        let request = request
            .header("authorization", signed)
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("Logs_20140328.{operation}"))
            .body(Full::new(Bytes::from(body.to_string())));
        let response = pipeline::handle(&self.server, request.expect("tests write valid names")).await;
        let value = serde_json::from_slice(response.body()).unwrap_or_default();
        (response.status().as_u16(), value)
    }

    /// The same for a path and body that are made on the spot.
    pub async fn call_owned(&self, method: Method, path: impl Into<String>, body: Value) -> (u16, Value) {
        self.call(method, &path.into(), &body).await
    }

    /// Whether the zip with this `CodeSha256` lies there unpacked.
    #[must_use]
    pub fn has_tree(&self, sha256: &str) -> bool {
        let digest = lambent_code::Digest::from_base64(sha256).expect("a CodeSha256");
        self.trees.get(&digest).is_some()
    }

    /// Whether the zip with this `CodeSha256` is kept.
    pub async fn has_code(&self, sha256: &str) -> bool {
        let digest = lambent_code::Digest::from_base64(sha256).expect("a CodeSha256");
        self.blobs.contains(digest).await.expect("the folder can be read")
    }
}

fn dispatch_options(folder: &Path, ways: &Ways) -> DispatchOptions {
    let &Ways { concurrency, memory_mib, transition_min, .. } = ways;
    DispatchOptions {
        concurrency: AccountLimits::new(concurrency),
        memory_mib,
        starts_at_once: 4,
        idle_max: Duration::from_secs(600),
        age_max: ENVIRONMENT_AGE_MAX,
        pending_wait: if transition_min.is_zero() { PENDING_WAIT } else { Duration::ZERO },
        network: Network::None,
        endpoint_url: None,
        file_systems: FileSystemOptions {
            folder: folder.join("efs"),
            given: BTreeMap::new(),
            connections_max: FILE_SYSTEM_CONNECTIONS,
        },
    }
}
