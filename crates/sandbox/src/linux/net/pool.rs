//! Networks made ahead of the sandboxes that need them: as many as were missing lately, none where none were needed for a
//! while. Never makes one on a thread that does anything else.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;

use lambent_core::limits::{NETWORKS_READY_IDLE, NETWORKS_READY_MAX, NETWORKS_READY_MIN};
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;
use tokio::time::Instant;

use super::namespace::{self, Ready, Uplink};

/// Networks of one kind.
#[derive(Debug)]
pub(super) struct Pool {
    stock: Arc<Mutex<Stock>>,
    orders: mpsc::Sender<Order>,
    maker: Mutex<Option<JoinHandle<()>>>,
}

/// Somebody who waits for a network.
type Waiter = oneshot::Sender<io::Result<Ready>>;

/// What the maker is told.
enum Order {
    /// Make one for somebody who waits.
    Give(Waiter),
    /// Make one to be kept.
    Keep,
    End,
}

#[derive(Debug)]
struct Stock {
    ready: Vec<Ready>,
    /// How many are to be kept.
    wanted: usize,
    /// How many are being made to be kept.
    coming: usize,
    used: Instant,
}

impl Stock {
    fn take(&mut self, now: Instant) -> Option<Ready> {
        let rested = now.duration_since(self.used) > NETWORKS_READY_IDLE;
        self.used = now;
        let one = self.ready.pop();
        self.wanted = match (&one, rested) {
            (_, true) => NETWORKS_READY_MIN,
            (Some(_), false) => self.wanted.max(NETWORKS_READY_MIN),
            (None, false) => (self.wanted * 2).clamp(NETWORKS_READY_MIN, NETWORKS_READY_MAX),
        };
        one
    }

    /// How many more to make.
    fn order(&mut self) -> usize {
        let missing = self.wanted.saturating_sub(self.ready.len() + self.coming);
        self.coming += missing;
        missing
    }

    fn keep(&mut self, made: io::Result<Ready>) {
        self.coming -= 1;
        match made {
            Ok(one) if self.ready.len() < self.wanted => self.ready.push(one),
            Ok(_not_wanted_any_more) => {}
            Err(error) => tracing::warn!(%error, "no network kept ready for the next sandbox"),
        }
    }

    /// Takes out what nobody asked for lately.
    fn unused(&mut self, now: Instant) -> Vec<Ready> {
        if now.duration_since(self.used) <= NETWORKS_READY_IDLE {
            return Vec::new();
        }
        self.wanted = 0;
        std::mem::take(&mut self.ready)
    }
}

impl Pool {
    /// An empty pool, whose networks have a way out with `uplink`.
    pub(super) fn new(endpoint_port: Option<u16>, mut uplink: Option<Uplink>) -> io::Result<Self> {
        let stock = Stock { ready: Vec::new(), wanted: 0, coming: 0, used: Instant::now() };
        let stock = Arc::new(Mutex::new(stock));
        let (orders, asked) = mpsc::channel::<Order>();
        let kept = Arc::clone(&stock);
        let make = move || {
            let (mut waiting, mut missing) = (VecDeque::<Waiter>::new(), 0);
            while next(&asked, &mut waiting, &mut missing).is_some() {
                let made = namespace::make(endpoint_port, uplink.as_mut());
                // Who waits comes first; who does not wait any more drops it.
                match waiting.pop_front() {
                    Some(waits) => drop(waits.send(made)),
                    None => {
                        missing -= 1;
                        lock(&kept).keep(made);
                    }
                }
            }
        };
        let maker = std::thread::Builder::new().name("lambent-net".into()).spawn(make)?;
        Ok(Self { stock, orders, maker: Mutex::new(Some(maker)) })
    }

    /// One that is ready, if there is. The pool is filled up in the background.
    pub(super) fn take_ready(&self) -> Option<Ready> {
        let (one, missing) = self.pop();
        self.fill(missing);
        one
    }

