//! Sandboxes that run a Rust closure in place of a program, and write down what was done to them.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use lambent_sandbox::{
    Answer, BootError, Event, Exit, Host, Init, Output, Sandbox, Settled, ShutdownReason, Spec, Telemetry,
};
use tokio::sync::watch;

/// What a fake sandbox does in place of a program.
pub trait Program: Send + Sync {
    /// How its Init ends.
    fn init(&self, _spec: &Spec) -> Init {
        Init::Ready
    }

    /// What it answers.
    fn invoke(&self, spec: &Spec, event: &Event, output: &Output) -> Answer;

    /// How its Init ends, with what it knows of the outside; that of [`init`](Self::init) if not said otherwise.
    fn begin(&self, spec: &Spec, _output: &Output) -> Init {
        self.init(spec)
    }

    /// How long Init takes, in tokio's time.
    fn init_takes(&self) -> Duration {
        Duration::ZERO
    }

    /// How its extensions end their part: `invoked` after an invocation, else after Init.
    fn extensions(&self, _invoked: bool) -> Settled {
        Settled::Ready
    }

    /// What becomes of it between its answer and its next event.
    fn settles(&self) -> Settled {
        Settled::Ready
    }

    /// Whether the host can start it anew after a reset.
    fn restarts(&self) -> bool {
        true
    }

    /// How long its start after a reset takes, in tokio's time.
    fn restart_takes(&self) -> Duration {
        Duration::ZERO
    }

    /// What it does in the Shutdown phase when it is stopped.
    fn ends(&self, _spec: &Spec) {}

    /// How long its reset takes, in tokio's time.
    fn reset_takes(&self) -> Duration {
        Duration::ZERO
    }

    /// Whether it turns out to have ended before it could take this event.
    fn is_gone(&self, _event: &Event) -> bool {
        false
    }

    /// How long it takes to answer, in tokio's time.
    fn takes(&self, _event: &Event) -> Duration {
        Duration::ZERO
    }
}

impl<F: Fn(&Spec, &Event) -> Answer + Send + Sync> Program for F {
    fn invoke(&self, spec: &Spec, event: &Event, _output: &Output) -> Answer {
        self(spec, event)
    }
}

/// A host of fake sandboxes.
#[derive(Clone)]
pub struct FakeHost {
    program: Arc<dyn Program>,
    alive: Arc<AtomicUsize>,
    deeds: Arc<Mutex<Vec<String>>>,
    reasons: Arc<Mutex<Vec<ShutdownReason>>>,
    kill: watch::Sender<u64>,
    room: usize,
}

impl fmt::Debug for FakeHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeHost").field("alive", &self.alive).finish_non_exhaustive()
    }
}

impl FakeHost {
    /// A host whose sandboxes all run this program.
    pub fn new(program: impl Program + 'static) -> Self {
        let (kill, _) = watch::channel(0);
        Self {
            program: Arc::new(program),
            alive: Arc::default(),
            deeds: Arc::default(),
            reasons: Arc::default(),
            kill,
            room: usize::MAX,
        }
    }

    /// The same with room for so many sandboxes at once.
    #[must_use]
    pub fn with_room(mut self, sandboxes: usize) -> Self {
        self.room = sandboxes;
        self
    }

    /// Why sandboxes were reset and stopped, in that order.
    #[must_use]
    pub fn reasons(&self) -> Vec<ShutdownReason> {
        self.reasons.lock().expect("no test panics while it holds this").clone()
    }

    /// What was done so far: `boot`, `init`, `invoke ID`, `freeze`, `thaw`, `reset`, `restart`, `stop`.
    #[must_use]
    pub fn deeds(&self) -> Vec<String> {
        self.deeds.lock().expect("no test panics while it holds this").clone()
    }

    /// How often this was done.
    #[must_use]
    pub fn count_of(&self, deed: &str) -> usize {
        self.deeds().iter().filter(|done| done.as_str() == deed).count()
    }

    /// Ends the program of every sandbox that is there now, as `kill -9` from outside would.
    pub fn kill_all(&self) {
        self.kill.send_modify(|round| *round += 1);
    }
}

