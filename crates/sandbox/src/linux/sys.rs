//! Thin safe wrappers over the system calls `rustix` does not wrap safely. Never decides anything.
//!
//! With its part `sys/trace.rs` the only file of the workspace with unsafe code. Source: the manual pages in sections 2, 4 and 7.
#![expect(unsafe_code, reason = "the one place for system calls without a safe wrapper")]

#[cfg(target_arch = "x86_64")]
pub(super) mod trace;

use std::convert::Infallible;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::loop_device::LoopConfig;

/// Makes a copy of this process; `None` in the copy.
///
/// The C library puts its allocator in order around the fork, so the copy may allocate even when this process has
/// more threads. Whatever else those threads held locked stays locked there: the copy must not use it.
pub(super) fn fork() -> io::Result<Option<i32>> {
    // SAFETY: no arguments. The copy uses nothing of other threads (see above).
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(None),
        pid => Ok(Some(pid)),
    }
}

/// Makes a copy of this single-threaded process in new namespaces; `None` in the copy, else a pidfd of it.
pub(super) fn clone_into(flags: c_int, cgroup: Option<BorrowedFd<'_>>) -> io::Result<Option<OwnedFd>> {
    let mut pidfd: RawFd = -1;
    let into_cgroup: u64 = 0x2_0000_0000;
    let flags = u64::from((flags | libc::CLONE_PIDFD).cast_unsigned());
    let args = libc::clone_args {
        flags: flags | if cgroup.is_some() { into_cgroup } else { 0 },
        pidfd: ptr::from_mut(&mut pidfd).addr() as u64,
        child_tid: 0,
        parent_tid: 0,
        exit_signal: u64::from(libc::SIGCHLD.cast_unsigned()),
        stack: 0,
        stack_size: 0,
        tls: 0,
        set_tid: 0,
        set_tid_size: 0,
        cgroup: cgroup.map_or(0, |fd| u64::from(fd.as_raw_fd().cast_unsigned())),
    };
    // SAFETY: `args` outlives the call and has the size told. Without CLONE_VM the copy has its own memory and, the
    // spawner having one thread, no lock in it is held by a thread that is not there.
    let answer = unsafe { libc::syscall(libc::SYS_clone3, &raw const args, size_of::<libc::clone_args>()) };
    match answer {
        -1 => Err(io::Error::last_os_error()),
        0 => Ok(None),
        // SAFETY: the kernel has just opened this descriptor for us and nobody else knows it.
        _ => Ok(Some(unsafe { OwnedFd::from_raw_fd(pidfd) })),
    }
}

/// Runs `body` in a child process that shares this process's memory; returns its pid once it has executed a program
/// or ended. What `body` writes to memory is seen here, so a failure needs no pipe.
pub(super) fn run_until_exec<F: FnOnce()>(body: F) -> io::Result<i32> {
    extern "C" fn enter<F: FnOnce()>(argument: *mut c_void) -> c_int {
        // SAFETY: `argument` points at the `Option<F>` below, which the suspended parent keeps alive and untouched.
        let body = unsafe { &mut *argument.cast::<Option<F>>() };
        if let Some(body) = body.take() {
            body();
        }
        exit_now(127)
    }
    let mut body = Some(body);
    let mut stack = vec![0_u128; 16 * 1024];
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    // SAFETY: the stack is aligned to 16, grows down from its end and lives until the call returns, which
    // CLONE_VFORK delays until the child no longer uses our memory. `enter` never returns.
    let pid = unsafe {
        let top = stack.as_mut_ptr().add(stack.len()).cast::<c_void>();
        libc::clone(enter::<F>, top, flags, ptr::from_mut(&mut body).cast::<c_void>())
    };
    if pid == -1 { Err(io::Error::last_os_error()) } else { Ok(pid) }
}

/// Ends this process without running anything else in it.
pub(super) fn exit_now(status: c_int) -> ! {
    // SAFETY: takes a number and does not return.
    unsafe { libc::_exit(status) }
}

/// Replaces this process by a program; returns only the error.
pub(super) fn execute(program: &CStr, arguments: &[CString], environment: &[CString]) -> io::Error {
    let argv = pointers(arguments);
    let envp = pointers(environment);
    // SAFETY: all strings and both null-ended arrays outlive the call.
    unsafe { libc::execve(program.as_ptr(), argv.as_ptr(), envp.as_ptr()) };
    io::Error::last_os_error()
}

