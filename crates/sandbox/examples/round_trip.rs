//! Prints how long a warm invocation takes inside a sandbox: event in, answer out, next question in.
//!
//! `cargo run --release -p lambent-sandbox --example round_trip [rounds]`, as root. The runtime is a few lines of
//! Python over a raw socket: what stands between this and a server's numbers is the server's.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measuring program: it prints and reads clocks"
)]

use std::error::Error;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use lambent_core::dice::Dice;
use lambent_core::time::{RealClock, Timestamp};
use lambent_sandbox::linux::{Launcher, Options, spawner};
use lambent_sandbox::{Event, Extensions, Host, LinuxHost, Mount, Network, ShutdownReason, SnapStart, Spec};
use tokio_util::task::TaskTracker;

const LIMIT: Duration = Duration::from_secs(10);

/// Answers each event with itself; an answer and the next question are one write.
const ECHO: &str = r#"
import os, socket
host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
s = socket.create_connection((host, int(port)))
s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
NEXT = b"GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n"
out, ahead = NEXT, b""
while True:
    s.sendall(out)
    while True:
        head, gap, body = ahead.partition(b"\r\n\r\n")
        if gap:
            low = head.lower()
            at = low.index(b"content-length: ") + 16
            length = int(low[at:].partition(b"\r")[0])
            if len(body) >= length:
                ahead, body = body[length:], body[:length]
                if b"request-id: " in low: break
                continue
        ahead += s.recv(65536)
    at = low.index(b"request-id: ") + 12
    path = b"/2018-06-01/runtime/invocation/" + head[at:].partition(b"\r")[0] + b"/response"
    out = b"POST %s HTTP/1.1\r\nContent-Length: %d\r\n\r\n%s%s" % (path, len(body), body, NEXT)
"#;

#[derive(Debug, Default)]
struct Counting(AtomicU64);

impl Dice for Counting {
    fn bits(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// Nothing here asks for the time of day.
#[derive(Debug)]
struct Stopped;

impl RealClock for Stopped {
    fn wall(&self) -> Timestamp {
        Timestamp::from_millis(0)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let rounds = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(5_000);
    let folder = std::env::temp_dir().join(format!("lambent-round-trip-{}", std::process::id()));
    let options = Options::new(folder.join("run"));
    let spawner = spawner::split(&options)?;
    let code = folder.join("code");
    std::fs::create_dir_all(&code)?;
    std::fs::write(code.join("main.py"), ECHO)?;
    std::fs::set_permissions(&code, std::fs::Permissions::from_mode(0o755))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let launcher = Launcher::new(spawner, options, Arc::new(Counting::default())).await?;
        let host =
            LinuxHost::new(launcher, TaskTracker::new(), Arc::new(Stopped), Arc::new(Counting::default()));
        // On a worker, as in the server; `main`'s thread is none.
        let measured = tokio::task::JoinSet::from_iter([measure(host, code, rounds)]).join_all().await;
        measured.into_iter().collect::<Result<(), _>>().map_err(Box::<dyn Error>::from)
    })?;
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

async fn measure(host: LinuxHost, code: std::path::PathBuf, rounds: usize) -> Result<(), String> {
    println!("{}", host.report().summary);
    let mut sandbox = host
        .boot(&spec(&code), Arc::new(|_: &[u8]| {}), Arc::default())
        .await
        .map_err(|error| error.to_string())?;
    println!("init: {:?}", sandbox.init(LIMIT).await);
    for (name, freezes) in [("back to back", false), ("frozen in between", true)] {
        let (mut answered, mut settled) = (Vec::new(), Vec::new());
        for round in 0..rounds {
            let start = Instant::now();
            if freezes {
                sandbox.thaw();
            }
            drop(sandbox.invoke(event(round), LIMIT).await);
            answered.push(start.elapsed());
            sandbox.settle(LIMIT).await;
            settled.push(start.elapsed());
            if freezes {
                sandbox.freeze();
            }
        }
        for (what, times) in [("answered", &mut answered), ("settled", &mut settled)] {
            times.sort_unstable();
            let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
            println!("{name}, {what}: p50 {:?} p99 {:?} best {:?}", at(50), at(99), at(0));
        }
    }
    sandbox.stop(ShutdownReason::Spindown).await;
    host.close().await;
    Ok(())
}

fn spec(code: &Path) -> Spec {
    Spec {
        argv: ["/usr/bin/python3", "-I", "-S", "/var/task/main.py"].map(str::to_owned).into(),
        working_directory: "/var/task".into(),
        environment: std::iter::empty().collect(),
        mounts: vec![Mount { source: code.into(), target: "/var/task".into() }],
        shared: Vec::new(),
        memory_mib: 1769,
        tmp_mib: 512,
        network: Network::None,
        extensions: Extensions::default(),
        framed_log: false,
        snap_start: SnapStart::Off,
        early: None,
    }
}

fn event(round: usize) -> Event {
    Event {
        request_id: format!("00000000-0000-4000-8000-{round:012}"),
        deadline: Timestamp::from_millis(4_000_000_000_000),
        invoked_function_arn: "arn:aws:lambda:us-east-1:000000000000:function:echo".into(),
        trace_id: Some("Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0".into()),
        client_context: None,
        cognito_identity: None,
        payload: bytes::Bytes::from_static(b"{\"hello\":\"world\"}"),
        stream: None,
    }
}
