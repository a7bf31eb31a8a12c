//! How often each function was reached on the way of one chain of requests: the member `Lineage` of the trace header,
//! which SDKs, queues and topics pass on, so that a loop is found wherever it goes through. Never stops one.
//!
//! The first entry is written as AWS writes its only one, `{requests}:{function}:{times reached again}`; AWS keeps one
//! function in mind, here each that was met has an entry, so that a loop that the chain enters later is found too.
//!
//! Sources: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html>,
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>

use std::fmt::{self, Write as _};

use super::arn::FunctionId;
use crate::limits::{LINEAGE_FUNCTIONS_MAX, RECURSIONS_MAX};

/// What AWS says of an invocation that would be one more turn of a loop.
pub const RECURSIVE_INVOCATION: &str = "Lambda has detected your function being invoked in a recursive loop with other AWS resources and stopped your function's invocation.";

const MEMBER: &str = "Lineage=";
/// How a chain's requests are counted, at most.
const REQUESTS_MAX: u32 = 255;
/// What the way of one function takes.
const LINEAGE_BYTES: usize = 16;
/// How the returns to a function are counted, at most.
const TIMES_MAX: u32 = 32_767;

/// The way of a chain of requests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lineage {
    requests: u32,
    met: Vec<Met>,
}

/// A function on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Met {
    /// Which, by its hash.
    function: u32,
    /// How often it was reached after the first time.
    again: u32,
}

impl Lineage {
    /// Reads it from a trace header; what cannot be read is no way at all.
    #[must_use]
    pub fn of(header: &str) -> Self {
        let member = header.split(';').find_map(|part| part.trim().strip_prefix(MEMBER));
        member.and_then(Self::read).unwrap_or_default()
    }

    fn read(text: &str) -> Option<Self> {
        // Python's SDK encodes what it passes on.
        let decoded = text.contains('%').then(|| text.replace("%7C", "|").replace("%7c", "|"));
        let text = decoded.as_deref().unwrap_or(text);
        let (requests, entries) = match text.split('|').next()?.split(':').count() {
            3 => text.split_once(':')?,
            // As AWS wrote it before it counted requests.
            _ => ("1", text),
        };
        let entries = entries.split('|').take(LINEAGE_FUNCTIONS_MAX);
        Some(Self { requests: requests.parse().ok()?, met: entries.map(Met::read).collect::<Option<_>>()? })
    }

    /// The same after a function was reached.
    #[must_use]
    pub fn reaching(mut self, function: &FunctionId) -> Self {
        let function = hash(function);
        self.requests = (self.requests + 1).min(REQUESTS_MAX);
        if let Some(met) = self.met.iter_mut().find(|met| met.function == function) {
            met.again = (met.again + 1).min(TIMES_MAX);
            return self;
        }
        if self.met.len() >= LINEAGE_FUNCTIONS_MAX {
            // The oldest of those that came least often: it is the least likely to be in a loop.
            let least = (0..self.met.len()).min_by_key(|index| self.met[*index].again).unwrap_or(0);
            self.met.remove(least);
        }
        self.met.push(Met { function, again: 0 });
        self
    }

    /// How often a function was reached after the first time.
    #[must_use]
    pub fn returns(&self, function: &FunctionId) -> u32 {
        let function = hash(function);
        self.met.iter().find(|met| met.function == function).map_or(0, |met| met.again)
    }

    /// Whether a function that was just reached was so too often.
    #[must_use]
    pub fn is_loop(&self, function: &FunctionId) -> bool {
        if self.met.iter().all(|met| met.again < RECURSIONS_MAX) {
            return false;
        }
        let function = hash(function);
        self.met.iter().any(|met| met.function == function && met.again >= RECURSIONS_MAX)
    }

    /// A trace header with this in the place of what it had.
    #[must_use]
    pub fn in_header(&self, header: &str) -> String {
        let others = header.split(';').map(str::trim);
        let mut written = String::with_capacity(header.len() + MEMBER.len() + LINEAGE_BYTES);
        for part in others.filter(|part| !part.is_empty() && !part.starts_with(MEMBER)) {
            written.push_str(part);
            written.push(';');
        }
        _ = write!(written, "{MEMBER}{self}");
        written
    }
}

/// A trace header after the chain has reached a function.
#[must_use]
pub fn reached(header: &str, function: &FunctionId) -> String {
    Lineage::of(header).reaching(function).in_header(header)
}

