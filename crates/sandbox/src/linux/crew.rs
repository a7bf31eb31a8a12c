//! Who runs in a sandbox: extensions, then the program, and which process each of them is. Never waits for any.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::rc::Rc;

use rustix::process::{Pid, Signal, kill_process_group};

use super::lent;
use super::message::{Assignment, At, Fault, Request, Who};
use super::parked::Post;
use super::program::{Program, Rights, Start};
use super::spawner::{Parts, Workshop};

/// Where extensions start: unlike the program not in the folder of the code.
const EXTENSIONS_START_IN: &str = "/";

/// The program and the extensions of one sandbox.
pub(super) struct Crew<'a> {
    program: Program<'a>,
    extensions: Vec<Program<'a>>,
    /// Those that were started and not reaped.
    running: Vec<(Who, Pid)>,
    pub(super) isolated: bool,
    /// What the program is told by that waits.
    post: Option<Post>,
}

/// One that the system refused to execute.
pub(super) struct Refused {
    pub(super) who: Who,
    pub(super) errno: i32,
}

impl<'a> Crew<'a> {
    pub(super) fn new(
        request: &'a Request,
        workshop: &'a Workshop,
        parts: &'a Parts,
        post: Option<Post>,
    ) -> io::Result<Self> {
        let isolated = workshop.template.is_some();
        let rights = Rc::new(Rights {
            identity: request.identity,
            processes_max: request.processes_max,
            data_max_bytes: request.data_max_bytes,
            isolated,
            groups: lent::groups(&request.shared),
            writable: request.shared.iter().map(|folder| folder.target.clone()).collect(),
            root: workshop.root,
            filter: &workshop.filter,
        });
        let program = Program {
            argv: strings(&request.argv)?,
            environment: strings(&request.environment)?.into(),
            working_directory: &request.working_directory,
            output: parts.output.as_fd(),
            framed_log: parts.framed_log.as_ref().map(AsFd::as_fd),
            letter: parts.letter.as_ref().map(AsFd::as_fd),
            rights: Rc::clone(&rights),
        };
        let environment: Rc<[CString]> = strings(&request.extension_environment)?.into();
        let output = parts.extension_output.as_ref().unwrap_or(&parts.output).as_fd();
        let extension = |path: &String| {
            Ok(Program {
                argv: strings(std::slice::from_ref(path))?,
                environment: Rc::clone(&environment),
                working_directory: EXTENSIONS_START_IN,
                output,
                framed_log: None,
                letter: None,
                rights: Rc::clone(&rights),
            })
        };
        let extensions = request.extensions.iter().map(extension).collect::<io::Result<Vec<_>>>()?;
        Ok(Self { program, extensions, running: Vec::new(), isolated, post })
    }

    /// The descriptors that later starts need.
    pub(super) fn descriptors(&self) -> impl Iterator<Item = RawFd> {
        let all = std::iter::once(&self.program).chain(self.extensions.first());
        all.flat_map(|program| [Some(program.output), program.framed_log])
            .flatten()
            .map(|fd: BorrowedFd<'_>| fd.as_raw_fd())
            .chain(self.post.as_ref().map(Post::descriptor))
    }

    /// The program waits to be told what it was started for.
    pub(super) fn waits(&self) -> bool {
        self.post.is_some()
    }

    /// Tells the program that waits; when it is started again it finds all of that at once.
    pub(super) fn assign(&mut self, assignment: &Assignment, trees: &[OwnedFd]) -> Result<(), Fault> {
        let Some(post) = self.post.take().filter(|_| !self.running.is_empty()) else {
            return Err(Fault::new("assign", "the program does not wait"));
        };
        self.program.environment = strings(&assignment.environment).at("read the environment")?.into();
        self.program.letter = None;
        post.deliver(assignment, trees)
    }

    /// Starts all extensions; where there are none, the program. Stops at the first that is refused: Init has failed.
    pub(super) fn start_first(&mut self) -> Result<Result<(), Refused>, Fault> {
        if self.extensions.is_empty() {
            return self.start_program();
        }
        for (index, extension) in self.extensions.iter().enumerate() {
            match extension.start()? {
                Start::Running(pid) => self.running.push((Who::Extension(index), pid)),
                Start::Refused { errno } => return Ok(Err(Refused { who: Who::Extension(index), errno })),
            }
        }
        Ok(Ok(()))
    }

    pub(super) fn start_program(&mut self) -> Result<Result<(), Refused>, Fault> {
        match self.program.start()? {
            Start::Running(pid) => self.running.push((Who::Program, pid)),
            Start::Refused { errno } => return Ok(Err(Refused { who: Who::Program, errno })),
        }
        Ok(Ok(()))
    }

    /// A process was reaped: who it was, if it was one of them.
    pub(super) fn ended(&mut self, pid: Pid) -> Option<Who> {
        let at = self.running.iter().position(|(_, running)| *running == pid)?;
        Some(self.running.swap_remove(at).0)
    }

    /// All were reaped.
    pub(super) fn all_ended(&mut self) {
        self.running.clear();
    }

    /// To the process group of one; one that has been reaped gets nothing, for its number may be another's.
    pub(super) fn signal(&self, who: Who, signal: Signal) {
        for (_, pid) in self.running.iter().filter(|(running, _)| *running == who) {
            // It may have ended, not reaped yet, with all its group.
            let _ = kill_process_group(*pid, signal);
        }
    }

    /// In a pid namespace to all but init; else to the process groups of all of them.
    pub(super) fn signal_all(&self, signal: Signal) {
        if self.isolated {
            // Process group 1 reads as -1 to the kernel: everyone but init. Nobody may be left to get it.
            let _ = kill_process_group(Pid::INIT, signal);
            return;
        }
        for (_, group) in &self.running {
            let _ = kill_process_group(*group, signal);
        }
    }
}

fn strings(list: &[String]) -> io::Result<Vec<CString>> {
    Ok(list.iter().map(|s| CString::new(s.as_bytes())).collect::<Result<_, _>>()?)
}
