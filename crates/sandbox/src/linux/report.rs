//! What this host can isolate and enforce, in words for `doctor` and the log. Never changes the host.

use super::cgroup::{Base, Layout};
use super::image::Lack;
use super::message::Hello;
use super::{Isolation, Options};

/// What this host can do, item by item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// One line for the start-up log: `namespaces as root, cgroup v1, ...`.
    pub summary: String,
    /// Every capability that was looked for.
    pub items: Vec<Capability>,
}

/// One capability of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capability {
    /// A short name: `memory limit`.
    pub name: &'static str,
    /// Whether it is there.
    pub enforcement: Enforcement,
    /// What was found, or why it is missing.
    pub detail: String,
    /// How to get it; empty where nothing is missing.
    pub remedy: &'static str,
}

/// How far a capability is enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Enforcement {
    /// As on AWS.
    Full,
    /// By a weaker means, which `detail` names.
    Partial,
    /// Not at all.
    None,
}

use Enforcement::{Full, None as Missing, Partial};

/// The name of the item without which no sandbox can be started.
const ISOLATION: &str = "isolation";
const BE_ROOT: &str = "run the server as root";
const DELEGATE: &str = "give the server a cgroup it may write to, alone in it: as root, with /sys/fs/cgroup writable \
                        in a container, or delegated to its user (systemd: Delegate=yes)";

impl Report {
    /// From what spawner and launcher found.
    pub(super) fn new(
        options: &Options,
        hello: &Hello,
        layout: &Layout,
        base: &Base,
        images: Result<(), Lack>,
    ) -> Self {
        let isolated = options.isolation != Isolation::Process;
        let items = vec![
            isolation(isolated, hello),
            limit(base, "memory", "memory limit", "RLIMIT_DATA of twice MemorySize for each process"),
            limit(base, "cpu", "CPU share", "none: every function gets what the host has"),
            limit(base, "pids", "process limit", processes_instead(isolated, hello)),
            freezer(base),
            tmp(isolated, hello, images),
            users(isolated, hello, options.sandboxes_max),
            landlock(isolated, hello),
            seccomp(isolated),
        ];
        let summary = format!("{}, {}", item_detail(&items, ISOLATION), layout.describe());
        Self { summary, items }
    }

    /// Sandboxes cannot be started; this is why.
    pub(super) fn impossible(reason: String) -> Self {
        let remedy = "run as root, allow unprivileged user namespaces, or choose --isolation process";
        let item = Capability { name: ISOLATION, enforcement: Missing, detail: reason.clone(), remedy };
        Self { summary: reason, items: vec![item] }
    }

    /// What is not as on AWS.
    pub fn lacking(&self) -> impl Iterator<Item = &Capability> {
        self.items.iter().filter(|item| item.enforcement != Full)
    }

    /// Whether sandboxes can be started at all with these options.
    #[must_use]
    pub fn usable(&self) -> bool {
        !self.items.iter().any(|item| item.name == ISOLATION && item.detail == self.summary)
    }
}

fn item_detail<'a>(items: &'a [Capability], name: &str) -> &'a str {
    items.iter().find(|item| item.name == name).map_or("", |item| &item.detail)
}

fn item(
    name: &'static str,
    enforcement: Enforcement,
    detail: impl Into<String>,
    remedy: &'static str,
) -> Capability {
    let remedy = if enforcement == Full { "" } else { remedy };
    Capability { name, enforcement, detail: detail.into(), remedy }
}

fn isolation(isolated: bool, hello: &Hello) -> Capability {
    match (isolated, hello.user_namespace) {
        (false, _) => item(ISOLATION, Missing, "plain processes, as asked", "leave out --isolation process"),
        (true, true) => item(ISOLATION, Partial, "namespaces in a user namespace", BE_ROOT),
        (true, false) => item(ISOLATION, Full, "namespaces as root", ""),
    }
}

fn limit(base: &Base, controller: &str, name: &'static str, instead: &str) -> Capability {
    if base.limits(controller) {
        return item(name, Full, format!("cgroup controller {controller}"), "");
    }
    let why = base.trouble.as_deref().unwrap_or("no such controller here");
    let enforcement = if instead.starts_with("none") { Missing } else { Partial };
    item(name, enforcement, format!("{instead} ({why})"), DELEGATE)
}

fn processes_instead(isolated: bool, hello: &Hello) -> &'static str {
    match (isolated, hello.user_namespace) {
        (false, _) => "none: processes count as the server's user's",
        (true, true) => "RLIMIT_NPROC, shared by all sandboxes of the server",
        (true, false) => "RLIMIT_NPROC of each sandbox's user",
    }
}

fn freezer(base: &Base) -> Capability {
    match base.freezes() {
        true => item("freeze", Full, "cgroup freezer", ""),
        false => item("freeze", Partial, "SIGSTOP and SIGCONT, which parents inside can see", DELEGATE),
    }
}

fn tmp(isolated: bool, hello: &Hello, images: Result<(), Lack>) -> Capability {
    let remedy = match (hello.user_namespace, images) {
        (true, _) => BE_ROOT,
        (false, Err(Lack::LoopDevices)) => "give the server loop devices (/dev/loop-control)",
        (false, _) => "install mkfs.ext4 (Debian: e2fsprogs)",
    };
    match (isolated, images) {
        (false, _) => {
            item("/tmp", Missing, "the host's own, without a limit", "leave out --isolation process")
        }
        (true, Ok(())) => item("/tmp", Full, "ext4 of its own size on disk", ""),
        (true, Err(_)) => {
            item("/tmp", Partial, "tmpfs of its own size, which takes the host's memory", remedy)
        }
    }
}

fn users(isolated: bool, hello: &Hello, count: u32) -> Capability {
    if !isolated || hello.user_namespace {
        return item("user per sandbox", Missing, "all sandboxes share the server's user", BE_ROOT);
    }
    let first = hello.uid_base;
    let ids = format!("user ids {first} to {}", first.saturating_add(count).saturating_sub(1));
    match hello.uids_alone {
        true => item("user per sandbox", Full, ids, ""),
        false => {
            let detail = format!("{ids}, which another server on this host may use too");
            item("user per sandbox", Partial, detail, "let the server write to /run/lambent")
        }
    }
}

fn landlock(isolated: bool, hello: &Hello) -> Capability {
    match (isolated, hello.landlock_abi) {
        (false, _) => {
            item("landlock", Missing, "not used for plain processes", "leave out --isolation process")
        }
        (true, 0) => {
            item("landlock", Missing, "not in this kernel", "use Linux 5.13 or later with landlock enabled")
        }
        (true, abi @ 1..=5) => item("landlock", Partial, format!("version {abi}"), "use Linux 6.12 or later"),
        (true, abi) => item("landlock", Full, format!("version {abi}"), ""),
    }
}

fn seccomp(isolated: bool) -> Capability {
    match isolated {
        true => item("seccomp", Full, "a filter on every program", ""),
        false => item("seccomp", Missing, "not used for plain processes", "leave out --isolation process"),
    }
}
