//! What packets of sandboxes may do on this host: out into the world under the host's address, and nothing else.
//!
//! The table belongs to the socket it was made by (`NFT_TABLE_F_OWNER`): nobody else can change it, `nft flush ruleset`
//! passes it by, and the kernel removes it when this process ends, however it ends. As text it would be:
//!
//! ```text
//! table inet lambent3 {
//!   chain arrive  { type filter hook prerouting priority -300; iifname "lambent3-*" jump sandbox }
//!   chain sandbox { fib saddr . iif oif missing drop; fib daddr type local jump refuse; ip daddr 169.254.0.0/16 jump refuse; … }
//!   chain refuse  { meta l4proto tcp reject with tcp reset; reject }
//!   chain enter   { type filter hook input priority -10; iifname "lambent3-*" jump refuse }
//!   chain pass    { type filter hook forward priority -10
//!                   iifname "lambent*" oifname "lambent*" jump refuse
//!                   oifname "lambent3-*" ct state established,related accept; oifname "lambent3-*" drop
//!                   iifname "eth0" jump strangers }
//!   chain strangers { oifname "eth0" drop }
//!   chain leave   { type nat hook postrouting priority 100; iifname "lambent3-*" masquerade }
//! }
//! ```
//!
//! `strangers` is there where this server made the host forward packets: what the host did not pass on between its own
//! interfaces before, it does not now.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rustix::net::netlink;

use super::expression::{
    Expression, Meta, Verdict, answers, from_nowhere, interface, is, masquerade, refuse, then, to,
    to_this_host,
};
use super::netlink::{ACK, APPEND, CREATE, EXCLUSIVE, Message, Socket, attribute, attributes, terminated};

/// How every server's interfaces begin, and its table.
pub(super) const PREFIX: &str = "lambent";

/// Addresses that look like others' but are the machine's own: link-local ones, among them those by which clouds tell a
/// machine its secrets, and the services of clouds that have other addresses for that.
const OF_THE_MACHINE: [(IpAddr, u8); 5] = [
    (IpAddr::V4(Ipv4Addr::new(169, 254, 0, 0)), 16),
    (IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)), 32),
    (IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)), 32),
    (IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0)), 10),
    (IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)), 128),
];

const TCP: u8 = 6;

const NEW_TABLE: u16 = 0xA00;
const NEW_CHAIN: u16 = 0xA03;
const NEW_RULE: u16 = 0xA06;
const GET_GENERATION: u16 = 0xA10;
const BATCH_BEGIN: u16 = 0x10;
const BATCH_END: u16 = 0x11;
/// `NFPROTO_INET`, version 0, no resource: IPv4 and IPv6.
const INET: [u8; 4] = [1, 0, 0, 0];
/// The same of a batch, for `nf_tables`.
const BATCH: [u8; 4] = [0, 0, 0, 10];

/// The table, there as long as this value lives.
#[derive(Debug)]
pub(super) struct Filter {
    _owner: Socket,
}

/// Where a chain hooks in: its type, hook number and priority.
type Hook = (&'static str, u32, i32);

const PREROUTING_EARLY: Hook = ("filter", 0, -300);
const INPUT: Hook = ("filter", 1, -10);
const FORWARD: Hook = ("filter", 2, -10);
const POSTROUTING: Hook = ("nat", 4, 100);

impl Filter {
    /// Makes the table for interfaces that begin with `own`; between those in `strangers` nothing is passed on.
    ///
    /// # Errors
    /// Where the kernel has no `nf_tables`, or this process may not use them.
    pub(super) fn make(own: &str, strangers: &[String]) -> io::Result<Self> {
        let mut owner = Socket::open(Some(netlink::NETFILTER))?;
        let table = own.trim_end_matches('-');
        let mut batch = vec![Message::new(BATCH_BEGIN, 0, &BATCH), new_table(table)];
        batch.extend(chains().map(|(name, hook)| new_chain(table, name, hook)));
        batch.extend(rules(own, strangers).iter().map(|(chain, steps)| new_rule(table, chain, steps)));
        batch.push(Message::new(BATCH_END, 0, &BATCH));
        owner.ask(batch)?;
        Ok(Self { _owner: owner })
    }

    /// Whether such a table could be made. Changes nothing.
    pub(super) fn look() -> io::Result<()> {
        Socket::open(Some(netlink::NETFILTER))?.ask(vec![Message::new(GET_GENERATION, ACK, &INET)])
    }
}

fn chains() -> impl Iterator<Item = (&'static str, Option<Hook>)> {
    // Those that are jumped to come first.
    [
        ("refuse", None),
        ("sandbox", None),
        ("strangers", None),
        ("arrive", Some(PREROUTING_EARLY)),
        ("enter", Some(INPUT)),
        ("pass", Some(FORWARD)),
        ("leave", Some(POSTROUTING)),
    ]
    .into_iter()
}

fn rules(own: &str, strangers: &[String]) -> Vec<(&'static str, Vec<Expression>)> {
    let from = |name: &str, whole| interface(Meta::InName, name, whole).to_vec();
    let out = |name: &str, whole| interface(Meta::OutName, name, whole).to_vec();
    let jump = |mut steps: Vec<Expression>, chain| {
        steps.push(then(Verdict::Jump(chain)));
        steps
    };
    let drop = |mut steps: Vec<Expression>| {
        steps.push(then(Verdict::Drop));
        steps
    };
    let mut rules = vec![
        ("refuse", [&is(Meta::Transport, TCP)[..], &[refuse(true)]].concat()),
        ("refuse", vec![refuse(false)]),
        ("sandbox", drop(from_nowhere().to_vec())),
        ("sandbox", jump(to_this_host().to_vec(), "refuse")),
        ("arrive", jump(from(own, false), "sandbox")),
        ("enter", jump(from(own, false), "refuse")),
        ("pass", jump([from(PREFIX, false), out(PREFIX, false)].concat(), "refuse")),
        ("pass", [&out(own, false)[..], &answers()[..], &[then(Verdict::Accept)]].concat()),
        ("pass", drop(out(own, false))),
        ("leave", [&from(own, false)[..], &[masquerade()]].concat()),
    ];
    rules.extend(OF_THE_MACHINE.map(|(network, prefix)| ("sandbox", jump(to(network, prefix), "refuse"))));
    for name in strangers {
        rules.push(("pass", jump(from(name, true), "strangers")));
        rules.push(("strangers", drop(out(name, true))));
    }
    rules
}

fn new_table(name: &str) -> Message {
    const OWNED: u32 = 2;
    Message::new(NEW_TABLE, ACK | CREATE | EXCLUSIVE, &INET).with_text(1, name).with(2, &OWNED.to_be_bytes())
}

fn new_chain(table: &str, name: &str, hook: Option<Hook>) -> Message {
    let message = Message::new(NEW_CHAIN, ACK | CREATE, &INET).with_text(1, table).with_text(3, name);
    let Some((kind, number, priority)) = hook else { return message };
    let hook = [attribute(1, &number.to_be_bytes()), attribute(2, &priority.to_be_bytes())];
    message.with_all(4, &hook).with_text(7, kind)
}

fn new_rule(table: &str, chain: &str, steps: &[Expression]) -> Message {
    let list = attributes(4, steps);
    let names = [attribute(1, &terminated(table)), attribute(2, &terminated(chain))].concat();
    Message::new(NEW_RULE, ACK | CREATE | APPEND, &[&INET[..], &names, &list].concat())
}
