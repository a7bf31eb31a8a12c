//! What the owner of the server decides about sandboxes. Never reads the environment itself.

use std::path::PathBuf;

/// How sandboxes are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Isolation {
    /// Namespaces: as root, or in a user namespace for everyone else. An error where neither can be had.
    #[default]
    Auto,
    /// As `Auto`, said aloud.
    Namespaces,
    /// Plain child processes with resource limits: nothing keeps them from the server's files. Only when asked for.
    Process,
}

/// Options of the spawner and the launcher. The same value goes to both.
#[derive(Debug, Clone)]
pub struct Options {
    /// How sandboxes are kept apart.
    pub isolation: Isolation,
    /// A folder of this server alone, on a disk, made if missing: the lock, the list of cgroups, `/tmp` images.
    pub run_dir: PathBuf,
    /// Where to look for user ids, one for each sandbox: the first `sandboxes_max` from here on that no other server
    /// of this host has. Used as root only.
    pub uid_base: u32,
    /// How many sandboxes may live at once, and so how many user ids are used.
    pub sandboxes_max: u32,
    /// Where the server's own endpoint is inside sandboxes that have a network of their own; `None` leaves it out.
    pub endpoint_port: Option<u16>,
    /// Makes ready for sandboxes with [`Network::Nat`](crate::Network::Nat).
    pub nat: bool,
    /// How many sandboxes may be parked at once, with programs that wait for what they are to run; 0 for none.
    pub parked_max: usize,
}

impl Options {
    /// The defaults with this folder.
    #[must_use]
    pub fn new(run_dir: PathBuf) -> Self {
        Self {
            isolation: Isolation::Auto,
            run_dir,
            uid_base: 200_000,
            sandboxes_max: 10_000,
            endpoint_port: None,
            nat: false,
            parked_max: 0,
        }
    }
}
