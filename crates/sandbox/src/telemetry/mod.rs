//! What a sandbox's extensions may subscribe to: events of the platform, lines of the function and of extensions. Never
//! delivers to anybody who did not ask, never makes a function wait.
//!
//! An event's way: [`Telemetry::tell`], [`record`] words it for a subscriber, [`queue`] holds it, [`courier`] brings it.
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-api.html>

mod courier;
mod legacy;
mod line;
mod queue;
mod record;
mod subscriber;
mod subscription;

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use lambent_core::limits;
use lambent_core::time::Timestamp;
use tokio::sync::watch;
use tokio::task::AbortHandle;

pub(crate) use courier::{Dial, Means};
use record::Event;
use subscriber::Subscriber;
pub(crate) use subscription::{Api, Subscription, parse};

/// What can be subscribed to, each by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// `platform`: what the platform tells.
    Platform,
    /// `function`: lines of the function and its runtime.
    Function,
    /// `extension`: lines of extensions.
    Extension,
}

impl Stream {
    const ALL: [Self; 3] = [Self::Platform, Self::Function, Self::Extension];

    const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// AWS's name of it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Platform => "platform",
            Self::Function => "function",
            Self::Extension => "extension",
        }
    }
}

/// What became of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Subscribed {
    /// It is in force.
    New,
    /// There is one, and it stays as it is.
    Already,
    /// There is one by the other API.
    Other,
    /// Init is over.
    Closed,
}

/// The events of one sandbox on their way to its subscribers.
///
/// From the beginning of an Init to its end somebody may still subscribe: events of the platform are kept until then.
#[derive(Debug)]
pub struct Telemetry {
    /// A bit for each stream that somebody reads.
    wanted: AtomicU8,
    desk: Mutex<Desk>,
    frozen: watch::Sender<bool>,
}

#[derive(Debug)]
struct Desk {
    open: bool,
    /// External extensions are started: lines are kept for them too.
    expecting: bool,
    backlog: Vec<Event>,
    backlog_bytes: usize,
    subscribers: Vec<Arc<Subscriber>>,
    couriers: Vec<AbortHandle>,
    means: Option<Means>,
    /// Which sandbox has it, counted.
    sandbox: Attached,
}

/// Which of the sandboxes that have had it one after the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Attached(u64);

impl Default for Telemetry {
    fn default() -> Self {
        let desk = Desk {
            open: true,
            expecting: false,
            backlog: Vec::new(),
            backlog_bytes: 0,
            subscribers: Vec::new(),
            couriers: Vec::new(),
            means: None,
            sandbox: Attached::default(),
        };
        let wanted = AtomicU8::new(desk.wanted());
        Self { wanted, desk: Mutex::new(desk), frozen: watch::Sender::default() }
    }
}

impl Telemetry {
    /// Whether somebody reads this stream, or still may: what nobody reads need not be made.
    #[must_use]
    pub fn wants(&self, stream: Stream) -> bool {
        // Relaxed: an event more or less at the moment somebody subscribes is no matter.
        self.wanted.load(Ordering::Relaxed) & stream.bit() != 0
    }

    /// Takes an event: `kind` as `platform.start` or `function`, `record` as JSON.
    pub fn tell(&self, stream: Stream, time: Timestamp, kind: &'static str, record: String) {
        if !self.wants(stream) {
            return;
        }
        let event = Event { stream, time, kind, record };
        let mut desk = self.desk();
        for subscriber in &desk.subscribers {
            subscriber.tell(&event);
        }
        desk.keep(event);
    }

    fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().expect("nothing panics while it holds the desk")
    }

    fn change<T>(&self, change: impl FnOnce(&mut Desk) -> T) -> T {
        let mut desk = self.desk();
        let out = change(&mut desk);
        self.wanted.store(desk.wanted(), Ordering::Relaxed);
        out
    }

    /// Says how events are brought into a sandbox, and whether external extensions are started there. It takes the place of
    /// the one before, if there was one: what has been told since the beginning of Init is told to its extensions.
    pub(crate) fn attach(&self, means: Means, expecting: bool) -> Attached {
        self.change(|desk| {
            desk.leave();
            desk.open = true;
            desk.means = Some(means);
            desk.expecting = expecting;
            desk.sandbox.0 += 1;
            desk.sandbox
        })
    }

    /// The extension `name` subscribes. It gets what was told since the beginning of Init.
    pub(crate) fn subscribe(&self, name: &str, subscription: Subscription) -> Subscribed {
        self.change(|desk| {
            if let Some(there) = desk.subscribers.iter().find(|subscriber| subscriber.is(name)) {
                return if there.api() == subscription.api { Subscribed::Already } else { Subscribed::Other };
            }
            let Some(means) = desk.means.as_ref().filter(|_| desk.open) else {
                return Subscribed::Closed;
            };
            let subscriber = Arc::new(Subscriber::new(name, subscription));
            for event in &desk.backlog {
                subscriber.tell(event);
            }
            let courier = means.start(Arc::clone(&subscriber), self.frozen.subscribe());
            desk.couriers.push(courier);
            desk.subscribers.push(subscriber);
            Subscribed::New
        })
    }

    /// Init is over: nobody subscribes any more.
    pub(crate) fn close(&self) {
        self.change(|desk| {
            desk.open = false;
            (desk.backlog, desk.backlog_bytes) = (Vec::new(), 0);
        });
    }

    /// The sandbox stands still from now on, or goes on: nothing is brought to who cannot take it.
    pub(crate) fn frozen(&self, frozen: bool) {
        // Who has no subscribers is not woken: nobody listens.
        self.frozen.send_replace(frozen);
    }

    /// The Shutdown phase has begun: everything is brought at once from now on.
    pub(crate) fn hurry(&self) {
        for subscriber in &self.desk().subscribers {
            subscriber.hurry();
        }
    }

    /// Waits until all that was told has been brought. Cancel safe.
    pub(crate) async fn flushed(&self) {
        let subscribers = self.desk().subscribers.clone();
        for subscriber in subscribers {
            subscriber.flushed().await;
        }
    }

    /// Nobody is there any more: what was not brought is gone, and others may subscribe to what comes.
    pub(crate) fn begin_anew(&self) {
        self.change(|desk| {
            desk.leave();
            (desk.backlog, desk.backlog_bytes) = (Vec::new(), 0);
            desk.open = true;
        });
    }

    /// Nobody is there any more, nor will be: not in this sandbox. Another may have taken its place.
    pub(crate) fn end(&self, sandbox: Attached) {
        self.change(|desk| {
            if desk.sandbox == sandbox {
                desk.leave();
                (desk.backlog, desk.backlog_bytes) = (Vec::new(), 0);
                desk.open = false;
            }
        });
    }
}

impl Desk {
    /// Who subscribed is gone.
    fn leave(&mut self) {
        self.subscribers.clear();
        for courier in self.couriers.drain(..) {
            courier.abort();
        }
    }

    fn wanted(&self) -> u8 {
        let kept = Stream::ALL.into_iter().filter(|stream| self.keeps(*stream)).map(Stream::bit);
        kept.chain(self.subscribers.iter().map(|subscriber| subscriber.types()))
            .fold(0, |all, bits| all | bits)
    }

    /// Whether this stream is kept for who may still subscribe.
    const fn keeps(&self, stream: Stream) -> bool {
        self.open && (self.expecting || matches!(stream, Stream::Platform))
    }

    fn keep(&mut self, event: Event) {
        let bytes = self.backlog_bytes + event.record.len() + size_of::<Event>();
        if self.keeps(event.stream) && bytes <= limits::TELEMETRY_BACKLOG_MAX_BYTES {
            self.backlog_bytes = bytes;
            self.backlog.push(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attach(telemetry: &Telemetry) -> Attached {
        let dial: Dial = Arc::new(|| Box::pin(std::future::pending()));
        telemetry.attach(Means { dial, tasks: tokio_util::task::TaskTracker::new() }, false)
    }

    fn subscribe(telemetry: &Telemetry) -> Subscribed {
        let asked = r#"{"types": ["function"], "destination": {"protocol": "TCP", "port": 9}}"#;
        telemetry.subscribe("x", parse(Api::Logs, asked.as_bytes()).unwrap())
    }

    #[tokio::test]
    async fn the_end_of_a_sandbox_is_not_that_of_the_one_that_took_its_place() {
        let telemetry = Telemetry::default();
        let lost = attach(&telemetry);
        assert_eq!(subscribe(&telemetry), Subscribed::New);
        let sandbox = attach(&telemetry);
        assert_eq!(subscribe(&telemetry), Subscribed::New, "who had subscribed is gone");
        telemetry.end(lost);
        assert_eq!(subscribe(&telemetry), Subscribed::Already);
        telemetry.close();
        assert!(telemetry.wants(Stream::Function));
        telemetry.end(sandbox);
        assert!(!telemetry.wants(Stream::Function));
    }
}
