//! The door of the data plane: finds the route, admits, and runs invocations on tasks of their own, so that a caller who
//! goes away does not stop a function.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use lambent_core::account::{AccountId, Region};
use lambent_core::dice::Dice;
use lambent_core::lambda::arn::{FunctionId, Qualifier};
use lambent_core::lambda::version::VersionNumber;
use lambent_core::time::Clock;
use lambent_sandbox::{Host, ShutdownReason};
use lambent_store::{Store, StoreError};
use tokio::sync::{Notify, Semaphore, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::error;

use crate::admission::{Admission, Pace};
use crate::drive::Drive;
use crate::efs::FileSystems;
use crate::environment::Environment;
use crate::freezer::Freezer;
use crate::parts::{Options, Parts};
use crate::pool::Given;
use crate::program::Program;
use crate::provisioner::Provisioner;
use crate::queue::Queue;
use crate::recursion::Recursion;
use crate::reply::Reply;
use crate::resolved::Resolved;
use crate::room::Room;
use crate::route::{Route, Routes};
use crate::waiter::Waiter;
use crate::{Invocation, InvokeError, LogSink, MetricSink, Metrics, Outcome, Programs, RoleCredentials};

/// Runs functions.
#[derive(Debug)]
pub struct Dispatcher {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) waiter: Waiter,
    pub(crate) metrics: Metrics,
    pub(crate) start_slots: Semaphore,
    pub(crate) options: Options,
    programs: Programs,
    pub(crate) routes: Routes,
    pub(crate) admission: Admission,
    pub(crate) room: Room,
    pub(crate) credentials: Arc<dyn RoleCredentials>,
    freezer: Freezer,
    pub(crate) logs: Arc<dyn LogSink>,
    pub(crate) measured: Arc<dyn MetricSink>,
    pub(crate) dice: Arc<dyn Dice>,
    pub(crate) provisioner: Provisioner,
    pub(crate) file_systems: FileSystems,
    pub(crate) queue: Queue,
    pub(crate) recursion: Recursion,
    pub(crate) itself: Weak<Self>,
    pub(crate) tasks: TaskTracker,
    pub(crate) closing: CancellationToken,
    killing: AtomicBool,
    /// Told of every change of a route: who waits for a function to become active looks again.
    pub(crate) moved: Notify,
    pub(crate) runtime: tokio::runtime::Handle,
}

impl Dispatcher {
    /// Reads all functions, follows their changes from then on, and starts the background work.
    ///
    /// # Errors
    /// [`StoreError`] if the functions cannot be read.
    pub async fn start(parts: Parts, store: &Store) -> Result<Arc<Self>, StoreError> {
        let Parts { host, programs, credentials, logs, measured, destinations, clock, dice, options } = parts;
        let room = Room::new(options.memory_mib, host.memory_left_mib());
        let (provisioner, provisioned) = Provisioner::new(options.starts_at_once);
        let dispatcher = Arc::new_cyclic(|itself| Self {
            host,
            waiter: Waiter::new(Arc::clone(&clock)),
            clock,
            metrics: Metrics::default(),
            start_slots: Semaphore::new(options.starts_at_once),
            admission: Admission::new(options.concurrency.clone()),
            room,
            queue: Queue::new(store.clone(), destinations, options.concurrency.clone()),
            recursion: Recursion::default(),
            file_systems: FileSystems::new(options.file_systems.clone(), store.clone()),
            itself: Weak::clone(itself),
            options,
            programs,
            routes: Routes::default(),
            credentials,
            freezer: Freezer::default(),
            logs,
            measured,
            dice,
            provisioner,
            tasks: TaskTracker::new(),
            closing: CancellationToken::new(),
            killing: AtomicBool::new(false),
            moved: Notify::new(),
            runtime: tokio::runtime::Handle::current(),
        });
        dispatcher.follow(store).await?;
        dispatcher.follow_events().await?;
        dispatcher.background(|d| async move { d.freezer.run(&*d.clock).await });
        dispatcher.background(|d| async move { d.expire_idle().await });
        dispatcher.background(|d| async move { d.provision(provisioned).await });
        Ok(dispatcher)
    }

    /// Runs one invocation to its answer.
    ///
    /// # Errors
    /// [`InvokeError`] if the function was not run. A function that failed is an [`Outcome`].
    pub async fn invoke(
        self: &Arc<Self>,
        resolved: Resolved,
        invocation: Invocation,
    ) -> Result<Outcome, InvokeError> {
        self.run(resolved, invocation, Pace::Limited).await
    }

    /// The same for one that comes from the queue.
    pub(crate) async fn invoke_queued(
        self: &Arc<Self>,
        resolved: Resolved,
        invocation: Invocation,
    ) -> Result<Outcome, InvokeError> {
        self.run(resolved, invocation, Pace::Unlimited).await
    }

    async fn run(
        self: &Arc<Self>,
        resolved: Resolved,
        invocation: Invocation,
        pace: Pace,
    ) -> Result<Outcome, InvokeError> {
        let Resolved(route) = resolved;
        self.refuse_loop(&route.id, &invocation)?;
        let version = VersionNumber::read(&route.version);
        let admitted = self.admission.admit(&route.id, version, pace, self.clock.monotonic());
        let permit = admitted.map_err(|throttle| {
            self.count_throttle(&route, &invocation);
            InvokeError::Throttled(throttle)
        })?;
        self.count_running(&route, &invocation);
        let (tell, told) = oneshot::channel();
        let dispatcher = Arc::clone(self);
        self.tasks.spawn(async move {
            let mut drive = Drive::serving(&dispatcher, &route, invocation, Reply::to(tell), permit);
            drive.is_waited_for = matches!(pace, Pace::Limited);
            drive.go().await;
        });
        told.await.unwrap_or_else(|_| Err(InvokeError::unanswered(self.closing.is_cancelled())))
    }

