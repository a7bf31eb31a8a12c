//! Filters of others on this host that stop what sandboxes send: no rule of ours can bring back what another table drops.
//! Never changes one.

use std::io;

use rustix::net::netlink;

use super::netlink::{DUMP, Message, Socket};

const GET_CHAIN: u16 = 0xA04;
/// Of any family.
const ANY: [u8; 4] = [0; 4];
/// Kinds of attributes of a chain.
const TABLE: u16 = 1;
const NAME: u16 = 3;
const HOOK: u16 = 4;
const POLICY: u16 = 5;
/// Of a hook: where it is.
const HOOK_NUMBER: u16 = 1;
/// The hook of what is passed on.
const FORWARD: u32 = 2;
/// What the policy of a chain says of packets no rule speaks of.
const DROP: u32 = 0;
/// The families of hooks with packets of IPv4: `ip` and `inet`.
const FAMILIES: [u8; 2] = [1, 2];
/// What comes before the attributes.
const FIXED_BYTES: usize = 4;

/// The first chain by which another table drops what this host passes on, such as `FORWARD of table filter`, Docker's.
pub(super) fn dropping() -> io::Result<Option<String>> {
    let chains = Socket::open(Some(netlink::NETFILTER))?.list(Message::new(GET_CHAIN, DUMP, &ANY))?;
    Ok(chains.iter().find_map(|chain| drops(chain)))
}

fn drops(chain: &[u8]) -> Option<String> {
    let (fixed, attributes) = chain.split_at_checked(FIXED_BYTES)?;
    FAMILIES.contains(fixed.first()?).then_some(())?;
    let hook = find(attributes, HOOK)?;
    let is_number = |value: &[u8], number: u32| value == number.to_be_bytes();
    let dropped = is_number(find(hook, HOOK_NUMBER)?, FORWARD) && is_number(find(attributes, POLICY)?, DROP);
    let text = |kind| find(attributes, kind).map(|text| String::from_utf8_lossy(text).replace('\0', ""));
    dropped.then_some(format!("{} of table {}", text(NAME)?, text(TABLE)?))
}

/// The value of the first attribute of a kind.
fn find(mut attributes: &[u8], wanted: u16) -> Option<&[u8]> {
    const FLAGS: u16 = 0xC000;
    const HEADER_BYTES: usize = 4;
    loop {
        let header: [u8; HEADER_BYTES] = *attributes.first_chunk()?;
        let length = usize::from(u16::from_ne_bytes([header[0], header[1]]));
        let kind = u16::from_ne_bytes([header[2], header[3]]) & !FLAGS;
        let value = attributes.get(HEADER_BYTES..length)?;
        if kind == wanted {
            return Some(value);
        }
        attributes = attributes.get(length.next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::super::netlink::{attribute, attributes, terminated};
    use super::*;

    #[test]
    fn only_a_chain_that_drops_what_is_passed_on_counts() {
        let chain = |family: u8, hook: u32, policy: u32| {
            let hook = [attribute(2, &[0; 4]), attribute(HOOK_NUMBER, &hook.to_be_bytes())];
            let all = [
                attribute(TABLE, &terminated("filter")),
                attribute(2, &[0; 8]),
                attribute(NAME, &terminated("FORWARD")),
                attributes(HOOK, &hook),
                attribute(POLICY, &policy.to_be_bytes()),
            ];
            [&[family, 0, 0, 0][..], &all.concat()].concat()
        };
        assert_eq!(drops(&chain(2, FORWARD, DROP)).unwrap(), "FORWARD of table filter");
        for other in [chain(2, FORWARD, 1), chain(2, 1, DROP), chain(7, FORWARD, DROP), vec![2, 0, 0, 0, 9]] {
            assert_eq!(drops(&other), None);
        }
    }

    #[test]
    fn this_host_can_be_asked() {
        // Without root it says no, with it what there is.
        assert_eq!(dropping().is_ok(), rustix::process::geteuid().is_root());
    }
}
