//! Which process a snapshot is of, and whether all of it can be kept. Changes nothing.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};

use super::Unfit;
use super::threads::Stopped;

/// The number of the process behind a pidfd, as this process sees it.
pub(super) fn pid_of(pidfd: &OwnedFd) -> Result<i32, Unfit> {
    let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", pidfd.as_raw_fd()))?;
    let pid = info.lines().find_map(|line| line.strip_prefix("Pid:")?.trim().parse().ok());
    pid.filter(|pid| *pid > 0).ok_or_else(|| Unfit::new("it is gone"))
}

fn children(pid: i32, tid: i32) -> Result<Vec<i32>, Unfit> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/task/{tid}/children"))?;
    Ok(text.split_whitespace().filter_map(|child| child.parse().ok()).collect())
}

pub(super) fn only_child(init: i32) -> Result<i32, Unfit> {
    match children(init, init)?.as_slice() {
        [pid] => Ok(*pid),
        [] => Err(Unfit::new("it is gone")),
        _ => Err(Unfit::new("other processes run beside it")),
    }
}

/// Nothing of it is where memory, registers and descriptors do not tell of it.
pub(super) fn alone(pid: i32, stopped: &Stopped) -> Result<(), Unfit> {
    for thread in &stopped.threads {
        if !children(pid, thread.tid)?.is_empty() {
            return Err(Unfit::new("it has child processes"));
        }
    }
    if std::fs::read_dir(format!("/proc/{pid}/root/tmp"))?.any(|entry| is_its_own(&entry)) {
        return Err(Unfit::new("it has files in /tmp"));
    }
    if std::fs::read_to_string(format!("/proc/{pid}/timers")).is_ok_and(|timers| !timers.is_empty()) {
        return Err(Unfit::new("it has timers"));
    }
    if field(pid, "Seccomp_filters:")?.is_some_and(|count| count != "1" && count != "0") {
        return Err(Unfit::new("it has a system call filter of its own"));
    }
    Ok(())
}

/// Every new ext4 has this folder.
fn is_its_own(entry: &io::Result<std::fs::DirEntry>) -> bool {
    !entry.as_ref().is_ok_and(|entry| entry.file_name() == "lost+found")
}

/// A field of `/proc/<pid>/status`.
pub(super) fn field(pid: i32, name: &str) -> Result<Option<String>, Unfit> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    Ok(status.lines().find_map(|line| Some(line.strip_prefix(name)?.trim().to_owned())))
}
