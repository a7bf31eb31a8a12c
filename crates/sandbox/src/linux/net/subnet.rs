//! The addresses one server gives to its sandboxes, taken for itself among all servers of this host. Never one of a
//! network the host has a route to.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::fd::AsFd;
use std::path::Path;

use super::filter::PREFIX;
use super::link::Addresses;
use super::shared;
use crate::linux::sys;

/// Where networks of sandboxes may lie: private ones few choose, then the one for measuring devices (RFC 2544).
const RANGES: [(Ipv4Addr, u32); 2] = [(Ipv4Addr::new(10, 213, 0, 0), 64), (Ipv4Addr::new(198, 18, 0, 0), 8)];
/// Each has 16,384 addresses: more than there are sandboxes.
const PREFIX_BITS: u32 = 18;
const ADDRESSES: u32 = 1 << (32 - PREFIX_BITS);
/// What no prefix of ours covers.
const NETWORK_MASK: u32 = !(ADDRESSES - 1);
/// One byte of this file stands for each network.
const FILE: &str = "networks";

/// A network, this server's as long as the value lives.
#[derive(Debug)]
pub(super) struct Subnet {
    number: u32,
    first: Ipv4Addr,
    ipv6: bool,
    /// How many addresses were ever given: they come again as late as possible, so that no late answer to one sandbox
    /// meets the next.
    given: u32,
    _lock: File,
}

impl Subnet {
    /// Takes the first network from this number on that is free; `ipv6` gives sandboxes an address of that too.
    ///
    /// # Errors
    /// Where all are in use.
    pub(super) fn take(run_dir: &Path, from: u32, ipv6: bool) -> io::Result<Self> {
        let (lock, _) = shared::open(run_dir, FILE)?;
        let routed = routed(&fs::read_to_string("/proc/thread-self/net/route").unwrap_or_default());
        let free = |network: &(u32, Ipv4Addr)| !routed.iter().any(|route| overlap(network.1, *route));
        for (number, first) in networks().skip(from as usize).filter(free) {
            match sys::lock_range(lock.as_fd(), number.into(), 1) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                locked => return locked.map(|()| Self { number, first, ipv6, given: 0, _lock: lock }),
            }
        }
        Err(io::Error::new(io::ErrorKind::ResourceBusy, "all networks for sandboxes are in use"))
    }

    /// Its number among all.
    pub(super) fn number(&self) -> u32 {
        self.number
    }

    /// How the interfaces of this network begin. No other network's begin so.
    pub(super) fn interfaces(&self) -> String {
        format!("{PREFIX}{}-", self.number)
    }

    /// The next sandbox's interface and addresses.
    pub(super) fn next(&mut self) -> (String, Addresses) {
        self.given = self.given % (ADDRESSES - 2) + 1;
        let v4 = Ipv4Addr::from(u32::from(self.first) + self.given);
        let number = |value: u32| u16::try_from(value).expect("networks and their addresses are few");
        let v6 = self
            .ipv6
            .then(|| Ipv6Addr::new(0xfd1a, 0x3b00, 0x2c5d, number(self.number), 0, 0, 0, number(self.given)));
        (format!("{}{:x}", self.interfaces(), self.given), Addresses { v4, v6 })
    }
}

impl std::fmt::Display for Subnet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{PREFIX_BITS}", self.first)
    }
}

fn networks() -> impl Iterator<Item = (u32, Ipv4Addr)> {
    let of = |(first, count): (Ipv4Addr, u32)| {
        (0..count).map(move |n| Ipv4Addr::from(u32::from(first) + n * ADDRESSES))
    };
    (0..).zip(RANGES.into_iter().flat_map(of))
}

/// Networks with a route, and their masks, the one to everywhere apart. The kernel writes an address as the number its
/// bytes are in memory.
fn routed(table: &str) -> Vec<(u32, u32)> {
    let number = |text: &str| Some(u32::from_be_bytes(u32::from_str_radix(text, 16).ok()?.to_ne_bytes()));
    let route = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        Some((number(fields.get(1)?)?, number(fields.get(7)?)?))
    };
    table.lines().skip(1).filter_map(route).filter(|(_, mask)| *mask != 0).collect()
}

fn overlap(network: Ipv4Addr, (route, mask): (u32, u32)) -> bool {
    let both = mask & NETWORK_MASK;
    u32::from(network) & both == route & both
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_the_host_knows_is_left_alone() {
        let table = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n\
                     eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\n\
                     eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\n\
                     vpn\t0000D50A\t00000000\t0001\t0\t0\t0\t0000FFFF\n";
        let routed = routed(table);
        assert_eq!(routed, [(0xC000_0200, 0xFFFF_FF00), (0x0AD5_0000, 0xFFFF_0000)]);
        let free: Vec<_> = networks().filter(|n| !routed.iter().any(|route| overlap(n.1, *route))).collect();
        assert_eq!(free[0], (4, Ipv4Addr::new(10, 214, 0, 0)));
        assert_eq!(networks().last(), Some((71, Ipv4Addr::new(198, 19, 192, 0))));
    }

    #[test]
    fn addresses_differ_and_names_fit() {
        let folder = tempfile::tempdir().unwrap();
        let mut subnet = Subnet {
            number: 71,
            first: Ipv4Addr::new(198, 19, 192, 0),
            ipv6: true,
            given: 0,
            _lock: File::create(folder.path().join("lock")).unwrap(),
        };
        let all: Vec<_> = (0..ADDRESSES - 2).map(|_| subnet.next()).collect();
        assert!(all.iter().all(|(name, _)| name.len() < 16));
        assert_eq!(all[0].1.v4, Ipv4Addr::new(198, 19, 192, 1));
        assert_eq!(all.last().unwrap().1.v4, Ipv4Addr::new(198, 19, 255, 254));
        assert_eq!(subnet.next(), all[0]);
    }
}
