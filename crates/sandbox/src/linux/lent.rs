//! Shared folders as mounts: what is on disk the shared folder's user's is the sandbox's own inside, and the other way
//! round. Everyone else stays who they are, so that permissions mean what they say.
//!
//! The kernel takes the translation from a user namespace, which is made for that and ends with it. Only root can make one
//! with such a map, and not every file system can be mounted so: then there is no sandbox, and the reason is told.

use std::fmt::Write as _;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use rustix::mount::{OpenTreeFlags, open_tree};
use rustix::process::{Signal, WaitId, WaitIdOptions, pidfd_send_signal, waitid};

use super::message::{At, Fault};
use super::sys;
use crate::{BootError, SharedFolder};

/// The step in which mounting a shared folder fails.
pub(crate) const STEP: &str = "mount a shared folder";
/// Without setuid and devices.
const ATTR_LENT: u64 = 0x2 | 0x4;
/// The first of the groups that stand for a user's other groups inside: no file of any host is of these.
const GROUPS_BASE: u32 = 0x7fff_0000;

/// Whether sandboxes of this server can have such folders: only where each has a user of its own.
pub(super) fn check(folders: &[SharedFolder], identity: Option<u32>) -> Result<(), BootError> {
    let Some(folder) = folders.first().filter(|_| identity.is_none()) else { return Ok(()) };
    let step = format!("{STEP}: {}", folder.target.display());
    Err(BootError::at_step(step, "only a server that runs as root with namespaces can".to_owned()))
}

/// The groups that a sandbox's user is in beside its own, for these folders.
pub(super) fn groups(folders: &[SharedFolder]) -> Vec<u32> {
    let most = folders.iter().map(|folder| folder.user.groups.len()).max().unwrap_or(0);
    (GROUPS_BASE..).take(most).collect()
}

/// A detached mount of the folder for the sandbox's user, whose id and group are `identity`.
pub(super) fn mount(folder: &SharedFolder, identity: Option<u32>) -> Result<OwnedFd, Fault> {
    mounted(folder, identity).at(&format!("{STEP}: {}", folder.target.display()))
}

fn mounted(folder: &SharedFolder, identity: Option<u32>) -> io::Result<OwnedFd> {
    let identity = identity.ok_or_else(|| io::Error::other("only a server that runs as root can"))?;
    let opened = crate::shared_folder::open(folder)?;
    let flags =
        OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC | OpenTreeFlags::AT_EMPTY_PATH;
    let tree = open_tree(&opened, "", flags)?;
    sys::mount_setattr(tree.as_fd(), ATTR_LENT, libc::MS_PRIVATE, false)?;
    let user = &folder.user;
    let mut groups = vec![(user.gid, identity)];
    for (group, inside) in user.groups.iter().zip(GROUPS_BASE..) {
        if groups.iter().all(|(known, _)| known != group) {
            groups.push((*group, inside));
        }
    }
    let namespace = namespace(&map(&[(user.uid, identity)]), &map(&groups))?;
    let userns_fd = u64::from(namespace.as_raw_fd().cast_unsigned());
    let users = libc::mount_attr { attr_set: libc::MOUNT_ATTR_IDMAP, attr_clr: 0, propagation: 0, userns_fd };
    sys::set_mount(tree.as_fd(), &users, false).map_err(|error| match error.raw_os_error() {
        Some(libc::EINVAL) => io::Error::other("its file system cannot be mounted with other users"),
        _ => error,
    })?;
    Ok(tree)
}

/// A user namespace with these maps.
fn namespace(uids: &str, gids: &str) -> io::Result<OwnedFd> {
    let Some(holder) = sys::clone_into(libc::CLONE_NEWUSER, None)? else {
        // Killed by whoever made it, and with its pid namespace at the latest.
        loop {
            let _ = rustix::event::poll(&mut [], None);
        }
    };
    let made = write_maps(&holder, uids, gids);
    let _ = pidfd_send_signal(&holder, Signal::KILL);
    // Whoever ignores its children has none to wait for.
    let _ = waitid(WaitId::PidFd(holder.as_fd()), WaitIdOptions::EXITED);
    made
}

fn write_maps(holder: &OwnedFd, uids: &str, gids: &str) -> io::Result<OwnedFd> {
    // As the host's own /proc counts, which is still in view here.
    let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{}", holder.as_raw_fd()))?;
    let pid = info.lines().find_map(|line| line.strip_prefix("Pid:")).map(str::trim);
    let pid: u32 = pid.and_then(|pid| pid.parse().ok()).ok_or(io::ErrorKind::NotFound)?;
    std::fs::write(format!("/proc/{pid}/uid_map"), uids)?;
    std::fs::write(format!("/proc/{pid}/gid_map"), gids)?;
    Ok(std::fs::File::open(format!("/proc/{pid}/ns/user"))?.into())
}

/// The map of a user namespace that makes of each id on disk the one inside; of every other id itself, but for those that
/// were taken, which become those that are free.
fn map(pairs: &[(u32, u32)]) -> String {
    let is_disk = |id: u32| pairs.iter().any(|(disk, _)| *disk == id);
    let is_inside = |id: u32| pairs.iter().any(|(_, inside)| *inside == id);
    let taken = pairs.iter().map(|(_, inside)| *inside).filter(|id| !is_disk(*id));
    let free = pairs.iter().map(|(disk, _)| *disk).filter(|id| !is_inside(*id));
    let mut all: Vec<(u32, u32)> = pairs.iter().copied().chain(taken.zip(free)).collect();
    all.sort_unstable();
    let (mut text, mut next) = (String::new(), 0);
    let mut line = |disk: u32, inside: u32, count: u32| {
        if count > 0 {
            let _ = writeln!(text, "{disk} {inside} {count}");
        }
    };
    for (disk, inside) in all {
        line(next, next, disk - next);
        line(disk, inside, 1);
        next = disk + 1;
    }
    // The highest number is nobody's id.
    line(next, next, u32::MAX - next);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_changes_two_and_keeps_the_others() {
        assert_eq!(map(&[(5, 9)]), "0 0 5\n5 9 1\n6 6 3\n9 5 1\n10 10 4294967285\n");
        assert_eq!(map(&[(0, 2)]), "0 2 1\n1 1 1\n2 0 1\n3 3 4294967292\n");
        assert_eq!(map(&[(7, 7)]), "0 0 7\n7 7 1\n8 8 4294967287\n");
    }

    #[test]
    fn no_id_inside_stands_for_two() {
        let text = map(&[(9, 5), (5, 3), (6, 100)]);
        let mut inside: Vec<u64> = Vec::new();
        let mut covered = 0;
        for line in text.lines() {
            let numbers: Vec<u64> = line.split(' ').map(|n| n.parse().unwrap()).collect();
            assert!(inside.iter().all(|start| *start != numbers[1]));
            inside.push(numbers[1]);
            covered += numbers[2];
        }
        assert_eq!(covered, u64::from(u32::MAX));
        for pair in ["9 5 1", "5 3 1", "6 100 1"] {
            assert!(text.lines().any(|line| line == pair), "{pair} in {text}");
        }
    }
}
