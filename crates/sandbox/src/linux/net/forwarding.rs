//! Whether this host passes packets on for its sandboxes. Turned on where it is off, and off again by the last server
//! that stops, unless somebody may rely on it by then.
//!
//! Never touches IPv6: a host that forwards it stops listening to its router, and may lose its own way out.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::filter::PREFIX;
use super::shared;

const SWITCH: &str = "/proc/sys/net/ipv4/ip_forward";
const SWITCH_IPV6: &str = "/proc/sys/net/ipv6/conf/all/forwarding";
/// Of this namespace, which `/sys/class/net` need not be.
const INTERFACES: &str = "/proc/thread-self/net/dev";
/// Who turned it on, and what interfaces there were then.
const FILE: &str = "forwarding";

/// This server's share in it.
#[derive(Debug)]
pub(super) struct Forwarding {
    file: File,
    path: PathBuf,
    switch: &'static str,
    /// The interfaces of the host at the time a server turned it on; empty if it was on.
    pub(super) strangers: Vec<String>,
}

impl Forwarding {
    /// Reads what others did, and holds on to it. Turns nothing on.
    pub(super) fn hold(run_dir: &Path) -> io::Result<Self> {
        let (mut file, path) = open(run_dir)?;
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let mut strangers: Vec<_> = text.lines().map(str::to_owned).collect();
        if !is_on(SWITCH) {
            strangers = interfaces().into_iter().collect();
        }
        Ok(Self { file, path, switch: SWITCH, strangers })
    }

    /// Turns it on, if it is off. To be called when nobody can misuse it.
    pub(super) fn turn_on(&mut self) -> io::Result<()> {
        if is_on(self.switch) {
            return Ok(());
        }
        // Written down first: the next server turns off what this one could not.
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(self.strangers.join("\n").as_bytes())?;
        fs::write(self.switch, "1")?;
        tracing::warn!(
            "net.ipv4.ip_forward turned on for --network nat; the host still passes nothing on between its own interfaces"
        );
        Ok(())
    }

    /// Turns it off again if a server turned it on, nobody else needs it, and this is the last one.
    pub(super) fn give_back(self) {
        let Ok(()) = flock(&self.file, FlockOperation::NonBlockingLockExclusive) else { return };
        // While nobody else can hold it.
        let _ = fs::remove_file(&self.path);
        if self.strangers.is_empty() {
            return;
        }
        let then: BTreeSet<_> = self.strangers.iter().cloned().collect();
        let newer: Vec<_> = interfaces().difference(&then).cloned().collect();
        if newer.is_empty() {
            if let Err(error) = fs::write(self.switch, "0") {
                tracing::warn!(%error, "net.ipv4.ip_forward stays on");
            }
        } else {
            tracing::warn!(?newer, "net.ipv4.ip_forward stays on: interfaces came that may need it");
        }
    }
}

/// The file all servers of this host hold together. The last one removes it: one that was removed meanwhile is none.
fn open(run_dir: &Path) -> io::Result<(File, PathBuf)> {
    let name = shared::of_namespace(FILE)?;
    loop {
        let (file, path) = shared::open(run_dir, &name)?;
        flock(&file, FlockOperation::LockShared)?;
        if file.metadata()?.nlink() > 0 {
            return Ok((file, path));
        }
    }
}

/// Whether IPv4 is passed on, or could be.
pub(super) fn possible() -> Result<(), String> {
    if is_on(SWITCH) {
        return Ok(());
    }
    let opened = File::options().write(true).open(SWITCH);
    opened.map(drop).map_err(|error| format!("net.ipv4.ip_forward is off and cannot be turned on: {error}"))
}

/// Whether IPv6 is passed on, and there is a way out.
pub(super) fn ipv6() -> bool {
    is_on(SWITCH_IPV6)
        && has_default_route_ipv6(&fs::read_to_string("/proc/thread-self/net/ipv6_route").unwrap_or_default())
}

fn has_default_route_ipv6(table: &str) -> bool {
    let everywhere = format!("{} 00 ", "0".repeat(32));
    table.lines().any(|line| line.starts_with(&everywhere) && !line.trim_end().ends_with(" lo"))
}

fn is_on(switch: &str) -> bool {
    fs::read_to_string(switch).is_ok_and(|text| text.trim() == "1")
}

/// The host's interfaces, those of sandboxes apart.
fn interfaces() -> BTreeSet<String> {
    let names = all_interfaces().into_iter();
    names.filter(|name| name != "lo" && !name.starts_with(PREFIX)).collect()
}

/// Every interface of the host.
pub(super) fn all_interfaces() -> Vec<String> {
    let table = fs::read_to_string(INTERFACES).unwrap_or_default();
    table.lines().filter_map(|line| Some(line.split_once(':')?.0.trim().to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_out_is_not_one_to_nowhere() {
        let line = |device| {
            format!("{} 00 {} 00 fe80 00000400 1 0 00450003 {device}\n", "0".repeat(32), "0".repeat(32))
        };
        assert!(has_default_route_ipv6(&line("    eth0")));
        assert!(!has_default_route_ipv6(&line("      lo")));
        assert!(!has_default_route_ipv6(""));
    }
}
