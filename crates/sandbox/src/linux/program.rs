//! Turns a child of init into the program. Never leaves a descriptor, capability or signal mask of ours to it.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{Gid, Mode, OFlags, Uid};
use rustix::process::{Pid, chdir, setsid, umask};
use rustix::thread::{CapabilitySet, set_no_new_privs};

use super::message::{At, Fault, Request};
use super::spawner::Workshop;
use super::{restrict, sys};

/// Everything the child needs, made before there is one.
pub(super) struct Program<'a> {
    argv: Vec<CString>,
    environment: Vec<CString>,
    working_directory: &'a str,
    identity: Option<u32>,
    processes_max: Option<u64>,
    data_max_bytes: Option<u64>,
    output: BorrowedFd<'a>,
    isolated: bool,
    root: bool,
    filter: &'a [libc::sock_filter],
}

/// Why the program does not run.
enum Failure {
    Step(Fault),
    Execute(i32),
}

/// How starting the program ended.
pub(super) enum Start {
    /// It runs.
    Running(Pid),
    /// The system refused to execute it.
    Refused {
        /// Why.
        errno: i32,
    },
}

impl<'a> Program<'a> {
    pub(super) fn new(
        request: &'a Request,
        workshop: &'a Workshop,
        output: &'a impl AsFd,
    ) -> io::Result<Self> {
        let strings = |list: &[String]| -> Result<Vec<_>, _> {
            list.iter().map(|s| CString::new(s.as_bytes())).collect()
        };
        Ok(Self {
            argv: strings(&request.argv)?,
            environment: strings(&request.environment)?,
            working_directory: &request.working_directory,
            identity: request.identity,
            processes_max: request.processes_max,
            data_max_bytes: request.data_max_bytes,
            output: output.as_fd(),
            isolated: workshop.template.is_some(),
            root: workshop.root,
            filter: &workshop.filter,
        })
    }

    /// Gives up everything and executes; returns only the failure.
    fn become_it(&self) -> Result<(), Failure> {
        self.furnish().map_err(Failure::Step)?;
        self.restrict().map_err(Failure::Step)?;
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
        if let Some(id) = self.identity {
            // Else opening /dev/stderr anew, as shells do, would be refused.
            rustix::fs::fchown(self.output, Some(Uid::from_raw(id)), Some(Gid::from_raw(id)))
                .at("own the output")?;
        }
        sys::become_stdio(null.as_fd(), 0).at("standard input")?;
        sys::become_stdio(self.output, 1).at("standard output")?;
        sys::become_stdio(self.output, 2).at("standard error")?;
        sys::close_on_exec_from_3().at("close descriptors")?;
        restrict::limit_resources(self.processes_max, self.data_max_bytes).at("limit resources")
    }

    /// User, capabilities, landlock, seccomp: in this order, since each takes away what the one before needs.
    fn restrict(&self) -> Result<(), Fault> {
        set_no_new_privs(true).at("no_new_privs")?;
        sys::unblock_signals();
        if !self.isolated {
            return Ok(());
        }
        if let Some(id) = self.identity.filter(|_| self.root) {
            restrict::become_user(id).at("change the user")?;
        }
        restrict::keep_capabilities(CapabilitySet::empty()).at("drop capabilities")?;
        restrict::confine_files().at("landlock")?;
        sys::install_filter(self.filter).at("seccomp")
    }
}

/// Starts the program and returns once it is executed, or the system refused.
pub(super) fn start(program: &Program<'_>) -> Result<Start, Fault> {
    let mut failure = None;
    let pid = sys::run_until_exec(|| failure = program.become_it().err()).at("fork")?;
    match failure {
        None => Ok(Pid::from_raw(pid).map_or(Start::Refused { errno: libc::EIO }, Start::Running)),
        Some(Failure::Step(fault)) => Err(fault),
        Some(Failure::Execute(errno)) => Ok(Start::Refused { errno }),
    }
}
