//! What one sandbox may use, and how its CPU share is written. Never knows where the files are.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use lambent_core::limits::{MEMORY_MIB_PER_VCPU, VCPU_MAX};

/// How often a sandbox gets its share, in microseconds: as on AWS, short enough to be fair within one invocation.
pub(super) const CPU_PERIOD_US: u64 = 20_000;
/// CPUs during Init: as AWS gives, whatever the share.
const INIT_CPUS: u64 = 2;
/// What init and the kernel's own bookkeeping need beside the function.
const ALLOWANCE_BYTES: u64 = 8 << 20;
pub(super) const MIB: u64 = 1 << 20;

/// What one sandbox may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Limits {
    /// `MemorySize`.
    pub(in super::super) memory_mib: u32,
    /// Size of a `/tmp` that lives in memory and counts as the sandbox's; else 0.
    pub(in super::super) tmp_in_memory_mib: u32,
}

impl Limits {
    pub(super) fn memory_bytes(self) -> u64 {
        (u64::from(self.memory_mib) + u64::from(self.tmp_in_memory_mib)) * MIB + ALLOWANCE_BYTES
    }

    /// CPU time in one period after Init.
    pub(super) fn share_us(self) -> u64 {
        let share = CPU_PERIOD_US * u64::from(self.memory_mib) / u64::from(MEMORY_MIB_PER_VCPU);
        // The kernel takes no less than a millisecond.
        share.clamp(1000, CPU_PERIOD_US * u64::from(VCPU_MAX))
    }

    pub(super) fn init_share_us(self) -> u64 {
        self.share_us().max(INIT_CPUS * CPU_PERIOD_US)
    }
}

/// A `cpu` control file and how it is written.
#[derive(Debug)]
pub(super) enum Cpu {
    Legacy(File),
    Unified(File),
}

impl Cpu {
    pub(super) fn write(&self, quota_us: u64) -> io::Result<()> {
        let written = match self {
            Self::Legacy(file) => file.write_all_at(quota_us.to_string().as_bytes(), 0),
            Self::Unified(file) => file.write_all_at(format!("{quota_us} {CPU_PERIOD_US}").as_bytes(), 0),
        };
        match written {
            // v1 refuses more than a cgroup above has; that one's limit holds then.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
            written => written,
        }
    }
}

/// The folder of a `memory` controller.
#[derive(Debug)]
pub(super) enum Memory {
    Legacy(PathBuf),
    Unified(PathBuf),
}

impl Memory {
    /// Without swap: where that cannot be limited, it is avoided.
    pub(super) fn limit(&self, bytes: u64) -> io::Result<()> {
        let folder = match self {
            Self::Unified(folder) => return set(folder, "memory.max", bytes),
            Self::Legacy(folder) => folder,
        };
        let (alone, with_swap) = ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes");
        // The first may not be above the second at any time.
        if set(folder, alone, bytes).is_err() {
            set(folder, with_swap, bytes)?;
            return set(folder, alone, bytes);
        }
        match set(folder, with_swap, bytes) {
            Ok(()) => Ok(()),
            Err(_) => set(folder, "memory.swappiness", 0),
        }
    }
}

/// Writes a control file.
pub(super) fn set(folder: &Path, file: &str, value: u64) -> io::Result<()> {
    fs::write(folder.join(file), value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_follows_memory() {
        let check = |memory_mib, share_us| {
            assert_eq!(Limits { memory_mib, tmp_in_memory_mib: 0 }.share_us(), share_us);
        };
        check(128, 1447);
        check(1769, 20_000);
        check(3538, 40_000);
        check(10_240, 115_771);
    }

    #[test]
    fn init_has_two_cpus_whatever_the_share() {
        assert_eq!(Limits { memory_mib: 128, tmp_in_memory_mib: 0 }.init_share_us(), 40_000);
        assert_eq!(Limits { memory_mib: 10_240, tmp_in_memory_mib: 0 }.init_share_us(), 115_771);
    }
}
