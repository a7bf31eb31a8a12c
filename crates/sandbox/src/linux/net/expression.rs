//! What a rule of `nf_tables` looks at and does, as the kernel wants it written. Never decides what a rule is for.
//!
//! Source: `linux/netfilter/nf_tables.h`; `nft --debug=netlink` shows the same for a rule written as text.

use std::net::IpAddr;

use super::netlink::{attribute, attributes, terminated};

/// One step of a rule.
pub(super) type Expression = Vec<u8>;

/// What a rule compares goes through this register.
const REGISTER: u32 = 1;
/// What a rule decides goes here.
const VERDICT: u32 = 0;

/// What a packet is known by.
#[derive(Debug, Clone, Copy)]
pub(super) enum Meta {
    /// `iifname`: where it came in.
    InName = 6,
    /// `oifname`: where it goes out.
    OutName = 7,
    /// `nfproto`: 2 for IPv4, 10 for IPv6.
    Family = 15,
    /// `l4proto`.
    Transport = 16,
}

/// What becomes of a packet.
#[derive(Debug, Clone, Copy)]
pub(super) enum Verdict<'a> {
    /// It goes on.
    Accept,
    /// It vanishes.
    Drop,
    /// Another chain looks at it.
    Jump(&'a str),
}

/// The interface's name begins with this, or is it where `whole`.
pub(super) fn interface(meta: Meta, name: &str, whole: bool) -> [Expression; 2] {
    let value = if whole { padded(name) } else { name.as_bytes().into() };
    [load_meta(meta), compare(&value)]
}

/// Its address family or its protocol is this.
pub(super) fn is(meta: Meta, number: u8) -> [Expression; 2] {
    [load_meta(meta), compare(&[number])]
}

/// `ip daddr` or `ip6 daddr` within a network.
pub(super) fn to(network: IpAddr, prefix: u8) -> Vec<Expression> {
    const IPV4: u8 = 2;
    const IPV6: u8 = 10;
    let (family, offset, octets) = match network {
        IpAddr::V4(address) => (IPV4, 16, address.octets().to_vec()),
        IpAddr::V6(address) => (IPV6, 24, address.octets().to_vec()),
    };
    let payload = [number(1, REGISTER), number(2, 1), number(3, offset), number(4, length(&octets))];
    let mut steps = is(Meta::Family, family).to_vec();
    steps.extend([expression("payload", &payload), masked(&mask(prefix, octets.len())), compare(&octets)]);
    steps
}

/// `fib daddr type local`: an address of this host.
pub(super) fn to_this_host() -> [Expression; 2] {
    const ADDRESS_TYPE: u32 = 3;
    const DESTINATION: u32 = 2;
    const LOCAL: u32 = 2;
    [fib(ADDRESS_TYPE, DESTINATION), compare(&LOCAL.to_ne_bytes())]
}

/// `fib saddr . iif oif missing`: answers to its sender would not go back where it came in.
pub(super) fn from_nowhere() -> [Expression; 2] {
    const INTERFACE: u32 = 1;
    const SOURCE_AND_INTERFACE: u32 = 1 | 8;
    [fib(INTERFACE, SOURCE_AND_INTERFACE), compare(&0_u32.to_ne_bytes())]
}

/// `ct state established,related`: it belongs to what a sandbox began.
pub(super) fn answers() -> [Expression; 3] {
    const ESTABLISHED_OR_RELATED: u32 = 2 | 4;
    const NOT_EQUAL: u32 = 1;
    let state = expression("ct", &[number(2, 0), number(1, REGISTER)]);
    let none = compare_as(NOT_EQUAL, &0_u32.to_ne_bytes());
    [state, masked(&ESTABLISHED_OR_RELATED.to_ne_bytes()), none]
}

/// Ends the rule.
pub(super) fn then(verdict: Verdict<'_>) -> Expression {
    let (code, chain) = match verdict {
        Verdict::Accept => (1_i32, None),
        Verdict::Drop => (0, None),
        Verdict::Jump(chain) => (-3, Some(attribute(2, &terminated(chain)))),
    };
    let code = attribute(1, &code.to_be_bytes());
    let inner: Vec<_> = [code].into_iter().chain(chain).collect();
    expression("immediate", &[number(1, VERDICT), attributes(2, &[attributes(2, &inner)])])
}

/// Tells the sender that nobody listens there: over TCP by a reset, else by ICMP.
pub(super) fn refuse(tcp: bool) -> Expression {
    const RESET: u32 = 1;
    const ICMP_OF_EITHER_FAMILY: u32 = 2;
    const PORT_UNREACHABLE: u8 = 1;
    match tcp {
        true => expression("reject", &[number(1, RESET)]),
        false => expression("reject", &[number(1, ICMP_OF_EITHER_FAMILY), attribute(2, &[PORT_UNREACHABLE])]),
    }
}

/// Goes out under the address of the interface it goes out by.
pub(super) fn masquerade() -> Expression {
    expression("masq", &[])
}

fn fib(result: u32, flags: u32) -> Expression {
    expression("fib", &[number(1, REGISTER), number(2, result), number(3, flags)])
}

fn load_meta(meta: Meta) -> Expression {
    expression("meta", &[number(2, meta as u32), number(1, REGISTER)])
}

fn compare(value: &[u8]) -> Expression {
    const EQUAL: u32 = 0;
    compare_as(EQUAL, value)
}

fn compare_as(how: u32, value: &[u8]) -> Expression {
    expression("cmp", &[number(1, REGISTER), number(2, how), data(3, value)])
}

fn masked(mask: &[u8]) -> Expression {
    let zero = vec![0; mask.len()];
    let registers = [number(1, REGISTER), number(2, REGISTER), number(3, length(mask))];
    expression("bitwise", &[&registers[..], &[data(4, mask), data(5, &zero)]].concat())
}

fn mask(prefix: u8, bytes: usize) -> Vec<u8> {
    let bits = |byte: usize| usize::from(prefix).saturating_sub(byte * 8).min(8);
    (0..bytes)
        .map(|byte| u8::MAX.checked_shl(u32::try_from(8 - bits(byte)).unwrap_or(8)).unwrap_or(0))
        .collect()
}

fn padded(name: &str) -> Vec<u8> {
    const NAME_BYTES: usize = 16;
    let mut bytes = name.as_bytes().to_vec();
    bytes.resize(NAME_BYTES, 0);
    bytes
}

fn expression(name: &str, inner: &[Vec<u8>]) -> Expression {
    const ELEMENT: u16 = 1;
    attributes(ELEMENT, &[attribute(1, &terminated(name)), attributes(2, inner)])
}

/// A number as `nf_tables` has them: the other way round than the rest of netlink.
fn number(kind: u16, value: u32) -> Vec<u8> {
    attribute(kind, &value.to_be_bytes())
}

fn data(kind: u16, value: &[u8]) -> Vec<u8> {
    attributes(kind, &[attribute(1, value)])
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("an address is short")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_covers_the_prefix() {
        assert_eq!(mask(16, 4), [255, 255, 0, 0]);
        assert_eq!(mask(10, 4), [255, 192, 0, 0]);
        assert_eq!(mask(32, 4), [255; 4]);
        assert_eq!(mask(0, 4), [0; 4]);
    }
}