    /// What an invocation of this function and qualifier would run now; an alias that splits its traffic draws. One that
    /// is just being created is waited for a moment: its caller would only ask again.
    ///
    /// # Errors
    /// [`InvokeError`] if nothing could be run.
    pub async fn resolve(&self, id: &FunctionId, qualifier: &Qualifier) -> Result<Resolved, InvokeError> {
        if self.closing.is_cancelled() {
            return Err(InvokeError::Closing);
        }
        let find = || self.routes.find(id, qualifier, || self.dice.fraction()).map(Resolved);
        let wait = async {
            loop {
                let moved = self.moved.notified();
                match find() {
                    Err(InvokeError::Pending) => moved.await,
                    found => return found,
                }
            }
        };
        match find() {
            Err(InvokeError::Pending) => tokio::time::timeout(self.options.pending_wait, wait)
                .await
                .unwrap_or(Err(InvokeError::Pending)),
            found => found,
        }
    }

    /// Concurrent invocations of one account in one region.
    #[must_use]
    pub fn concurrency(&self, account: &AccountId, region: &Region) -> u64 {
        self.admission.limit(account, region) as u64
    }

    /// Waits for AWS's time.
    #[must_use]
    pub fn waiter(&self) -> &Waiter {
        &self.waiter
    }

    /// The files that functions share.
    #[must_use]
    pub fn file_systems(&self) -> &FileSystems {
        &self.file_systems
    }

    /// What was counted.
    #[must_use]
    pub fn metrics(&self) -> String {
        self.metrics.prometheus(self.host.count())
    }

    /// Waits for running invocations, at most `limit`, then stops every sandbox.
    pub async fn close(&self, limit: Duration) {
        self.closing.cancel();
        self.tasks.close();
        if tokio::time::timeout(limit, self.tasks.wait()).await.is_err() {
            error!(
                running = self.tasks.len(),
                "invocations still run at the end of the drain: they are killed"
            );
        }
        self.killing.store(true, Ordering::SeqCst);
        // The sockets that an idle environment holds would keep its network.
        self.routes.all().iter().for_each(|route| drop(route.pool.retire()));
        self.host.close().await;
        self.tasks.wait().await;
    }

    pub(crate) async fn program<'r>(&self, route: &'r Route) -> Result<&'r Program, InvokeError> {
        Ok(route.program.get_or_try_init(|| self.programs.find(&route.deployment, &self.tasks)).await?)
    }

    /// Gives an environment back that has nothing to do. A provisioned one is ready before anybody asks for it.
    pub(crate) fn release(self: &Arc<Self>, route: &Arc<Route>, environment: Environment) {
        if environment.is_provisioned() && route.provisioned.keeper().has_surplus() {
            return self.discard(environment);
        }
        if environment.is_provisioned() && environment.life.is_reset() {
            return self.renew(route, environment);
        }
        self.keep(route, route.pool.give(environment, self.clock.monotonic()));
    }

    /// What follows when an environment was given to a pool.
    pub(crate) fn keep(&self, route: &Arc<Route>, given: Given) {
        match given {
            Given::Kept { tell_freezer: true } => self.freezer.watch(Arc::clone(route)),
            Given::Kept { tell_freezer: false } => {}
            Given::Refused(environment) => self.discard(*environment),
        }
    }

    /// Takes the environment that has been idle longest, of whatever function.
    pub(crate) fn longest_idle(&self) -> Option<Environment> {
        let routes = self.routes.all();
        let oldest = routes.iter().filter_map(|route| Some((route.pool.longest_idle_since()?, route)));
        oldest.min_by_key(|(since, _)| *since)?.1.pool.take_longest_idle()
    }

    /// Whether the drain is over and what still runs is killed.
    pub(crate) fn is_killing(&self) -> bool {
        self.killing.load(Ordering::SeqCst)
    }

    /// Stops an environment that is not needed any more, in the background.
    pub(crate) fn discard(&self, environment: Environment) {
        self.stop(environment, ShutdownReason::Spindown);
    }

    /// Stops an environment in the background.
    pub(crate) fn stop(&self, environment: Environment, reason: ShutdownReason) {
        self.tasks.spawn_on(environment.end(reason), &self.runtime);
    }

    /// Stops what must not be used any more.
    pub(crate) fn stop_all(&self, environments: Vec<Environment>) {
        for environment in environments {
            self.discard(environment);
        }
    }

    /// Runs background work until the dispatcher closes.
    fn background<F, W>(self: &Arc<Self>, work: F)
    where
        F: FnOnce(Arc<Self>) -> W,
        W: Future<Output = ()> + Send + 'static,
    {
        let closing = self.closing.clone();
        let work = work(Arc::clone(self));
        self.tasks.spawn(async move {
            tokio::select! {
                biased;
                () = closing.cancelled() => {}
                () = work => {}
            }
        });
    }
}
