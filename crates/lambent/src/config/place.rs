//! Where the server listens: addresses as they are written, names looked up. Binds nothing.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};

use anyhow::{Context as _, Result, ensure};

/// LocalStack's port, so that its tools work unchanged.
const PORT: u16 = 4566;

/// One place to listen at. Of several addresses those that this host lacks are left out, but one must be there: a host
/// without IPv6 still has a `localhost`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) addresses: Vec<SocketAddr>,
}

impl Place {
    /// Where the server listens if it is not told.
    pub(super) fn default() -> Self {
        let (v4, v6) = (IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST));
        Self { addresses: vec![SocketAddr::new(v4, PORT), SocketAddr::new(v6, PORT)] }
    }

    /// `127.0.0.1:4566`, `[::1]:4566` or `localhost:4566`.
    pub(super) fn read(text: &str) -> Result<Self> {
        if let Ok(address) = text.parse() {
            return Ok(Self { addresses: vec![address] });
        }
        let found = text.to_socket_addrs().with_context(|| format!("--listen {text:?} is no HOST:PORT"))?;
        let mut addresses: Vec<SocketAddr> = found.collect();
        // The first is the one shown to people.
        addresses.sort();
        addresses.dedup();
        ensure!(!addresses.is_empty(), "--listen {text:?} has no address");
        Ok(Self { addresses })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_places() {
        assert_eq!(Place::read("[::1]:7").unwrap().addresses, ["[::1]:7".parse().unwrap()]);
        let named = Place::read("localhost:7").unwrap().addresses;
        assert!(named.contains(&"127.0.0.1:7".parse().unwrap()), "{named:?}");
        for wrong in ["localhost", "127.0.0.1", ":", "", "host:port"] {
            assert!(Place::read(wrong).is_err(), "{wrong}");
        }
    }
}
