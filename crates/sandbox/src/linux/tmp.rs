//! `/tmp` of one sandbox: a file system of its own size on disk, so that it does not eat the function's memory.
//!
//! The backing file has no name and the loop device lets go of it by itself, so nothing is left after a crash. Never
//! formats anything: it copies an image made once per size.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, Gid, Mode, OFlags, SeekFrom, Uid};
use rustix::io::Errno;
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, fsconfig_create, fsconfig_set_flag, fsconfig_set_string,
    fsmount, fsopen,
};

use super::loop_device::LoopConfig;
use super::message::{At, Fault, Tmp};
use super::sys;

/// Two sandboxes may find the same device free; the loser looks again.
const LOOP_TRIES: u32 = 1000;

/// In the server: a mounted copy of the image, attached nowhere. Costs a millisecond, several on a busy host.
pub(super) fn mounted_copy(image: &File, folder: &Path, loop_control: &File) -> io::Result<OwnedFd> {
    let file = copy(image, folder)?;
    mounted(&file, loop_control)
}

/// In the server: the file system in `file`, mounted, attached nowhere. It is gone once the descriptor is closed.
pub(super) fn mounted(file: &impl AsFd, loop_control: &File) -> io::Result<OwnedFd> {
    let (_device, name) = attach(file, loop_control)?;
    mount(&name)
}

/// In the sandbox: `/tmp` with its owner, detached; the caller puts it in its place.
pub(super) fn furnish(
    tmp: Tmp,
    tree: Option<&OwnedFd>,
    owner: Option<u32>,
) -> Result<Option<OwnedFd>, Fault> {
    let tree = match (tmp, tree) {
        (Tmp::Host, _) | (Tmp::Disk, None) => return Ok(None),
        (Tmp::Disk, Some(tree)) => rustix::io::fcntl_dupfd_cloexec(tree, 0).at("take /tmp")?,
        (Tmp::Memory { mib }, _) => memory(mib).at("mount /tmp in memory")?,
    };
    give(&tree, owner).at("own /tmp")?;
    Ok(Some(tree))
}

fn memory(mib: u32) -> io::Result<OwnedFd> {
    let fs = fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(&fs, "size", format!("{mib}m"))?;
    fsconfig_set_string(&fs, "mode", "700")?;
    fsconfig_create(&fs)?;
    Ok(fsmount(&fs, FsMountFlags::FSMOUNT_CLOEXEC, attributes())?)
}

fn attributes() -> MountAttrFlags {
    MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV
}

/// A nameless copy of the image, as sparse as it.
fn copy(image: &File, folder: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    let file = rustix::fs::open(folder, flags, Mode::from_raw_mode(0o600))?;
    if rustix::fs::ioctl_ficlone(&file, image).is_ok() {
        return Ok(file);
    }
    let size = rustix::fs::fstat(image)?.st_size.cast_unsigned();
    rustix::fs::ftruncate(&file, size)?;
    let mut end = 0;
    // SEEK_DATA moves the offset, which all who copy this image now share: each opens it anew.
    let image = File::open(format!("/proc/self/fd/{}", image.as_raw_fd()))?;
    loop {
        let start = match rustix::fs::seek(&image, SeekFrom::Data(end)) {
            Err(Errno::NXIO) => return Ok(file),
            start => start?,
        };
        end = rustix::fs::seek(&image, SeekFrom::Hole(start))?;
        copy_range(&image, &file, start, end)?;
    }
}

fn copy_range(from: &File, to: &OwnedFd, start: u64, end: u64) -> io::Result<()> {
    let (mut read, mut write) = (start, start);
    while read < end {
        let length = usize::try_from(end - read).unwrap_or(usize::MAX);
        if rustix::fs::copy_file_range(from, Some(&mut read), to, Some(&mut write), length)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(())
}

fn attach(file: &impl AsFd, control: &File) -> io::Result<(File, String)> {
    let config = LoopConfig::new(file.as_fd(), "lambent /tmp");
    for _ in 0..LOOP_TRIES {
        let name = format!("/dev/loop{}", sys::free_loop_device(control.as_fd())?);
        let device = match File::options().read(true).write(true).open(&name) {
            Err(error) if is_passing(&error) => {
                std::thread::yield_now();
                continue;
            }
            device => device?,
        };
        match sys::configure_loop(device.as_fd(), &config) {
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
            done => return done.map(|()| (device, name)),
        }
    }
    Err(io::ErrorKind::ResourceBusy.into())
}

/// The node of a device made just now may take a moment to appear, and a device somebody else had just let go of to end.
fn is_passing(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(Errno::NXIO.raw_os_error())
}

fn mount(device: &str) -> io::Result<OwnedFd> {
    let fs = fsopen("ext4", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(&fs, "source", device)?;
    // Space freed inside is given back to the host's disk.
    fsconfig_set_flag(&fs, "discard")?;
    fsconfig_set_flag(&fs, "noinit_itable")?;
    fsconfig_create(&fs)?;
    Ok(fsmount(&fs, FsMountFlags::FSMOUNT_CLOEXEC, attributes())?)
}

fn give(tree: &OwnedFd, owner: Option<u32>) -> io::Result<()> {
    if let Some(id) = owner {
        rustix::fs::chownat(tree, "", Some(Uid::from_raw(id)), Some(Gid::from_raw(id)), AtFlags::EMPTY_PATH)?;
    }
    rustix::fs::chmodat(tree, ".", Mode::from_raw_mode(0o700), AtFlags::empty())?;
    Ok(())
}
