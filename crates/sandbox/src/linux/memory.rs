//! How much memory is left for sandboxes: the host's, and that of the control groups this process is in. Only reads.
//!
//! Source: <https://docs.kernel.org/filesystems/proc.html>, <https://docs.kernel.org/admin-guide/cgroup-v2.html>

use std::fs;
use std::path::Path;

use super::cgroup::Layout;

/// What is left, in MiB: the least of what the host has and what each limit on this process leaves. Pages that can be
/// dropped are left too. None where nothing can be read.
#[must_use]
pub(crate) fn left_mib() -> Option<u64> {
    let layout = Layout::detect();
    let host = available(&fs::read_to_string("/proc/meminfo").unwrap_or_default());
    let unified = layout.unified.as_deref().into_iter().flat_map(Path::ancestors);
    let unified = unified.take_while(|folder| folder.starts_with("/sys/fs/cgroup")).filter_map(unified_left);
    let legacy = layout.legacy.get("memory").and_then(|folder| legacy_left(folder));
    host.into_iter().chain(unified).chain(legacy).min().map(|bytes| bytes >> 20)
}

/// `MemAvailable`, in bytes.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? << 10)
}

fn unified_left(folder: &Path) -> Option<u64> {
    let limit = number(&folder.join("memory.max"))?;
    left(folder, limit, number(&folder.join("memory.current"))?, "inactive_file ")
}

fn legacy_left(folder: &Path) -> Option<u64> {
    let limit = number(&folder.join("memory.limit_in_bytes"))?;
    left(folder, limit, number(&folder.join("memory.usage_in_bytes"))?, "total_inactive_file ")
}

/// A limit, less what is in use and cannot be dropped.
fn left(folder: &Path, limit: u64, in_use: u64, droppable: &str) -> Option<u64> {
    let stat = fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
    let droppable = stat.lines().find_map(|line| line.strip_prefix(droppable)?.trim().parse().ok());
    Some(limit.saturating_sub(in_use.saturating_sub(droppable.unwrap_or(0))))
}

/// The number in a file; none where it says `max`.
fn number(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_host_has_some_left_but_not_more_than_it_has() {
        let meminfo = fs::read_to_string("/proc/meminfo").unwrap();
        let total = meminfo.replace("MemTotal:", "MemAvailable:");
        let left = left_mib().unwrap();
        assert!(left > 0 && left <= available(&total).unwrap() >> 20);
    }

    #[test]
    fn what_can_be_dropped_is_left_and_max_is_no_limit() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        write("memory.max", "max\n");
        write("memory.current", "700\n");
        assert_eq!(unified_left(folder.path()), None);
        write("memory.max", "1000\n");
        assert_eq!(unified_left(folder.path()), Some(300));
        write("memory.stat", "anon 1\ninactive_file 200\ntotal_inactive_file 600\n");
        assert_eq!(unified_left(folder.path()), Some(500));
        write("memory.limit_in_bytes", "1000\n");
        write("memory.usage_in_bytes", "700\n");
        assert_eq!(legacy_left(folder.path()), Some(900));
        assert_eq!(available("MemTotal: 9 kB\nMemAvailable:    4 kB\n"), Some(4096));
    }
}
