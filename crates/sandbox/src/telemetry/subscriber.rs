//! One subscriber and what waits for it. Never makes who tells wait.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::Stream;
use super::queue::Queue;
use super::record::{Event, words};
use super::subscription::{Api, Destination, Subscription};

/// An extension that has subscribed.
#[derive(Debug)]
pub(super) struct Subscriber {
    name: String,
    subscription: Subscription,
    queue: Mutex<Queue>,
    /// Everything is brought at once.
    hurry: AtomicBool,
    /// Wakes its courier.
    told: Notify,
    /// Wakes who waits until all is brought.
    emptied: Notify,
}

impl Subscriber {
    pub(super) fn new(name: &str, subscription: Subscription) -> Self {
        let tells = subscription.types.contains(&Stream::Platform);
        Self {
            name: name.to_owned(),
            queue: Mutex::new(Queue::new(subscription.buffering, tells)),
            subscription,
            hurry: AtomicBool::new(false),
            told: Notify::new(),
            emptied: Notify::new(),
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().expect("nothing panics while it holds the queue")
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.name == name
    }

    pub(super) const fn api(&self) -> Api {
        self.subscription.api
    }

    pub(super) const fn destination(&self) -> &Destination {
        &self.subscription.destination
    }

    /// A bit for each stream.
    pub(super) fn types(&self) -> u8 {
        self.subscription.types.iter().fold(0, |all, stream| all | stream.bit())
    }

    /// Takes an event, if it is of a stream that was asked for.
    pub(super) fn tell(&self, event: &Event) {
        if self.types() & event.stream.bit() == 0 {
            return;
        }
        let lines = words(event, self.subscription.form);
        let mut queue = self.queue();
        let before = queue.due(false);
        for line in lines {
            queue.push(line, event.time, Instant::now());
        }
        let moved = queue.due(false) != before;
        drop(queue);
        // Most lines only join others that wait already.
        if moved {
            self.told.notify_one();
        }
    }

    /// From now on everything is due at once.
    pub(super) fn hurry(&self) {
        self.hurry.store(true, Ordering::Relaxed);
        self.told.notify_one();
    }

    /// Waits until a batch is due. Cancel safe.
    pub(super) async fn due(&self) -> Vec<Bytes> {
        loop {
            let due = self.queue().due(self.hurry.load(Ordering::Relaxed));
            match due {
                None => self.told.notified().await,
                Some(at) if at <= Instant::now() => return self.queue().batch(),
                Some(at) => tokio::select! {
                    () = self.told.notified() => {}
                    () = sleep_until(at) => {}
                },
            }
        }
    }

    /// So many were brought.
    pub(super) fn taken(&self, count: usize) {
        let mut queue = self.queue();
        queue.taken(count, Instant::now());
        if queue.is_empty() {
            self.emptied.notify_waiters();
        }
    }

    /// Waits until everything has been brought. Cancel safe.
    pub(super) async fn flushed(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.queue().is_empty() {
                return;
            }
            emptied.await;
        }
    }
}
