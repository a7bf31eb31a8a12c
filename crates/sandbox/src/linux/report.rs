//! What this host can isolate and enforce, in words for `doctor` and the log. Never changes the host.

use super::Options;

/// What this host can do, item by item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// One line for the start-up log: `namespaces as root, cgroup v1+v2, ...`.
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
    pub remedy: String,
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

impl Report {
    /// Whether sandboxes can be started at all with these options.
    #[must_use]
    pub fn usable(&self) -> bool {
        self.items.iter().all(|item| item.name != "isolation" || item.enforcement != Enforcement::None)
    }
}

/// Looks at the host as these options would use it. Starts a spawner for a moment and leaves nothing behind.
#[must_use]
pub fn probe(options: &Options) -> Report {
    Report { summary: format!("not looked at yet: {}", options.run_dir.display()), items: Vec::new() }
}
