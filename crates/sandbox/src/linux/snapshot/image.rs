//! The memory of a stopped process: what of it is kept in the snapshot's file, and the calls that make it again.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use lambent_core::limits;

use super::Unfit;
use super::maps::{PAGE, PAGE_BYTES, Pages, Region};
use super::table::{Call, SIZE_MAX, Table, flag};

const PRIVATE: u64 = 0x02;
const FIXED: u64 = 0x10;
const ANONYMOUS: u64 = 0x20;
const GROWS_DOWN: u64 = 0x100;
const NO_RESERVE: u64 = 0x4000;
const SHARED: u64 = 0x01;
/// How much is read at once.
const CHUNK: usize = 1 << 20;
/// The end of what a program can map.
const MEMORY_END: u64 = 0x7FFF_FFFF_F000;
/// Where the program finds its own file.
const OWN_FILE: &[u8] = b"/proc/self/exe\0";

/// One piece as it comes back from the snapshot's file.
#[derive(Debug, Clone, Copy)]
struct Kept {
    start: u64,
    length: u64,
    protection: u64,
    offset: u64,
}

/// Writes the memory to the snapshot's file and adds to the table what brings it back.
pub(super) fn keep(pid: i32, regions: &[Region], file: &File, table: &mut Table) -> Result<(), Unfit> {
    if regions.iter().map(Region::length).sum::<u64>() > limits::SNAPSHOT_MAPPED_MAX_BYTES {
        return Err(Unfit::new("it maps too much memory"));
    }
    clear(regions, table)?;
    let path = table.data(OWN_FILE);
    table.push(open(path, libc::O_RDONLY).with(flag::KEEP));
    let (memory, pages) = (File::open(format!("/proc/{pid}/mem"))?, Pages::of(pid)?);
    let mut kept: Vec<Kept> = Vec::new();
    let mut rest = Vec::new();
    let mut offset = SIZE_MAX;
    for region in regions.iter().filter(|region| !region.is_kernels()) {
        let own = if region.shared { Vec::new() } else { pages.own(region)? };
        if own.contains(&true) || (!region.shared && region.name.starts_with('/') && !region.has_file()) {
            let all = !region.name.is_empty() && !region.name.starts_with('[');
            copy(&memory, region, |page| all || own.get(page) == Some(&true), file, offset)?;
            if region.name == "[stack]" {
                stack(region, &own, offset, table);
            } else {
                add(&mut kept, region, offset);
            }
            offset += region.length();
        } else {
            rest.push(region);
        }
    }
    file.set_len(offset)?;
    for Kept { start, length, protection, offset } in kept {
        let map = Call::new(libc::SYS_mmap, [start, length, protection, PRIVATE | FIXED, 0, offset]);
        table.push(map.with(flag::KEPT_FIFTH));
    }
    table.push(Call::new(libc::SYS_close, []).with(flag::KEPT));
    unchanged(&rest, table)
}

pub(super) fn open(path: u64, flags: libc::c_int) -> Call {
    let here = i64::from(libc::AT_FDCWD).cast_unsigned();
    Call::new(libc::SYS_openat, [here, path, u64::from(flags.cast_unsigned())])
}

/// Takes the kernel's own pages aside, frees everything else, and puts them where the process had them.
fn clear(regions: &[Region], table: &mut Table) -> Result<(), Unfit> {
    const MOVE_TO: u64 = 3;
    let vdso = regions.iter().find(|region| region.name == "[vdso]");
    let vdso = vdso.ok_or_else(|| Unfit::new("it has no vDSO"))?.start;
    let kernels = || regions.iter().filter(|region| region.is_kernels());
    let mut aside = table.scratch();
    for region in kernels() {
        let (from, length) = (region.start.wrapping_sub(vdso), region.length());
        let call = Call::new(libc::SYS_mremap, [from, length, length, MOVE_TO, aside]);
        table.push(call.with(flag::VDSO));
        aside += length;
    }
    let end = table.base + SIZE_MAX;
    table.push(Call::new(libc::SYS_munmap, [0, table.base]));
    table.push(Call::new(libc::SYS_munmap, [end, MEMORY_END - end]));
    let mut aside = table.scratch();
    for region in kernels() {
        let length = region.length();
        table.push(Call::new(libc::SYS_mremap, [aside, length, length, MOVE_TO, region.start]));
        aside += length;
    }
    Ok(())
}

