//! One sandbox of a world: does what events order, goes wrong by chance, and says when something is asked of it that may
//! not be.

use std::time::Duration;

use bytes::Bytes;
use lambent_sandbox::{Answer, BootError, Event, Exit, Init, Reported, Sandbox, Settled, ShutdownReason};
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::fate::Fate;
use crate::host::{Made, SimHost};
use crate::model::Moment;
use crate::order::{Order, Way};
use crate::sim::Sim;

const KILLED: Exit = Exit::Signal(9);

/// What may be asked of it next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Its processes were started.
    Started,
    /// It waits for an event.
    Ready,
    /// It has answered, or the extensions are waited for.
    Answered,
    /// It did not end well.
    Failed,
    /// Its processes were ended.
    Reset,
}

/// One sandbox.
#[derive(Debug)]
pub(crate) struct SimSandbox {
    id: u64,
    made: Made,
    host: SimHost,
    killed: watch::Receiver<u64>,
    fate: Fate,
    phase: Phase,
    is_frozen: bool,
    dead: Option<Exit>,
    untaken: bool,
    /// It will end after its answer.
    leaves: bool,
    /// How its function was when its processes were started, until it has its first event.
    started: Option<Moment>,
}

impl SimSandbox {
    pub(crate) fn new(
        id: u64,
        made: Made,
        host: SimHost,
        killed: watch::Receiver<u64>,
        started: Moment,
    ) -> Self {
        let fate = host.sim.host_fate.fork();
        let started = Some(started);
        let (phase, is_frozen, dead, untaken, leaves) = (Phase::Started, false, None, false, false);
        Self { id, made, host, killed, fate, phase, is_frozen, dead, untaken, leaves, started }
    }

    fn sim(&self) -> &Sim {
        &self.host.sim
    }

    /// Only in these phases may this be asked.
    fn asked(&self, what: &str, phases: &[Phase]) {
        if self.is_frozen || !phases.contains(&self.phase) {
            let frozen = if self.is_frozen { "frozen " } else { "" };
            self.sim().broken(format!("sandbox {} is {frozen}{:?} and asked to {what}", self.id, self.phase));
        }
    }

    fn goes_wrong(&self, per_mille: u64) -> bool {
        !self.sim().is_calm() && self.made.function != crate::plan::SINK && self.fate.chance(per_mille)
    }

    /// Works for so long; nothing if it is killed meanwhile.
    async fn work(&mut self, takes: Duration) -> Option<()> {
        tokio::select! {
            biased;
            _ = self.killed.changed() => { self.dead = Some(KILLED); None }
            () = sleep(takes) => Some(()),
        }
    }

    fn is_killed(&mut self) -> bool {
        if self.killed.has_changed().unwrap_or(false) {
            self.killed.mark_unchanged();
            self.dead = Some(KILLED);
        }
        self.dead.is_some()
    }

    /// Deals with an event it has taken; nothing if it is killed meanwhile.
    async fn deal(&mut self, id: &str, order: &Order, way: Way) -> Option<Answer> {
        if way == Way::Hang {
            self.work(Duration::from_secs(1_000_000)).await?;
        }
        self.work(order.takes()).await?;
        Some(match way {
            Way::Error => Answer::Error(Reported {
                error_type: Some("Function.Wanted".to_owned()),
                content_type: None,
                body: Bytes::from_static(b"{\"errorMessage\":\"wanted\"}"),
            }),
            Way::Exit => {
                self.dead = Some(Exit::Code(1));
                Answer::Exited(Exit::Code(1))
            }
            Way::Well | Way::Hang | Way::Leave => {
                self.leaves = way == Way::Leave;
                let Made { function, version, runs, provisioned } = &self.made;
                let said = json!({
                    "id": id, "nonce": order.nonce, "function": function, "version": version, "mark": runs.mark,
                    "code": runs.code, "provisioned": provisioned, "sandbox": self.id,
                });
                Answer::Response { content_type: None, body: said.to_string().into() }
            }
        })
    }

    /// An event that its program never sees.
    fn turn_down(&mut self) -> Answer {
        (self.phase, self.untaken) = (Phase::Failed, true);
        self.dead = self.dead.or(Some(KILLED));
        Answer::Exited(KILLED)
    }
}

impl Drop for SimSandbox {
    fn drop(&mut self) {
        self.host.gone(self.id);
    }
}

