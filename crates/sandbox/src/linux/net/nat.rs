//! The way out: whether this host can have one, everything that is needed for it, and its end. Never a packet itself.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lambent_core::limits::NETWORKS_REMOVED_MAX;
use tokio::time::{sleep, timeout};

use super::dns;
use super::filter::Filter;
use super::forwarding::{self, Forwarding};
use super::namespace::Uplink;
use super::others;
use super::pool::Pool;
use super::subnet::Subnet;
use crate::linux::message::Hello;
use crate::linux::report::{Capability, Enforcement};
use crate::linux::{Isolation, Options};

/// What every interface can carry, where nobody says otherwise.
const MTU_BYTES: u32 = 1500;
/// IPv6 needs as much.
const MTU_MIN_BYTES: u32 = 1280;
/// How long between two looks whether interfaces are gone.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

const BE_ROOT: &str = "run the server as root, or choose --network none or host";
const ALLOW: &str =
    "give the server CAP_NET_ADMIN and a kernel with nf_tables and veth, or choose --network none or host";
const LET_PASS: &str = "let it pass, then ask for --network nat: iptables -I FORWARD -i lambent+ -j ACCEPT; \
                        iptables -I FORWARD -o lambent+ -j ACCEPT (with Docker, DOCKER-USER for FORWARD)";
const FORWARD: &str = "sysctl -w net.ipv4.ip_forward=1, or choose --network none or host";

/// Why there is no way out, and what would help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::linux) struct Lack {
    pub(in crate::linux) reason: String,
    pub(in crate::linux) remedy: &'static str,
}

/// Sandboxes' way out.
#[derive(Debug)]
pub(super) struct Nat {
    pub(super) pool: Pool,
    pub(super) resolv_conf: PathBuf,
    /// How all its interfaces begin.
    interfaces: String,
    about: String,
    /// Taken when it is over. In this order: while something is passed on there is a filter.
    held: Mutex<Option<(Forwarding, Filter)>>,
}

/// Whether there could be a way out. Changes nothing.
pub(in crate::linux) fn look(options: &Options, hello: &Hello) -> Result<(), Lack> {
    let lack = |reason: &str, remedy| Err(Lack { reason: reason.to_owned(), remedy });
    if options.isolation == Isolation::Process {
        return lack("plain processes are in the host's own network", "leave out --isolation process");
    }
    if hello.user_namespace {
        return lack("only root may give sandboxes a way out of their networks", BE_ROOT);
    }
    if let Err(error) = Filter::look() {
        return lack(&format!("packets cannot be filtered: {error}"), ALLOW);
    }
    forwarding::possible().map_err(|reason| Lack { reason, remedy: FORWARD })
}

/// In words for `doctor` and the log.
pub(in crate::linux) fn capability(found: Result<String, &Lack>) -> Capability {
    let (enforcement, detail, remedy) = match (found, others::dropping()) {
        (Ok(about), Ok(None)) => (Enforcement::Full, about, ""),
        (Ok(about), Ok(Some(chain))) => {
            let detail = format!("{about}; but a filter of the host may drop it: {chain}");
            (Enforcement::Partial, detail, LET_PASS)
        }
        (Ok(about), Err(error)) => {
            (Enforcement::Partial, format!("{about}; other filters cannot be seen: {error}"), ALLOW)
        }
        (Err(lack), _) => (Enforcement::None, lack.reason.clone(), lack.remedy),
    };
    Capability { name: "network nat", enforcement, detail, remedy }
}

impl Nat {
    pub(super) fn set_up(options: &Options) -> Result<Self, Lack> {
        Self::build(options).map_err(|error| Lack { reason: error.to_string(), remedy: ALLOW })
    }

    fn build(options: &Options) -> io::Result<Self> {
        let run_dir = &options.run_dir;
        let ipv6 = forwarding::ipv6();
        let mut forwarding = Forwarding::hold(run_dir)?;
        let (subnet, filter) = take_network(run_dir, ipv6, &forwarding.strangers)?;
        let (interfaces, about) = (subnet.interfaces(), about(&subnet, ipv6));
        forwarding.turn_on()?;
        let resolv_conf = run_dir.join("resolv.conf");
        fs::write(
            &resolv_conf,
            dns::resolv_conf(&fs::read_to_string("/etc/resolv.conf").unwrap_or_default()),
        )?;
        let uplink = Uplink::new(subnet, mtu_bytes())?;
        let pool = Pool::new(options.endpoint_port, Some(uplink))?;
        Ok(Self { pool, resolv_conf, interfaces, about, held: Mutex::new(Some((forwarding, filter))) })
    }

    /// Waits until all interfaces are gone, which the kernel removes with their namespaces, then removes the rest.
    pub(super) async fn close(&self) {
        let gone = async {
            while self.is_connected() {
                sleep(LOOK_AGAIN).await;
            }
        };
        if timeout(NETWORKS_REMOVED_MAX, gone).await.is_err() {
            tracing::warn!(interfaces = self.interfaces, "networks of sandboxes stay for a while");
        }
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((forwarding, filter)) = held {
            forwarding.give_back();
            drop(filter);
        }
    }

    fn is_connected(&self) -> bool {
        forwarding::all_interfaces().iter().any(|name| name.starts_with(&self.interfaces))
    }
}

impl fmt::Display for Nat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.about)
    }
}

/// The first network no other server has, not even one that shares our interfaces but not our files.
fn take_network(run_dir: &Path, ipv6: bool, strangers: &[String]) -> io::Result<(Subnet, Filter)> {
    let mut from = 0;
    loop {
        let subnet = Subnet::take(run_dir, from, ipv6)?;
        match Filter::make(&subnet.interfaces(), strangers) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => from = subnet.number() + 1,
            made => return made.map(|filter| (subnet, filter)),
        }
    }
}

fn about(subnet: &Subnet, ipv6: bool) -> String {
    let ipv6 = if ipv6 { "IPv4 and IPv6" } else { "IPv4" };
    format!("{ipv6}, sandboxes in {subnet}, this host and other sandboxes blocked")
}

/// The least that is carried on a way to everywhere.
fn mtu_bytes() -> u32 {
    let table = fs::read_to_string("/proc/thread-self/net/route").unwrap_or_default();
    let ways = table.lines().filter(|line| line.split_whitespace().nth(1) == Some("00000000"));
    let names = ways.filter_map(|line| line.split_whitespace().next());
    let sizes = names.filter_map(|name| {
        let text = fs::read_to_string(format!("/sys/class/net/{name}/mtu")).ok()?;
        text.trim().parse::<u32>().ok()
    });
    sizes.min().unwrap_or(MTU_BYTES).clamp(MTU_MIN_BYTES, MTU_BYTES)
}
