//! `lambent serve`: assembles the server, says what it does, runs until told to stop, drains. Never a decision of its own.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use lambent_core::limits::LAST_ANSWERS_MAX;
use lambent_sandbox::LinuxHost;
use lambent_sandbox::linux::spawner::{self, SpawnerHandle};
use lambent_services::Server;
use lambent_services::lambda::resume;
use lambent_store::Store;
use tokio::net::TcpListener;
use tokio::time::{Instant, timeout, timeout_at};
use tracing::{info, warn};

use crate::assemble::assemble;
use crate::clock::{self, MovableClock};
use crate::config::{Command, Config, Raw};
use crate::front::Front;
use crate::listen::Connections;
use crate::output::Log;
use crate::signals::{self, Signals};
use crate::tls::Door;
use crate::upstream::Upstream;
use crate::{collect, data_folder, listen, reach};

/// Runs the server.
pub(crate) fn main(raw: &Raw) -> Result<ExitCode> {
    let Command::Serve(serve) = &raw.command else { unreachable!("main chose by the command") };
    signals::hold()?;
    let config = serve.resolve()?;
    let spawner = split(&config)?;
    let clock = MovableClock::open(&config.data_dir, config.time_scale)?;
    let _log = Log::start(config.log_format, &config.log, Arc::clone(&clock));
    let runtime = runtime()?;
    let code = runtime.block_on(run(config, spawner, clock));
    // Whoever asked twice does not wait for what still runs.
    runtime.shutdown_background();
    code
}

/// Runs until told to stop, and drains; being told twice ends the drain.
async fn run(config: Config, spawner: SpawnerHandle, clock: Arc<MovableClock>) -> Result<ExitCode> {
    let mut signals = Signals::listen()?;
    let running = Running::start(config, spawner, clock).await?;
    running.announce();
    let host = Arc::clone(&running.host);
    tokio::select! {
        _ = signals.next() => info!("draining: no new requests, running functions may end"),
        () = host.broken() => {
            running.stop().await;
            bail!("the spawner's process has ended, and every sandbox with it: start the server again");
        }
    }
    tokio::select! {
        () = running.stop() => Ok(ExitCode::SUCCESS),
        code = signals.next() => {
            warn!("told to stop again: ended without waiting");
            Ok(ExitCode::from(code))
        }
    }
}

/// Splits the spawner off. Must come before any thread starts and before memory grows.
pub(crate) fn split(config: &Config) -> Result<SpawnerHandle> {
    data_folder::make(&config.data_dir)?;
    spawner::split(&reach::sandbox_options(config)).context("cannot start the spawner")
}

/// The runtime everything asynchronous runs on: a worker for two processors, since functions need the others, and a worker
/// that finds work wakes the next, which mostly finds none. See `docs/adr/0014-a-worker-for-two-processors.md`.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = processors.div_ceil(2);
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(workers).enable_all().build().context("cannot start the runtime")
}

/// A server that listens.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) config: Config,
    pub(crate) host: Arc<LinuxHost>,
    server: Arc<Server>,
    store: Store,
    addresses: Vec<std::net::SocketAddr>,
    connections: Connections,
    clock: Arc<MovableClock>,
}

impl Running {
    /// Assembles a server and listens.
    pub(crate) async fn start(
        config: Config,
        spawner: SpawnerHandle,
        clock: Arc<MovableClock>,
    ) -> Result<Self> {
        data_folder::close_to_others(&config.data_dir)?;
        let door = Door::open(config.tls.as_ref(), &config.data_dir)?;
        let listeners = listen::bind(&config.listen).await?;
        let addresses: Vec<_> = listeners.iter().map(TcpListener::local_addr).collect::<Result<_, _>>()?;
        let assembled = assemble(&config, spawner, &addresses, Arc::clone(&clock)).await;
        let (server, host, store) = assembled.context("`lambent doctor` tells what a host lacks")?;
        resume(&server).await.context("cannot read the functions")?;
        let upstream = Upstream::of(&config);
        let front = Front { server: Arc::clone(&server), upstream, clock: Arc::clone(&clock) };
        let connections = Connections::new(front, door);
        for listener in listeners {
            connections.all.spawn(connections.clone().accept(listener));
        }
        host.receive(connections.reception());
        let collect = collect::run(Arc::clone(&server), connections.ends.soon.clone());
        connections.all.spawn(collect);
        connections.all.spawn(collect::flush_metrics(Arc::clone(&server), connections.ends.soon.clone()));
        connections.all.spawn(clock::keep(Arc::clone(&clock), connections.ends.soon.clone()));
        Ok(Self { config, host, server, store, addresses, connections, clock })
    }

    /// Where clients reach it.
    pub(crate) fn endpoint(&self) -> String {
        let address = self.addresses.first().map(ToString::to_string).unwrap_or_default();
        self.config.public_endpoint.clone().unwrap_or_else(|| format!("http://{address}"))
    }

    fn announce(&self) {
        for address in &self.addresses {
            info!("listening on http://{address} and https://{address}");
        }
        info!("data in {}", self.config.data_dir.display());
        self.clock.announce();
        info!("isolation: {}", self.host.report().summary);
        info!(
            "try: AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION={} aws --endpoint-url {} lambda list-functions",
            self.config.region,
            self.endpoint()
        );
    }

    /// Stops listening, lets running functions end, stops the sandboxes, closes the store. Connections and invocations have
    /// one time limit together.
    pub(crate) async fn stop(self) {
        let end = Instant::now() + self.config.drain;
        let Connections { all, ends, .. } = &self.connections;
        ends.soon.cancel();
        self.server.stop_polling();
        all.close();
        let drained = async {
            tokio::select! {
                () = all.wait() => {}
                () = self.server.answered() => {}
            }
        };
        if timeout_at(end, drained).await.is_err() {
            warn!(open = all.len(), "requests are still not answered at the end of the drain");
        }
        self.server.cut_off();
        // What was answered is written; who has not sent a whole request is not waited for.
        _ = timeout(LAST_ANSWERS_MAX, all.wait()).await;
        ends.now.cancel();
        self.server.dispatcher().close(end.saturating_duration_since(Instant::now())).await;
        self.server.close().await;
        self.server.logs().close().await;
        self.server.close_metrics().await;
        self.store.close().await;
        self.clock.close();
    }
}
