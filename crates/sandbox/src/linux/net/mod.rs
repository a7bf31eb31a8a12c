//! What sandboxes reach: network namespaces made ahead, a way out for those that have one, names, and the server's own
//! endpoint. Never lets a sandbox reach this host or another sandbox.

mod dns;
mod door;
mod expression;
mod filter;
mod forwarding;
mod link;
mod namespace;
mod nat;
mod netlink;
mod others;
mod pool;
mod shared;
mod subnet;

use std::io;
use std::net::TcpListener;
use std::path::Path;

use lambent_core::limits::NETWORKS_READY_IDLE;
use tokio::time::interval;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use self::door::Receptionist;
use self::nat::Nat;
use self::pool::Pool;
use super::message::Hello;
use super::report::Capability;
use super::{Isolation, Options};
use crate::Network;

pub use self::door::{Reception, Visit};
pub(super) use self::link::raise_loopback;
pub(super) use self::namespace::{RUNTIME_API_PORT, Ready, Resolver, join, listen};

/// The networks of a server's sandboxes.
#[derive(Debug)]
pub(super) struct Networks {
    /// None where each sandbox makes its own, or has none: without root, or without isolation.
    plain: Option<Pool>,
    /// None where nobody asked for it.
    nat: Option<Result<Nat, nat::Lack>>,
    reception: Receptionist,
    tasks: TaskTracker,
}

/// What could be said of `nat` on this host, where it is asked for. Changes nothing.
pub(super) fn look(options: &Options, hello: &Hello) -> Option<Capability> {
    let found = nat::look(options, hello);
    options.nat.then(|| nat::capability(found.as_ref().map(|()| "this host can have it".to_owned())))
}

impl Networks {
    /// Makes the filter of `nat` if that is asked for, and no network before there is a sandbox.
    pub(super) fn new(options: &Options, hello: &Hello, tasks: &TaskTracker) -> Self {
        let ahead = options.isolation != Isolation::Process && !hello.user_namespace;
        let plain =
            ahead.then(|| Pool::new(options.endpoint_port, None)).transpose().unwrap_or_else(|error| {
                tracing::warn!(%error, "networks are not made ahead");
                None
            });
        let nat = options.nat.then(|| nat::look(options, hello).and_then(|()| Nat::set_up(options)));
        Self { plain, nat, reception: Receptionist::default(), tasks: tasks.clone() }
    }

    /// What is to be said of `nat`, where it is asked for.
    pub(super) fn capability(&self) -> Option<Capability> {
        Some(nat::capability(self.nat.as_ref()?.as_ref().map(Nat::to_string)))
    }

    /// A network for a sandbox in a namespace of its own; none where it is to make that itself.
    ///
    /// # Errors
    /// Where there is no `nat`, or the host has no room for another.
    pub(super) async fn take(&self, network: Network) -> io::Result<Option<Ready>> {
        match network {
            Network::Host => Ok(None),
            Network::None => Ok(self.plain.as_ref().and_then(Pool::take_ready)),
            Network::Nat => match &self.nat {
                Some(Ok(nat)) => nat.pool.take().await.map(Some),
                Some(Err(lack)) => Err(io::Error::other(lack.reason.clone())),
                None => Err(io::Error::other("not set up")),
            },
        }
    }

    /// What a sandbox with a way out has for its `/etc/resolv.conf`.
    pub(super) fn resolv_conf(&self) -> Option<&Path> {
        self.nat.as_ref()?.as_ref().ok().map(|nat| nat.resolv_conf.as_path())
    }

    /// Serves what listens inside a sandbox until the answer is dropped.
    pub(super) fn serve(&self, endpoint: Option<TcpListener>, resolver: Option<Resolver>) -> DropGuard {
        let gone = CancellationToken::new();
        if let Some(listener) = endpoint {
            self.tasks.spawn(door::keep(listener, self.reception.subscribe(), gone.clone()));
        }
        if let Some(resolver) = resolver {
            self.tasks.spawn(dns::serve(resolver, gone.clone()));
        }
        gone.drop_guard()
    }

    /// From now on, who connects to the endpoint inside a sandbox is served.
    pub(super) fn receive(&self, reception: Reception) {
        self.reception.send_replace(Some(reception));
    }

    /// Drops networks nobody needs, until told to stop.
    pub(super) async fn tidy(&self, stop: CancellationToken) {
        let mut now_and_then = interval(NETWORKS_READY_IDLE / 2);
        while stop.run_until_cancelled(now_and_then.tick()).await.is_some() {
            self.pools().for_each(Pool::tidy);
        }
    }

    /// Removes everything. No sandbox may be left.
    pub(super) async fn close(&self) {
        for pool in self.pools() {
            pool.close().await;
        }
        // It holds whoever serves.
        self.reception.send_replace(None);
        if let Some(Ok(nat)) = &self.nat {
            nat.close().await;
        }
    }

    fn pools(&self) -> impl Iterator<Item = &Pool> {
        let nat = self.nat.as_ref().and_then(|nat| nat.as_ref().ok()).map(|nat| &nat.pool);
        self.plain.iter().chain(nat)
    }
}
