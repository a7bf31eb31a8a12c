//! What signals do to the processes of ours that start sandboxes. Never handles one.

use std::io;
use std::os::fd::OwnedFd;

use super::sys::{self, Disposition};

/// What asks a process to end, SIGKILL apart.
const ENDINGS: [i32; 4] = [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM];

/// Puts every signal back to its default and unblocks all.
pub(super) fn reset() {
    (1..=64).for_each(|signal| sys::set_disposition(signal, Disposition::Default));
    unblock();
}

/// Lets ended children vanish by themselves.
pub(super) fn ignore_children() {
    sys::set_disposition(libc::SIGCHLD, Disposition::Ignored);
}

/// Ignores what asks a process to end, SIGKILL apart.
pub(super) fn ignore_endings() {
    ENDINGS.into_iter().for_each(|signal| sys::set_disposition(signal, Disposition::Ignored));
}

/// A descriptor that is readable when a child has ended or SIGTERM has come. Both are blocked from now on.
pub(super) fn watch_children() -> io::Result<OwnedFd> {
    let signals = [libc::SIGCHLD, libc::SIGTERM];
    sys::mask_signals(libc::SIG_BLOCK, &signals);
    // The program inherits what is ignored: nothing may be.
    for signal in ENDINGS.into_iter().chain([libc::SIGCHLD]) {
        sys::set_disposition(signal, Disposition::Default);
    }
    sys::signal_fd(&signals)
}

/// Unblocks all signals, keeping dispositions.
pub(super) fn unblock() {
    sys::mask_signals(libc::SIG_SETMASK, &[]);
}
