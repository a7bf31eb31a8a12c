//! A real host for one test, and sandboxes on it that do what they are told. Closes and checks all at the end.
#![expect(clippy::unwrap_used, reason = "a test whose stage cannot be set has failed")]

use std::future::Future;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use lambent_core::dice::Dice;
use lambent_core::time::{RealClock, Timestamp};
use lambent_sandbox::linux::{Launcher, Options, spawner};
use lambent_sandbox::{
    Answer, Event, Extensions, Host, Init, LinuxHost, Mount, Network, Sandbox, Settled, ShutdownReason,
    SnapStart, Spec,
};
use tokio_util::task::TaskTracker;

/// Far more than anything here takes: what reaches it hangs.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// The program most tests run: does the Python code that comes as event and answers what it leaves in `result`.
pub(crate) const PROBE: &str = include_str!("probe.py");

/// Each probe goes on from a snapshot: in `isolation_restored.rs`, which is all of `isolation` once more.
const RESTORED: bool = matches!(env!("CARGO_CRATE_NAME").as_bytes(), b"isolation_restored");

/// A spawner inherits all descriptors of the process it is split from: two at once would hold each other's.
static TURN: Mutex<()> = Mutex::new(());

/// Hosts of one process must differ in their names, so the count goes on from test to test.
static COUNT: AtomicU64 = AtomicU64::new(0);

#[derive(Debug)]
struct Counting;

impl Dice for Counting {
    fn bits(&self) -> u64 {
        COUNT.fetch_add(1, Ordering::Relaxed)
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

/// A host with nothing on it.
pub(crate) struct Stage {
    pub(crate) host: Arc<LinuxHost>,
    folder: PathBuf,
    next: AtomicU64,
}

/// Runs a test on a host of its own. Afterwards one more sandbox must boot, and then nothing may be left: no
/// sandbox, no task, no descriptor.
pub(crate) fn on_stage<F>(test: impl FnOnce(Arc<Stage>) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    assert!(status.lines().any(|line| line.starts_with("Uid:\t0\t0")), "this test needs root");
    // The first runtime of a process opens two sockets for signals, for good.
    drop(tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap());
    let open_before = open_descriptors();
    let folder = tempfile::tempdir().unwrap();
    let options = Options::new(folder.path().join("run"));
    let spawner = spawner::split(&options).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let launcher = Launcher::new(spawner, options, Arc::new(Counting)).await.unwrap();
        let tasks = TaskTracker::new();
        let host = Arc::new(LinuxHost::new(launcher, tasks.clone(), Arc::new(Stopped), Arc::new(Counting)));
        let next = AtomicU64::new(0);
        let stage = Arc::new(Stage { host: Arc::clone(&host), folder: folder.path().into(), next });
        // In tasks of their own: what panics in them must not keep the host from being closed.
        let outcome = tasks.spawn(test(Arc::clone(&stage))).await;
        let after = tasks.spawn(still_boots(stage)).await;
        host.close().await;
        for finished in [outcome, after] {
            if let Err(failed) = finished {
                std::panic::resume_unwind(failed.into_panic());
            }
        }
        assert_eq!(host.count(), 0);
        tasks.close();
        tasks.wait().await;
    });
    drop(runtime);
    assert_eq!(open_descriptors(), open_before);
}

/// What each descriptor of this process is.
fn open_descriptors() -> Vec<String> {
    let links = std::fs::read_dir("/proc/self/fd").unwrap().filter_map(|entry| {
        // The one the folder itself is read by is gone again.
        std::fs::read_link(entry.unwrap().path()).ok()
    });
    let mut names: Vec<String> = links.map(|link| link.to_string_lossy().into_owned()).collect();
    names.retain(|name| !name.starts_with("/proc/"));
    names.sort();
    names
}

async fn still_boots(stage: Arc<Stage>) {
    let mut after = stage.probe().await;
    assert_eq!(after.value("result = 6 * 7").await, 42, "the server lives");
    after.sandbox.stop(ShutdownReason::Spindown).await;
}

