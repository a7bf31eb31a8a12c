//! Reads the queues that event source mappings name, and runs their functions: a poller for each mapping that is enabled,
//! so that the trouble of one delays no other. What it does is settled in the store and in the queue; a poller that dies
//! with the process loses nothing, since the queue shows again what was not deleted. Never reads a source of another kind.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>

mod batch;
mod crew;
mod reader;
mod reading;
mod stop;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lambent_core::lambda::event_source_mapping::{EventSourceMapping, MappingId};
use lambent_store::tables;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use self::crew::Crew;
use self::reading::Reading;
use self::stop::Stop;
use crate::Server;
use crate::upstream::Roles;

/// What the role of a function must be allowed on a queue.
pub(crate) const QUEUE_ACTIONS: [&str; 3] = ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"];

/// How long a poller rests after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(1);

/// The pollers of all mappings.
#[derive(Debug, Default)]
pub(crate) struct Pollers {
    pollers: Mutex<BTreeMap<MappingId, Poller>>,
    /// In whose names queues are read.
    roles: Roles,
    /// Nothing more is read.
    draining: CancellationToken,
    /// It was said that there is nothing to read.
    is_said: AtomicBool,
}

/// The poller of one mapping.
#[derive(Debug)]
struct Poller {
    /// Told of each change of the mapping.
    changes: watch::Sender<u64>,
    crew: Arc<Crew>,
}

/// A mapping was made, changed or removed.
pub(crate) fn changed(server: &Arc<Server>, mapping: &EventSourceMapping) {
    let mut pollers = server.pollers.all();
    if let Some(poller) = pollers.get(&mapping.id) {
        return poller.changes.send_modify(|number| *number += 1);
    }
    if !mapping.enabled || !mapping.source.kind.is_queue() {
        return;
    }
    if server.upstream.is_none() {
        return server.pollers.say();
    }
    let (changes, told) = watch::channel(0);
    let crew = Arc::new(Crew::default());
    pollers.insert(mapping.id.clone(), Poller { changes, crew: Arc::clone(&crew) });
    let (poller, id) = (Arc::clone(server), mapping.id.clone());
    let stop = Stop { changes: told, draining: server.pollers.draining.clone() };
    server.tasks.spawn(async move {
        poller.closing.run_until_cancelled(follow(&poller, &id, &crew, stop)).await;
    });
}

impl Pollers {
    /// What keeps a mapping from being read; nothing if all is well.
    pub(crate) fn problem(&self, id: &MappingId) -> Option<String> {
        self.all().get(id)?.crew.problem()
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<MappingId, Poller>> {
        self.pollers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends a poller, unless the mapping has changed meanwhile.
    fn end(&self, id: &MappingId, stop: &Stop) -> bool {
        let mut pollers = self.all();
        let ends = !stop.is_now();
        if ends {
            pollers.remove(id);
        }
        ends
    }

    fn say(&self) {
        if !self.is_said.swap(true, Ordering::Relaxed) {
            warn!("event source mappings read nothing: --upstream-endpoint says where queues are");
        }
    }
}

impl Server {
    /// Reads no more messages. What was received still runs.
    pub fn stop_polling(&self) {
        self.pollers.draining.cancel();
    }
}

/// Reads as a mapping says, and as it says after each change, until it is gone or disabled.
async fn follow(server: &Arc<Server>, id: &MappingId, crew: &Arc<Crew>, mut stop: Stop) {
    while !stop.is_draining() {
        stop.begin();
        match server.store.get(&tables::EVENT_SOURCE_MAPPINGS, &tables::mapping_key(id)).await {
            Ok(Some(record)) if record.value.enabled => {
                let settled = record.value.changed.plus(server.options.transition_min);
                stop.until(server.waiter().until(settled)).await;
                match Reading::new(server, crew, record.value) {
                    Some(reading) if !stop.is_now() => reader::read(&Arc::new(reading), &mut stop).await,
                    Some(_changed) => {}
                    None if server.pollers.end(id, &stop) => return,
                    None => {}
                }
            }
            Ok(_) if server.pollers.end(id, &stop) => return,
            Ok(_) => {}
            Err(fault) => {
                error!(mapping = %id.uuid, %fault, "an event source mapping cannot be read: tried again");
                stop.until(tokio::time::sleep(STORE_PAUSE)).await;
            }
        }
    }
}
