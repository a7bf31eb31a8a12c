//! The calls with which a process whose memory is there again goes on: what the kernel notes of it, and its threads.

use super::Unfit;
use super::fitness::field;
use super::frame::frame;
use super::table::{Call, Table, flag};
use super::threads::{Process, State};

/// What the kernel notes of a program's memory: code, data, heap, arguments, environment, auxiliary vector.
pub(super) fn layout(pid: i32, brk: u64, table: &mut Table) -> Result<(), Unfit> {
    const PR_SET_MM: u64 = 35;
    const PR_SET_MM_MAP: u64 = 14;
    const MAP_BYTES: u64 = 104;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let numbers: Vec<u64> = stat
        .rsplit_once(") ")
        .map_or("", |(_, rest)| rest)
        .split(' ')
        .map(|n| n.trim().parse().unwrap_or(0))
        .collect();
    // As `proc_pid_stat(5)` counts them; the third field comes first here.
    let at = |field: usize| numbers.get(field - 3).copied().unwrap_or(0);
    let auxiliary = std::fs::read(format!("/proc/{pid}/auxv"))?;
    let auxiliary_at = table.data(&auxiliary);
    let words =
        [at(26), at(27), at(45), at(46), at(47), brk, at(28), at(48), at(49), at(50), at(51), auxiliary_at];
    let mut map: Vec<u8> = words.into_iter().flat_map(u64::to_le_bytes).collect();
    map.extend(u32::try_from(auxiliary.len()).unwrap_or(0).to_le_bytes());
    // The executable stays the snapshot: changing it needs a capability.
    map.extend(u32::MAX.to_le_bytes());
    let map = table.data(&map);
    table.push(Call::new(libc::SYS_prctl, [PR_SET_MM, PR_SET_MM_MAP, map, MAP_BYTES]));
    Ok(())
}

/// What all threads share beside memory and descriptors.
pub(super) fn attributes(pid: i32, process: &Process, table: &mut Table) -> Result<(), Unfit> {
    let folder = std::fs::read_link(format!("/proc/{pid}/cwd"))?;
    let folder = table.data(&[folder.as_os_str().as_encoded_bytes(), b"\0"].concat());
    table.push(Call::new(libc::SYS_chdir, [folder]));
    let mask = field(pid, "Umask:")?.and_then(|mask| u64::from_str_radix(&mask, 8).ok());
    table.push(Call::new(libc::SYS_umask, [mask.unwrap_or(0o022)]));
    for (signal, action) in &process.signals {
        let action = table.data(action);
        table.push(Call::new(libc::SYS_rt_sigaction, [*signal, action, 0, 8]));
    }
    Ok(())
}

/// The threads, the main one last: with the last call of its list it goes on.
pub(super) fn start_threads(states: &[State], table: &mut Table) -> Result<(), Unfit> {
    let Some((main, others)) = states.split_first() else { return Ok(()) };
    const ARCH_SET_FS: u64 = 0x1002;
    for call in own_calls(main, table)? {
        table.push(call);
    }
    let number = Call::new(libc::SYS_set_tid_address, [main.tid_address]);
    table.push(if main.tid_address == 0 { number } else { number.with_extra(flag::STORE, main.tid_address) });
    table.push(Call::new(libc::SYS_arch_prctl, [ARCH_SET_FS, main.registers.fs_base]));
    for thread in others {
        let mut list = own_calls(thread, table)?;
        list.push(go_on(thread, table)?);
        let list = table.push_list(list);
        table.push(clone(thread).with_extra(flag::CLONE, list));
    }
    let last = go_on(main, table)?;
    table.push(last);
    Ok(())
}

fn clone(thread: &State) -> Call {
    let mut flags = libc::CLONE_VM
        | libc::CLONE_FS
        | libc::CLONE_FILES
        | libc::CLONE_SIGHAND
        | libc::CLONE_THREAD
        | libc::CLONE_SYSVSEM
        | libc::CLONE_SETTLS;
    if thread.tid_address != 0 {
        flags |= libc::CLONE_PARENT_SETTID | libc::CLONE_CHILD_CLEARTID;
    }
    let number = thread.tid_address;
    Call::new(
        libc::SYS_clone,
        [i64::from(flags).cast_unsigned(), 0, number, number, thread.registers.fs_base],
    )
}

/// What each thread tells the kernel about itself.
fn own_calls(thread: &State, table: &mut Table) -> Result<Vec<Call>, Unfit> {
    const ARCH_SET_GS: u64 = 0x1001;
    const PR_SET_NAME: u64 = 15;
    let name = table.data(&[thread.name.as_bytes(), b"\0"].concat());
    let mut calls = vec![Call::new(libc::SYS_prctl, [PR_SET_NAME, name])];
    if thread.registers.gs_base != 0 {
        calls.push(Call::new(libc::SYS_arch_prctl, [ARCH_SET_GS, thread.registers.gs_base]));
    }
    let (head, length) = thread.robust_list;
    if head != 0 {
        calls.push(Call::new(libc::SYS_set_robust_list, [head, length]));
    }
    let sequence = thread.sequence;
    if sequence.address != 0 {
        let (size, signature) = (u64::from(sequence.size), u64::from(sequence.signature));
        calls.push(Call::new(libc::SYS_rseq, [sequence.address, size, 0, signature]));
    }
    Ok(calls)
}

fn go_on(thread: &State, table: &mut Table) -> Result<Call, Unfit> {
    let address = table.next_data();
    let address = table.data(&frame(thread, address)?);
    Ok(Call::new(libc::SYS_rt_sigreturn, []).with_extra(flag::STACK, address + 8))
}