#[async_trait::async_trait]
impl Sandbox for SimSandbox {
    async fn init(&mut self, limit: Duration) -> Init {
        self.asked("init", &[Phase::Started]);
        self.phase = Phase::Failed;
        let wrong = self.goes_wrong(self.sim().world.faults.init);
        let how = if wrong { self.fate.below(3) } else { 3 };
        let takes =
            if how == 2 { limit * 2 } else { self.fate.span(0, if self.sim().is_calm() { 5 } else { 400 }) };
        self.sim().say(&format!("init {} for {takes:?}, {how}", self.id));
        let Ok(worked) = timeout(limit, self.work(takes)).await else { return Init::TimedOut };
        match (worked, how) {
            (None, _) => Init::Exited(KILLED),
            (Some(()), 0) => {
                self.dead = Some(Exit::Code(3));
                Init::Exited(Exit::Code(3))
            }
            (Some(()), 1) => Init::Reported(Reported {
                error_type: Some("Runtime.Wanted".to_owned()),
                content_type: None,
                body: Bytes::from_static(b"{}"),
            }),
            (Some(()), _) => {
                self.phase = Phase::Ready;
                Init::Ready
            }
        }
    }

    async fn extensions_ready(&mut self, _limit: Duration) -> Settled {
        self.asked("wait for extensions", &[Phase::Ready]);
        Settled::Ready
    }

    async fn invoke(&mut self, event: Event, limit: Duration) -> Answer {
        self.asked("invoke", &[Phase::Ready]);
        self.untaken = false;
        if self.is_killed() || self.goes_wrong(self.sim().world.faults.invoke) {
            self.sim().say(&format!("sandbox {} ended before {}", self.id, event.request_id));
            return self.turn_down();
        }
        self.phase = Phase::Failed;
        let order = Order::read(&event.payload);
        let started = self.started.take();
        let sim = std::sync::Arc::clone(&self.host.sim);
        let attempt = sim.taken(&event, &order, self.id, &self.made, started);
        let way = order.way(attempt);
        let dealt = timeout(limit, self.deal(&event.request_id, &order, way)).await;
        let answer = match dealt {
            Ok(Some(answer)) => answer,
            Ok(None) => Answer::Exited(KILLED),
            Err(_) => Answer::TimedOut,
        };
        if matches!(answer, Answer::Response { .. } | Answer::Error(_)) {
            self.phase = Phase::Answered;
        }
        sim.dealt(&event.request_id, &self.made.function, matches!(answer, Answer::Response { .. }), &answer);
        answer
    }

    async fn settle(&mut self, limit: Duration) -> Settled {
        self.asked("settle", &[Phase::Answered]);
        self.phase = Phase::Failed;
        if std::mem::take(&mut self.leaves) || self.goes_wrong(self.sim().world.faults.invoke / 2) {
            self.dead = Some(Exit::Code(0));
            return Settled::Exited(Exit::Code(0));
        }
        let takes = if self.goes_wrong(self.sim().world.faults.invoke / 2) {
            limit * 2
        } else {
            self.fate.span(0, 5)
        };
        match timeout(limit, self.work(takes)).await {
            Ok(Some(())) => {
                self.phase = Phase::Ready;
                Settled::Ready
            }
            Ok(None) => Settled::Exited(KILLED),
            Err(_) => Settled::TimedOut,
        }
    }

    fn untaken(&self) -> bool {
        self.untaken
    }

    fn freeze(&mut self) {
        self.asked("freeze", &[Phase::Ready]);
        self.is_frozen = true;
        self.sim().say(&format!("freeze {}", self.id));
    }

    fn thaw(&mut self) {
        if !std::mem::take(&mut self.is_frozen) {
            self.sim().broken(format!("sandbox {} is thawed though it is not frozen", self.id));
        }
        self.sim().say(&format!("thaw {}", self.id));
    }

    async fn exited(&mut self) -> Exit {
        if let Some(exit) = self.dead {
            return exit;
        }
        // The host keeps the sender as long as the sandbox is there.
        _ = self.killed.changed().await;
        *self.dead.insert(KILLED)
    }

    fn memory_peak_bytes(&self) -> u64 {
        32 << 20
    }

    async fn reset(&mut self, reason: ShutdownReason) {
        if self.is_frozen || self.phase == Phase::Reset {
            self.sim().broken(format!("sandbox {} is reset while frozen or reset", self.id));
        }
        self.sim().say(&format!("reset {} {reason:?}", self.id));
        sleep(self.fate.span(0, 30)).await;
        self.phase = Phase::Reset;
    }

    async fn restart(&mut self) -> Result<(), BootError> {
        self.asked("restart", &[Phase::Reset]);
        self.sim().say(&format!("restart {}", self.id));
        self.started = Some(self.sim().moment(&self.made.function));
        if self.goes_wrong(self.sim().world.faults.boot) {
            return Err(BootError::Step { step: "fork".to_owned(), reason: "no processes".to_owned() });
        }
        self.killed.mark_unchanged();
        self.dead = None;
        self.phase = Phase::Started;
        Ok(())
    }

    async fn stop(self: Box<Self>, reason: ShutdownReason) {
        self.sim().say(&format!("stop {} {reason:?}", self.id));
        sleep(self.fate.span(0, 30)).await;
    }
}
