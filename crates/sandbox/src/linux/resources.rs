//! The resource limits of every process of a sandbox: those of AWS, whatever the server was started with.
//!
//! What must hold is enforced; what programs merely see is as near to AWS as the host allows.

use std::io;

use lambent_core::limits::SANDBOX_FILES_MAX;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What a thread's stack may grow to.
const STACK_BYTES: u64 = 8 << 20;
/// What may be kept from being swapped.
const LOCKED_BYTES: u64 = 64 << 10;
/// What message queues may hold: the kernel's own.
const QUEUES_BYTES: u64 = 819_200;

/// Soft and hard limits as programs see them on AWS; `None` is none. Core files have no limit but nothing in them, see
/// [`empty_core_files`].
const SEEN: [(Resource, Option<u64>, Option<u64>); 11] = [
    (Resource::As, None, None),
    (Resource::Core, None, None),
    (Resource::Cpu, None, None),
    (Resource::Data, None, None),
    (Resource::Fsize, None, None),
    (Resource::Memlock, Some(LOCKED_BYTES), Some(LOCKED_BYTES)),
    (Resource::Msgqueue, Some(QUEUES_BYTES), Some(QUEUES_BYTES)),
    (Resource::Nice, Some(0), Some(0)),
    (Resource::Rss, None, None),
    (Resource::Rtprio, Some(0), Some(0)),
    (Resource::Stack, Some(STACK_BYTES), None),
];

/// Sets all limits of this process.
///
/// # Errors
/// Where one that must hold is already below what is asked for and cannot be raised.
pub(super) fn limit(processes_max: Option<u64>, data_max_bytes: Option<u64>) -> io::Result<()> {
    for (resource, soft, hard) in SEEN {
        let wanted = Rlimit { current: soft, maximum: hard };
        if setrlimit(resource, wanted).is_err() {
            // Who is not root can lower only.
            let Rlimit { maximum, .. } = getrlimit(resource);
            setrlimit(resource, Rlimit { current: least(soft, maximum), maximum: least(hard, maximum) })?;
        }
    }
    set(Resource::Nofile, SANDBOX_FILES_MAX)?;
    processes_max.map_or(Ok(()), |count| set(Resource::Nproc, count))?;
    data_max_bytes.map_or(Ok(()), |bytes| set(Resource::Data, bytes))
}

fn set(resource: Resource, value: u64) -> io::Result<()> {
    Ok(setrlimit(resource, Rlimit { current: Some(value), maximum: Some(value) })?)
}

fn least(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    one.into_iter().chain(other).min()
}

/// Leaves all memory out of the core files of this process and of all it starts: the host's handler of core files is
/// told of a crash in a sandbox, but nothing is copied for it.
pub(super) fn empty_core_files() {
    // A kernel without core files has nothing to leave out.
    let _ = std::fs::write("/proc/self/coredump_filter", "0");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_limit_is_more_than_any() {
        assert_eq!(least(None, Some(3)), Some(3));
        assert_eq!(least(Some(4), Some(3)), Some(3));
        assert_eq!(least(Some(4), None), Some(4));
        assert_eq!(least(None, None), None);
    }
}
