//! The host of a world: makes sandboxes, as long as chance and room allow, and kills them. Never looks into an event.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lambent_sandbox::{BootError, Host, Output, Sandbox, Spec, Telemetry};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::model::Deployment;
use crate::sandbox::SimSandbox;
use crate::sim::Sim;

/// What a sandbox is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Made {
    pub(crate) function: String,
    pub(crate) version: String,
    pub(crate) runs: Deployment,
    pub(crate) provisioned: bool,
}

/// A host that lives as long as its server.
#[derive(Clone)]
pub(crate) struct SimHost {
    pub(crate) sim: Arc<Sim>,
    living: Arc<Mutex<BTreeMap<u64, Living>>>,
}

/// A sandbox that is there.
#[derive(Debug)]
struct Living {
    made: Made,
    kill: watch::Sender<u64>,
}

impl fmt::Debug for SimHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimHost").finish_non_exhaustive()
    }
}

impl SimHost {
    pub(crate) fn new(sim: Arc<Sim>) -> Self {
        Self { sim, living: Arc::default() }
    }

    fn living(&self) -> MutexGuard<'_, BTreeMap<u64, Living>> {
        self.living.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is there now.
    pub(crate) fn made(&self) -> Vec<Made> {
        self.living().values().map(|living| living.made.clone()).collect()
    }

    /// Kills what runs in sandboxes of functions of the program: one of them, or all.
    pub(crate) fn kill(&self, all: bool) {
        let sandboxes = self.living();
        let mine: Vec<_> =
            sandboxes.iter().filter(|(_, one)| one.made.function != crate::plan::SINK).collect();
        if mine.is_empty() {
            return;
        }
        let one = self.sim.program.below(mine.len() as u64);
        for (id, living) in (0..).zip(mine).filter(|(at, _)| all || *at == one).map(|(_, one)| one) {
            self.sim.say(&format!("kill sandbox {id}"));
            living.kill.send_modify(|times| *times += 1);
        }
    }

    /// A sandbox is gone.
    pub(crate) fn gone(&self, id: u64) {
        self.living().remove(&id);
    }

    fn refuses(&self) -> bool {
        let faults = &self.sim.world.faults;
        !self.sim.is_calm()
            && (self.living().len() >= self.sim.world.room || self.sim.host_fate.chance(faults.boot))
    }
}

#[async_trait::async_trait]
impl Host for SimHost {
    async fn boot(
        &self,
        spec: &Spec,
        _output: Output,
        _telemetry: Arc<Telemetry>,
    ) -> Result<Box<dyn Sandbox>, BootError> {
        let made = Made::of(spec, &self.sim);
        // What it may serve is known before it is made.
        let floor = self.sim.moment(&made.function);
        sleep(self.sim.host_fate.span(0, if self.sim.is_calm() { 5 } else { 80 })).await;
        if made.function != crate::plan::SINK && self.refuses() {
            self.sim.say(&format!("boot of {} refused", made.function));
            return Err(BootError::Step { step: "clone".to_owned(), reason: "no room".to_owned() });
        }
        let id = self.sim.number();
        self.sim.say(&format!("boot {id}: {}:{} {:?}", made.function, made.version, made.runs));
        let (kill, killed) = watch::channel(0);
        self.living().insert(id, Living { made: made.clone(), kill });
        Ok(Box::new(SimSandbox::new(id, made, self.clone(), killed, floor)))
    }

    fn count(&self) -> usize {
        self.living().len()
    }

    async fn close(&self) {
        self.living().values().for_each(|living| living.kill.send_modify(|times| *times += 1));
    }
}

impl Made {
    fn of(spec: &Spec, sim: &Sim) -> Self {
        let variable = |name: &str| spec.environment.get(name).cloned().unwrap_or_default();
        let task = spec.mounts.iter().find(|mount| mount.target.as_os_str() == "/var/task");
        let code = task.and_then(|mount| sim.packages.at(&mount.source)).unwrap_or_default();
        Self {
            function: variable("AWS_LAMBDA_FUNCTION_NAME"),
            version: variable("AWS_LAMBDA_FUNCTION_VERSION"),
            runs: Deployment { mark: variable("MARK"), code },
            provisioned: variable("AWS_LAMBDA_INITIALIZATION_TYPE") == "provisioned-concurrency",
        }
    }
}
