//! When an access key was last used, as GetAccessKeyLastUsed tells. Written now and then, never by the request that waits.

use std::sync::Arc;

use lambent_core::iam::access_key::LastUse;
use lambent_store::{Expect, Key, Transaction, tables};
use tracing::warn;

use crate::Server;
use crate::caller::{Caller, Identity};

/// Notes that a user's own key signed a request for a service; `key` tells its id.
pub(crate) fn note(
    server: &Arc<Server>,
    caller: &Caller,
    service: &str,
    key: impl FnOnce() -> Option<String>,
) {
    let Identity::User(_, None) = &caller.identity else { return };
    let Some(key) = key() else { return };
    let region = caller.region.to_string();
    let last = LastUse { at: server.clock.now(), service: service.to_owned(), region };
    if !server.identities.note_use(&key, &last) {
        return;
    }
    let writer = Arc::clone(server);
    server.tasks.spawn(async move {
        let write = Transaction::new().put(&tables::IAM_USES, Key::of([&key]), &last, Expect::Any);
        if let Err(fault) = writer.store.write(write).await {
            warn!(%fault, "the last use of an access key was not written");
        }
    });
}
