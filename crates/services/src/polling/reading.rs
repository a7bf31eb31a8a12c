//! One mapping as it is read: from which queue, for which function, in whose name. Asks SQS; never decides what to do with
//! what it gives.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lambent_core::account::Region;
use lambent_core::lambda::arn::{FunctionId, Qualifier, Reference};
use lambent_core::lambda::event_source_mapping::message::Message;
use lambent_core::lambda::event_source_mapping::pace::Pace;
use lambent_core::lambda::event_source_mapping::{EventSourceMapping, Kind};
use lambent_core::limits::{
    DELETIONS_MAX, MESSAGE_HIDDEN, POLL_RETRY_MIN, POLL_WAIT_EMULATED_MAX, POLL_WAIT_MAX,
};
use lambent_dispatch::{InvokeError, RoleCredentials as _};
use serde_json::Value;
use tokio::sync::OnceCell;
use tracing::warn;

use super::QUEUE_ACTIONS;
use super::crew::Crew;
use crate::Server;
use crate::access::role_may;
use crate::upstream::{Fault, Session, Upstream, messages, sqs};

/// How long messages may take to be deleted or given back after the server has closed.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// A mapping that is read.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) server: Arc<Server>,
    pub(super) crew: Arc<Crew>,
    pub(super) mapping: EventSourceMapping,
    pub(super) function: FunctionId,
    pub(super) qualifier: Qualifier,
    /// The queue's ARN.
    pub(super) queue: String,
    /// What lets messages through; everything does if there is none.
    pub(super) filters: Option<Vec<Value>>,
    pace: Mutex<Pace>,
    url: OnceCell<String>,
    hidden: OnceCell<Duration>,
}

impl Reading {
    /// A mapping as it is now; none if it is not one of a queue and a function.
    pub(super) fn new(server: &Arc<Server>, crew: &Arc<Crew>, mapping: EventSourceMapping) -> Option<Self> {
        let queue = mapping.source.arn.clone().filter(|_| mapping.source.kind.is_queue())?;
        let named = Reference::read(&mapping.function_arn).ok()?;
        let function = FunctionId {
            account: named.account?.try_into().ok()?,
            region: named.region?.try_into().ok()?,
            name: named.name,
        };
        let filters = mapping.settings.filters.as_ref();
        let read = |text: &String| serde_json::from_str(text).unwrap_or_default();
        Some(Self {
            server: Arc::clone(server),
            crew: Arc::clone(crew),
            function,
            qualifier: named.qualifier.unwrap_or(Qualifier::Latest),
            queue,
            filters: filters.map(|texts| texts.iter().map(read).collect()),
            pace: Mutex::new(Pace::new(&mapping.settings)),
            mapping,
            url: OnceCell::new(),
            hidden: OnceCell::new(),
        })
    }

    pub(super) fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether messages keep an order.
    pub(super) fn is_ordered(&self) -> bool {
        self.mapping.source.kind == Kind::FifoQueue
    }

    /// How long SQS is asked to wait for a message.
    pub(super) fn wait_max(&self) -> Duration {
        let is_aws = self.upstream().is_ok_and(|upstream| !upstream.place.is_emulator());
        if is_aws { POLL_WAIT_MAX } else { POLL_WAIT_EMULATED_MAX }
    }

    /// Receives messages.
    pub(super) async fn receive(&self, at_most: usize, wait: Duration) -> Result<Vec<Message>, String> {
        let (session, url) = self.queue().await?;
        let came = messages::receive(&session, url, at_most, wait).await;
        let mut came = self.asked("ReceiveMessage", came)?;
        for message in came.iter_mut().filter(|message| message.trace().is_none()) {
            // As its topic would have handed it on.
            if let Some(trace) = self.upstream()?.published.trace(&message.body).await {
                message.set_trace(trace);
            }
        }
        Ok(came)
    }

    /// How long the queue hides what was received.
    pub(super) async fn hidden(&self) -> Duration {
        let asked = async {
            let (session, _) = self.queue().await?;
            let (name, owner) = self.named();
            let hidden = sqs::hides_for_s(&session, name, owner).await;
            self.asked("GetQueueAttributes", hidden)
        };
        let found = self.hidden.get_or_try_init(|| async {
            let asked: Result<_, String> = asked.await;
            asked.map(|seconds| seconds.map_or(MESSAGE_HIDDEN, |s| Duration::from_secs(s.into())))
        });
        found.await.copied().unwrap_or(MESSAGE_HIDDEN)
    }

