//! Interfaces of sandboxes: the loopback, and a pair of ends of which one is in the sandbox and the other on the host.
//! Never decides what may pass.
//!
//! Both ends have one hardware address and ask for none (`NOARP`): what is sent by one has the address of the other
//! already. So there are no neighbours to learn, nor a table of them that a sandbox could fill.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

use rustix::net::{AddressFamily, SocketFlags, SocketType, netdevice, socket_with};

use super::netlink::{ACK, CREATE, EXCLUSIVE, Message, Socket, attribute, attributes, terminated};
use crate::linux::sys;

/// What the end inside is called, as on AWS.
const INSIDE: &str = "eth0";
/// Its number in a namespace that has only a loopback yet.
const INSIDE_INDEX: u32 = 2;
/// The loopback's number.
const LOOPBACK_INDEX: u32 = 1;
/// Where everything outside is sent to. Nobody has these addresses, nor needs to.
const GATEWAY: (Ipv4Addr, Ipv6Addr) =
    (Ipv4Addr::new(169, 254, 1, 1), Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1));
/// Of both ends. The second digit says that nobody gave it to a maker of devices.
const HARDWARE: [u8; 6] = [0x02, 0x1a, 0x3b, 0, 0, 1];

const NEW_LINK: u16 = 16;
const NEW_ADDRESS: u16 = 20;
const NEW_ROUTE: u16 = 24;
const UP: u32 = 0x1;
const NO_ARP: u32 = 0x80;
/// The gateway is on the link, whatever the addresses say.
const ON_LINK: u32 = 4;
/// No search for another host with the same address.
const NO_DAD: u32 = 2;

/// The addresses of one sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Addresses {
    pub(super) v4: Ipv4Addr,
    pub(super) v6: Option<Ipv6Addr>,
}

impl Addresses {
    fn all(self) -> impl Iterator<Item = IpAddr> {
        [IpAddr::V4(self.v4)].into_iter().chain(self.v6.map(IpAddr::V6))
    }
}

/// Raises the loopback of this thread's network namespace.
pub(in crate::linux) fn raise_loopback() -> io::Result<()> {
    sys::raise_loopback(any_socket()?.as_fd())
}

/// Makes a pair of ends, `name` on the host and the other in `namespace`, and sends the sandbox's addresses there.
///
/// # Errors
/// `AlreadyExists` if the host has an interface of this name.
pub(super) fn pair(
    host: &mut Socket,
    host_any: BorrowedFd<'_>,
    name: &str,
    namespace: BorrowedFd<'_>,
    mtu_bytes: u32,
    addresses: Addresses,
) -> io::Result<()> {
    let inside = [
        link_header(INSIDE_INDEX, 0),
        attribute(IFLA_IFNAME, &terminated(INSIDE)),
        attribute(IFLA_ADDRESS, &HARDWARE),
        attribute(IFLA_MTU, &mtu_bytes.to_ne_bytes()),
        attribute(IFLA_NET_NS_FD, &namespace.as_raw_fd().to_ne_bytes()),
    ];
    let kind = attribute(IFLA_INFO_KIND, b"veth");
    let peer = attributes(IFLA_INFO_DATA, &[attribute(VETH_INFO_PEER, &inside.concat())]);
    let made = Message::new(NEW_LINK, ACK | CREATE | EXCLUSIVE, &link_header(0, 0))
        .with_text(IFLA_IFNAME, name)
        .with(IFLA_ADDRESS, &HARDWARE)
        .with(IFLA_MTU, &mtu_bytes.to_ne_bytes())
        .with_all(IFLA_LINKINFO, &[kind, peer]);
    host.ask(vec![made])?;
    let index = netdevice::name_to_index(host_any, name)?;
    let mut messages = vec![raised(index, addresses)];
    messages.extend(addresses.all().map(|address| route(address, full(address), None, index)));
    host.ask(messages)
}

