//! What server, spawner and a sandbox's init tell each other. Never leaves the host: both ends are this binary.

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

/// The spawner's first message: whether it can make sandboxes.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Hello {
    /// Why it cannot; nothing else counts then.
    pub(super) fault: Option<Fault>,
    /// It lives in a user namespace of its own: the server is not root.
    pub(super) user_namespace: bool,
    /// The landlock version of the kernel, 0 for none.
    pub(super) landlock_abi: i32,
    /// The first of the user ids of this server's sandboxes.
    pub(super) uid_base: u32,
    /// No other server of this host uses them, whatever its data folder.
    pub(super) uids_alone: bool,
}

impl Hello {
    /// It cannot make sandboxes, for this reason.
    pub(super) fn refusal(fault: Fault) -> Self {
        Self { fault: Some(fault), user_namespace: false, landlock_abi: 0, uid_base: 0, uids_alone: false }
    }
}

/// One sandbox to be started. Descriptors: control, output, then as the flags say.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) argv: Vec<String>,
    pub(super) working_directory: String,
    /// `NAME=value`.
    pub(super) environment: Vec<String>,
    /// Host folder or file, path inside.
    pub(super) mounts: Vec<(String, String)>,
    /// A network namespace of its own.
    pub(super) own_network: bool,
    /// User and group id of the program; `None` keeps the server's.
    pub(super) identity: Option<u32>,
    pub(super) tmp: Tmp,
    /// How many processes the program's user may have, where no cgroup limits it.
    pub(super) processes_max: Option<u64>,
    /// The most private memory a process may map, where no cgroup limits it.
    pub(super) data_max_bytes: Option<u64>,
    /// A descriptor of the cgroup2 folder follows.
    pub(super) into_cgroup: bool,
}

/// What `/tmp` is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Tmp {
    /// A file system on disk, mounted but attached nowhere; its descriptor follows.
    Disk,
    /// Memory, at most this much.
    Memory {
        /// The size.
        mib: u32,
    },
    /// The host's own: process isolation.
    Host,
}

/// What the spawner and init tell the server about one sandbox.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Message {
    /// From the spawner: init exists; its pidfd comes along.
    Born,
    /// From init: the Runtime API's socket comes along.
    Listening {
        /// The port inside.
        port: u16,
    },
    /// The program has been executed.
    Executed,
    /// The program could not be executed, for this system error.
    NotExecuted {
        /// `ENOENT`, `EACCES`, `EAGAIN`…
        errno: i32,
    },
    /// A step failed before.
    Failed(Fault),
    /// The program ended with this status, or by this signal.
    Ended {
        /// Its status.
        code: Option<u8>,
        /// The signal that killed it.
        signal: Option<u8>,
    },
}

/// What the server tells init.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Command {
    /// Stop all processes of the sandbox; used where there is no freezer.
    Stop,
    /// Let them go on.
    Continue,
    /// Kill everything and end.
    End,
}

/// A step that failed, in the system's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fault {
    pub(super) step: String,
    pub(super) reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.step, self.reason)
    }
}

/// Names the step a result belongs to.
pub(super) trait At<T> {
    /// Turns the error into a [`Fault`] of this step.
    fn at(self, step: &str) -> Result<T, Fault>;
}

impl<T, E: Into<io::Error>> At<T> for Result<T, E> {
    fn at(self, step: &str) -> Result<T, Fault> {
        self.map_err(|error| Fault { step: step.to_owned(), reason: error.into().to_string() })
    }
}
