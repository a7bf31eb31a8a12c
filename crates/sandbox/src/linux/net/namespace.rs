//! One network namespace made ready: its loopback is up, its sockets listen, and with an end of a pair it has a way out.
//! Never holds a process.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::os::fd::{AsFd, OwnedFd};

use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space};

use super::link::{self, Addresses};
use super::netlink::Socket;
use super::subnet::Subnet;

/// Where the Runtime API listens inside a network namespace of its own.
pub(in crate::linux) const RUNTIME_API_PORT: u16 = 9001;
/// Who answers questions about names inside: the address that AWS has for it.
pub(in crate::linux) const RESOLVER: Ipv4Addr = Ipv4Addr::new(169, 254, 78, 1);
const DNS_PORT: u16 = 53;
/// How many names of interfaces are tried.
const NAME_TRIES: u32 = 64;

/// A network for one sandbox.
#[derive(Debug)]
pub(in crate::linux) struct Ready {
    pub(in crate::linux) namespace: OwnedFd,
    pub(in crate::linux) runtime_api: TcpListener,
    pub(in crate::linux) endpoint: Option<TcpListener>,
    pub(in crate::linux) resolver: Option<Resolver>,
}

/// Where questions about names come in.
#[derive(Debug)]
pub(in crate::linux) struct Resolver {
    pub(in crate::linux) udp: UdpSocket,
    pub(in crate::linux) tcp: TcpListener,
}

/// What the ends on the host are made with.
#[derive(Debug)]
pub(super) struct Uplink {
    pub(super) subnet: Subnet,
    pub(super) mtu_bytes: u32,
    host: Socket,
    host_any: OwnedFd,
}

impl Uplink {
    /// From this thread's network namespace, which is the host's.
    pub(super) fn new(subnet: Subnet, mtu_bytes: u32) -> io::Result<Self> {
        let (host, host_any) = (Socket::open(None)?, link::any_socket()?);
        Ok(Self { subnet, mtu_bytes, host, host_any })
    }

    fn connect(&mut self, namespace: &OwnedFd) -> io::Result<Addresses> {
        let mut tries = 0..NAME_TRIES;
        loop {
            let (name, addresses) = self.subnet.next();
            let (any, namespace) = (self.host_any.as_fd(), namespace.as_fd());
            match link::pair(&mut self.host, any, &name, namespace, self.mtu_bytes, addresses) {
                // Still in use, or not quite gone.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries.next().is_some() => {}
                made => return made.map(|()| addresses),
            }
        }
    }
}

/// Makes one. This thread is in it then, and in no other: only a thread that does nothing else may call this.
pub(super) fn make(endpoint_port: Option<u16>, uplink: Option<&mut Uplink>) -> io::Result<Ready> {
    #[expect(deprecated, reason = "unsafe only for CLONE_FILES, which is not asked for")]
    rustix::thread::unshare(UnshareFlags::NEWNET)?;
    let namespace: OwnedFd = File::open("/proc/thread-self/ns/net")?.into();
    link::raise_loopback()?;
    let resolver = uplink.map(|uplink| connect(uplink, &namespace)).transpose()?;
    Ok(Ready {
        namespace,
        runtime_api: listen(RUNTIME_API_PORT)?,
        endpoint: endpoint_port.map(listen).transpose()?,
        resolver,
    })
}

fn connect(uplink: &mut Uplink, namespace: &OwnedFd) -> io::Result<Resolver> {
    let addresses = uplink.connect(namespace)?;
    link::furnish(addresses, RESOLVER)?;
    let (udp, tcp) = (UdpSocket::bind((RESOLVER, DNS_PORT))?, TcpListener::bind((RESOLVER, DNS_PORT))?);
    udp.set_nonblocking(true)?;
    tcp.set_nonblocking(true)?;
    Ok(Resolver { udp, tcp })
}

/// Moves this process into a network made ready for it, if there is one.
pub(in crate::linux) fn join(namespace: Option<&OwnedFd>) -> io::Result<()> {
    let Some(namespace) = namespace else { return Ok(()) };
    Ok(move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?)
}

/// A listener on the loopback of this thread's network namespace, as tokio takes it.
pub(in crate::linux) fn listen(port: u16) -> io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
