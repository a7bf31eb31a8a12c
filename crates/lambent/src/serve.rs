//! `lambent serve`: assembles the server, says what it does, runs until told to stop, drains. Never a decision of its own.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use lambent_code::Trees;
use lambent_code::interpreter::Interpreters;
use lambent_dispatch::{Dispatcher, Options as DispatchOptions, Parts as DispatchParts, Programs};
use lambent_sandbox::LinuxHost;
use lambent_sandbox::linux::spawner::{self, SpawnerHandle};
use lambent_sandbox::linux::{Enforcement, Launcher, Options as SandboxOptions};
use lambent_services::keys::KeyRing;
use lambent_services::lambda::{code, resume};
use lambent_services::{Options, Parts, Server};
use lambent_store::blobs::Blobs;
use lambent_store::{SqliteOptions, Store};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{info, warn};

use crate::config::{Command, Config, Raw};
use crate::front::Front;
use crate::output::{self, Log};
use crate::system::{SystemClock, SystemDice};
use crate::upstream::Upstream;
use crate::{bootstraps, data_folder, listen};

/// How long code nobody refers to is kept.
const CODE_GRACE: Duration = Duration::from_secs(3600);

/// How often unused code is collected.
const COLLECT_ROUND: Duration = Duration::from_secs(600);

/// How long an invocation waits for a function that is just being created.
const PENDING_WAIT: Duration = Duration::from_secs(2);

/// Starts that go on at once, for each processor.
const STARTS_PER_CPU: usize = 4;

/// Runs the server.
pub(crate) fn main(raw: &Raw) -> Result<()> {
    let Command::Serve(serve) = &raw.command else { unreachable!("main chose by the command") };
    let config = serve.resolve()?;
    let spawner = split(&config)?;
    let _log = Log::start(config.log_format, &config.log);
    runtime()?.block_on(async {
        let running = Running::start(config, spawner).await?;
        running.announce();
        wait_for_signal().await?;
        info!("draining: no new requests, running functions may end");
        running.stop().await;
        Ok(())
    })
}

/// Splits the spawner off. Must come before any thread starts and before memory grows.
pub(crate) fn split(config: &Config) -> Result<SpawnerHandle> {
    data_folder::make(&config.data_dir)?;
    spawner::split(&sandbox_options(config)).context("cannot start the spawner")
}

pub(crate) fn sandbox_options(config: &Config) -> SandboxOptions {
    SandboxOptions { isolation: config.isolation, ..SandboxOptions::new(config.data_dir.join("run")) }
}

/// The runtime everything asynchronous runs on.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("cannot start the runtime")
}

/// A server that listens.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) config: Config,
    pub(crate) host: Arc<LinuxHost>,
    server: Arc<Server>,
    store: Store,
    addresses: Vec<std::net::SocketAddr>,
    connections: TaskTracker,
    stop: CancellationToken,
}

impl Running {
    /// Assembles a server and listens.
    pub(crate) async fn start(config: Config, spawner: SpawnerHandle) -> Result<Self> {
        data_folder::close_to_others(&config.data_dir)?;
        let listeners = listen::bind(&config.listen).await?;
        let (server, host, store) = assemble(&config, spawner).await?;
        resume(&server).await.context("cannot read the functions")?;
        let addresses = listeners.iter().map(TcpListener::local_addr).collect::<Result<_, _>>()?;
        let running = Self {
            config,
            host,
            server,
            store,
            addresses,
            connections: TaskTracker::new(),
            stop: CancellationToken::new(),
        };
        let upstream = running.config.upstream_endpoint.clone().map(Upstream::new);
        let front = Arc::new(Front { server: Arc::clone(&running.server), upstream });
        for listener in listeners {
            let (front, connections) = (Arc::clone(&front), running.connections.clone());
            running.connections.spawn(listen::accept(listener, front, connections, running.stop.clone()));
        }
        running.connections.spawn(collect(Arc::clone(&running.server), running.stop.clone()));
        Ok(running)
    }

