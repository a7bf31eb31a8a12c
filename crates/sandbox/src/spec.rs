//! What a sandbox is made from and what comes out of it: bytes, paths and numbers. Knows no function.

mod early;
mod event;
mod host;
mod outcome;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::SharedFolder;
pub(crate) use early::Class;
pub use early::Early;
pub use event::{Event, Notice, Outlet, Output, Piece, ShutdownReason, Source};
pub use host::{BootError, Host, Sandbox};
pub use outcome::{Answer, Exit, ExtensionFault, ExtensionFaultKind, Init, Reported, Settled};

/// Everything needed to boot one sandbox.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The program and its arguments, as paths inside the sandbox. Never empty.
    pub argv: Vec<String>,
    /// Where the program starts, inside the sandbox: `/var/task` for zip functions.
    pub working_directory: String,
    /// The whole environment. The sandbox adds `AWS_LAMBDA_RUNTIME_API` and nothing else.
    pub environment: BTreeMap<String, String>,
    /// Host folders seen inside, read-only: code, bootstrap, interpreter.
    pub mounts: Vec<Mount>,
    /// Host folders that sandboxes share and may write in.
    pub shared: Vec<SharedFolder>,
    /// `MemorySize`: 128 to 10,240 MiB. CPU follows from it.
    pub memory_mib: u32,
    /// Size of `/tmp`: 512 to 10,240 MiB.
    pub tmp_mib: u32,
    /// What the sandbox can reach.
    pub network: Network,
    /// What runs beside the program.
    pub extensions: Extensions,
    /// The program gets a descriptor of its own for whole log records, named by `_LAMBDA_TELEMETRY_LOG_FD`.
    pub framed_log: bool,
    /// Whether the program is initialised each time.
    pub snap_start: SnapStart,
    /// What of it can be started before the rest is known; none if nothing can.
    pub early: Option<Early>,
}

/// How a program comes to be initialised.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SnapStart {
    /// By its own start, each time.
    #[default]
    Off,
    /// By its own start, for a snapshot of it: Init ends where the runtime asks to be restored, and there it waits.
    Source,
    /// It goes on from this snapshot, a file on the host; all else of the spec is as it was for the source. Its
    /// connections have ended: it asks to be restored anew, and is answered at once.
    Restored(PathBuf),
}

/// What runs beside the program: external extensions, and what all extensions are told.
#[derive(Debug, Clone, Default)]
pub struct Extensions {
    /// The external ones, started before the program: names of files in `/opt/extensions`, in the order of their start.
    pub names: Vec<String>,
    /// Their whole environment, as for the program.
    pub environment: BTreeMap<String, String>,
    /// What an extension is told when it registers.
    pub function: Registered,
}

/// What an extension is told when it registers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Registered {
    /// `functionName`.
    pub name: String,
    /// `functionVersion`.
    pub version: String,
    /// `handler`.
    pub handler: String,
    /// `accountId`, told where asked for.
    pub account_id: String,
}

/// A host folder at a path inside the sandbox, read-only, without setuid and devices.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mount {
    /// The folder on the host.
    pub source: PathBuf,
    /// The absolute path inside the sandbox.
    pub target: PathBuf,
}

/// What a sandbox can reach. The Runtime API on its own loopback is always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Network {
    /// A network namespace of its own with nothing but loopback.
    #[default]
    None,
    /// A network namespace of its own with a way out, by which neither the host nor another sandbox can be reached.
    Nat,
    /// The host's own network: no isolation, only when asked for.
    Host,
}
