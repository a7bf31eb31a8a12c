//! Looking into a stopped process: its registers, its signal masks, system calls made in its place.
//!
//! Part of `sys.rs`, under its rules. Source: the manual page of `ptrace(2)`.

use std::ffi::{c_int, c_uint, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::ptr;

/// The general registers of one thread.
pub(in crate::linux) type Registers = libc::user_regs_struct;

/// Where the C library of a thread keeps its restartable sequence.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[repr(C)]
pub(in crate::linux) struct Sequence {
    pub(in crate::linux) address: u64,
    pub(in crate::linux) size: u32,
    pub(in crate::linux) signature: u32,
    pub(in crate::linux) flags: u32,
    padding: u32,
}

const GET_SIGNAL_MASK: c_uint = 0x420A;
const GET_SEQUENCE: c_uint = 0x420F;
/// `NT_X86_XSTATE`: everything `XSAVE` saves.
const EXTENDED_STATE: usize = 0x202;
/// More than any processor's `XSAVE` area.
const EXTENDED_STATE_MAX_BYTES: usize = 16 * 1024;

/// One request whose data is a pointer to `data`.
fn ask<T>(request: c_uint, tid: i32, address: usize, data: *mut T) -> io::Result<()> {
    // SAFETY: the callers give, for each request, data of the kind and size it reads or writes.
    let answer = unsafe { libc::ptrace(request, tid, address, data.cast::<c_void>()) };
    super::check(answer)
}

/// Becomes the tracer of a thread, which runs on.
pub(in crate::linux) fn seize(tid: i32) -> io::Result<()> {
    ask(libc::PTRACE_SEIZE, tid, 0, ptr::null_mut::<c_void>())
}

/// Stops a seized thread where it is, and waits until it stands.
///
/// # Errors
/// `Interrupted` if it stands because of a signal.
pub(in crate::linux) fn halt(tid: i32) -> io::Result<()> {
    ask(libc::PTRACE_INTERRUPT, tid, 0, ptr::null_mut::<c_void>())?;
    let status = wait(tid)?;
    if status >> 16 == libc::PTRACE_EVENT_STOP { Ok(()) } else { Err(io::ErrorKind::Interrupted.into()) }
}

/// Lets a thread go, with no signal.
pub(in crate::linux) fn release(tid: i32) -> io::Result<()> {
    ask(libc::PTRACE_DETACH, tid, 0, ptr::null_mut::<c_void>())
}

/// Lets a thread run one instruction.
pub(in crate::linux) fn step(tid: i32) -> io::Result<()> {
    ask(libc::PTRACE_SINGLESTEP, tid, 0, ptr::null_mut::<c_void>())?;
    let status = wait(tid)?;
    if libc::WSTOPSIG(status) == libc::SIGTRAP { Ok(()) } else { Err(io::ErrorKind::Interrupted.into()) }
}

/// Waits until a traced thread stands; the status `waitpid` gives.
fn wait(tid: i32) -> io::Result<c_int> {
    let mut status = 0;
    loop {
        // SAFETY: writes one int, to `status`, which outlives the call.
        if unsafe { libc::waitpid(tid, &raw mut status, libc::__WALL) } == tid {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    if libc::WIFSTOPPED(status) { Ok(status) } else { Err(io::Error::from_raw_os_error(libc::ESRCH)) }
}

/// The general registers of a thread that stands.
pub(in crate::linux) fn registers(tid: i32) -> io::Result<Registers> {
    let mut registers = MaybeUninit::<Registers>::zeroed();
    ask(libc::PTRACE_GETREGS, tid, 0, registers.as_mut_ptr())?;
    // SAFETY: plain numbers, for which zero is valid, and the kernel has filled them.
    Ok(unsafe { registers.assume_init() })
}

/// Gives a thread that stands other general registers.
pub(in crate::linux) fn set_registers(tid: i32, registers: &Registers) -> io::Result<()> {
    ask(libc::PTRACE_SETREGS, tid, 0, ptr::from_ref(registers).cast_mut())
}

/// All other registers of a thread that stands, laid out as `XSAVE` does.
pub(in crate::linux) fn extended_state(tid: i32) -> io::Result<Vec<u8>> {
    let mut state = vec![0_u8; EXTENDED_STATE_MAX_BYTES];
    let mut place = libc::iovec { iov_base: state.as_mut_ptr().cast(), iov_len: state.len() };
    ask(libc::PTRACE_GETREGSET, tid, EXTENDED_STATE, &raw mut place)?;
    state.truncate(place.iov_len);
    Ok(state)
}

/// Which signals a thread that stands blocks, one bit each.
pub(in crate::linux) fn signal_mask(tid: i32) -> io::Result<u64> {
    let mut mask = 0_u64;
    ask(GET_SIGNAL_MASK, tid, size_of::<u64>(), &raw mut mask)?;
    Ok(mask)
}

/// The restartable sequence of a thread that stands; its address is 0 where there is none.
pub(in crate::linux) fn sequence(tid: i32) -> io::Result<Sequence> {
    let mut sequence = Sequence::default();
    ask(GET_SEQUENCE, tid, size_of::<Sequence>(), &raw mut sequence)?;
    Ok(sequence)
}

/// The list of robust locks of a thread: its address, which may be 0, and the size of its head.
pub(in crate::linux) fn robust_list(tid: i32) -> io::Result<(u64, u64)> {
    let (mut head, mut length) = (0_u64, 0_u64);
    // SAFETY: writes a pointer and a size, both of 64 bits here, which outlive the call.
    super::check(unsafe { libc::syscall(libc::SYS_get_robust_list, tid, &raw mut head, &raw mut length) })?;
    Ok((head, length))
}
