//! What server, spawner and a sandbox's init tell each other. Never leaves the host: both ends are this binary.

use std::fmt;
use std::io;

use serde::{Deserialize, Serialize};

use crate::SharedFolder;

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

/// Who runs in a sandbox beside its init.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Who {
    /// The program.
    Program,
    /// An external extension, by its place in the spec.
    Extension(usize),
}

/// One sandbox to be started. Descriptors: control, output, then as the flags say.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) argv: Vec<String>,
    pub(super) working_directory: String,
    /// `NAME=value`.
    pub(super) environment: Vec<String>,
    /// Paths of the external extensions, started before the program. A descriptor for their output follows.
    pub(super) extensions: Vec<String>,
    /// Theirs, as the program's.
    pub(super) extension_environment: Vec<String>,
    /// The program gets a descriptor for log records, which follows.
    pub(super) framed_log: bool,
    /// Host folder or file, path inside.
    pub(super) mounts: Vec<(String, String)>,
    /// Folders that sandboxes share.
    pub(super) shared: Vec<SharedFolder>,
    /// A network namespace of its own.
    pub(super) own_network: bool,
    /// That namespace is made already, with all that listens there: its descriptor follows.
    pub(super) ready_network: bool,
    /// Where to listen for the server's endpoint, in a network namespace made now.
    pub(super) endpoint_port: Option<u16>,
    /// User and group id of the program; `None` keeps the server's.
    pub(super) identity: Option<u32>,
    pub(super) tmp: Tmp,
    /// How many processes the program's user may have, where no cgroup limits it.
    pub(super) processes_max: Option<u64>,
    /// The most private memory a process may map, where no cgroup limits it.
    pub(super) data_max_bytes: Option<u64>,
    /// A descriptor of the cgroup2 folder follows.
    pub(super) into_cgroup: bool,
    /// Where mounts are made later, by [`Command::Assign`]: the program waits for that. Empty where nothing comes later.
    pub(super) places: Vec<String>,
}

/// What a parked sandbox was missing. A descriptor of a detached mount comes with it for each target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Assignment {
    /// The whole environment, `NAME=value`.
    pub(super) environment: Vec<String>,
    /// The places of the mounts.
    pub(super) targets: Vec<String>,
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
    /// From init: the Runtime API's socket comes along, and the endpoint's if it was asked for.
    Listening {
        /// The port inside.
        port: u16,
    },
    /// What was to be started first, or the program after its extensions, has been executed; an extension that could
    /// not be was told before.
    Executed,
    /// One of them could not be executed, for this system error.
    NotExecuted {
        /// Which.
        who: Who,
        /// `ENOENT`, `EACCES`, `EAGAIN`…
        errno: i32,
    },
    /// A step failed before.
    Failed(Fault),
    /// One of them ended with this status, or by this signal.
    Ended {
        /// Which.
        who: Who,
        /// Its status.
        code: Option<u8>,
        /// The signal that killed it.
        signal: Option<u8>,
    },
    /// Only init is left.
    Cleared,
    /// The socket that was asked for comes along.
    Socket,
    /// There is none, for this system error.
    NoSocket {
        /// `EMFILE`, `ENOBUFS`…
        errno: i32,
    },
}

/// What the server tells init.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Command {
    /// Give the program what it waits for; answered by [`Message::Executed`] or [`Message::Failed`].
    Assign(Assignment),
    /// Stop all processes of the sandbox; used where there is no freezer.
    Stop,
    /// Let them go on.
    Continue,
    /// Start the program after its extensions.
    StartProgram,
    /// SIGTERM to the program's process group.
    Terminate,
    /// SIGKILL to the process group of one.
    Kill {
        /// Whose.
        who: Who,
    },
    /// Kill everybody but init.
    Clear,
    /// Start as at boot.
    Restart,
    /// Make a TCP socket.
    Socket,
    /// Kill everything and end.
    End,
}

/// A step that failed, in the system's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fault {
    pub(super) step: String,
    pub(super) reason: String,
}

impl Fault {
    pub(super) fn new(step: &str, reason: impl fmt::Display) -> Self {
        Self { step: step.to_owned(), reason: reason.to_string() }
    }
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
