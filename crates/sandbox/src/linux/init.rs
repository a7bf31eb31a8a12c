//! Process 1 of a sandbox: starts who runs in it, reaps, reports how each ended, obeys the server. Never runs code of
//! the function.

use std::convert::Infallible;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};
use rustix::process::{Pid, Signal, WaitOptions, WaitStatus, kill_process, wait};
use rustix::thread::CapabilitySet;

use super::crew::{Crew, Refused};
use super::message::{Command, Fault, Message, Who};
use super::oom_score::OomScore;
use super::{channel, restrict, sys};

/// Commands are a word long.
const COMMAND_MAX_BYTES: usize = 256;

/// What init as root needs: to signal the others, and to start them under their user with their limits.
const LITTLE: CapabilitySet = CapabilitySet::KILL
    .union(CapabilitySet::SETUID)
    .union(CapabilitySet::SETGID)
    .union(CapabilitySet::SYS_RESOURCE);

/// Gives up all that init never needs again.
pub(super) fn keep_little() -> std::io::Result<()> {
    restrict::keep_capabilities(LITTLE)
}

/// The same, but for mounts that are made later.
pub(super) fn keep_mounting() -> std::io::Result<()> {
    restrict::keep_capabilities(LITTLE | CapabilitySet::SYS_ADMIN)
}

/// Tells the server why there is no sandbox.
pub(super) fn fail(control: &OwnedFd, fault: Fault) -> ! {
    tell(control, &Message::Failed(fault));
    sys::exit_now(1)
}

/// Starts who is to run first, then serves until the server lets go. `signals` is readable when a child has ended.
pub(super) fn live(control: &OwnedFd, signals: &OwnedFd, mut crew: Crew<'_>, score: &OomScore) -> ! {
    match crew.start_first() {
        Ok(started) => tell_start(control, started),
        Err(fault) => fail(control, fault),
    }
    // After the start was told: nobody waits for this.
    score.take_back();
    let keep: Vec<_> =
        [control.as_raw_fd(), signals.as_raw_fd()].into_iter().chain(crew.descriptors()).collect();
    sys::close_all_but(&keep, || serve(control, signals, crew, score))
}

fn tell(control: &OwnedFd, message: &Message) {
    // A server that is gone shows as end of file when commands are read.
    let _ = channel::send(control, message, &[]);
}

fn tell_start(control: &OwnedFd, started: Result<(), Refused>) {
    if let Err(Refused { who, errno }) = started {
        tell(control, &Message::NotExecuted { who, errno });
        if who == Who::Program {
            return;
        }
    }
    tell(control, &Message::Executed);
}

fn serve(control: &OwnedFd, signals: &OwnedFd, mut crew: Crew<'_>, score: &OomScore) -> Infallible {
    // Only the first command to a program that waits is long: nothing is written to the rest of it before.
    let mut buffer = vec![0; if crew.waits() { channel::MESSAGE_MAX_BYTES } else { COMMAND_MAX_BYTES }];
    loop {
        let mut fds = [PollFd::new(control, PollFlags::IN), PollFd::new(signals, PollFlags::IN)];
        // Interrupted or out of memory: look again.
        let _ = poll(&mut fds, None);
        if !fds[1].revents().is_empty() {
            // Without a pid namespace SIGTERM says that the spawner died. Else it is not meant for us: the kernel
            // kills a namespace's init when the spawner dies.
            if asked_to_end(signals) && !crew.isolated {
                end(&crew);
            }
            reap(control, &mut crew);
        }
        if !fds[0].revents().is_empty() {
            match channel::receive::<Command>(control, &mut buffer) {
                Ok(Some((Command::Assign(assignment), trees))) => {
                    tell_assigned(control, crew.assign(&assignment, &trees));
                    buffer = vec![0; COMMAND_MAX_BYTES];
                }
                Ok(Some((command, _))) => obey(command, control, &mut crew, score),
                Ok(None) | Err(_) => end(&crew),
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

fn reap(control: &OwnedFd, crew: &mut Crew<'_>) {
    while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
        if let Some(who) = crew.ended(pid) {
            tell(control, &ended(who, status));
        }
    }
}

fn ended(who: Who, status: WaitStatus) -> Message {
    let byte = |n: Option<i32>| n.and_then(|n| u8::try_from(n).ok());
    Message::Ended { who, code: byte(status.exit_status()), signal: byte(status.terminating_signal()) }
}

fn obey(command: Command, control: &OwnedFd, crew: &mut Crew<'_>, score: &OomScore) {
    match command {
        Command::Stop => crew.signal_all(Signal::STOP),
        Command::Continue => crew.signal_all(Signal::CONT),
        Command::Terminate => crew.signal(Who::Program, Signal::TERM),
        Command::Kill { who } => crew.signal(who, Signal::KILL),
        Command::StartProgram => start(control, score, || crew.start_program()),
        Command::Restart => start(control, score, || crew.start_first()),
        Command::Clear => {
            clear(crew);
            crew.all_ended();
            tell(control, &Message::Cleared);
        }
        Command::Socket => make_socket(control),
        Command::End => end(crew),
        // It comes with descriptors, and before all others.
        Command::Assign(_) => {}
    }
}

fn tell_assigned(control: &OwnedFd, assigned: Result<(), Fault>) {
    tell(control, &assigned.map_or_else(Message::Failed, |()| Message::Executed));
}

fn start(control: &OwnedFd, score: &OomScore, start: impl FnOnce() -> Result<Result<(), Refused>, Fault>) {
    score.offer_again();
    match start() {
        Ok(started) => tell_start(control, started),
        Err(fault) => tell(control, &Message::Failed(fault)),
    }
    score.take_back();
}

/// A socket stays in the network it was made in, whoever uses it.
fn make_socket(control: &OwnedFd) {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let made = socket_with(AddressFamily::INET, SocketType::STREAM, flags, None);
    let sent = made
        .map_err(std::io::Error::from)
        .and_then(|socket| channel::send(control, &Message::Socket, &[socket.as_fd()]));
    if let Err(error) = sent {
        tell(control, &Message::NoSocket { errno: error.raw_os_error().unwrap_or(libc::EIO) });
    }
}

/// Kills and reaps everybody but init.
///
/// Each ended parent leaves its children to us, so looking again before each wait finds all.
fn clear(crew: &Crew<'_>) {
    loop {
        crew.signal_all(Signal::KILL);
        if !crew.isolated {
            kill_children();
        }
        // One at least; all that have ended already, so that many cost little.
        if matches!(wait(WaitOptions::empty()), Err(Errno::CHILD)) {
            return;
        }
        while let Ok(Some(_)) = wait(WaitOptions::NOHANG) {}
    }
}

/// Ends the sandbox. In a pid namespace the kernel kills the others as init goes.
fn end(crew: &Crew<'_>) -> ! {
    if !crew.isolated {
        clear(crew);
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