impl Met {
    fn read(text: &str) -> Option<Self> {
        let (function, again) = text.split_once(':')?;
        let function = u32::from_str_radix(function, 16).ok()?;
        Some(Self { function, again: again.parse::<u32>().ok()?.min(TIMES_MAX) })
    }
}

impl fmt::Display for Lineage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.requests)?;
        for (number, Met { function, again }) in self.met.iter().enumerate() {
            write!(f, "{}{function:08x}:{again}", if number == 0 { ':' } else { '|' })?;
        }
        Ok(())
    }
}

/// FNV-1a, folded: every invocation pays for it, and nobody gains by two functions that share it.
fn hash(FunctionId { account, region, name }: &FunctionId) -> u32 {
    let parts = [account.as_str(), ":", region.as_str(), ":", name];
    let bytes = parts.iter().flat_map(|part| part.bytes());
    let long = bytes.fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    let [a, b, c, d, e, f, g, h] = long.to_be_bytes();
    u32::from_be_bytes([a ^ e, b ^ f, c ^ g, d ^ h])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{AccountId, Region};

    fn function(name: &str) -> FunctionId {
        FunctionId {
            account: AccountId::default_account(),
            region: Region::default_region(),
            name: name.into(),
        }
    }

    /// How many invocations of a chain that goes round run, after a start of its own.
    fn runs(start: &[&str], round: &[&str]) -> usize {
        let mut header = "Root=1-2-3;Parent=4;Sampled=0".to_owned();
        for (before, name) in start.iter().chain(round.iter().cycle()).enumerate() {
            // As the SDK of Python passes it on.
            header = reached(&header.replace('|', "%7C"), &function(name));
            if Lineage::of(&header).is_loop(&function(name)) {
                return before;
            }
            assert!(before < 2000, "{start:?} {round:?}");
        }
        unreachable!("a loop has no end")
    }

    #[test]
    fn each_function_of_a_loop_runs_sixteen_times() {
        assert_eq!(runs(&[], &["f"]), 16);
        assert_eq!(runs(&[], &["f", "g"]), 32);
        assert_eq!(runs(&["start", "more"], &["f", "g", "h"]), 2 + 48);
        assert_eq!(runs(&["f", "f"], &["g"]), 2 + 16);
    }

    #[test]
    fn the_first_entry_is_as_aws_writes_it() {
        let first = reached("Root=1-2-3;Parent=4;Sampled=0", &function("f"));
        let (before, lineage) = first.split_once(";Lineage=").unwrap();
        assert_eq!(before, "Root=1-2-3;Parent=4;Sampled=0");
        let [requests, hash, again] = <[&str; 3]>::try_from(lineage.split(':').collect::<Vec<_>>()).unwrap();
        assert_eq!((requests, hash.len(), again), ("1", 8, "0"));
        assert_eq!(Lineage::of(&first).to_string(), lineage);
        let second = reached(&first, &function("f"));
        assert_eq!(second, format!("{before};Lineage=2:{hash}:1"));
        let of_second = Lineage::of(&second);
        assert_eq!((of_second.returns(&function("f")), of_second.returns(&function("g"))), (1, 0));
    }

    #[test]
    fn both_forms_of_aws_are_read_and_nonsense_is_no_way() {
        for (given, read) in [
            ("25:a87bd80c:1", "25:a87bd80c:1"),
            ("a87bd80c:1|68fd508a:5|c512fbe3:2", "1:a87bd80c:1|68fd508a:5|c512fbe3:2"),
            ("2:0000000a:1%7C0000000b:3", "2:0000000a:1|0000000b:3"),
            ("", "0"),
            ("x", "0"),
            ("1:zz:0", "0"),
            ("1:a:-1", "0"),
        ] {
            assert_eq!(
                Lineage::of(&format!("Root=1-2-3;Lineage={given};Sampled=1")).to_string(),
                read,
                "{given}"
            );
        }
        assert_eq!(Lineage::of("Root=1-2-3"), Lineage::default());
    }

    #[test]
    fn a_long_chain_of_functions_stays_short_and_its_loop_is_found() {
        let start: Vec<String> = (0..500).map(|n| format!("start-{n}")).collect();
        let start: Vec<&str> = start.iter().map(String::as_str).collect();
        assert_eq!(runs(&start, &["f", "g"]), 500 + 32);
        let all = start.iter().fold(Lineage::default(), |lineage, name| lineage.reaching(&function(name)));
        assert!(all.to_string().len() < 12 * (LINEAGE_FUNCTIONS_MAX + 1), "{all}");
    }
}