fn pointers(strings: &[CString]) -> Vec<*const c_char> {
    strings.iter().map(|s| s.as_ptr()).chain([ptr::null()]).collect()
}

/// Sets attributes (`MOUNT_ATTR_*`) and propagation (`MS_PRIVATE`, `MS_SLAVE`, 0) on the mount `tree` refers to.
pub(super) fn mount_setattr(
    tree: BorrowedFd<'_>,
    attributes: u64,
    propagation: u64,
    recursive: bool,
) -> io::Result<()> {
    let attr = libc::mount_attr { attr_set: attributes, attr_clr: 0, propagation, userns_fd: 0 };
    set_mount(tree, &attr, recursive)
}

/// Changes the mount `tree` refers to.
pub(super) fn set_mount(tree: BorrowedFd<'_>, attr: &libc::mount_attr, recursive: bool) -> io::Result<()> {
    let flags = libc::AT_EMPTY_PATH | if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the path is a constant, `attr` outlives the call and has the size told.
    check(unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            tree.as_raw_fd(),
            c"".as_ptr(),
            flags,
            ptr::from_ref(attr),
            size_of::<libc::mount_attr>(),
        )
    })
}

/// Puts this process under a seccomp filter for good. Needs no_new_privs.
pub(super) fn install_filter(filter: &[libc::sock_filter]) -> io::Result<()> {
    let len = u16::try_from(filter.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    let program = libc::sock_fprog { len, filter: filter.as_ptr().cast_mut() };
    // SAFETY: the kernel only reads `len` instructions from `filter`, which outlives the call.
    check(unsafe {
        libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0_usize, &raw const program)
    })
}

/// What a signal does to a process that has no handler of its own.
#[derive(Debug, Clone, Copy)]
pub(super) enum Disposition {
    Default,
    Ignored,
}

/// A descriptor that is readable when one of these has come. They must be blocked.
pub(super) fn signal_fd(signals: &[c_int]) -> io::Result<OwnedFd> {
    let set = signal_set(signals);
    // SAFETY: `set` is initialised and outlives the call.
    let fd = unsafe { libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) };
    check(libc::c_long::from(fd))?;
    // SAFETY: just opened, known to nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Says what a signal does from now on.
pub(super) fn set_disposition(signal: c_int, disposition: Disposition) {
    let handler = match disposition {
        Disposition::Default => libc::SIG_DFL,
        Disposition::Ignored => libc::SIG_IGN,
    };
    // SAFETY: only the constants SIG_DFL and SIG_IGN get here, so no code of ours runs in a handler. The kernel
    // refuses what cannot be changed, which is then at its default anyway.
    unsafe { libc::signal(signal, handler) };
}

/// Blocks these (`SIG_BLOCK`), or these and no others (`SIG_SETMASK`).
pub(super) fn mask_signals(how: c_int, signals: &[c_int]) {
    let set = signal_set(signals);
    // SAFETY: `set` is initialised; a null old mask is allowed.
    unsafe { libc::sigprocmask(how, &raw const set, ptr::null_mut()) };
}

fn signal_set(signals: &[c_int]) -> libc::sigset_t {
    // SAFETY: sigset_t is plain bits, for which zero is valid, and sigemptyset initialises it.
    let mut set: libc::sigset_t = unsafe { std::mem::zeroed() };
    // SAFETY: `set` is ours; an invalid signal number is refused.
    unsafe { libc::sigemptyset(&raw mut set) };
    for &signal in signals {
        // SAFETY: as above.
        unsafe { libc::sigaddset(&raw mut set, signal) };
    }
    set
}

/// The number of a loop device that is free now. Another process may take it first.
pub(super) fn free_loop_device(loop_control: BorrowedFd<'_>) -> io::Result<i32> {
    const LOOP_CTL_GET_FREE: libc::Ioctl = 0x4C82;
    // SAFETY: this request takes no argument and returns a number.
    let number = unsafe { libc::ioctl(loop_control.as_raw_fd(), LOOP_CTL_GET_FREE) };
    check(libc::c_long::from(number))?;
    Ok(number)
}

/// Puts the file `config` names behind a loop device.
pub(super) fn configure_loop(device: BorrowedFd<'_>, config: &LoopConfig<'_>) -> io::Result<()> {
    const LOOP_CONFIGURE: libc::Ioctl = 0x4C0A;
    // SAFETY: `config` is laid out as the kernel's struct loop_config (linux/loop.h), its descriptor is borrowed for
    // as long as it lives, and it outlives the call.
    check(libc::c_long::from(unsafe {
        libc::ioctl(device.as_raw_fd(), LOOP_CONFIGURE, ptr::from_ref(config))
    }))
}