/// Gives the end in this thread's network namespace its addresses and makes it the way out; `resolver` becomes an address
/// of the loopback.
pub(super) fn furnish(addresses: Addresses, resolver: Ipv4Addr) -> io::Result<()> {
    let mut messages = vec![address(resolver.into(), LOOPBACK_INDEX), raised(INSIDE_INDEX, addresses)];
    for own in addresses.all() {
        messages.push(address(own, INSIDE_INDEX));
        let (everywhere, gateway) = match own {
            IpAddr::V4(_) => (IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V4(GATEWAY.0)),
            IpAddr::V6(_) => (IpAddr::V6(Ipv6Addr::UNSPECIFIED), IpAddr::V6(GATEWAY.1)),
        };
        messages.push(route(everywhere, 0, Some(gateway), INSIDE_INDEX));
    }
    Socket::open(None)?.ask(messages)
}

/// A socket for questions about interfaces in this thread's network namespace.
pub(super) fn any_socket() -> io::Result<std::os::fd::OwnedFd> {
    Ok(socket_with(AddressFamily::INET, SocketType::DGRAM, SocketFlags::CLOEXEC, None)?)
}

fn raised(index: u32, addresses: Addresses) -> Message {
    let up = Message::new(NEW_LINK, ACK, &link_header(index, UP | NO_ARP));
    if addresses.v6.is_none() {
        return up;
    }
    // Else the kernel would make an address of the link, by which each end reaches the other.
    let none = attributes(AF_INET6.into(), &[attribute(IFLA_INET6_ADDR_GEN_MODE, &[1])]);
    up.with_all(IFLA_AF_SPEC, &[none])
}

fn address(address: IpAddr, index: u32) -> Message {
    let mut fixed = vec![family(address), full(address), 0, 0];
    fixed.extend(index.to_ne_bytes());
    let bytes = octets(address);
    Message::new(NEW_ADDRESS, ACK | CREATE | EXCLUSIVE, &fixed)
        .with(IFA_LOCAL, &bytes)
        .with(IFA_ADDRESS, &bytes)
        .with(IFA_FLAGS, &NO_DAD.to_ne_bytes())
}

fn route(to: IpAddr, prefix: u8, gateway: Option<IpAddr>, index: u32) -> Message {
    const MAIN_TABLE: u8 = 254;
    const BY_BOOT: u8 = 3;
    const UNICAST: u8 = 1;
    let scope = if gateway.is_some() || to.is_ipv6() { 0 } else { 253 };
    let mut fixed = vec![family(to), prefix, 0, 0, MAIN_TABLE, BY_BOOT, scope, UNICAST];
    fixed.extend(if gateway.is_some() { ON_LINK } else { 0 }.to_ne_bytes());
    let mut message =
        Message::new(NEW_ROUTE, ACK | CREATE | EXCLUSIVE, &fixed).with(RTA_OIF, &index.to_ne_bytes());
    if prefix > 0 {
        message = message.with(RTA_DST, &octets(to));
    }
    gateway.into_iter().fold(message, |message, gateway| message.with(RTA_GATEWAY, &octets(gateway)))
}

fn link_header(index: u32, flags: u32) -> Vec<u8> {
    [[0; 4], index.to_ne_bytes(), flags.to_ne_bytes(), flags.to_ne_bytes()].concat()
}

fn family(address: IpAddr) -> u8 {
    if address.is_ipv4() { AF_INET } else { AF_INET6 }
}

fn full(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().into(),
        IpAddr::V6(address) => address.octets().into(),
    }
}

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const IFLA_ADDRESS: u16 = 1;
const IFLA_IFNAME: u16 = 3;
const IFLA_MTU: u16 = 4;
const IFLA_LINKINFO: u16 = 18;
const IFLA_AF_SPEC: u16 = 26;
const IFLA_NET_NS_FD: u16 = 28;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;
const VETH_INFO_PEER: u16 = 1;
const IFLA_INET6_ADDR_GEN_MODE: u16 = 8;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_FLAGS: u16 = 8;
const RTA_DST: u16 = 1;
const RTA_OIF: u16 = 4;
const RTA_GATEWAY: u16 = 5;
