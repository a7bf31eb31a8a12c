//! Turns a child of init into the program or an extension. Never leaves a descriptor, capability or signal mask of
//! ours to it.

use std::ffi::CString;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;
use std::rc::Rc;

use rustix::fs::{Mode, OFlags};
use rustix::process::{Pid, chdir, setsid, umask};
use rustix::thread::{CapabilitySet, set_no_new_privs};

use super::boot::FRAMED_LOG_FD;
use super::message::{At, Fault};
use super::parked::PARKED_FD;
use super::{resources, restrict, signals, sys};

/// Everything one child needs, made before there is one.
pub(super) struct Program<'a> {
    pub(super) argv: Vec<CString>,
    pub(super) environment: Rc<[CString]>,
    pub(super) working_directory: &'a str,
    pub(super) output: BorrowedFd<'a>,
    pub(super) framed_log: Option<BorrowedFd<'a>>,
    /// What it waits at for what it was started for.
    pub(super) letter: Option<BorrowedFd<'a>>,
    pub(super) rights: Rc<Rights<'a>>,
}

/// What all of a sandbox may do.
pub(super) struct Rights<'a> {
    pub(super) identity: Option<u32>,
    pub(super) processes_max: Option<u64>,
    pub(super) data_max_bytes: Option<u64>,
    pub(super) isolated: bool,
    /// Groups beside that of the identity.
    pub(super) groups: Vec<u32>,
    /// Where it may write beside `/tmp`.
    pub(super) writable: Vec<PathBuf>,
    pub(super) root: bool,
    pub(super) filter: &'a [libc::sock_filter],
}

/// Why it does not run.
enum Failure {
    Step(Fault),
    Execute(i32),
}

/// How starting it ended.
pub(super) enum Start {
    /// It runs.
    Running(Pid),
    /// The system refused to execute it.
    Refused {
        /// Why.
        errno: i32,
    },
}

impl Program<'_> {
    /// Starts it and returns once it is executed, or the system refused.
    pub(super) fn start(&self) -> Result<Start, Fault> {
        let mut failure = None;
        let pid = sys::run_until_exec(|| failure = self.become_it().err()).at("fork")?;
        match failure {
            None => Ok(Pid::from_raw(pid).map_or(Start::Refused { errno: libc::EIO }, Start::Running)),
            Some(Failure::Step(fault)) => Err(fault),
            Some(Failure::Execute(errno)) => Ok(Start::Refused { errno }),
        }
    }

    /// Gives up everything and executes; returns only the failure.
    fn become_it(&self) -> Result<(), Failure> {
        self.furnish().map_err(Failure::Step)?;
        self.rights.restrict().map_err(Failure::Step)?;
        chdir(self.working_directory)
            .at(&format!("change to {}", self.working_directory))
            .map_err(Failure::Step)?;
        let program = self.argv.first().ok_or(Failure::Execute(libc::ENOENT))?;
        let error = sys::execute(program, &self.argv, &self.environment);
        Err(Failure::Execute(error.raw_os_error().unwrap_or(libc::EIO)))
    }

    /// Session, descriptors, resources.
    fn furnish(&self) -> Result<(), Fault> {
        setsid().at("start a session")?;
        umask(Mode::from_raw_mode(0o022));
        let null = rustix::fs::open("/dev/null", OFlags::RDONLY, Mode::empty()).at("open /dev/null")?;
        sys::become_number(null.as_fd(), 0).at("standard input")?;
        sys::become_number(self.output, 1).at("standard output")?;
        sys::become_number(self.output, 2).at("standard error")?;
        sys::close_on_exec_from_3().at("close descriptors")?;
        if let Some(framed_log) = self.framed_log {
            sys::become_number(framed_log, FRAMED_LOG_FD).at("descriptor for log records")?;
        }
        if let Some(letter) = self.letter {
            sys::become_number(letter, PARKED_FD).at("descriptor to wait at")?;
        }
        let Rights { processes_max, data_max_bytes, .. } = *self.rights;
        resources::limit(processes_max, data_max_bytes).at("limit resources")
    }
}

impl Rights<'_> {
    /// User, capabilities, landlock, seccomp: in this order, since each takes away what the one before needs.
    fn restrict(&self) -> Result<(), Fault> {
        set_no_new_privs(true).at("no_new_privs")?;
        signals::unblock();
        if !self.isolated {
            return Ok(());
        }
        if let Some(id) = self.identity.filter(|_| self.root) {
            restrict::become_user(id, &self.groups).at("change the user")?;
        }
        restrict::keep_capabilities(CapabilitySet::empty()).at("drop capabilities")?;
        restrict::confine_files(&self.writable).at("landlock")?;
        sys::install_filter(self.filter).at("seccomp")
    }
}