    /// Deletes messages; tries again where that fails. What is not deleted comes again.
    pub(super) async fn delete(&self, mut handles: Vec<String>) {
        let mut pause = POLL_RETRY_MIN;
        for attempt in 1..=DELETIONS_MAX {
            let deleted = async {
                let (session, url) = self.queue().await?;
                self.asked("DeleteMessage", messages::delete(&session, url, &handles).await)
            };
            let Some(deleted) = self.within_last_words(deleted).await else { return };
            let fault = match deleted {
                Ok(left) if left.is_empty() => return,
                Ok(left) => {
                    handles = left;
                    "SQS did not delete all".to_owned()
                }
                Err(fault) => fault,
            };
            let mapping = self.mapping.id.uuid;
            warn!(%mapping, messages = handles.len(), attempt, fault, "messages were not deleted");
            if self.server.closing.run_until_cancelled(tokio::time::sleep(pause)).await.is_none() {
                return;
            }
            pause *= 2;
        }
    }

    /// Shows messages again that will not be run. Where that fails, the queue does it later.
    pub(super) async fn give_back(&self, messages: &[Message]) {
        let handles: Vec<String> = messages.iter().map(|message| message.receipt_handle.clone()).collect();
        let given = async {
            let (session, url) = self.queue().await?;
            self.asked("ChangeMessageVisibility", messages::give_back(&session, url, &handles).await)
        };
        _ = self.within_last_words(given).await;
    }

    /// Does what must not hold up a server that closes.
    async fn within_last_words<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let closed = async {
            self.server.closing.cancelled().await;
            tokio::time::sleep(LAST_WORDS).await;
        };
        tokio::select! {
            biased;
            done = work => Some(done),
            () = closed => None,
        }
    }

    /// The queue, and who asks: the function's role, where there are roles.
    async fn queue(&self) -> Result<(Session<'_>, &str), String> {
        let role = self.role().await?;
        let now = self.server.clock.wall();
        if !self.server.keys.is_assumable(&role) {
            return Err(InvokeError::Role.to_string());
        }
        for action in QUEUE_ACTIONS {
            let asked = format!("sqs:{action}");
            let may = role_may(&self.server.keys, (&self.function, &role), (&asked, &self.queue), now);
            may.map_err(|denied| denied.to_string())?;
        }
        let region = self.queue.split(':').nth(3).unwrap_or_default().to_owned();
        let region = Region::try_from(region).unwrap_or_else(|_none| self.function.region.clone());
        let session = Session::by(self.upstream()?, self.function.account.clone(), region, now);
        let roles = &self.server.pollers.roles;
        let credentials = roles.credentials(&session, &role, &self.function.name, now).await;
        let session = session.signed_by(self.asked("AssumeRole", credentials)?);
        let url = self.url.get_or_try_init(|| async {
            let (name, owner) = self.named();
            self.asked("GetQueueUrl", sqs::url(&session, name, owner).await)
        });
        let url = url.await?.as_str();
        Ok((session, url))
    }

    /// The role of the function as it is now, which must be there.
    async fn role(&self) -> Result<String, String> {
        let found = self.server.dispatcher.resolve(&self.function, &self.qualifier).await;
        let found = found.map(|found| found.configuration().role.clone());
        found.map_err(|fault| {
            let is_gone = matches!(fault, InvokeError::NotFound);
            if is_gone { "Function not found".to_owned() } else { fault.to_string() }
        })
    }

    fn upstream(&self) -> Result<&Upstream, String> {
        self.server.upstream.as_ref().ok_or_else(|| "there is no upstream".to_owned())
    }

    /// The queue's name and owner.
    fn named(&self) -> (&str, &str) {
        let mut parts = self.queue.split(':').skip(4);
        let (owner, name) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        (name, owner)
    }

    /// What SQS says when it refuses. Credentials that it does not take are asked for anew.
    fn asked<T>(&self, operation: &str, answer: Result<T, Fault>) -> Result<T, String> {
        answer.map_err(|fault| match fault {
            Fault::Refused(refused) | Fault::NotServed(refused) => {
                if refused.is_of_key() {
                    self.server.pollers.roles.forget_function(&self.function.name);
                }
                format!("{operation}: {}: {}", refused.code, refused.message)
            }
            Fault::Upstream(fault) => format!("{operation}: {fault}"),
        })
    }
}
