//! The mount namespace every sandbox starts from: a read-only root with the host's programs and a small `/etc`.
//!
//! It is built once by the spawner, in memory, and lives as long as the spawner or a sandbox. Never shows the host's
//! homes, data, secrets or `/etc/shadow`.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, OFlags, makedev, mknodat};
use rustix::mount::{
    MountFlags, MountPropagationFlags, MoveMountFlags, OpenTreeFlags, UnmountFlags, mount, mount_change,
    move_mount, open_tree, unmount,
};
use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space};

use super::message::{At, Fault};
use super::{etc, sys};

/// Read-only, without setuid and devices.
pub(super) const ATTR_LOCKED: u64 = 0x1 | 0x2 | 0x4;
/// Where Node.js finds the modules of layers and of the runtime for ES modules too, which do not look at `NODE_PATH`: they go
/// up from `/var/task`.
const MODULES: [(&str, &str); 2] =
    [("var/node_modules", "/opt/nodejs/node_modules"), ("node_modules", "/var/runtime/node_modules")];
/// Read-only, without setuid and execution; for `/dev`, whose devices work.
const ATTR_DEVICES: u64 = 0x1 | 0x2 | 0x8;

/// The namespaces and descriptors sandboxes are made with.
#[derive(Debug)]
pub(super) struct Template {
    /// The namespace with the read-only root.
    pub(super) namespace: OwnedFd,
    /// The root's file system, writable: where mount points are made that are not there yet.
    pub(super) writable_root: OwnedFd,
}

impl Template {
    /// Builds the template and leaves this process in a private view of the host.
    pub(super) fn build(run_dir: &Path, uid_base: u32) -> Result<Self, Fault> {
        let root = rustix::process::geteuid().is_root();
        if !root {
            enter_user_namespace().at("make a user namespace")?;
        }
        unshare_mounts().at("make a mount namespace")?;
        let slave = MountPropagationFlags::DOWNSTREAM | MountPropagationFlags::REC;
        mount_change("/", slave).at("separate mounts from the host")?;
        let host = own_namespace().at("open the host's mount namespace")?;
        unshare_mounts().at("make the template's mount namespace")?;
        let namespace = own_namespace().at("open the template's mount namespace")?;
        let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
        mount_change("/", private).at("separate the template from the host")?;
        let writable_root = build_root(&run_dir.join("root"), uid_base, root)?;
        enter(&host).at("return to the host's mounts")?;
        Ok(Self { namespace, writable_root })
    }
}

/// Moves this process into a mount namespace.
pub(super) fn enter(namespace: &OwnedFd) -> io::Result<()> {
    Ok(move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Mount))?)
}

/// Gives this process a copy of its mount namespace.
pub(super) fn unshare_mounts() -> io::Result<()> {
    #[expect(deprecated, reason = "unsafe only for CLONE_FILES, which is not asked for")]
    Ok(rustix::thread::unshare(UnshareFlags::NEWNS)?)
}

/// A detached copy of what is at `source`, with everything mounted below it, read-only.
pub(super) fn locked_copy(source: &Path) -> io::Result<OwnedFd> {
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let tree = open_tree(CWD, source, flags | OpenTreeFlags::AT_RECURSIVE)?;
    sys::mount_setattr(tree.as_fd(), ATTR_LOCKED, libc::MS_PRIVATE, true)?;
    Ok(tree)
}

