//! What a program gives up before it starts: capabilities, writing outside `/tmp`, system calls.
//!
//! Runs inside the sandbox, in the process that becomes the program. Never fails half: an error means no program.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use landlock::{ABI, Access, AccessFs, PathBeneath, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr, Scope};
use rustix::process::{Gid, Uid};
use rustix::thread::{
    CapabilitySet, CapabilitySets, capabilities, remove_capability_from_bounding_set, set_capabilities,
};

use super::sys;

/// The newest landlock version whose rights this was written for; older kernels get what they have.
const LANDLOCK: ABI = ABI::V7;

/// The landlock version of this kernel, 0 for none.
pub(super) fn landlock_abi() -> i32 {
    sys::landlock_version()
}

/// Takes every capability out of the set children can ever get.
pub(super) fn empty_bounding_set() -> io::Result<()> {
    for bit in 0..64 {
        match remove_capability_from_bounding_set(CapabilitySet::from_bits_retain(1 << bit)) {
            Ok(()) => {}
            // The first number this kernel does not know.
            Err(rustix::io::Errno::INVAL) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Keeps these capabilities, as far as they are held, and no other.
pub(super) fn keep_capabilities(kept: CapabilitySet) -> io::Result<()> {
    // In a container root may lack some.
    let kept = if kept.is_empty() { kept } else { kept & capabilities(None)?.permitted };
    let sets = CapabilitySets { effective: kept, permitted: kept, inheritable: CapabilitySet::empty() };
    Ok(set_capabilities(None, sets)?)
}

/// Becomes this user, for good, with these groups beside its own.
pub(super) fn become_user(id: u32, groups: &[u32]) -> io::Result<()> {
    let groups: Vec<Gid> = groups.iter().copied().map(Gid::from_raw).collect();
    rustix::thread::set_thread_groups(&groups)?;
    let (uid, gid) = (Uid::from_raw(id), Gid::from_raw(id));
    rustix::thread::set_thread_res_gid(gid, gid, gid)?;
    Ok(rustix::thread::set_thread_res_uid(uid, uid, uid)?)
}

/// Read and execute everywhere, write in `/tmp`, in these folders and to devices, no signals and abstract sockets to the outside.
pub(super) fn confine_files(writable: &[PathBuf]) -> io::Result<()> {
    let rules = || -> Result<(), Box<dyn Error + Send + Sync>> {
        let devices = AccessFs::from_read(LANDLOCK) | AccessFs::WriteFile | AccessFs::IoctlDev;
        let mut rules = Ruleset::default()
            .handle_access(AccessFs::from_all(LANDLOCK))?
            .scope(Scope::AbstractUnixSocket | Scope::Signal)?
            .create()?
            .add_rule(PathBeneath::new(PathFd::new("/")?, AccessFs::from_read(LANDLOCK)))?
            .add_rule(PathBeneath::new(PathFd::new("/tmp")?, AccessFs::from_all(LANDLOCK)))?
            .add_rule(PathBeneath::new(PathFd::new("/dev")?, devices))?;
        for folder in writable {
            rules = rules.add_rule(PathBeneath::new(PathFd::new(folder)?, AccessFs::from_all(LANDLOCK)))?;
        }
        rules.restrict_self()?;
        Ok(())
    };
    rules().map_err(io::Error::other)
}
