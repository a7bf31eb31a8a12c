//! A program that waits to be told what it was started for, as its init sees it. Never knows who tells.

use std::io::{self, Write as _};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::path::Path;

use rustix::fs::{Mode, mkdirat};
use rustix::mount::{
    FsMountFlags, FsOpenFlags, UnmountFlags, fsconfig_create, fsconfig_set_string, fsmount, fsopen, unmount,
};

use super::message::{Assignment, At, Fault};
use super::template::{self, ATTR_LOCKED};
use super::{init, sys};

/// The program finds what it is told under this number: out of the way of those that scripts choose.
pub(super) const PARKED_FD: RawFd = 61;

/// Init's side.
pub(super) struct Post {
    letter: io::PipeWriter,
    /// What is mounted there is taken away first.
    places: Vec<String>,
}

impl Post {
    /// The program's end too.
    pub(super) fn open(places: &[String]) -> io::Result<(Self, OwnedFd)> {
        let (reader, letter) = io::pipe()?;
        Ok((Self { letter, places: places.to_vec() }, reader.into()))
    }

    /// What init must keep open.
    pub(super) fn descriptor(&self) -> RawFd {
        self.letter.as_raw_fd()
    }

    /// Makes the mounts, gives up the right to, and tells the program.
    pub(super) fn deliver(mut self, assignment: &Assignment, trees: &[OwnedFd]) -> Result<(), Fault> {
        let Assignment { environment, targets } = assignment;
        if trees.len() != targets.len() {
            return Err(Fault::new("take the mounts", "some are missing"));
        }
        for place in &self.places {
            unmount(place.as_str(), UnmountFlags::DETACH).at(&format!("make room in {place}"))?;
        }
        for (tree, target) in trees.iter().zip(targets) {
            template::attach(tree, Path::new(target)).at(&format!("mount {target}"))?;
        }
        init::keep_little().at("drop init's capabilities")?;
        let mut text = String::with_capacity(environment.iter().map(|one| one.len() + 1).sum());
        for variable in environment {
            text.push_str(variable);
            text.push('\0');
        }
        self.letter.write_all(text.as_bytes()).at("tell the program")
    }
}

/// Covers the places of mounts that come later by folders with an empty `lib` in each: the dynamic loader notes which
/// folders of `LD_LIBRARY_PATH` are missing and never looks there again.
pub(super) fn cover(places: &[String]) -> io::Result<()> {
    for place in places {
        let fs = fsopen("tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
        fsconfig_set_string(&fs, "size", "4k")?;
        fsconfig_set_string(&fs, "mode", "755")?;
        fsconfig_create(&fs)?;
        let attributes = rustix::mount::MountAttrFlags::empty();
        let tree = fsmount(&fs, FsMountFlags::FSMOUNT_CLOEXEC, attributes)?;
        mkdirat(&tree, "lib", Mode::from_raw_mode(0o755))?;
        sys::mount_setattr(std::os::fd::AsFd::as_fd(&tree), ATTR_LOCKED, libc::MS_PRIVATE, false)?;
        template::attach(&tree, Path::new(place))?;
    }
    Ok(())
}
