//! The threads of a process, stopped, with all the kernel keeps for each. Lets them go on as they were.

use std::io;

use rustix::event::{Timespec, poll};

use super::Unfit;
use super::maps::PAGE;
use crate::linux::sys::trace::{self, Registers, Sequence};

/// How often a program that does not wait is looked at again, and how soon.
const TRIES: u32 = 200;
const PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 5_000_000 };

/// All threads of one process, standing still as long as this lives. Only the thread that made it can use it.
#[derive(Debug)]
pub(super) struct Stopped {
    pub(super) threads: Vec<Thread>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Thread {
    pub(super) tid: i32,
    /// As it stood.
    pub(super) registers: Registers,
}

/// What is restored of one thread.
#[derive(Debug)]
pub(super) struct State {
    pub(super) registers: Registers,
    pub(super) extended: Vec<u8>,
    pub(super) signal_mask: u64,
    pub(super) sequence: Sequence,
    /// Address, 0 for none, and size of its head.
    pub(super) robust_list: (u64, u64),
    /// Where the C library keeps the thread's number.
    pub(super) tid_address: u64,
    /// `stack_t`.
    pub(super) signal_stack: [u8; 24],
    pub(super) name: String,
}

impl Stopped {
    /// Stops them where the main thread waits in a system call: it may still be on its way into it.
    pub(super) fn waiting(pid: i32) -> Result<Self, Unfit> {
        for _ in 0..TRIES {
            let stopped = Self::all(pid)?;
            if stopped.threads.first().is_some_and(|main| main.registers.orig_rax.cast_signed() >= 0) {
                return Ok(stopped);
            }
            drop(stopped);
            let _ = poll(&mut [], Some(&PAUSE));
        }
        Err(Unfit::new("it does not wait"))
    }

    /// Stops them. The first is the main thread.
    fn all(pid: i32) -> Result<Self, Unfit> {
        let mut stopped = Self { threads: Vec::new() };
        loop {
            let missing: Vec<_> = stopped.missing(pid)?;
            if missing.is_empty() {
                return Ok(stopped);
            }
            for tid in missing {
                stopped.stop(tid)?;
            }
        }
    }

    fn missing(&self, pid: i32) -> io::Result<Vec<i32>> {
        let mut tids: Vec<i32> = std::fs::read_dir(format!("/proc/{pid}/task"))?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter(|tid| self.threads.iter().all(|thread| thread.tid != *tid))
            .collect();
        tids.sort_unstable_by_key(|tid| (*tid != pid, *tid));
        Ok(tids)
    }

