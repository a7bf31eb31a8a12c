//! When access keys and roles were last used, as GetAccessKeyLastUsed and GetRole tell. In memory, and written now and
//! then, never by the request that waits. Never says who may use what.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use lambent_core::iam::access_key::LastUse;
use lambent_core::limits::IAM_USE_GRAIN;
use lambent_store::{Expect, Key, Store, StoreError, Transaction, tables};
use tokio_util::task::TaskTracker;
use tracing::warn;

/// The last use of each, by the id of the access key or the role.
#[derive(Debug)]
pub(crate) struct Uses {
    last: RwLock<HashMap<String, LastUse>>,
    store: Store,
    writing: TaskTracker,
}

impl Uses {
    pub(super) fn new(store: Store) -> Self {
        Self { last: RwLock::default(), store, writing: TaskTracker::new() }
    }

    /// Takes in what is kept.
    pub(super) async fn take_in(&self) -> Result<(), StoreError> {
        let mut last = HashMap::new();
        super::read(&self.store, &tables::IAM_USES, |key, of| drop(last.insert(key.last(), of))).await?;
        *self.last.write().unwrap_or_else(PoisonError::into_inner) = last;
        Ok(())
    }

    /// The last use; none if there was none.
    pub(crate) fn last(&self, of: &str) -> Option<LastUse> {
        self.last.read().unwrap_or_else(PoisonError::into_inner).get(of).cloned()
    }

    /// Notes a use, and has it written where it is news. Called where there is a runtime.
    pub(crate) fn note(&self, of: &str, last: LastUse) {
        if !self.is_news(of, &last) {
            return;
        }
        let write = Transaction::new().put(&tables::IAM_USES, Key::of([of]), &last, Expect::Any);
        self.last.write().unwrap_or_else(PoisonError::into_inner).insert(of.to_owned(), last);
        self.write(write);
    }

    /// Forgets an access key or a role that is gone; its id never comes again.
    pub(crate) fn forget(&self, of: &str) {
        if self.last.write().unwrap_or_else(PoisonError::into_inner).remove(of).is_none() {
            return;
        }
        let write = Transaction::new().delete(&tables::IAM_USES, Key::of([of]), Expect::Any);
        self.write(write);
    }

    fn write(&self, write: Transaction) {
        let store = self.store.clone();
        self.writing.spawn(async move {
            if let Err(fault) = store.write(write).await {
                warn!(%fault, "the last use of an access key or a role was not written");
            }
        });
    }

    /// Whether a use is worth being written: AWS's own are some minutes coarse.
    fn is_news(&self, of: &str, last: &LastUse) -> bool {
        self.last.read().unwrap_or_else(PoisonError::into_inner).get(of).is_none_or(|old| {
            last.at.since(old.at) >= IAM_USE_GRAIN
                || (&old.service, &old.region) != (&last.service, &last.region)
        })
    }

    /// Waits until what was noted is written.
    pub(crate) async fn written(&self) {
        self.writing.close();
        self.writing.wait().await;
        self.writing.reopen();
    }
}

#[cfg(test)]
mod tests {
    use lambent_core::time::Timestamp;

    use super::*;

    fn last(ms: i64, service: &str) -> LastUse {
        let (service, region) = (service.to_owned(), "us-east-1".to_owned());
        LastUse { at: Timestamp::from_millis(ms), service, region }
    }

    #[tokio::test]
    async fn a_use_is_news_once_a_minute_or_elsewhere_and_lasts() {
        let store = Store::memory();
        let uses = Uses::new(store.clone());
        uses.note("k", last(0, "s3"));
        uses.note("k", last(59_999, "s3"));
        assert_eq!(uses.last("k"), Some(last(0, "s3")));
        uses.note("k", last(59_999, "lambda"));
        uses.written().await;
        let again = Uses::new(store);
        assert_eq!(again.last("k"), None, "not read yet");
        again.take_in().await.unwrap();
        assert_eq!(again.last("k"), Some(last(59_999, "lambda")));
        again.forget("k");
        again.written().await;
        again.take_in().await.unwrap();
        assert_eq!(again.last("k"), None);
    }
}