/// How many of the bytes written to a TCP socket its peer has not acknowledged. Once the peer has reset the connection
/// it stays as it was.
pub(crate) fn unacknowledged_bytes(socket: BorrowedFd<'_>) -> io::Result<c_int> {
    let mut count = 0;
    // SAFETY: this request writes one int, to `count`, which outlives the call.
    check(libc::c_long::from(unsafe { libc::ioctl(socket.as_raw_fd(), libc::TIOCOUTQ, &raw mut count) }))?;
    Ok(count)
}

/// Locks a range of bytes of a file for as long as its descriptor, or a copy of it, is open.
///
/// # Errors
/// `WouldBlock` if someone else holds a part of it.
pub(super) fn lock_range(file: BorrowedFd<'_>, start: u64, length: usize) -> io::Result<()> {
    // SAFETY: struct flock is plain data, for which zero is valid.
    let mut lock: libc::flock = unsafe { std::mem::zeroed() };
    lock.l_type = libc::c_short::try_from(libc::F_WRLCK).expect("a small constant");
    lock.l_whence = libc::c_short::try_from(libc::SEEK_SET).expect("a small constant");
    lock.l_start = start.try_into().map_err(|_| io::ErrorKind::InvalidInput)?;
    lock.l_len = length.try_into().map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: `lock` is initialised and outlives the call.
    check(libc::c_long::from(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_OFD_SETLK, &raw const lock) }))
}

/// Brings the loopback interface of this network namespace up.
pub(super) fn raise_loopback(socket: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: ifreq is plain data, for which zero is valid.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (to, from) in request.ifr_name.iter_mut().zip(*b"lo") {
        *to = from.cast_signed();
    }
    let flags = libc::IFF_UP | libc::IFF_RUNNING;
    request.ifr_ifru.ifru_flags = i16::try_from(flags).expect("both flags are below 0x100");
    // SAFETY: `request` is a valid ifreq with a null-ended name and outlives the call.
    check(libc::c_long::from(unsafe {
        libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS as libc::Ioctl, &raw const request)
    }))
}

/// Gives the descriptor a number, without close-on-exec. What had the number before is closed: only for a process that
/// is about to execute a program, or for 0 to 2.
pub(super) fn become_number(fd: BorrowedFd<'_>, number: RawFd) -> io::Result<()> {
    // SAFETY: closes at most a descriptor that nobody uses any more: 0 to 2 are owned by nothing here, and others are
    // replaced only between fork and exec, in a table of the child's own.
    check(libc::c_long::from(unsafe { libc::dup2(fd.as_raw_fd(), number) }))
}

/// Marks every descriptor from 3 on close-on-exec.
pub(super) fn close_on_exec_from_3() -> io::Result<()> {
    // SAFETY: changes flags only; no descriptor is closed.
    check(unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) })
}

/// Closes every descriptor from 3 on apart from those in `keep`. Whoever owned the others must not use them again.
pub(super) fn close_all_but(keep: &[RawFd], never_returns: impl FnOnce() -> Infallible) -> ! {
    let mut kept: Vec<u32> = keep.iter().filter_map(|&fd| u32::try_from(fd).ok()).collect();
    kept.sort_unstable();
    let mut from = 3_u32;
    for fd in kept.into_iter().filter(|&fd| fd >= 3).chain([u32::MAX]) {
        if fd > from {
            let to = if fd == u32::MAX { fd } else { fd - 1 };
            // SAFETY: what follows never returns to code that owned these descriptors.
            unsafe { libc::syscall(libc::SYS_close_range, from, to, 0_u32) };
        }
        from = fd.saturating_add(1);
    }
    match never_returns() {}
}

fn check(answer: libc::c_long) -> io::Result<()> {
    if answer == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The landlock version of this kernel, 0 for none.
pub(super) fn landlock_version() -> i32 {
    const VERSION: u32 = 1;
    // SAFETY: with this flag the kernel takes no attributes and returns a number.
    let version =
        unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, ptr::null::<c_void>(), 0_usize, VERSION) };
    i32::try_from(version).unwrap_or(0).max(0)
}

/// Registers a descriptor with tokio, to be told when it is readable.
pub(super) fn watch_readable(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an `OwnedFd` is open, stays the same descriptor for its life, and is owned by the `AsyncFd` from here.
    Ok(unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) }?)
}
