//! The real host: sandboxes launched by [`linux`](crate::linux) and served by the Runtime API.
//!
//! Knows no function; keeps none of its sandboxes alive: whoever holds one does.

use tokio_util::task::TaskTracker;

use crate::environment::{Environment, Parts, Supervised};
use crate::linux::{Control, Launched, Launcher, Report};
use crate::spec::{BootError, Exit, Host, Output, Sandbox, Spec};

/// Makes sandboxes on this machine.
#[derive(Debug)]
pub struct LinuxHost {
    launcher: Launcher,
    tasks: TaskTracker,
}

impl LinuxHost {
    /// A host over a launcher. All that runs in the background is counted by `tasks`.
    #[must_use]
    pub const fn new(launcher: Launcher, tasks: TaskTracker) -> Self {
        Self { launcher, tasks }
    }

    /// What this host isolates and enforces.
    #[must_use]
    pub fn report(&self) -> &Report {
        self.launcher.report()
    }
}

#[async_trait::async_trait]
impl Host for LinuxHost {
    async fn boot(&self, spec: &Spec, output: Output) -> Result<Box<dyn Sandbox>, BootError> {
        let Launched { listener, output: pipe, control, .. } = self.launcher.launch(spec).await?;
        let parts = Parts { listener, output: pipe, control };
        let environment = Environment::new(parts, output, self.tasks.clone()).map_err(|error| {
            BootError::Step { step: "serve the Runtime API".to_owned(), reason: error.to_string() }
        })?;
        Ok(Box::new(environment))
    }

    fn count(&self) -> usize {
        self.launcher.count()
    }

    async fn close(&self) {
        self.launcher.close().await;
    }
}

impl Supervised for Control {
    async fn exited(&mut self) -> Exit {
        Self::exited(self).await
    }

    fn initialised(&self) {
        self.hold_to_cpu_share();
    }

    fn freeze(&self) {
        Self::freeze(self);
    }

    fn thaw(&self) {
        Self::thaw(self);
    }

    fn kill(&self) {
        Self::kill(self);
    }

    fn memory_peak_bytes(&self) -> u64 {
        Self::memory_peak_bytes(self)
    }

    async fn removed(self) {
        Self::removed(self).await;
    }
}
