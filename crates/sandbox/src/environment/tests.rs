//! An environment over a program that is played by the test: its end, its output and its calls come on cue.

mod output;
mod waking;

use std::io::Write;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use super::{Environment, Parts, Supervised};
use crate::linux::{Ended, Who};
use crate::runtime_api::rig::{Client, NEXT, event, request, response};
use crate::spec::{Answer, BootError, Exit, Init, Reported, Sandbox, Settled, ShutdownReason};

const LIMIT: Duration = Duration::from_secs(60);

/// What the environment did to its program.
#[derive(Debug, Default)]
struct Log {
    kills: AtomicUsize,
    removals: AtomicUsize,
    frozen: AtomicUsize,
    thawed: AtomicUsize,
    initialised: AtomicUsize,
}

#[derive(Debug)]
struct Fake {
    exit: watch::Receiver<Option<Exit>>,
    log: Arc<Log>,
}

impl Supervised for Fake {
    async fn exited(&self) -> Exit {
        let found = self.exit.clone().wait_for(Option::is_some).await.map(|exit| *exit);
        found.ok().flatten().unwrap_or(Exit::Signal(9))
    }
    async fn ended(&self) -> Ended {
        std::future::pending().await
    }
    fn start_program(&self) {}
    async fn started(&self) -> Result<(), BootError> {
        Ok(())
    }
    fn terminate(&self) {}
    fn end(&self, _who: Who) {}
    fn clear(&self) {}
    async fn cleared(&self) {}
    fn restart(&self) {}
    async fn socket(&self) -> std::io::Result<OwnedFd> {
        Err(std::io::ErrorKind::Unsupported.into())
    }
    fn initialised(&self) {
        self.log.initialised.fetch_add(1, Ordering::SeqCst);
    }
    fn freeze(&self) {
        self.log.frozen.fetch_add(1, Ordering::SeqCst);
    }
    fn thaw(&self) {
        self.log.thawed.fetch_add(1, Ordering::SeqCst);
    }
    fn kill(&self) {
        self.log.kills.fetch_add(1, Ordering::SeqCst);
    }
    fn memory_peak_bytes(&self) -> u64 {
        7
    }
    async fn removed(self) {
        tokio::task::yield_now().await;
        self.log.removals.fetch_add(1, Ordering::SeqCst);
    }
}

/// The program's side.
struct Program {
    address: SocketAddr,
    exit: watch::Sender<Option<Exit>>,
    output: std::io::PipeWriter,
    log: Arc<Log>,
    lines: Arc<Mutex<Vec<String>>>,
    tasks: TaskTracker,
}

impl Program {
    fn start() -> (Self, Box<Environment<Fake>>) {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (reader, output) = std::io::pipe().unwrap();
        let (exit, exit_seen) = watch::channel(None);
        let log = Arc::new(Log::default());
        let lines = Arc::new(Mutex::new(Vec::new()));
        let tasks = TaskTracker::new();
        let parts = Parts {
            listener,
            output: OwnedFd::from(reader),
            owner: None,
            control: Fake { exit: exit_seen, log: Arc::clone(&log) },
        };
        let seen = Arc::clone(&lines);
        let out = Arc::new(move |line: &[u8]| {
            seen.lock().unwrap().push(String::from_utf8(line.to_vec()).unwrap());
        });
        let environment = Environment::new(parts, out, tasks.clone()).unwrap();
        (Self { address, exit, output, log, lines, tasks }, Box::new(environment))
    }

    fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    fn print(&mut self, text: &str) {
        self.output.write_all(text.as_bytes()).unwrap();
    }

    fn end(&self, exit: Exit) {
        self.exit.send(Some(exit)).unwrap();
    }

    /// Sends requests and is gone before the server runs: this blocks the only thread.
    fn say_and_go(&self, requests: &[Vec<u8>]) {
        let mut stream = std::net::TcpStream::connect(self.address).unwrap();
        stream.write_all(&requests.concat()).unwrap();
    }

    async fn ready(environment: &mut Environment<Fake>, program: &Self) -> Client {
        let mut client = Client::connect(program.address).await;
        client.send(&request("GET", NEXT, "", b"")).await;
        assert_eq!(environment.init(LIMIT).await, Init::Ready);
        client
    }
}