    /// One that is ready, or else a new one.
    pub(super) async fn take(&self) -> io::Result<Ready> {
        let (one, missing) = self.pop();
        if let Some(one) = one {
            self.fill(missing);
            return Ok(one);
        }
        let (answer, made) = oneshot::channel();
        self.send(Order::Give(answer));
        self.fill(missing);
        made.await.unwrap_or_else(|_| Err(io::Error::other("the maker of networks has ended")))
    }

    /// One that is ready, and how many are to be made now.
    fn pop(&self) -> (Option<Ready>, usize) {
        let mut stock = lock(&self.stock);
        (stock.take(Instant::now()), stock.order())
    }

    fn fill(&self, missing: usize) {
        (0..missing).for_each(|_| self.send(Order::Keep));
    }

    /// Drops what nobody asked for lately.
    pub(super) fn tidy(&self) {
        drop(lock(&self.stock).unused(Instant::now()));
    }

    /// Drops all and ends the thread.
    pub(super) async fn close(&self) {
        self.send(Order::End);
        let maker = lock(&self.maker).take();
        if let Some(maker) = maker {
            // It ends when it has made what it is at.
            let _ = spawn_blocking(move || maker.join()).await;
        }
        let mut stock = lock(&self.stock);
        stock.wanted = 0;
        stock.ready.clear();
    }

    fn send(&self, order: Order) {
        // A maker that has ended makes nothing more.
        let _ = self.orders.send(order);
    }
}

/// Takes orders until there is something to make; nothing when there never will be.
fn next(asked: &mpsc::Receiver<Order>, waiting: &mut VecDeque<Waiter>, missing: &mut usize) -> Option<()> {
    while waiting.is_empty() && *missing == 0 {
        take_in(asked.recv().ok()?, waiting, missing)?;
    }
    while let Ok(order) = asked.try_recv() {
        take_in(order, waiting, missing)?;
    }
    Some(())
}

fn take_in(order: Order, waiting: &mut VecDeque<Waiter>, missing: &mut usize) -> Option<()> {
    match order {
        Order::Give(waits) => waiting.push_back(waits),
        Order::Keep => *missing += 1,
        Order::End => return None,
    }
    Some(())
}

fn lock<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // No code between lock and unlock can panic half way through a change.
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn stock(now: Instant) -> Stock {
        Stock { ready: Vec::new(), wanted: 0, coming: 0, used: now }
    }

    #[tokio::test]
    async fn as_many_are_made_as_were_missing() {
        let (start, mut orders) = (Instant::now(), Vec::new());
        let mut stock = stock(start);
        for _ in 0..8 {
            assert!(stock.take(start).is_none());
            orders.push(stock.order());
        }
        assert_eq!(orders.iter().sum::<usize>(), NETWORKS_READY_MAX);
        assert_eq!(orders[..2], [NETWORKS_READY_MIN, NETWORKS_READY_MIN]);
        let later = start + NETWORKS_READY_IDLE + Duration::from_secs(1);
        assert!(stock.unused(later).is_empty());
        stock.coming = 0;
        assert_eq!((stock.order(), stock.wanted), (0, 0), "nobody asks any more");
        assert!(stock.take(later).is_none());
        assert_eq!(stock.order(), NETWORKS_READY_MIN, "and begins small again");
    }

    #[tokio::test]
    async fn who_waits_comes_first() {
        let (orders, asked) = mpsc::channel();
        let (answer, _made) = oneshot::channel();
        let (mut waiting, mut missing) = (VecDeque::new(), 0);
        for order in [Order::Keep, Order::Keep, Order::Give(answer)] {
            orders.send(order).unwrap();
        }
        assert!(next(&asked, &mut waiting, &mut missing).is_some());
        assert_eq!((waiting.len(), missing), (1, 2));
        orders.send(Order::End).unwrap();
        assert!(next(&asked, &mut waiting, &mut missing).is_none());
    }
}
