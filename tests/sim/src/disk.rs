//! What befalls the disk of a world: it takes its time, it fails, and the power goes while it writes.

use std::sync::Arc;

use lambent_store::{Mishaps, StoreError};
use tokio::time::sleep;

use crate::sim::Sim;

/// The mishaps of a world's disk.
pub(crate) struct Disk(pub(crate) Arc<Sim>);

impl std::fmt::Debug for Disk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Disk").finish_non_exhaustive()
    }
}

impl Disk {
    async fn takes_its_time(&self) {
        let sim = &self.0;
        if !sim.is_calm() && sim.disk_fate.chance(sim.world.faults.slow) {
            let most = if sim.disk_fate.chance(50) { 5_000 } else { 20 };
            sleep(sim.disk_fate.span(0, most)).await;
        }
    }

    fn fails(&self) -> bool {
        !self.0.is_calm() && self.0.disk_fate.chance(self.0.world.faults.store)
    }

    /// Without power nothing goes on, ever.
    async fn needs_power(&self) {
        if self.0.power.is_out() {
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait::async_trait]
impl Mishaps for Disk {
    async fn before_read(&self) -> Result<(), StoreError> {
        self.needs_power().await;
        self.takes_its_time().await;
        if self.fails() {
            self.0.say("a read fails");
            self.0.ledger().mishaps += 1;
            return Err(StoreError::Full);
        }
        Ok(())
    }

    async fn before_commit(&self, transactions: usize) -> Result<(), StoreError> {
        self.needs_power().await;
        self.takes_its_time().await;
        if self.0.power.is_due() && self.0.disk_fate.chance(500) {
            self.0.say("the power goes before a commit");
            self.0.power.cut();
        } else if self.fails() {
            self.0.say(&format!("a commit of {transactions} fails"));
            self.0.ledger().mishaps += 1;
            return Err(StoreError::Full);
        }
        self.needs_power().await;
        self.0.say(&format!("commit {transactions}"));
        Ok(())
    }

    async fn after_commit(&self) {
        // Half of the power failures come here: it is durable, and nobody knows.
        if self.0.power.is_due() {
            self.0.say("the power goes after a commit");
            self.0.power.cut();
        }
        self.0.power.committed();
        self.needs_power().await;
        self.takes_its_time().await;
    }
}
