//! The answer to the caller of an invocation: told once, at its best moment. Never waits for a caller.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use crate::drive::Drive;
use crate::logs::Log;
use crate::told::Told;
use crate::{InvokeError, Outcome};

/// Where the answer goes, and what it is once that is known.
#[derive(Debug)]
pub(crate) struct Reply {
    tell: Option<oneshot::Sender<Result<Outcome, InvokeError>>>,
    held: Option<(Told, Instant)>,
}

impl Reply {
    pub(crate) fn to(tell: oneshot::Sender<Result<Outcome, InvokeError>>) -> Self {
        Self { tell: Some(tell), held: None }
    }

    /// The answer is known; it is told at the end of this time at the latest. The first answer counts.
    pub(crate) fn hold(&mut self, told: Told, at_most: Duration) {
        if self.tell.is_some() && self.held.is_none() {
            self.held = Some((told, Instant::now() + at_most));
        }
    }

    /// Tells the answer. The caller may be gone: the function has run all the same.
    pub(crate) fn tell(&mut self, answer: Result<Outcome, InvokeError>) {
        self.held = None;
        if let Some(tell) = self.tell.take() {
            _ = tell.send(answer);
        }
    }
}

impl Drive<'_> {
    /// Does work, and tells a held answer when its time has come.
    pub(crate) async fn telling<T>(&mut self, work: impl Future<Output = T>, log: &Log) -> T {
        let until = self.served.as_ref().and_then(|served| Some(served.reply.held.as_ref()?.1));
        let Some(until) = until else { return work.await };
        tokio::pin!(work);
        tokio::select! {
            biased;
            done = &mut work => done,
            () = sleep_until(until) => {
                if let Some(outcome) = self.outcome(log) {
                    self.tell(Ok(outcome));
                }
                work.await
            }
        }
    }

    /// What the caller is told, if it was not. To be called while nobody else has the environment: it takes the log's tail.
    pub(crate) fn outcome(&mut self, log: &Log) -> Option<Outcome> {
        let (told, _) = self.served.as_mut()?.reply.held.take()?;
        self.count_invocation(told.failed.is_some());
        Some(Outcome {
            payload: told.payload,
            failed: told.failed.is_some(),
            error_type: told.failed.map(|status| status.error_type),
            content_type: told.content_type,
            version: self.route.version.clone(),
            tail: log.take_tail(),
        })
    }

    /// Tells the caller.
    pub(crate) fn tell(&mut self, answer: Result<Outcome, InvokeError>) {
        if let Some(served) = &mut self.served {
            served.reply.tell(answer);
        }
    }
}