    fn stop(&mut self, tid: i32) -> Result<(), Unfit> {
        trace::seize(tid)?;
        let registers = trace::halt(tid).and_then(|()| trace::registers(tid));
        match registers {
            Ok(registers) => self.threads.push(Thread { tid, registers }),
            Err(error) => {
                // It stands, because of a signal that came first, or is gone.
                let _ = trace::release(tid);
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// The address of a system call instruction: behind which the main thread waits.
    fn gate(&self, memory: &impl Fn(u64, &mut [u8]) -> io::Result<()>) -> Result<u64, Unfit> {
        let main = self.threads.first().ok_or_else(|| Unfit::new("it is gone"))?;
        let gate = main.registers.rip.wrapping_sub(2);
        let mut instruction = [0; 2];
        memory(gate, &mut instruction)?;
        if instruction != [0x0F, 0x05] {
            return Err(Unfit::new("it does not wait as programs do"));
        }
        Ok(gate)
    }

    /// What is to be known of each thread, and of the signals of all.
    pub(super) fn states(
        &self,
        memory: &impl Fn(u64, &mut [u8]) -> io::Result<()>,
    ) -> Result<(Vec<State>, Process), Unfit> {
        let gate = self.gate(memory)?;
        let states =
            self.threads.iter().map(|thread| thread.state(gate, memory)).collect::<Result<_, _>>()?;
        let main = self.threads.first().ok_or_else(|| Unfit::new("it is gone"))?;
        Ok((states, main.process(gate, memory)?))
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        for Thread { tid, registers } in &self.threads {
            // One that was killed meanwhile needs nothing.
            let _ = trace::set_registers(*tid, registers);
            let _ = trace::release(*tid);
        }
    }
}

/// What all threads share beside memory and files.
#[derive(Debug)]
pub(super) struct Process {
    /// `struct sigaction` of the kernel, of signals 1 to 64; of those that do not have their default.
    pub(super) signals: Vec<(u64, [u8; 32])>,
    pub(super) brk: u64,
}

impl Thread {
    /// Makes a system call in its place; the third argument of those that fill memory is a place on its stack.
    fn call(&self, gate: u64, number: libc::c_long, arguments: [u64; 4]) -> Result<u64, Unfit> {
        let [rdi, rsi, rdx, r10] = arguments;
        let rax = number.cast_unsigned();
        // Without a number in `orig_rax` the kernel does not take it for an interrupted call.
        let registers =
            Registers { rip: gate, rax, orig_rax: u64::MAX, rdi, rsi, rdx, r10, ..self.registers };
        trace::set_registers(self.tid, &registers)?;
        trace::step(self.tid)?;
        let result = trace::registers(self.tid)?.rax;
        if result > u64::MAX - 4095 {
            let number = i32::try_from(result.wrapping_neg()).unwrap_or(libc::EIO);
            return Err(io::Error::from_raw_os_error(number).into());
        }
        Ok(result)
    }

    /// A place on its stack that it does not use: below what it may write behind the stack pointer's back.
    const fn spare(&self) -> u64 {
        (self.registers.rsp - 512) & !63
    }

    fn state(&self, gate: u64, memory: &impl Fn(u64, &mut [u8]) -> io::Result<()>) -> Result<State, Unfit> {
        let tid = self.tid;
        let extended = trace::extended_state(tid)?;
        let (signal_mask, sequence) = (trace::signal_mask(tid)?, trace::sequence(tid)?);
        let mut address = [0; 8];
        self.call(gate, libc::SYS_prctl, [PR_GET_TID_ADDRESS, self.spare(), 0, 0])?;
        memory(self.spare(), &mut address)?;
        let mut signal_stack = [0; 24];
        self.call(gate, libc::SYS_sigaltstack, [0, self.spare(), 0, 0])?;
        memory(self.spare(), &mut signal_stack)?;
        let name = std::fs::read_to_string(format!("/proc/{tid}/comm"))?;
        Ok(State {
            registers: restartable(self.registers),
            extended,
            signal_mask,
            sequence,
            robust_list: trace::robust_list(tid)?,
            tid_address: u64::from_le_bytes(address),
            signal_stack,
            name: name.trim_end_matches('\n').to_owned(),
        })
    }

    fn process(
        &self,
        gate: u64,
        memory: &impl Fn(u64, &mut [u8]) -> io::Result<()>,
    ) -> Result<Process, Unfit> {
        let mut signals = Vec::new();
        for signal in 1..=64 {
            let mut action = [0; 32];
            self.call(gate, libc::SYS_rt_sigaction, [signal, 0, self.spare(), 8])?;
            memory(self.spare(), &mut action)?;
            if action != [0; 32] {
                signals.push((signal, action));
            }
        }
        for timer in 0..3 {
            let mut left = [0; 32];
            self.call(gate, libc::SYS_getitimer, [timer, self.spare(), 0, 0])?;
            memory(self.spare(), &mut left)?;
            if left != [0; 32] {
                return Err(Unfit::new("it has timers"));
            }
        }
        Ok(Process { signals, brk: self.call(gate, libc::SYS_brk, [0; 4])? })
    }
}

const PR_GET_TID_ADDRESS: u64 = 40;
const _: () = assert!(PAGE > 512, "the spare place is on the stack's page or the one below");

/// The registers to go on with in another process: an interrupted call is made anew, or ends as interrupted.
fn restartable(registers: Registers) -> Registers {
    // Not told to programs: linux/errno.h.
    const RESTART: [i64; 3] = [-512, -513, -514];
    const RESTART_OTHERWISE: i64 = -516;
    let mut registers = registers;
    if registers.orig_rax.cast_signed() >= 0 {
        let result = registers.rax.cast_signed();
        if RESTART.contains(&result) {
            registers.rax = registers.orig_rax;
            registers.rip -= 2;
        } else if result == RESTART_OTHERWISE {
            registers.rax = i64::from(-libc::EINTR).cast_unsigned();
        }
    }
    registers
}