impl Stage {
    /// A folder on the host a sandbox may see, with one executable file in it.
    pub(crate) fn code(&self, name: &str, text: &str) -> PathBuf {
        let folder = self.folder.join(format!("code-{}", self.next.fetch_add(1, Ordering::Relaxed)));
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join(name);
        std::fs::write(&file, text).unwrap();
        for path in [&folder, &file] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        folder
    }

    /// `/usr/bin/python3 -I -S` on a file with this text, in 512 MiB.
    pub(crate) fn python(&self, text: &str) -> Spec {
        spec(&["/usr/bin/python3", "-I", "-S", "/var/task/main.py"], &self.code("main.py", text))
    }

    pub(crate) async fn boot(&self, spec: &Spec) -> Actor {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&lines);
        let output = Arc::new(move |line: &[u8]| {
            seen.lock().unwrap().push(String::from_utf8_lossy(line).into_owned());
        });
        let sandbox = self.host.boot(spec, output, Arc::default()).await.unwrap();
        Actor { sandbox, lines, events: 0 }
    }

    /// A sandbox that waits for code to run.
    pub(crate) async fn probe(&self) -> Actor {
        self.probe_in(&self.python(PROBE)).await
    }

    pub(crate) async fn probe_in(&self, spec: &Spec) -> Actor {
        // Where others share the network a program finds its Runtime API at an address of its own each time.
        let spec = if RESTORED && spec.network != Network::Host { &self.snapshot(spec).await } else { spec };
        let mut actor = self.boot(spec).await;
        let init = actor.sandbox.init(LIMIT).await;
        assert_eq!(init, Init::Ready, "{:?}", actor.lines());
        actor
    }

    /// What starts from a snapshot of the same program.
    async fn snapshot(&self, spec: &Spec) -> Spec {
        let mut source = Spec { snap_start: SnapStart::Source, ..spec.clone() };
        source.environment.insert("RESTORED".to_owned(), "1".to_owned());
        let mut actor = self.boot(&source).await;
        let init = actor.sandbox.init(LIMIT).await;
        assert_eq!(init, Init::Ready, "{:?}", actor.lines());
        let file = self.code("nothing", "").join("snapshot");
        actor.sandbox.snapshot(&file).await.unwrap();
        actor.sandbox.stop(ShutdownReason::Spindown).await;
        Spec { snap_start: SnapStart::Restored(file), ..source }
    }
}

pub(crate) fn spec(argv: &[&str], code: &Path) -> Spec {
    Spec {
        argv: argv.iter().map(|&word| word.to_owned()).collect(),
        working_directory: "/var/task".into(),
        environment: [("PATH".to_owned(), "/usr/bin:/bin".to_owned())].into(),
        mounts: vec![Mount { source: code.into(), target: "/var/task".into() }],
        shared: Vec::new(),
        memory_mib: 512,
        tmp_mib: 512,
        network: Network::None,
        extensions: Extensions::default(),
        framed_log: false,
        snap_start: SnapStart::Off,
        early: None,
    }
}

/// A sandbox and what it wrote.
pub(crate) struct Actor {
    pub(crate) sandbox: Box<dyn Sandbox>,
    lines: Arc<Mutex<Vec<String>>>,
    events: u64,
}

impl Actor {
    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    pub(crate) async fn invoke(&mut self, payload: &str, limit: Duration) -> Answer {
        self.events += 1;
        let event = Event {
            request_id: format!("00000000-0000-4000-8000-{:012}", self.events),
            deadline: Timestamp::from_millis(4_000_000_000_000),
            invoked_function_arn: "arn:aws:lambda:us-east-1:000000000000:function:probe".into(),
            trace_id: None,
            client_context: None,
            cognito_identity: None,
            payload: Bytes::copy_from_slice(payload.as_bytes()),
            stream: None,
        };
        self.sandbox.invoke(event, limit).await
    }

    /// Lets a probe run Python code and returns what it leaves in `result`. The environment is settled then.
    pub(crate) async fn value(&mut self, code: &str) -> serde_json::Value {
        let answer = self.invoke(code, LIMIT).await;
        let Answer::Response { body, .. } = answer else { panic!("{code}: {answer:?} {:?}", self.lines()) };
        assert_eq!(self.sandbox.settle(LIMIT).await, Settled::Ready);
        serde_json::from_slice(&body).unwrap()
    }
}
