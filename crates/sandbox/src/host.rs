//! The real host: sandboxes launched by [`linux`](crate::linux) and served by the Runtime API.
//!
//! Knows no function; keeps none of its sandboxes alive: whoever holds one does.

use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, Once};

use lambent_core::dice::Dice;
use lambent_core::time::RealClock;
use tokio_util::task::TaskTracker;

use crate::environment::{Ends, Environment, Parts, Supervised, World};
use crate::linux::memory::left_mib;
use crate::linux::snapshot::Unfit;
use crate::linux::{Control, Ended, Enforcement, Launched, Launcher, Reception, Report, Who};
use crate::spec::{BootError, Host, Network, Output, Sandbox, SnapStart, Spec};
use crate::telemetry::Telemetry;

/// Makes sandboxes on this machine.
#[derive(Debug)]
pub struct LinuxHost {
    launcher: Launcher,
    world: World,
    /// Sandboxes are plain processes: all are in the host's network, whatever their spec says.
    processes: bool,
    /// That others reach the Runtime API is said once.
    warned: Once,
}

impl LinuxHost {
    /// A host over a launcher. All that runs in the background is counted by `tasks`; extensions are told the time of
    /// their end by `clock` and get their identifiers from `dice`.
    #[must_use]
    pub fn new(
        launcher: Launcher,
        tasks: TaskTracker,
        clock: Arc<dyn RealClock>,
        dice: Arc<dyn Dice>,
    ) -> Self {
        let isolation = launcher.report().items.iter().find(|item| item.name == "isolation");
        let processes = isolation.is_some_and(|item| item.enforcement == Enforcement::None);
        let world = World { tasks, clock, dice };
        let host = Self { launcher, world, processes, warned: Once::new() };
        if processes {
            host.warn_of_neighbours();
        }
        host
    }

    /// The user whose connections to the Runtime API are served, where others can reach it.
    ///
    /// A sandbox with a user of its own owns its output too; else both are the server's.
    fn owner(&self, spec: &Spec, output: &OwnedFd) -> Result<Option<u32>, BootError> {
        if !self.processes && spec.network != Network::Host {
            return Ok(None);
        }
        let output = rustix::fs::fstat(output).map_err(|error| BootError::Step {
            step: "find the sandbox's user".to_owned(),
            reason: error.to_string(),
        })?;
        if output.st_uid == rustix::process::geteuid().as_raw() {
            self.warn_of_neighbours();
        }
        Ok(Some(output.st_uid))
    }

    fn warn_of_neighbours(&self) {
        self.warned.call_once(|| {
            tracing::warn!("other processes of the server's user can reach the Runtime APIs of sandboxes");
        });
    }

    /// Resolves when no sandbox can be made any more, because the spawner's process ended. Cancel safe.
    pub async fn broken(&self) {
        self.launcher.broken().await;
    }

    /// From now on, who connects to the server's endpoint inside a sandbox is served.
    pub fn receive(&self, reception: Reception) {
        self.launcher.receive(reception);
    }

    /// What this host isolates and enforces.
    #[must_use]
    pub fn report(&self) -> &Report {
        self.launcher.report()
    }
}

#[async_trait::async_trait]
impl Host for LinuxHost {
    async fn boot(
        &self,
        spec: &Spec,
        output: Output,
        telemetry: Arc<Telemetry>,
    ) -> Result<Box<dyn Sandbox>, BootError> {
        let Launched { listener, output: pipe, extension_output, framed_log, control, .. } =
            self.launcher.launch(spec).await?;
        let owner = self.owner(spec, &pipe)?;
        if owner.is_some() && spec.snap_start != SnapStart::Off {
            // The program would look for its Runtime API where the source found it.
            let reason = "it needs a network of the sandbox's own".to_owned();
            return Err(BootError::Step { step: "snapshot".to_owned(), reason });
        }
        let ends = Ends { output: pipe, extensions: extension_output, framed: framed_log };
        let parts = Parts { listener, ends, owner, snap_start: spec.snap_start.clone(), control };
        let (extensions, world) = (spec.extensions.clone(), self.world.clone());
        let environment =
            Environment::new(parts, extensions, (output, telemetry), world).map_err(|error| {
                BootError::Step { step: "serve the Runtime API".to_owned(), reason: error.to_string() }
            })?;
        Ok(Box::new(environment))
    }

    fn expect(&self, spec: &Spec) {
        self.launcher.expect(spec);
    }

    fn count(&self) -> usize {
        self.launcher.count()
    }

    fn memory_left_mib(&self) -> Option<u64> {
        left_mib()
    }

    async fn close(&self) {
        self.launcher.close().await;
    }
}

impl Supervised for Control {
    async fn ended(&self) -> Ended {
        Self::ended(self).await
    }

    fn start_program(&self) {
        Self::start_program(self);
    }

    async fn started(&self) -> Result<(), BootError> {
        Self::started(self).await
    }

    fn terminate(&self) {
        Self::terminate(self);
    }

    fn end(&self, who: Who) {
        Self::end(self, who);
    }

    fn clear(&self) {
        Self::clear(self);
    }

    async fn cleared(&self) {
        Self::cleared(self).await;
    }

    fn restart(&self) {
        Self::restart(self);
    }

    async fn socket(&self) -> io::Result<OwnedFd> {
        Self::socket(self).await
    }

    fn initialised(&self) {
        self.hold_to_cpu_share();
    }

    async fn snapshot(&self, to: PathBuf) -> Result<(), Unfit> {
        Self::snapshot(self, to).await
    }

    fn freeze(&self) {
        Self::freeze(self);
    }

    fn thaw(&self) {
        Self::thaw(self);
    }

    fn memory_peak_bytes(&self) -> u64 {
        Self::memory_peak_bytes(self)
    }

    async fn removed(&self) {
        Self::removed(self).await;
    }
}