    /// Where clients reach it.
    pub(crate) fn endpoint(&self) -> String {
        let address = self.addresses.first().map(ToString::to_string).unwrap_or_default();
        self.config.public_endpoint.clone().unwrap_or_else(|| format!("http://{address}"))
    }

    fn announce(&self) {
        for address in &self.addresses {
            info!("listening on http://{address}");
        }
        info!("data in {}", self.config.data_dir.display());
        info!("isolation: {}", self.host.report().summary);
        for item in self.host.report().items.iter().filter(|item| item.enforcement != Enforcement::Full) {
            warn!("{}: {}; {}", item.name, item.detail, item.remedy);
        }
        info!(
            "try: AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION={} aws --endpoint-url {} lambda list-functions",
            self.config.region,
            self.endpoint()
        );
    }

    /// Stops listening, lets running functions end, stops the sandboxes, closes the store.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.connections.close();
        if tokio::time::timeout(self.config.drain, self.connections.wait()).await.is_err() {
            warn!(open = self.connections.len(), "connections are still open at the end of the drain");
        }
        self.server.dispatcher().close(self.config.drain).await;
        self.server.close().await;
        self.store.close().await;
    }
}

async fn assemble(config: &Config, spawner: SpawnerHandle) -> Result<(Arc<Server>, Arc<LinuxHost>, Store)> {
    let clock = Arc::new(SystemClock::new());
    let dice = Arc::new(SystemDice::open()?);
    let store = data_folder::privately(Store::sqlite(SqliteOptions::new(&config.data_dir))).await?;
    let blobs = Blobs::local(&config.data_dir.join("blobs"), clock.clone())?;
    let trees =
        Trees::open(config.data_dir.join("trees")).context("cannot open the folder of unpacked code")?;
    let launcher = Launcher::new(spawner, sandbox_options(config), dice.clone()).await?;
    let host = Arc::new(LinuxHost::new(launcher, TaskTracker::new()));
    let keys = Arc::new(KeyRing::new(config.account.clone(), clock.clone(), dice.clone()));
    let interpreters = Interpreters::discover(config.host.clone(), config.interpreters.clone());
    let bootstraps = bootstraps::lay_out(&config.data_dir).context("cannot lay out the bootstraps")?;
    let programs =
        Programs::new(trees.clone(), blobs.clone(), interpreters, bootstraps, config.strict_runtimes);
    let parts = DispatchParts {
        host: host.clone(),
        programs,
        credentials: keys.clone(),
        logs: Arc::new(output::FunctionLines),
        clock: clock.clone(),
        dice: dice.clone(),
        options: dispatch_options(config),
    };
    let dispatcher = Dispatcher::start(parts, &store).await?;
    let options = Options {
        auth: config.auth,
        account: config.account.clone(),
        region: config.region.clone(),
        public_endpoint: config.public_endpoint.clone(),
        code_grace: CODE_GRACE,
    };
    let parts = Parts { store: store.clone(), blobs, trees, dispatcher, keys, clock, dice, options };
    Ok((Server::new(parts), host, store))
}

fn dispatch_options(config: &Config) -> DispatchOptions {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    DispatchOptions {
        concurrency: config.concurrency,
        starts_at_once: processors * STARTS_PER_CPU,
        idle_max: config.idle_max,
        pending_wait: PENDING_WAIT,
        network: config.network,
    }
}

/// Deletes what an earlier server left, then collects unused code until told to stop.
async fn collect(server: Arc<Server>, stop: CancellationToken) {
    if let Err(fault) = code::sweep(&server).await {
        warn!(%fault, "what an earlier server left of unpacked code was not deleted");
    }
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(COLLECT_ROUND) => {}
        }
        if let Err(fault) = code::collect(&server).await {
            warn!(%fault, "unused code was not collected");
        }
    }
}

async fn wait_for_signal() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
