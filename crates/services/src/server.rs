//! What the operations work with, assembled once. Never a decision.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use lambent_code::Trees;
use lambent_core::account::{AccountId, Region};
use lambent_core::dice::Dice;
use lambent_core::limits::S3_FETCHES_AT_ONCE_MAX;
use lambent_core::time::Clock;
use lambent_dispatch::{Dispatcher, Waiter};
use lambent_store::Store;
use lambent_store::blobs::Blobs;
use lambent_store::logs::Logs;
use lambent_wire::sigv4::Verifier;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::identities::Identities;
use crate::keys::KeyRing;
use crate::lambda::usage::Index;
use crate::monitoring::Metrics;
use crate::monitoring::alarms::Alarms;
use crate::policies::Policies;
use crate::polling::Pollers;
use crate::traffic::Traffic;
use crate::upstream::{Published, Upstream};
use crate::url::Urls;

/// Whether signatures are checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// Every request must be signed with a key of the ring.
    Verify,
    /// Any key will do, also none; a key id of 12 digits names the account.
    Open,
}

/// What can be set.
#[derive(Debug, Clone)]
pub struct Options {
    /// Whether signatures are checked.
    pub auth: Auth,
    /// The account of the root key.
    pub account: AccountId,
    /// The region of a request that names none.
    pub region: Region,
    /// How clients reach the server, if not as they say in `Host`: `http://host:port`.
    pub public_endpoint: Option<String>,
    /// How long code nobody refers to is kept, so that code is never collected before its function is written.
    pub code_grace: Duration,
    /// How long `Pending` and `InProgress` stay visible at least.
    pub transition_min: Duration,
}

/// What the server is assembled from.
#[derive(Debug)]
pub struct Parts {
    /// What lasts.
    pub store: Store,
    /// Code as it was uploaded.
    pub blobs: Blobs,
    /// Code as it is run.
    pub trees: Trees,
    /// Lines of functions and other events.
    pub logs: Logs,
    /// What is measured.
    pub metrics: Metrics,
    /// The data plane.
    pub dispatcher: Arc<Dispatcher>,
    /// Access keys.
    pub keys: Arc<KeyRing>,
    /// The real time, and AWS's.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub dice: Arc<dyn Dice>,
    /// What can be set.
    pub options: Options,
    /// The other services; none if there is nobody to ask.
    pub upstream: Option<Upstream>,
}

/// What the operations work with.
pub struct Server {
    pub(crate) store: Store,
    pub(crate) blobs: Blobs,
    pub(crate) trees: Trees,
    pub(crate) logs: Logs,
    pub(crate) metrics: Metrics,
    /// What drives alarms.
    pub(crate) alarms: Alarms,
    pub(crate) dispatcher: Arc<Dispatcher>,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) dice: Arc<dyn Dice>,
    pub(crate) options: Options,
    pub(crate) upstream: Option<Upstream>,
    pub(crate) verifier: Verifier,
    /// Who else may use which function.
    pub(crate) policies: Arc<Policies>,
    /// Users, roles and what they hold.
    pub(crate) identities: Arc<Identities>,
    /// What reads event sources.
    pub(crate) pollers: Pollers,
    /// What each account has of code and functions.
    pub(crate) usage: Arc<Index>,
    /// Which function or alias each URL is for.
    pub(crate) urls: Arc<Urls>,
    /// Signs the download URLs of code; made anew at each start, since they live ten minutes.
    pub(crate) download_secret: String,
    pub(crate) tasks: TaskTracker,
    /// Ends the pauses of tasks that try again.
    pub(crate) closing: CancellationToken,
    /// Told whenever a state change has ended.
    pub(crate) settled: Notify,
    /// What requests under way share.
    pub(crate) traffic: Traffic,
    /// Turns to fetch code from S3.
    pub(crate) fetches: Semaphore,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Server {
    /// A server of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Arc<Self> {
        let Parts { store, blobs, trees, logs, metrics, dispatcher, keys, clock, dice, options, upstream } =
            parts;
        let policies = Policies::watch(&store);
        let identities = keys.attach(&store);
        let usage = Index::watch(&store);
        let urls = Urls::watch(&store);
        let download_secret = format!("{:016x}{:016x}", dice.bits(), dice.bits());
        Arc::new(Self {
            store,
            blobs,
            trees,
            logs,
            metrics,
            alarms: Alarms::default(),
            dispatcher,
            keys,
            clock,
            dice,
            options,
            upstream,
            verifier: Verifier::default(),
            policies,
            identities,
            pollers: Pollers::default(),
            usage,
            urls,
            download_secret,
            tasks: TaskTracker::new(),
            traffic: Traffic::new(),
            closing: CancellationToken::new(),
            settled: Notify::new(),
            fetches: Semaphore::new(S3_FETCHES_AT_ONCE_MAX),
        })
    }

    /// The data plane.
    #[must_use]
    pub fn dispatcher(&self) -> &Arc<Dispatcher> {
        &self.dispatcher
    }

    /// What was published to topics; none if there is nobody to publish.
    #[must_use]
    pub fn published(&self) -> Option<&Published> {
        self.upstream.as_ref().map(|upstream| &*upstream.published)
    }

    /// Whether signatures are checked.
    #[must_use]
    pub fn auth(&self) -> Auth {
        self.options.auth
    }

    /// Waits for AWS's time.
    #[must_use]
    pub fn waiter(&self) -> &Waiter {
        self.dispatcher.waiter()
    }

    /// Log events.
    #[must_use]
    pub fn logs(&self) -> &Logs {
        &self.logs
    }

    /// What is measured.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Deletes what is left of expired log events and of deleted log groups.
    ///
    /// # Errors
    /// What the store met.
    pub async fn collect_logs(&self) -> Result<(), lambent_store::StoreError> {
        self.logs.collect(self.clock.now()).await
    }

    /// Writes what was measured and is not written yet.
    ///
    /// # Errors
    /// What the store met.
    pub async fn flush_metrics(&self) -> Result<(), lambent_store::StoreError> {
        self.metrics.flush(self.clock.now()).await
    }

    /// Puts old values of metrics together, and forgets the oldest.
    ///
    /// # Errors
    /// What the store met.
    pub async fn collect_metrics(&self) -> Result<(), lambent_store::StoreError> {
        self.metrics.collect(self.clock.now()).await
    }

    /// Writes what is left of what was measured.
    pub async fn close_metrics(&self) {
        self.metrics.close(self.clock.now()).await;
    }

    /// Waits until every request that has come whole is answered. Only once: those that come later are not waited for.
    pub async fn answered(&self) {
        self.traffic.whole.close();
        self.traffic.whole.wait().await;
    }

    /// Answers all who still wait that the server is shutting down.
    pub fn cut_off(&self) {
        self.traffic.ending.cancel();
    }

    /// Waits until every state change that was begun is written, but for those that the store refuses or that
    /// have to be held longer: they are taken up at the next start.
    pub async fn close(&self) {
        self.tasks.close();
        self.closing.cancel();
        self.tasks.wait().await;
        self.identities.uses().written().await;
    }
}