#[tokio::test]
async fn init_ends_as_the_program_lets_it() {
    let (mut program, mut environment) = Program::start();
    program.print("importing\n");
    let _client = Program::ready(&mut environment, &program).await;
    assert_eq!(program.lines(), ["importing"]);
    assert_eq!(program.log.initialised.load(Ordering::SeqCst), 1);

    let (mut program, mut environment) = Program::start();
    program.print("Traceback");
    program.end(Exit::Code(3));
    assert_eq!(environment.init(LIMIT).await, Init::Exited(Exit::Code(3)));
    assert_eq!(
        (program.lines(), program.log.kills.load(Ordering::SeqCst)),
        (vec!["Traceback".to_owned()], 1)
    );

    let (program, mut environment) = Program::start();
    program.say_and_go(&[request("POST", "/2018-06-01/runtime/init/error", "", b"{}")]);
    program.end(Exit::Code(1));
    let reported = Reported { error_type: None, content_type: None, body: b"{}"[..].into() };
    assert_eq!(environment.init(LIMIT).await, Init::Reported(reported));
}

#[tokio::test(start_paused = true)]
async fn who_never_asks_is_killed_when_the_limit_passes() {
    let (mut program, mut environment) = Program::start();
    program.print("looping");
    assert_eq!(environment.init(LIMIT).await, Init::TimedOut);
    assert_eq!((program.lines(), program.log.kills.load(Ordering::SeqCst)), (vec!["looping".to_owned()], 1));
}

#[tokio::test(start_paused = true)]
async fn who_never_answers_is_killed_when_the_limit_passes() {
    let (program, mut environment) = Program::start();
    assert_eq!(environment.invoke(event("a"), LIMIT).await, Answer::TimedOut);
    assert_eq!(environment.settle(LIMIT).await, Settled::TimedOut);
    assert_eq!(program.log.kills.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_program_that_ends_before_its_answer_is_noticed_at_once() {
    for exit in [Exit::Code(0), Exit::Signal(11), Exit::OutOfMemory] {
        let (program, mut environment) = Program::start();
        let client = Program::ready(&mut environment, &program).await;
        program.end(exit);
        drop(client);
        assert_eq!(environment.invoke(event("a"), LIMIT).await, Answer::Exited(exit));
        assert_eq!(environment.settle(LIMIT).await, Settled::Exited(exit));
        assert_eq!(environment.exited().await, exit);
    }
}

#[tokio::test]
async fn an_answer_sent_just_before_the_end_is_still_an_answer() {
    let (program, mut environment) = Program::start();
    program.say_and_go(&[request("GET", NEXT, "", b""), request("POST", &response("a"), "", b"last words")]);
    program.end(Exit::Code(0));
    let answer = environment.invoke(event("a"), LIMIT).await;
    assert_eq!(answer, Answer::Response { content_type: None, body: b"last words"[..].into() });
    assert_eq!(environment.settle(LIMIT).await, Settled::Exited(Exit::Code(0)));
}

#[tokio::test]
async fn a_program_that_dies_in_the_middle_of_its_answer_has_exited() {
    let (program, mut environment) = Program::start();
    let half = format!("POST {} HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf", response("a")).into_bytes();
    program.say_and_go(&[request("GET", NEXT, "", b""), half]);
    program.end(Exit::OutOfMemory);
    assert_eq!(environment.invoke(event("a"), LIMIT).await, Answer::Exited(Exit::OutOfMemory));
}

#[tokio::test]
async fn a_dropped_environment_is_removed_and_leaves_no_task() {
    let (program, environment) = Program::start();
    let client = Client::connect(program.address).await;
    drop(environment);
    drop((program.output, client));
    program.tasks.close();
    program.tasks.wait().await;
    assert_eq!(program.log.removals.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn stop_returns_when_all_is_gone() {
    let (mut program, mut environment) = Program::start();
    let _client = Program::ready(&mut environment, &program).await;
    environment.freeze();
    environment.thaw();
    assert_eq!(environment.memory_peak_bytes(), 7);
    program.print("bye");
    environment.stop(ShutdownReason::Spindown).await;
    assert_eq!(program.lines(), ["bye"]);
    let log = &program.log;
    assert_eq!(
        [&log.removals, &log.frozen, &log.thawed].map(|count| count.load(Ordering::SeqCst)),
        [1, 1, 1]
    );
}