/// Copies the pages that `wanted` names; those of zeros stay holes.
fn copy(
    memory: &File,
    region: &Region,
    wanted: impl Fn(usize) -> bool,
    file: &File,
    offset: u64,
) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    let mut at = 0;
    while at < region.length() {
        let length = CHUNK.min(usize::try_from(region.length() - at).unwrap_or(CHUNK));
        let first = usize::try_from(at / PAGE).unwrap_or(usize::MAX);
        let some = (0..length / PAGE_BYTES).any(|page| wanted(first + page));
        let chunk = buffer.get_mut(..length).unwrap_or_default();
        // Behind the end of a mapped file nothing can be read: nothing was there either.
        if some && memory.read_exact_at(chunk, region.start + at).is_ok() {
            for (page, bytes) in chunk.chunks_exact(PAGE_BYTES).enumerate() {
                if wanted(first + page) && bytes.iter().any(|byte| *byte != 0) {
                    file.write_all_at(bytes, offset + at + page as u64 * PAGE)?;
                }
            }
        }
        at += length as u64;
    }
    Ok(())
}

/// The main thread's stack grows, which a mapped file cannot: it is read into fresh memory.
fn stack(region: &Region, own: &[bool], offset: u64, table: &mut Table) {
    let flags = PRIVATE | FIXED | ANONYMOUS | GROWS_DOWN;
    let Region { start, protection, .. } = *region;
    table.push(Call::new(libc::SYS_mmap, [start, region.length(), protection, flags, u64::MAX]));
    let unused = own.iter().position(|own| *own).unwrap_or(0) as u64 * PAGE;
    let rest = region.length() - unused;
    table.push(Call::new(libc::SYS_pread64, [0, start + unused, rest, offset + unused]).with(flag::KEPT));
}

/// Adds a piece, to the one before where they are one to the kernel.
fn add(kept: &mut Vec<Kept>, region: &Region, offset: u64) {
    let (start, length, protection) = (region.start, region.length(), region.protection);
    if let Some(last) = kept.last_mut() {
        let joins = last.start + last.length == start && last.offset + last.length == offset;
        if joins && last.protection == protection {
            last.length += length;
            return;
        }
    }
    kept.push(Kept { start, length, protection, offset });
}

/// Pieces the process has not written to: files are mapped anew, by their names, and empty memory made anew.
fn unchanged(regions: &[&Region], table: &mut Table) -> Result<(), Unfit> {
    let mut opened: Option<&str> = None;
    for region in regions {
        let Region { start, protection, offset, .. } = **region;
        let length = region.length();
        if region.has_file() {
            if region.shared && protection & 2 != 0 {
                return Err(Unfit::new(format!("it shares memory by {}", region.name)));
            }
            if opened != Some(&region.name) {
                if opened.is_some() {
                    table.push(Call::new(libc::SYS_close, []).with(flag::KEPT));
                }
                let path = table.data(&[region.name.as_bytes(), b"\0"].concat());
                table.push(open(path, libc::O_RDONLY).with(flag::KEEP));
                opened = Some(&region.name);
            }
            let flags = FIXED | if region.shared { SHARED } else { PRIVATE };
            let map = Call::new(libc::SYS_mmap, [start, length, protection, flags, 0, offset]);
            table.push(map.with(flag::KEPT_FIFTH));
        } else if region.shared {
            return Err(Unfit::new("it has memory to share"));
        } else {
            let grows = if region.name == "[stack]" { GROWS_DOWN } else { NO_RESERVE };
            let flags = PRIVATE | FIXED | ANONYMOUS | grows;
            table.push(Call::new(libc::SYS_mmap, [start, length, protection, flags, u64::MAX]));
        }
    }
    if opened.is_some() {
        table.push(Call::new(libc::SYS_close, []).with(flag::KEPT));
    }
    Ok(())
}
