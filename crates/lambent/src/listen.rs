//! Sockets: where the server listens, and how many connections it takes. Never looks into a connection.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use http::Request;
use hyper::body::Incoming;
use lambent_core::limits::CONNECTIONS_MAX;
use lambent_sandbox::linux::{Reception, Visit};
use lambent_services::pipeline::Connection;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;
use tracing::{debug, warn};

use crate::config::Place;
use crate::connection::{self, Ends};
use crate::front::Front;
use crate::tls::{Door, Wire};

/// How long accepting rests after the system refused a connection: it is out of descriptors, and others must end first.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// Binds every place, or none. Of a place with several addresses those this host lacks are left out.
pub(crate) async fn bind(places: &[Place]) -> Result<Vec<TcpListener>> {
    let mut listeners = Vec::new();
    for place in places {
        listeners.append(&mut bind_place(place).await?);
    }
    Ok(listeners)
}

async fn bind_place(place: &Place) -> Result<Vec<TcpListener>> {
    let (mut bound, mut lacking) = (Vec::new(), None);
    for address in &place.addresses {
        match TcpListener::bind(address).await {
            Ok(listener) => bound.push(listener),
            Err(fault) if is_lacking(&fault) => {
                lacking = Some(anyhow::Error::new(fault).context(format!("cannot listen on {address}")));
            }
            Err(fault) => return Err(fault).with_context(|| format!("cannot listen on {address}")),
        }
    }
    match lacking {
        Some(fault) if bound.is_empty() => Err(fault),
        Some(fault) => {
            warn!("{fault:#}: left out");
            Ok(bound)
        }
        None => Ok(bound),
    }
}

/// Whether this host has no such address, as `::1` where IPv6 is turned off.
fn is_lacking(fault: &io::Error) -> bool {
    fault.kind() == io::ErrorKind::AddrNotAvailable
        || fault.raw_os_error() == Some(rustix::io::Errno::AFNOSUPPORT.raw_os_error())
}

/// What all connections share.
#[derive(Debug, Clone)]
pub(crate) struct Connections {
    front: Arc<Front>,
    door: Door,
    room: Arc<Semaphore>,
    /// The same for connections from inside sandboxes, so that these leave room for others.
    room_inside: Arc<Semaphore>,
    pub(crate) all: TaskTracker,
    pub(crate) ends: Ends,
}

impl Connections {
    pub(crate) fn new(front: Front, door: Door) -> Self {
        Self {
            front: Arc::new(front),
            door,
            room: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            room_inside: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            all: TaskTracker::new(),
            ends: Ends::default(),
        }
    }

    /// Accepts until told to stop; connections that are open then end after their requests.
    pub(crate) async fn accept(self, listener: TcpListener) {
        _ = self.ends.soon.clone().run_until_cancelled(self.accept_all(&listener)).await;
    }

    async fn accept_all(&self, listener: &TcpListener) {
        loop {
            let room = Arc::clone(&self.room).acquire_owned().await.expect("nobody closes the semaphore");
            match listener.accept().await {
                Ok((stream, peer)) => {
                    let this = self.clone();
                    self.all.spawn(async move {
                        this.serve(stream, peer.ip()).await;
                        drop(room);
                    });
                }
                Err(fault) => {
                    warn!(%fault, "a connection was not accepted");
                    tokio::time::sleep(ACCEPT_REST).await;
                }
            }
        }
    }

    /// What serves connections from inside sandboxes.
    pub(crate) fn reception(&self) -> Reception {
        let this = self.clone();
        Reception::new(move |visit| {
            let visited = this.clone().visited(visit);
            this.all.spawn(visited);
        })
    }

    async fn visited(self, visit: Visit) {
        let Visit { stream, gone, place } = visit;
        let room = Arc::clone(&self.room_inside);
        let served = async {
            let room = room.acquire().await.expect("nobody closes the semaphore");
            self.serve(stream, Ipv4Addr::LOCALHOST.into()).await;
            drop(room);
        };
        _ = gone.run_until_cancelled(served).await;
        drop(place);
    }

    async fn serve(self, stream: TcpStream, peer: IpAddr) {
        // Answers are written whole: waiting for more would only delay them.
        _ = stream.set_nodelay(true);
        let wire = match self.ends.now.run_until_cancelled(self.door.enter(stream)).await {
            Some(Ok(wire)) => wire,
            Some(Err(fault)) => return debug!(%fault, "a connection did not begin"),
            None => return,
        };
        let front = self.front;
        let came = Connection { peer, is_secure: matches!(wire, Wire::Right(_)) };
        let answer = move |mut request: Request<Incoming>, running| {
            let front = Arc::clone(&front);
            request.extensions_mut().insert(came);
            async move { front.answer(request, running, peer).await }
        };
        connection::serve(wire, answer, self.ends).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(addresses: &[&str]) -> Place {
        Place { addresses: addresses.iter().map(|text| text.parse().unwrap()).collect() }
    }

    #[tokio::test]
    async fn an_address_the_host_lacks_is_left_out_where_there_is_another() {
        // An address of documentation, which no host has.
        let bound = bind(&[place(&["127.0.0.1:0", "[2001:db8::1]:0"])]).await.unwrap();
        assert_eq!(bound.len(), 1);
        let fault = bind(&[place(&["127.0.0.1:0"]), place(&["[2001:db8::1]:0"])]).await.unwrap_err();
        assert_eq!(fault.to_string(), "cannot listen on [2001:db8::1]:0");
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_a_fault() {
        let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let taken = taken.local_addr().unwrap().to_string();
        assert!(bind(&[place(&["127.0.0.1:0", &taken])]).await.is_err());
    }
}