/// Puts a detached mount at a path.
pub(super) fn attach(tree: &OwnedFd, target: &Path) -> io::Result<()> {
    Ok(move_mount(tree, "", CWD, target, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?)
}

fn own_namespace() -> io::Result<OwnedFd> {
    Ok(File::open("/proc/self/ns/mnt")?.into())
}

/// The user inside is 993 with group 990, as on AWS: the only pair that can be mapped without help.
fn enter_user_namespace() -> io::Result<()> {
    let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
    #[expect(deprecated, reason = "unsafe only for CLONE_FILES, which is not asked for")]
    rustix::thread::unshare(UnshareFlags::NEWUSER)?;
    std::fs::write("/proc/self/setgroups", "deny")?;
    std::fs::write("/proc/self/uid_map", format!("{} {} 1", etc::UID_SHOWN, uid.as_raw()))?;
    std::fs::write("/proc/self/gid_map", format!("{} {} 1", etc::GID_SHOWN, gid.as_raw()))
}

/// Builds the root at `place`, makes it the root of this namespace and answers its writable side.
fn build_root(place: &Path, uid_base: u32, privileged: bool) -> Result<OwnedFd, Fault> {
    std::fs::create_dir_all(place).at("make the root's place")?;
    mount("tmpfs", place, "tmpfs", MountFlags::empty(), Some(c"mode=755,size=16m,nr_inodes=16k"))
        .at("mount the root")?;
    for folder in ["etc", "proc", "dev", "tmp", "mnt", "opt", "var/task", "var/runtime", "var/lang", "root"] {
        std::fs::create_dir_all(place.join(folder)).at("fill the root")?;
    }
    for folder in ["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "nix/store"] {
        bring(folder, place).at("bring the host's programs")?;
    }
    for (link, to) in MODULES {
        symlink(to, place.join(link)).at("fill the root")?;
    }
    etc::fill(place, uid_base).at("fill /etc")?;
    fill_devices(&place.join("dev"), privileged).at("fill /dev")?;
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let writable = open_tree(CWD, place, flags).at("keep the root writable")?;
    become_root(place).at("change to the root")?;
    let root = open_tree(CWD, "/", OpenTreeFlags::OPEN_TREE_CLOEXEC).at("open the root")?;
    sys::mount_setattr(root.as_fd(), ATTR_LOCKED, libc::MS_PRIVATE, false).at("lock the root")?;
    Ok(writable)
}

/// Shows a file or folder of the host at the same path; a symbolic link is copied; what is not there is left out.
pub(super) fn bring(path: &str, root: &Path) -> io::Result<()> {
    let source = Path::new("/").join(path);
    let target = root.join(path);
    let Ok(kind) = std::fs::symlink_metadata(&source) else { return Ok(()) };
    if let Some(parent) = target.parent() {
        std::fs::create_dir_all(parent)?;
    }
    if kind.is_symlink() {
        return symlink(std::fs::read_link(&source)?, &target);
    }
    if kind.is_dir() {
        std::fs::create_dir_all(&target)?;
    } else {
        File::create(&target)?;
    }
    attach(&locked_copy(&source)?, &target)
}

fn fill_devices(dev: &Path, privileged: bool) -> io::Result<()> {
    mount("tmpfs", dev, "tmpfs", MountFlags::empty(), Some(c"mode=755,size=64k"))?;
    for (name, minor) in [("null", 3), ("zero", 5), ("full", 7), ("random", 8), ("urandom", 9)] {
        let node = dev.join(name);
        if privileged {
            mknodat(CWD, &node, FileType::CharacterDevice, Mode::from_raw_mode(0o666), makedev(1, minor))?;
            rustix::fs::chmod(&node, Mode::from_raw_mode(0o666))?;
        } else {
            File::create(&node)?;
            let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
            attach(&open_tree(CWD, Path::new("/dev").join(name), flags)?, &node)?;
        }
    }
    for (name, to) in [("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")] {
        symlink(format!("/proc/self/fd{to}"), dev.join(name))?;
    }
    let tree = rustix::fs::open(dev, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    sys::mount_setattr(tree.as_fd(), ATTR_DEVICES, 0, false)
}

fn become_root(place: &Path) -> io::Result<()> {
    rustix::process::chdir(place)?;
    // The old root lands on top of the new one and is taken away from there: no folder for it is needed.
    rustix::process::pivot_root(".", ".")?;
    unmount(".", UnmountFlags::DETACH)?;
    Ok(rustix::process::chdir("/")?)
}
