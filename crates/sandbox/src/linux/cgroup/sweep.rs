//! Removes the cgroups of servers that are gone. Never one of a live server.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::Layout;
use super::unified::{LEAF, leave_leaf};

/// How often a busy folder is tried again, and how long between.
const REMOVE_TRIES: u32 = 400;
const REMOVE_PAUSE: Duration = Duration::from_millis(5);
/// What every server's folder is called: this, its process id, and chance.
const PREFIX: &str = "lambent-";

/// Removes a server's folders and those of its sandboxes below, killing what still runs in them.
pub(in super::super) async fn sweep(folders: &[PathBuf]) {
    for folder in folders {
        for child in fs::read_dir(folder).into_iter().flatten().flatten() {
            if child.file_type().is_ok_and(|kind| kind.is_dir()) && child.file_name() != LEAF {
                kill_in(&child.path());
                remove(&child.path()).await;
            }
        }
        leave_leaf(folder, None);
        remove(&folder.join(LEAF)).await;
        remove(folder).await;
    }
}

/// Removes the folders beside this server's own that servers left which are gone, whatever their data folder was.
///
/// Only empty ones, whose process id nobody has: not even in a container, which may share this part of the tree.
pub(in super::super) async fn sweep_strays(layout: &Layout) {
    let mut parents: BTreeSet<PathBuf> = layout.legacy.values().cloned().collect();
    parents.extend(layout.unified.iter().chain(&layout.unified_top).cloned());
    let look = move || parents.iter().flat_map(|parent| strays(parent, alive)).collect::<Vec<_>>();
    for folder in tokio::task::spawn_blocking(look).await.unwrap_or_default() {
        tracing::info!(folder = %folder.display(), "cgroup of a server that is gone removed");
        sweep(&[folder]).await;
    }
}

fn strays(parent: &Path, alive: impl FnOnce() -> BTreeSet<u32>) -> Vec<PathBuf> {
    let processes = fs::read_to_string(parent.join("cgroup.procs")).unwrap_or_default();
    if processes.lines().any(|pid| pid == "0") {
        // Somebody outside of our pid namespace lives here, whose id cannot be known.
        return Vec::new();
    }
    let of_server = |path: PathBuf| {
        let pid = path.file_name().and_then(|name| owner(name.to_str()?))?;
        (pid != std::process::id()).then_some((pid, path))
    };
    let entries = fs::read_dir(parent).into_iter().flatten().flatten();
    let folders: Vec<_> = entries.filter_map(|entry| of_server(entry.path())).collect();
    if folders.is_empty() {
        return Vec::new();
    }
    // After the folders: a server that has made one since then is not taken for gone.
    let alive = alive();
    let is_stray = |(pid, path): &(u32, PathBuf)| !alive.contains(pid) && deserted(path);
    folders.into_iter().filter(is_stray).map(|(_, path)| path).collect()
}

/// The process id in `lambent-<pid>-<eight hexadecimal digits>`.
fn owner(name: &str) -> Option<u32> {
    let (pid, chance) = name.strip_prefix(PREFIX)?.split_once('-')?;
    let random = chance.len() == 8 && chance.bytes().all(|byte| byte.is_ascii_hexdigit());
    pid.parse().ok().filter(|_| random)
}

/// Nobody is in the folder, nor in any below.
fn deserted(folder: &Path) -> bool {
    let empty = fs::read_to_string(folder.join("cgroup.procs")).is_ok_and(|pids| pids.trim().is_empty());
    let children = fs::read_dir(folder).into_iter().flatten().flatten();
    empty
        && children
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .all(|entry| deserted(&entry.path()))
}

/// Every process id that is in use here, or in a pid namespace seen from here.
fn alive() -> BTreeSet<u32> {
    let mut ids = BTreeSet::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        ids.extend(entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()));
        let status = fs::read_to_string(entry.path().join("status")).unwrap_or_default();
        let inside = status.lines().find_map(|line| line.strip_prefix("NSpid:")).unwrap_or_default();
        ids.extend(inside.split_whitespace().filter_map(|id| id.parse::<u32>().ok()));
    }
    ids
}

/// Kills every process in a folder this server or an earlier one made.
pub(super) fn kill_in(folder: &Path) {
    if fs::write(folder.join("cgroup.kill"), "1").is_ok() {
        return;
    }
    let _ = fs::write(folder.join("freezer.state"), "THAWED");
    for pid in fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default().lines() {
        if let Some(pid) = pid.parse().ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
    }
}

/// Kills what is in folders that stayed behind and removes them if it can at once; answers those that still stay.
pub(in super::super) fn retry(folders: Vec<PathBuf>) -> Vec<PathBuf> {
    let stays = |folder: &PathBuf| {
        kill_in(folder);
        fs::remove_dir(folder).is_err_and(|error| error.kind() != io::ErrorKind::NotFound)
    };
    folders.into_iter().filter(stays).collect()
}

/// Removes a folder, waiting while its last process is on its way out. Says so if it stays, and answers `false`.
pub(super) async fn remove(folder: &Path) -> bool {
    for _ in 0..REMOVE_TRIES {
        match fs::remove_dir(folder) {
            Ok(()) => return true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return true,
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
            Err(error) => {
                tracing::warn!(folder = %folder.display(), %error, "cgroup stays behind");
                return false;
            }
        }
        tokio::time::sleep(REMOVE_PAUSE).await;
    }
    tracing::warn!(folder = %folder.display(), "cgroup stays behind: still in use");
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_empty_folders_of_the_gone_are_strays() {
        let parent = tempfile::tempdir().unwrap();
        let folder = |name: &str, processes: &str, below: &str| {
            for (path, processes) in
                [(parent.path().join(name), processes), (parent.path().join(name).join("s1"), below)]
            {
                fs::create_dir_all(&path).unwrap();
                fs::write(path.join("cgroup.procs"), processes).unwrap();
            }
        };
        folder("lambent-10-0123abcd", "", "");
        folder("lambent-11-0123abcd", "", "");
        folder("lambent-12-0123abcd", "77\n", "");
        folder("lambent-13-0123abcd", "", "78\n");
        folder("lambent-probe-14", "", "");
        folder("lambent-15-notes", "", "");
        folder("system.slice", "", "");
        let found = || strays(parent.path(), || BTreeSet::from([11, 77, 78]));
        assert_eq!(found(), [parent.path().join("lambent-10-0123abcd")]);
        fs::write(parent.path().join("cgroup.procs"), "1\n0\n").unwrap();
        assert!(found().is_empty(), "a stranger from another pid namespace is here");
    }

    #[test]
    fn this_process_is_alive() {
        assert!(alive().contains(&std::process::id()));
    }
}
