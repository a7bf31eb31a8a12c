//! The descriptors of a process: which come back, and as what. Those it was started with are the new sandbox's own.

use std::collections::BTreeSet;
use std::io;

use super::Unfit;
use super::image::open;
use super::table::{Call, Table, flag};
use crate::linux::boot::FRAMED_LOG_FD;

/// One open descriptor.
#[derive(Debug)]
struct Descriptor {
    number: i32,
    /// A path, or `kind:[inode]`.
    target: String,
    flags: i32,
    position: u64,
}

/// Adds the calls that open them again.
///
/// A socket becomes one that is not connected, as a connection that ended meanwhile; one that listens, or whose other
/// end is near, would be missed.
pub(super) fn keep(pid: i32, table: &mut Table) -> Result<(), Unfit> {
    let all = descriptors(pid)?;
    let local = local_sockets(pid)?;
    if let Some(fd) = all.iter().find(|fd| local.contains(&fd.target)) {
        return Err(Unfit::new(format!("descriptor {} is a socket that others reach inside", fd.number)));
    }
    let given: Vec<_> = all.iter().filter(|fd| is_given(fd.number)).collect();
    let mut taken: BTreeSet<_> = [0, 1, 2].into_iter().chain(given.iter().map(|fd| fd.number)).collect();
    for fd in all.iter().filter(|fd| !is_given(fd.number)) {
        let close = fd.flags & libc::O_CLOEXEC;
        if let Some(same) = given.iter().find(|given| is_same_pipe(given, fd)) {
            table.push(Call::new(libc::SYS_dup3, [same.number, fd.number, close].map(argument)));
        } else {
            let path = path_of(fd, table)?;
            table.push(again(fd, path).with(flag::KEEP));
            let free = (0..).find(|number| !taken.contains(number)).unwrap_or(i32::MAX);
            if free != fd.number {
                table.push(Call::new(libc::SYS_dup3, [0, fd.number, close].map(argument)).with(flag::KEPT));
                table.push(Call::new(libc::SYS_close, []).with(flag::KEPT));
            }
            if fd.position > 0 {
                table.push(Call::new(libc::SYS_lseek, [argument(fd.number), fd.position, 0]));
            }
        }
        taken.insert(fd.number);
    }
    for number in [0, 1, 2].into_iter().filter(|number| all.iter().all(|fd| fd.number != *number)) {
        table.push(Call::new(libc::SYS_close, [argument(number)]));
    }
    Ok(())
}

/// A copy of what it was given to write to. Two descriptors of one file may be open for different things.
fn is_same_pipe(given: &Descriptor, fd: &Descriptor) -> bool {
    given.target == fd.target && fd.target.starts_with("pipe:")
}

/// What every program is started with.
fn is_given(number: i32) -> bool {
    (0..3).contains(&number) || number == FRAMED_LOG_FD
}

fn argument(number: i32) -> u64 {
    i64::from(number).cast_unsigned()
}

/// The address of its path, 0 for a socket.
fn path_of(fd: &Descriptor, table: &mut Table) -> Result<u64, Unfit> {
    let Descriptor { number, target, flags, .. } = fd;
    if target.starts_with("socket:") {
        return Ok(0);
    }
    let writes = flags & libc::O_ACCMODE != libc::O_RDONLY;
    if !target.starts_with('/') || target.ends_with(" (deleted)") || target.starts_with("/memfd:") {
        return Err(Unfit::new(format!("descriptor {number} is {target}")));
    }
    if writes && !target.starts_with("/dev/") {
        return Err(Unfit::new(format!("descriptor {number} writes to {target}")));
    }
    Ok(table.data(&[target.as_bytes(), b"\0"].concat()))
}

/// All Unix sockets, and those that listen: `socket:[inode]`.
fn local_sockets(pid: i32) -> io::Result<BTreeSet<String>> {
    const LISTENS: &str = "0A";
    let table = |name| std::fs::read_to_string(format!("/proc/{pid}/net/{name}"));
    let mut inodes: Vec<String> = Vec::new();
    for name in ["tcp", "tcp6"] {
        // A kernel without IPv6 has no such table.
        for line in table(name).unwrap_or_default().lines() {
            let fields: Vec<_> = line.split_whitespace().collect();
            if fields.get(3) == Some(&LISTENS) {
                inodes.extend(fields.get(9).map(|&inode| inode.to_owned()));
            }
        }
    }
    let unix = table("unix")?;
    inodes.extend(unix.lines().filter_map(|line| Some(line.split_whitespace().nth(6)?.to_owned())));
    Ok(inodes.into_iter().map(|inode| format!("socket:[{inode}]")).collect())
}

fn again(fd: &Descriptor, path: u64) -> Call {
    if path == 0 {
        let kind = libc::SOCK_STREAM | fd.flags & (libc::O_CLOEXEC | libc::O_NONBLOCK);
        return Call::new(libc::SYS_socket, [libc::AF_INET, kind, 0].map(argument));
    }
    open(path, fd.flags & !(libc::O_CREAT | libc::O_EXCL | libc::O_TRUNC))
}

fn descriptors(pid: i32) -> Result<Vec<Descriptor>, Unfit> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(format!("/proc/{pid}/fd"))? {
        let entry = entry?;
        let number = entry.file_name().to_str().and_then(|name| name.parse().ok());
        let number = number.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
        let target = std::fs::read_link(entry.path())?.to_string_lossy().into_owned();
        let info = std::fs::read_to_string(format!("/proc/{pid}/fdinfo/{number}"))?;
        let field = |name| info.lines().find_map(|line| Some(line.strip_prefix(name)?.trim()));
        let flags = field("flags:").and_then(|text| i32::from_str_radix(text, 8).ok());
        let position = field("pos:").and_then(|text| text.parse().ok());
        let (Some(flags), Some(position)) = (flags, position) else {
            return Err(io::Error::from(io::ErrorKind::InvalidData).into());
        };
        all.push(Descriptor { number, target, flags, position });
    }
    all.sort_unstable_by_key(|fd| fd.number);
    Ok(all)
}
