//! Keeps provisioned environments: does what each version's keeper says, and tells it what came of it. Never decides how
//! many there are.
//!
//! One task takes in all that happens, so a keeper sees it in order. What happens is as much as environments start and end,
//! which is limited elsewhere: the queue has no limit of its own.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use lambent_core::lambda::arn::FunctionId;
use lambent_core::lambda::provisioned::{Action, Event, Keeper, Shares};
use tokio::sync::{Semaphore, mpsc};
use tracing::{info, warn};

use crate::dispatcher::Dispatcher;
use crate::drive::Drive;
use crate::environment::Environment;
use crate::route::Route;

/// How many provisioned environments there are of what was asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProvisionedCount {
    /// Those that are there, idle or at work.
    pub allocated: u32,
    /// Those of them that can take invocations: none before all are there.
    pub available: u32,
    /// Why there are fewer than wanted, if a start failed.
    pub failure: Option<String>,
}

/// What a route knows of its provisioned environments.
#[derive(Debug, Default)]
pub(crate) struct Provisioned {
    keeper: Mutex<Keeper>,
    /// How many were wanted when the keeper was last told; it may not have taken that in yet.
    told: AtomicU32,
}

impl Provisioned {
    pub(crate) fn keeper(&self) -> MutexGuard<'_, Keeper> {
        self.keeper.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Something that happened to a route that may be gone.
pub(crate) type Happened = (Weak<Route>, Event);

/// Tells what happened, and limits what is started.
#[derive(Debug)]
pub(crate) struct Provisioner {
    happened: mpsc::UnboundedSender<Happened>,
    /// Places among the starts that go on at once, for those that no caller waits for.
    pub(crate) slots: Semaphore,
}

/// The place of one environment among the provisioned ones of its version: whoever drops it says that it is gone.
#[derive(Debug)]
pub(crate) struct Place {
    route: Weak<Route>,
    happened: mpsc::UnboundedSender<Happened>,
    left: bool,
}

impl Place {
    /// Its environment is being stopped: it is none of those that are there any more.
    pub(crate) fn leave(&mut self) {
        if !std::mem::replace(&mut self.left, true)
            && let Some(route) = self.route.upgrade()
        {
            route.provisioned.keeper().leaves();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.leave();
        // Nobody listens any more when the server closes.
        _ = self.happened.send((self.route.clone(), Event::Gone));
    }
}

impl Provisioner {
    pub(crate) fn new(starts_at_once: usize) -> (Self, mpsc::UnboundedReceiver<Happened>) {
        let (happened, queue) = mpsc::unbounded_channel();
        (Self { happened, slots: Semaphore::new(starts_at_once.div_ceil(2)) }, queue)
    }

    fn tell(&self, route: &Arc<Route>, event: Event) {
        _ = self.happened.send((Arc::downgrade(route), event));
    }

    fn place(&self, route: &Arc<Route>) -> Place {
        Place { route: Arc::downgrade(route), happened: self.happened.clone(), left: false }
    }
}

impl Dispatcher {
    /// How many provisioned environments there are of these versions, counted up to what is asked for of each.
    #[must_use]
    pub fn provisioned(&self, id: &FunctionId, shares: &Shares) -> ProvisionedCount {
        let mut count = ProvisionedCount::default();
        for (number, wanted) in shares {
            let Some(route) = self.routes.version(id, *number) else { continue };
            let keeper = route.provisioned.keeper();
            count.allocated += keeper.ready().min(*wanted);
            count.available += keeper.usable().min(*wanted);
            count.failure = count.failure.or_else(|| keeper.failure().map(str::to_owned));
        }
        count
    }

    /// Tells the keepers of a function's versions what is wanted now. Called by the change feed only, so in order.
    pub(crate) fn tell_wanted(&self, id: &FunctionId) {
        for (route, wanted) in self.routes.wanted(id) {
            if route.provisioned.told.swap(wanted, Ordering::SeqCst) != wanted {
                self.provisioner.tell(&route, Event::Wanted(wanted));
            }
        }
    }

    /// Takes in what happens, until the dispatcher closes.
    pub(crate) async fn provision(self: Arc<Self>, mut queue: mpsc::UnboundedReceiver<Happened>) {
        while let Some((route, event)) = queue.recv().await {
            if let Some(route) = route.upgrade() {
                self.happened(&route, event);
            }
        }
    }

    fn happened(self: &Arc<Self>, route: &Arc<Route>, event: Event) {
        let failed = matches!(event, Event::Failed(_));
        let now = self.clock.elapsed();
        let (action, wake_at) = {
            let mut keeper = route.provisioned.keeper();
            let (next, action) = std::mem::take(&mut *keeper).step(event, now);
            *keeper = next;
            if keeper.is_open() {
                // Before anybody is told that they are there.
                route.pool.open();
            }
            (action, keeper.wake_at().filter(|_| failed))
        };
        match action {
            Some(Action::Start(count)) => (0..count).for_each(|_| self.start_provisioned(route)),
            Some(Action::Stop(count)) => self.stop_all(route.pool.take_provisioned(count)),
            None => {}
        }
        if let Some(wake_at) = wake_at {
            self.wake(route, wake_at.saturating_sub(now));
        }
    }

    fn wake(self: &Arc<Self>, route: &Arc<Route>, pause: Duration) {
        let (dispatcher, route) = (Arc::clone(self), Arc::downgrade(route));
        self.tasks.spawn(async move {
            if dispatcher.closing.run_until_cancelled(dispatcher.waiter.sleep(pause)).await.is_some() {
                _ = dispatcher.provisioner.happened.send((route, Event::Woken));
            }
        });
    }

    fn start_provisioned(self: &Arc<Self>, route: &Arc<Route>) {
        let (dispatcher, route) = (Arc::clone(self), Arc::clone(route));
        self.tasks.spawn(async move {
            match dispatcher.provisioned_environment(&route).await {
                Ok(environment) => {
                    let started = || dispatcher.provisioner.tell(&route, Event::Started);
                    let now = dispatcher.clock.monotonic();
                    dispatcher.keep(&route, route.pool.hold(environment, now, started));
                }
                Err(_) if dispatcher.closing.is_cancelled() => {}
                Err(reason) => {
                    warn!(
                        function = %route.id.arn(), version = route.version, reason,
                        "a provisioned environment was not started: it is tried again"
                    );
                    dispatcher.provisioner.tell(&route, Event::Failed(reason));
                }
            }
        });
    }

    /// A new environment, or why there is none.
    async fn provisioned_environment(self: &Arc<Self>, route: &Arc<Route>) -> Result<Environment, String> {
        let provisioned = Drive::provisioned(self, route).provision().await;
        let Some(environment) = provisioned.map_err(|error| error.to_string())? else {
            return Err(INIT_FAILURE.to_owned());
        };
        let took = environment.init;
        info!(function = %route.id.arn(), version = route.version, ?took, "provisioned environment started");
        Ok(environment.provisioned(self.provisioner.place(route)))
    }

    /// Initialises one that was reset in the background, before the next request comes.
    pub(crate) fn renew(self: &Arc<Self>, route: &Arc<Route>, environment: Environment) {
        let (dispatcher, route) = (Arc::clone(self), Arc::clone(route));
        self.tasks.spawn(async move { Drive::provisioned(&dispatcher, &route).renew(environment).await });
    }
}

/// AWS's reason where the function's own Init fails.
const INIT_FAILURE: &str = "FUNCTION_ERROR_INIT_FAILURE";
