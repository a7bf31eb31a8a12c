//! An environment over processes that are played by the test, and all that comes out of it.

use std::io::Write;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lambent_core::time::{RealClock, Timestamp};
use tokio::sync::{Mutex as Turn, mpsc, watch};
use tokio_util::task::TaskTracker;

use super::super::{Ends, Environment, Parts, Supervised, World};
use crate::linux::snapshot::Unfit;
use crate::linux::{Ended, Who};
use crate::runtime_api::rig::{Client, Counting, NEXT, request};
use crate::spec::{
    BootError, Exit, Extensions, Init, Notice, Outlet, Output, Registered, Sandbox, SnapStart, Source,
};
use crate::telemetry::Telemetry;

pub(super) const LIMIT: Duration = Duration::from_secs(60);

/// What the environment did to its processes, in order.
pub(super) type Log = Arc<watch::Sender<Vec<String>>>;

#[derive(Debug)]
pub(super) struct Fake {
    ends: Turn<mpsc::UnboundedReceiver<Ended>>,
    started: Arc<Mutex<Result<(), BootError>>>,
    log: Log,
}

impl Fake {
    fn note(&self, act: &str) {
        self.log.send_modify(|log| log.push(act.to_owned()));
    }
}

impl Supervised for Fake {
    async fn ended(&self) -> Ended {
        match self.ends.lock().await.recv().await {
            Some(ended) => ended,
            None => std::future::pending().await,
        }
    }
    fn start_program(&self) {
        self.note("start program");
    }
    async fn started(&self) -> Result<(), BootError> {
        self.started.lock().unwrap().clone()
    }
    fn terminate(&self) {
        self.note("terminate");
    }
    fn end(&self, who: Who) {
        self.note(&format!("end {who:?}"));
    }
    fn clear(&self) {
        self.note("clear");
    }
    async fn cleared(&self) {}
    fn restart(&self) {
        self.note("restart");
    }
    async fn socket(&self) -> std::io::Result<OwnedFd> {
        use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
        Ok(socket_with(AddressFamily::INET, SocketType::STREAM, SocketFlags::NONBLOCK, None)?)
    }
    fn initialised(&self) {
        self.note("initialised");
    }
    async fn snapshot(&self, _to: PathBuf) -> Result<(), Unfit> {
        Ok(())
    }

    fn freeze(&self) {
        self.note("freeze");
    }
    fn thaw(&self) {
        self.note("thaw");
    }
    fn memory_peak_bytes(&self) -> u64 {
        7
    }
    async fn removed(&self) {
        tokio::task::yield_now().await;
        self.note("removed");
    }
}

#[derive(Debug)]
struct Stopped;

impl RealClock for Stopped {
    fn wall(&self) -> Timestamp {
        Timestamp::from_millis(1_000_000)
    }
    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

/// Keeps all that comes out.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) lines: Mutex<Vec<String>>,
    pub(super) extension_lines: Mutex<Vec<String>>,
    pub(super) notices: Mutex<Vec<Notice>>,
}

impl Outlet for Kept {
    fn written(&self, source: Source, text: &[u8]) {
        let lines = match source {
            Source::Program => &self.lines,
            Source::Extension => &self.extension_lines,
        };
        lines.lock().unwrap().push(String::from_utf8(text.to_vec()).unwrap());
    }
    fn notice(&self, notice: Notice) {
        self.notices.lock().unwrap().push(notice);
    }
}

/// The processes' side.
pub(super) struct Program {
    pub(super) address: SocketAddr,
    pub(super) ends: mpsc::UnboundedSender<Ended>,
    pub(super) started: Arc<Mutex<Result<(), BootError>>>,
    pub(super) output: std::io::PipeWriter,
    pub(super) extension_output: std::io::PipeWriter,
    pub(super) framed: std::io::PipeWriter,
    pub(super) log: Log,
    pub(super) kept: Arc<Kept>,
    pub(super) telemetry: Arc<Telemetry>,
    pub(super) tasks: TaskTracker,
}

impl Program {
    pub(super) fn start() -> (Self, Box<Environment<Fake>>) {
        Self::beside(&[])
    }

    /// With these external extensions.
    pub(super) fn beside(names: &[&str]) -> (Self, Box<Environment<Fake>>) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (reader, output) = std::io::pipe().unwrap();
        let (extension_reader, extension_output) = std::io::pipe().unwrap();
        let (framed_reader, framed) = std::io::pipe().unwrap();
        let (ends, ends_seen) = mpsc::unbounded_channel();
        let (log, kept, telemetry) =
            (Log::default(), Arc::new(Kept::default()), Arc::new(Telemetry::default()));
        let (tasks, started) = (TaskTracker::new(), Arc::new(Mutex::new(Ok(()))));
        let fake = Fake { ends: Turn::new(ends_seen), started: Arc::clone(&started), log: Arc::clone(&log) };
        let ends_of = Ends {
            output: OwnedFd::from(reader),
            extensions: Some(OwnedFd::from(extension_reader)),
            framed: Some(OwnedFd::from(framed_reader)),
        };
        let parts = Parts { listener, ends: ends_of, owner: None, snap_start: SnapStart::Off, control: fake };
        let function =
            Registered { name: "f".to_owned(), version: "$LATEST".to_owned(), ..Registered::default() };
        let names = names.iter().map(|&name| name.to_owned()).collect();
        let extensions = Extensions { names, function, ..Extensions::default() };
        let world =
            World { tasks: tasks.clone(), clock: Arc::new(Stopped), dice: Arc::new(Counting::default()) };
        let out = (Arc::clone(&kept) as Output, Arc::clone(&telemetry));
        let environment = Environment::new(parts, extensions, out, world).unwrap();
        let program =
            Self { address, ends, started, output, extension_output, framed, log, kept, telemetry, tasks };
        (program, Box::new(environment))
    }

    /// What was done so far.
    pub(super) fn done(&self) -> Vec<String> {
        self.log.borrow().clone()
    }

    pub(super) fn count(&self, act: &str) -> usize {
        self.log.borrow().iter().filter(|done| *done == act).count()
    }

    /// Waits until this was done.
    pub(super) async fn sees(&self, act: &str) {
        self.log.subscribe().wait_for(|log| log.iter().any(|done| done == act)).await.unwrap();
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.kept.lines.lock().unwrap().clone()
    }

    pub(super) fn print(&mut self, text: &str) {
        self.output.write_all(text.as_bytes()).unwrap();
    }

    pub(super) fn end(&self, exit: Exit) {
        self.ends.send(Ended::Program(exit)).unwrap();
    }

    /// Sends requests and is gone before the server runs: this blocks the only thread.
    pub(super) fn say_and_go(&self, requests: &[Vec<u8>]) {
        let mut stream = std::net::TcpStream::connect(self.address).unwrap();
        stream.write_all(&requests.concat()).unwrap();
    }

    pub(super) async fn ready(environment: &mut Environment<Fake>, program: &Self) -> Client {
        let mut client = Client::connect(program.address).await;
        client.send(&request("GET", NEXT, "", b"")).await;
        assert_eq!(environment.init(LIMIT).await, Init::Ready);
        client
    }
}
