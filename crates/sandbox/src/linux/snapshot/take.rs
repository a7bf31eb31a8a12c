//! Takes a snapshot: looks, writes the memory, writes the list of calls.

use std::fs::{File, OpenOptions, Permissions};
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::Path;

use super::maps::{self, Region};
use super::table::{Call, SIZE_MAX, Table};
use super::threads::Stopped;
use super::{Unfit, files, fitness, image, start};

/// Where the program that restores may lie: what the kernel and C libraries leave free.
const PLACES: [u64; 3] = [0x1_0000, 0x7000_0000, 0x10_0000_0000];

/// Writes the snapshot of the only child of a sandbox's init to a new file. Blocks for as long as the memory takes.
///
/// The program must wait in a system call, which it then makes anew in each restored process.
pub(super) fn take(init: &OwnedFd, to: &Path) -> Result<(), Unfit> {
    let pid = fitness::only_child(fitness::pid_of(init)?)?;
    let file = OpenOptions::new().write(true).create_new(true).open(to)?;
    let written = write(pid, &file).and_then(|()| {
        // Whatever the server's mask: each sandbox has a user of its own.
        Ok(file.set_permissions(Permissions::from_mode(0o555))?)
    });
    written.inspect_err(|_| {
        // Half a snapshot is none.
        let _ = std::fs::remove_file(to);
    })
}

fn write(pid: i32, file: &File) -> Result<(), Unfit> {
    let stopped = Stopped::waiting(pid)?;
    fitness::alone(pid, &stopped)?;
    let memory = File::open(format!("/proc/{pid}/mem"))?;
    let (states, process) = stopped.states(&|at, bytes: &mut [u8]| memory.read_exact_at(bytes, at))?;
    let regions = maps::regions(pid)?;
    let mut table = Table::new(place(&regions)?);
    let all_signals = table.data(&[0xFF; 8]);
    // Until each thread has its own mask again: a handler would find no stack.
    table.push(Call::new(libc::SYS_rt_sigprocmask, [2, all_signals, 0, 8]));
    image::keep(pid, &regions, file, &mut table)?;
    start::layout(pid, process.brk, &mut table)?;
    files::keep(pid, &mut table)?;
    start::attributes(pid, &process, &mut table)?;
    start::start_threads(&states, &mut table)?;
    file.write_all_at(&table.file()?, 0)?;
    Ok(())
}

fn place(regions: &[Region]) -> Result<u64, Unfit> {
    let free =
        |start: &u64| regions.iter().all(|region| region.end <= *start || region.start >= *start + SIZE_MAX);
    PLACES.into_iter().find(free).ok_or_else(|| Unfit::new("its memory leaves no room"))
}
