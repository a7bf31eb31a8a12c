//! Process 1 of a sandbox: reaps, reports how the program ended, obeys the server. Never runs code of the function.

use std::convert::Infallible;
use std::os::fd::{AsRawFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, kill_process_group, wait};
use rustix::thread::CapabilitySet;

use super::message::{Command, Message};
use super::program::Start;
use super::{channel, restrict, sys};

/// Commands are a word long.
const COMMAND_MAX_BYTES: usize = 256;

/// What init goes on with.
pub(super) struct Started {
    pub(super) start: Start,
    /// Readable when a child has ended.
    pub(super) signals: OwnedFd,
}

/// What init as root needs later: to signal the program, and to start more under its user.
pub(super) fn keep_little() -> std::io::Result<()> {
    restrict::keep_capabilities(CapabilitySet::KILL | CapabilitySet::SETUID | CapabilitySet::SETGID)
}

/// Reports the start, then serves until the server lets go.
pub(super) fn live(control: &OwnedFd, started: Started, isolated: bool) -> ! {
    let (report, program) = match started.start {
        Start::Running(pid) => (Message::Executed, Some(pid)),
        Start::Refused { errno } => (Message::NotExecuted { errno }, None),
    };
    // A server that is gone shows as end of file below.
    let _ = channel::send(control, &report, &[]);
    let keep = [control.as_raw_fd(), started.signals.as_raw_fd()];
    sys::close_all_but(&keep, || serve(control, &started.signals, program, isolated))
}

fn serve(control: &OwnedFd, signals: &OwnedFd, program: Option<Pid>, isolated: bool) -> Infallible {
    loop {
        let mut fds = [PollFd::new(control, PollFlags::IN), PollFd::new(signals, PollFlags::IN)];
        // Interrupted or out of memory: look again.
        let _ = poll(&mut fds, None);
        if !fds[1].revents().is_empty() {
            // Without a pid namespace SIGTERM says that the spawner died. Else it is not meant for us: the kernel
            // kills a namespace's init when the spawner dies.
            if asked_to_end(signals) && !isolated {
                end(program, isolated);
            }
            reap(control, program);
        }
        if !fds[0].revents().is_empty() {
            let mut buffer = [0; COMMAND_MAX_BYTES];
            match channel::receive::<Command>(control, &mut buffer) {
                Ok(Some((command, _))) => obey(command, program, isolated),
                Ok(None) | Err(_) => end(program, isolated),
            }
        }
    }
}

/// Empties the signal descriptor; whether SIGTERM was among the signals.
fn asked_to_end(signals: &OwnedFd) -> bool {
    /// The size of `struct signalfd_siginfo`, whose first field is the signal.
    const RECORD_BYTES: usize = 128;
    let mut record = [0_u8; RECORD_BYTES];
    let mut asked = false;
    while let Ok(RECORD_BYTES) = rustix::io::read(signals, &mut record) {
        asked |= record.first_chunk().map(|n| u32::from_ne_bytes(*n)) == Some(libc::SIGTERM.cast_unsigned());
    }
    asked
}

fn reap(control: &OwnedFd, program: Option<Pid>) {
    while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
        if Some(pid) == program {
            let _ = channel::send(control, &ended(status), &[]);
        }
    }
}

fn ended(status: WaitStatus) -> Message {
    let byte = |n: Option<i32>| n.and_then(|n| u8::try_from(n).ok());
    Message::Ended { code: byte(status.exit_status()), signal: byte(status.terminating_signal()) }
}

fn obey(command: Command, program: Option<Pid>, isolated: bool) {
    match command {
        Command::Stop => signal_all(program, isolated, Signal::STOP),
        Command::Continue => signal_all(program, isolated, Signal::CONT),
        Command::End => end(program, isolated),
    }
}

/// In a pid namespace all but init; else the program's process group.
fn signal_all(program: Option<Pid>, isolated: bool, signal: Signal) {
    // Process group 1 reads as -1 to the kernel: everyone but init.
    let group = if isolated { Some(Pid::INIT) } else { program };
    if let Some(group) = group {
        // Nobody may be left to get it.
        let _ = kill_process_group(group, signal);
    }
}

/// Ends the sandbox. In a pid namespace the kernel kills the others as init goes.
fn end(program: Option<Pid>, isolated: bool) -> ! {
    if !isolated {
        signal_all(program, false, Signal::KILL);
        // Each ended parent leaves its children to us, so looking again before each wait finds all.
        loop {
            kill_children();
            if wait(WaitOptions::empty()).is_err() {
                break;
            }
        }
    }
    sys::exit_now(0)
}

fn kill_children() {
    let own = rustix::process::getpid().as_raw_pid();
    let Ok(entries) = std::fs::read_dir("/proc") else { return };
    for entry in entries.flatten() {
        let pid = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok());
        let parent =
            std::fs::read_to_string(entry.path().join("stat")).ok().and_then(|stat| parent_of(&stat));
        if let Some(pid) = pid.and_then(Pid::from_raw).filter(|_| parent == Some(own)) {
            let _ = kill_process(pid, Signal::KILL);
        }
    }
}

/// The parent in a line of `/proc/<pid>/stat`. The name before it may hold spaces and brackets.
fn parent_of(stat: &str) -> Option<i32> {
    let (_, after_name) = stat.rsplit_once(") ")?;
    after_name.split(' ').nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_is_found_behind_any_name() {
        assert_eq!(parent_of("42 (a) S 7) R 3 1 1 0"), Some(3));
        assert_eq!(parent_of("42 (sh) S 7 1 1 0"), Some(7));
        assert_eq!(parent_of("42"), None);
    }
}
