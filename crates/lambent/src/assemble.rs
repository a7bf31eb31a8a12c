//! A server put together from its parts. Never a decision of its own.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use lambent_code::Trees;
use lambent_dispatch::{Dispatcher, Options as DispatchOptions, Parts as DispatchParts, Programs};
use lambent_sandbox::linux::Launcher;
use lambent_sandbox::linux::spawner::SpawnerHandle;
use lambent_sandbox::{LinuxHost, Network};
use lambent_services::keys::KeyRing;
use lambent_services::lambda::Deliveries;
use lambent_services::monitoring::Metrics;
use lambent_services::{Options, Parts, Server};
use lambent_store::blobs::Blobs;
use lambent_store::logs::Logs;
use lambent_store::{SqliteOptions, Store};
use tokio_util::task::TaskTracker;
use tracing::info;

use crate::clock::MovableClock;
use crate::config::Config;
use crate::system::SystemDice;
use crate::{bootstraps, interpreters, output, reach, runtimes, upstream};

/// How long code nobody refers to is kept.
const CODE_GRACE: Duration = Duration::from_secs(3600);

/// How long an invocation waits for a function that is just being created.
const PENDING_WAIT: Duration = Duration::from_secs(2);

/// Starts that go on at once, for each processor.
const STARTS_PER_CPU: usize = 4;

/// Everything behind the sockets.
pub(crate) async fn assemble(
    config: &Config,
    spawner: SpawnerHandle,
    addresses: &[SocketAddr],
    clock: Arc<MovableClock>,
) -> Result<(Arc<Server>, Arc<LinuxHost>, Store)> {
    let interpreters = interpreters::configured(config).await?;
    let dice = Arc::new(SystemDice::open()?);
    // What waits for the disk and what waits for the kernel need not wait for each other.
    let side = TaskTracker::new();
    let data_dir = config.data_dir.clone();
    let bootstraps = side.spawn_blocking(move || bootstraps::lay_out(&data_dir));
    let launcher = Launcher::new(spawner, reach::launcher_options(config, addresses), dice.clone());
    let (opened, launcher) = tokio::join!(stores(config), side.spawn(launcher));
    let (store, measured) = match opened {
        Ok(stores) => stores,
        Err(fault) => {
            // The control groups it has made go with it.
            if let Ok(Ok(launcher)) = launcher {
                launcher.close().await;
            }
            return Err(fault);
        }
    };
    let launcher = launcher??;
    let blobs = Blobs::local(&config.data_dir.join("blobs"), clock.clone())?;
    let trees =
        Trees::open(config.data_dir.join("trees")).context("cannot open the folder of unpacked code")?;
    let logs = Logs::open(store.clone(), config.data_dir.join("logs"), dice.clone());
    let metrics = Metrics::open(measured).await.context("cannot read the metrics")?;
    let network = reach::network(config, launcher.report())?;
    info!("functions reach {}", reach::words(network));
    let host = Arc::new(LinuxHost::new(launcher, TaskTracker::new(), clock.clone(), dice.clone()));
    let keys = Arc::new(KeyRing::new(config.account.clone(), clock.clone(), dice.clone()));
    // Before anything runs in the name of a role.
    keys.know(&store).await.context("cannot read users and roles")?;
    let bootstraps = bootstraps.await?.context("cannot lay out the bootstraps")?;
    let programs = Programs::new(
        trees.clone(),
        blobs.clone(),
        interpreters,
        runtimes::sdks(config),
        bootstraps,
        config.strict_runtimes,
    );
    let upstream = upstream::asked(config);
    let parts = DispatchParts {
        host: host.clone(),
        programs,
        credentials: keys.clone(),
        logs: Arc::new(output::FunctionLines(logs.clone())),
        measured: Arc::new(metrics.clone()),
        destinations: Arc::new(Deliveries::new(upstream.clone(), keys.clone(), clock.clone())),
        clock: clock.clone(),
        dice: dice.clone(),
        options: DispatchOptions {
            network,
            endpoint_url: reach::endpoint_url(config, addresses),
            ..dispatch_options(config)
        },
    };
    let dispatcher = Dispatcher::start(parts, &store).await?;
    let (kept, options) = (store.clone(), options(config));
    let parts =
        Parts { store, blobs, trees, logs, metrics, dispatcher, keys, clock, dice, options, upstream };
    Ok((Server::new(parts), host, kept))
}

fn options(config: &Config) -> Options {
    Options {
        auth: config.auth,
        account: config.account.clone(),
        region: config.region.clone(),
        public_endpoint: config.public_endpoint.clone(),
        code_grace: CODE_GRACE,
        transition_min: config.transition_min,
    }
}

/// Records, and what is measured: that lies in a store of its own, whose many small writes hold nobody else up.
async fn stores(config: &Config) -> Result<(Store, Store)> {
    let records = SqliteOptions::new(&config.data_dir);
    let measured = SqliteOptions { feed_max: 1, ..SqliteOptions::new(config.data_dir.join("metrics")) };
    Ok(tokio::try_join!(Store::sqlite(records), Store::sqlite(measured))?)
}

fn dispatch_options(config: &Config) -> DispatchOptions {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    DispatchOptions {
        concurrency: config.concurrency.clone(),
        memory_mib: config.memory_mib,
        starts_at_once: processors * STARTS_PER_CPU,
        idle_max: config.idle_max,
        age_max: config.age_max,
        // Whoever asks for states that last wants to meet them.
        pending_wait: if config.transition_min.is_zero() { PENDING_WAIT } else { Duration::ZERO },
        network: Network::None,
        endpoint_url: None,
        file_systems: config.file_systems.clone(),
    }
}
