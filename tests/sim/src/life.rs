//! One server of a world from its start to its end, in a runtime of its own: a crash drops all of it at once, wherever it
//! is.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use lambent_code::interpreter::{HostEnvironment, Interpreters};
use lambent_code::sdk::Sdks;
use lambent_core::account::{AccountId, Region};
use lambent_core::lambda::concurrency::AccountLimits;
use lambent_dispatch::efs::FileSystemOptions;
use lambent_dispatch::{Dispatcher, Options as DispatchOptions, Parts as DispatchParts, Programs};
use lambent_sandbox::Network;
use lambent_services::keys::KeyRing;
use lambent_services::lambda::resume;
use lambent_services::monitoring::Metrics;
use lambent_services::{Auth, Options, Parts, Server};
use lambent_store::blobs::Blobs;
use lambent_store::logs::Logs;
use lambent_store::{Store, StoreError};

use crate::client::Client;
use crate::disk::Disk;
use crate::host::SimHost;
use crate::outside::Outside;
use crate::sim::Sim;

/// Nothing is ever there.
const NOWHERE: &str = "/nonexistent/lambent-sim";

/// A server that runs.
pub(crate) struct Life {
    pub(crate) client: Client,
    pub(crate) store: Store,
    logs: Logs,
    dispatcher: Arc<Dispatcher>,
}

impl Life {
    /// Starts a server over what the last one left.
    pub(crate) async fn start(sim: &Arc<Sim>, host: &SimHost) -> Result<Self, StoreError> {
        let store = Store::on(&sim.disk, Disk(Arc::clone(sim)));
        let clock = Arc::clone(&sim.clock);
        let blobs = Blobs::remote(sim.blobs.clone(), clock.clone());
        let account = AccountId::default_account();
        let keys = Arc::new(KeyRing::new(account.clone(), clock.clone(), sim.dice.clone()));
        let logs = Logs::open(store.clone(), PathBuf::from(NOWHERE), sim.dice.clone());
        let metrics = Metrics::open(Store::memory()).await?;
        let outside = Arc::new(Outside(Arc::clone(sim)));
        let parts = DispatchParts {
            host: Arc::new(host.clone()),
            programs: programs(sim, &blobs),
            credentials: outside.clone(),
            logs: outside.clone(),
            destinations: outside,
            measured: Arc::new(metrics.clone()),
            clock: clock.clone(),
            dice: sim.dice.clone(),
            options: options(sim),
        };
        let dispatcher = Dispatcher::start(parts, &store).await?;
        let options = Options {
            auth: Auth::Open,
            account,
            region: Region::default_region(),
            public_endpoint: None,
            code_grace: Duration::from_secs(3600),
            transition_min: sim.world.transition_min,
        };
        let server = Server::new(Parts {
            store: store.clone(),
            blobs,
            trees: sim.packages.trees.clone(),
            logs: logs.clone(),
            dispatcher: Arc::clone(&dispatcher),
            keys,
            clock,
            dice: sim.dice.clone(),
            options,
            metrics,
            upstream: None,
        });
        resume(&server).await?;
        let client = Client { sim: Arc::clone(sim), server, host: host.clone() };
        Ok(Self { client, store, logs, dispatcher })
    }

    /// Ends it in order, as the binary does: running invocations have so much time.
    pub(crate) async fn close(&self, drain: Duration) {
        let sim = &self.client.sim;
        sim.say(&format!("close within {drain:?}"));
        sim.ends(true);
        // An attempt whose end cannot be written any more comes again.
        sim.ledger().mishaps += 1;
        let server = &self.client.server;
        _ = tokio::time::timeout(drain, server.answered()).await;
        server.cut_off();
        self.dispatcher.close(drain).await;
        server.close().await;
        self.logs.close().await;
        self.store.close().await;
        sim.say("closed");
    }
}

fn programs(sim: &Sim, blobs: &Blobs) -> Programs {
    let interpreters = Interpreters::discover(HostEnvironment::default(), Vec::new());
    let sdks = Sdks::new(PathBuf::from(NOWHERE), None);
    Programs::new(
        sim.packages.trees.clone(),
        blobs.clone(),
        interpreters,
        sdks,
        PathBuf::from(NOWHERE),
        false,
    )
}

fn options(sim: &Sim) -> DispatchOptions {
    let world = &sim.world;
    DispatchOptions {
        concurrency: AccountLimits::new(world.concurrency),
        memory_mib: None,
        starts_at_once: world.starts_at_once,
        idle_max: world.idle_max,
        age_max: world.age_max,
        pending_wait: Duration::from_secs(2),
        network: Network::None,
        endpoint_url: None,
        file_systems: FileSystemOptions {
            folder: PathBuf::from(NOWHERE),
            given: BTreeMap::new(),
            connections_max: 1,
        },
    }
}
