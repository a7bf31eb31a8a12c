//! What a sandbox sees: the template's root with its own `/proc`, `/tmp` and the mounts of its spec.
//!
//! Everything that needs the host's paths is taken, detached, before the host is left; then it is put in place.
//!
//! What it cannot hide: `/proc/<pid>/mountinfo` names, for each mount, the folder of its file system it came from. So
//! a program learns where the host keeps the code it runs, but nothing of what else is there. The kernel has one such
//! file for each process and thread, which no mount over it can cover, and interpreters read it.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Component, Path};

use rustix::fs::{CWD, Mode, OFlags};
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, OpenTreeFlags, fsconfig_create, fsconfig_set_string, fsmount,
    fsopen, open_tree,
};

use super::message::{At, Fault, Request};
use super::spawner::Parts;
use super::template::{self, ATTR_LOCKED, Template};
use super::{lent, parked, sys, tmp};

/// Files of `/proc` nobody inside needs: memory, keys, timers, disks and devices of the whole host, and its kernel's
/// build and command line. They read as empty.
const MASKED_FILES: [&str; 13] = [
    "/proc/cmdline",
    "/proc/config.gz",
    "/proc/diskstats",
    "/proc/interrupts",
    "/proc/iomem",
    "/proc/ioports",
    "/proc/kallsyms",
    "/proc/kcore",
    "/proc/key-users",
    "/proc/keys",
    "/proc/partitions",
    "/proc/sysrq-trigger",
    "/proc/timer_list",
];
/// Folders of `/proc` that stay readable only.
const LOCKED_FOLDERS: [&str; 3] = ["/proc/sys", "/proc/irq", "/proc/bus"];

/// Moves this process into a mount namespace of its own and furnishes it.
pub(super) fn build(template: &Template, request: &Request, parts: &Parts) -> Result<(), Fault> {
    let mut trees = Vec::with_capacity(request.mounts.len());
    for (source, target) in &request.mounts {
        let tree = template::locked_copy(Path::new(source)).at(&format!("take {source}"))?;
        trees.push((tree, Path::new(target)));
    }
    for folder in &request.shared {
        trees.push((lent::mount(folder, request.identity)?, &folder.target));
    }
    let tmp = tmp::furnish(request.tmp, parts.tmp.as_ref(), request.identity)?;
    let proc = make_proc().at("mount /proc")?;
    template::enter(&template.namespace).at("enter the template")?;
    template::unshare_mounts().at("make a mount namespace")?;
    template::attach(&proc, Path::new("/proc")).at("mount /proc")?;
    mask_proc().at("mask /proc")?;
    if let Some(tmp) = tmp {
        template::attach(&tmp, Path::new("/tmp")).at("mount /tmp")?;
    }
    for (tree, target) in trees {
        place(&tree, target, template).at(&format!("mount {}", target.display()))?;
    }
    parked::cover(&request.places).at("cover the places of later mounts")
}

/// Made while the host's own `/proc` is in view: in a user namespace the kernel asks for that.
fn make_proc() -> io::Result<OwnedFd> {
    let fs = fsopen("proc", FsOpenFlags::FSOPEN_CLOEXEC)?;
    // Hides init and with it the server's command line.
    fsconfig_set_string(&fs, "hidepid", "invisible")?;
    fsconfig_create(&fs)?;
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    Ok(fsmount(&fs, FsMountFlags::FSMOUNT_CLOEXEC, attributes)?)
}

fn mask_proc() -> io::Result<()> {
    for file in MASKED_FILES {
        if Path::new(file).exists() {
            template::attach(&copy("/dev/null")?, Path::new(file))?;
        }
    }
    for folder in LOCKED_FOLDERS {
        if Path::new(folder).exists() {
            let tree = copy(folder)?;
            sys::mount_setattr(tree.as_fd(), ATTR_LOCKED, 0, false)?;
            template::attach(&tree, Path::new(folder))?;
        }
    }
    Ok(())
}

fn copy(path: &str) -> io::Result<OwnedFd> {
    Ok(open_tree(CWD, path, OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC)?)
}

/// Puts a mount in place; makes the place first if the template does not have it.
fn place(tree: &OwnedFd, target: &Path, template: &Template) -> io::Result<()> {
    if !target.exists() {
        let folder = rustix::fs::statat(tree, "", rustix::fs::AtFlags::EMPTY_PATH)
            .is_ok_and(|stat| rustix::fs::FileType::from_raw_mode(stat.st_mode).is_dir());
        make_place(target, folder, &template.writable_root)?;
    }
    template::attach(tree, target)
}

/// Makes the folders of `target` in the root's file system. They are empty and stay for later sandboxes.
fn make_place(target: &Path, folder: bool, writable_root: &OwnedFd) -> io::Result<()> {
    let names: Vec<_> = target
        .components()
        .filter_map(|part| if let Component::Normal(name) = part { Some(name) } else { None })
        .collect();
    let Some((last, parents)) = names.split_last() else { return Err(io::ErrorKind::InvalidInput.into()) };
    let mut at = rustix::io::dup(writable_root)?;
    let parents = parents.iter().map(|name| (name, true));
    for (name, folder) in parents.chain([(last, folder)]) {
        let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC;
        if folder {
            match rustix::fs::mkdirat(&at, *name, Mode::from_raw_mode(0o755)) {
                Ok(()) | Err(rustix::io::Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            at = rustix::fs::openat(&at, *name, flags | OFlags::PATH | OFlags::DIRECTORY, Mode::empty())?;
        } else {
            let create = flags | OFlags::CREATE | OFlags::WRONLY;
            rustix::fs::openat(&at, *name, create, Mode::from_raw_mode(0o644))?;
        }
    }
    Ok(())
}