#[async_trait::async_trait]
impl Host for FakeHost {
    async fn boot(
        &self,
        spec: &Spec,
        output: Output,
        _telemetry: Arc<Telemetry>,
    ) -> Result<Box<dyn Sandbox>, BootError> {
        if self.alive.fetch_add(1, Ordering::SeqCst) >= self.room {
            self.alive.fetch_sub(1, Ordering::SeqCst);
            return Err(BootError::Step { step: "clone".to_owned(), reason: "no room".to_owned() });
        }
        let mut killed = self.kill.subscribe();
        killed.mark_unchanged();
        let sandbox = FakeSandbox {
            host: self.clone(),
            spec: spec.clone(),
            output,
            killed,
            dead: None,
            untaken: false,
            invoked: false,
        };
        sandbox.did("boot");
        Ok(Box::new(sandbox))
    }

    fn count(&self) -> usize {
        self.alive.load(Ordering::SeqCst)
    }

    async fn close(&self) {
        self.kill_all();
    }
}

struct FakeSandbox {
    host: FakeHost,
    spec: Spec,
    output: Output,
    killed: watch::Receiver<u64>,
    dead: Option<Exit>,
    untaken: bool,
    invoked: bool,
}

impl fmt::Debug for FakeSandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FakeSandbox")
    }
}

impl FakeSandbox {
    fn did(&self, deed: &str) {
        self.host.deeds.lock().expect("no test panics while it holds this").push(deed.to_owned());
    }
}

impl FakeSandbox {
    fn gave(&self, reason: ShutdownReason) {
        self.host.reasons.lock().expect("no test panics while it holds this").push(reason);
    }
}

impl Drop for FakeSandbox {
    fn drop(&mut self) {
        self.host.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait::async_trait]
impl Sandbox for FakeSandbox {
    async fn init(&mut self, limit: Duration) -> Init {
        self.did("init");
        self.invoked = false;
        let work = tokio::time::sleep(self.host.program.init_takes());
        if tokio::time::timeout(limit, work).await.is_err() {
            return Init::TimedOut;
        }
        self.host.program.begin(&self.spec, &self.output)
    }

    async fn extensions_ready(&mut self, _limit: Duration) -> Settled {
        self.host.program.extensions(self.invoked)
    }

    async fn invoke(&mut self, event: Event, limit: Duration) -> Answer {
        if self.host.program.is_gone(&event) {
            (self.dead, self.untaken) = (Some(Exit::Signal(9)), true);
            return Answer::Exited(Exit::Signal(9));
        }
        self.did(&format!("invoke {}", event.request_id));
        self.invoked = true;
        let work = tokio::time::sleep(self.host.program.takes(&event));
        if tokio::time::timeout(limit, work).await.is_err() {
            self.dead = Some(Exit::Signal(9));
            return Answer::TimedOut;
        }
        let answer = self.host.program.invoke(&self.spec, &event, &self.output);
        if let Answer::Exited(exit) = answer {
            self.dead = Some(exit);
        }
        answer
    }

    async fn settle(&mut self, _limit: Duration) -> Settled {
        self.dead.map_or_else(|| self.host.program.settles(), Settled::Exited)
    }

    fn untaken(&self) -> bool {
        self.untaken
    }

    fn freeze(&mut self) {
        self.did("freeze");
    }

    fn thaw(&mut self) {
        self.did("thaw");
    }

    async fn exited(&mut self) -> Exit {
        if let Some(exit) = self.dead {
            return exit;
        }
        // The host outlives its sandboxes, so the sender is there.
        _ = self.killed.changed().await;
        *self.dead.insert(Exit::Signal(9))
    }

    fn memory_peak_bytes(&self) -> u64 {
        32 << 20
    }

    async fn reset(&mut self, reason: ShutdownReason) {
        self.gave(reason);
        tokio::time::sleep(self.host.program.reset_takes()).await;
        self.did("reset");
        self.dead = Some(Exit::Signal(9));
    }

    async fn restart(&mut self) -> Result<(), BootError> {
        self.did("restart");
        tokio::time::sleep(self.host.program.restart_takes()).await;
        if !self.host.program.restarts() {
            return Err(BootError::Step { step: "fork".to_owned(), reason: "no processes".to_owned() });
        }
        self.dead = None;
        Ok(())
    }

    async fn stop(self: Box<Self>, reason: ShutdownReason) {
        self.gave(reason);
        self.host.program.ends(&self.spec);
        self.did("stop");
    }
}
