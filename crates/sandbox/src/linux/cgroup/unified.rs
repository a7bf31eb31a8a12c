//! The v2 tree: where a server may have a folder with controllers, and how it gets them.
//!
//! Processes may only be in leaves there. Never moves a process that is not this server's.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Layout;
use super::layout::{controllers, listed};

/// The leaf the server itself moves to.
pub(super) const LEAF: &str = "server";
const SUBTREE: &str = "cgroup.subtree_control";

/// Where a folder may be made, the best place first: this server's own cgroup, unless the top has more to give.
///
/// A service or a login session that systemd did not delegate lacks controllers, or has other processes in it.
pub(super) fn places(layout: &Layout) -> Vec<PathBuf> {
    let (Some(own), Some(top)) = (&layout.unified, &layout.unified_top) else { return Vec::new() };
    if own == top {
        return vec![own.clone()];
    }
    let mut places = vec![own.clone(), top.clone()];
    if controllers(own) != controllers(top) {
        places.reverse();
    }
    places
}

/// Gives a new folder the controllers of the one above; answers which, and what refused another if one did.
/// `own` is where this server lives.
pub(super) fn hand_down(folder: &Path, own: &Path, spawner: i32) -> (Vec<&'static str>, Option<io::Error>) {
    let above = folder.parent().unwrap_or(folder);
    // Asked before, not left to the kernel: it would give `cpu` and `pids` to a folder with processes, and turn it
    // into one of threads, below which no process can live.
    if wants_to_be_empty(above) {
        if strangers_are_in(above, spawner) {
            return (Vec::new(), Some(io::ErrorKind::ResourceBusy.into()));
        }
        if above == own
            && let Err(error) = enter_leaf(folder, spawner)
        {
            return (Vec::new(), Some(error));
        }
    }
    let (given, refused) = enable(above, controllers(above));
    let (given, refused_here) = enable(folder, given);
    (given, refused.or(refused_here))
}

/// Whether [`hand_down`] would find others than this process in the way.
pub(super) fn others_are_in(place: &Path) -> bool {
    wants_to_be_empty(place) && strangers_are_in(place, 0)
}

/// Whether no process may be in a folder that is to hand down all it has.
fn wants_to_be_empty(folder: &Path) -> bool {
    // The very top of the whole tree is an exception; it has no type.
    folder.join("cgroup.type").exists() && listed(&folder.join(SUBTREE)) != controllers(folder)
}

/// Whether processes other than this server's are in a folder. Those of foreign pid namespaces read as 0.
fn strangers_are_in(folder: &Path, spawner: i32) -> bool {
    let ours = [std::process::id().to_string(), spawner.to_string()];
    let processes = fs::read_to_string(folder.join("cgroup.procs")).unwrap_or_default();
    processes.lines().any(|pid| pid == "0" || !ours.iter().any(|our| our == pid))
}

/// Those that were enabled, and the first refusal.
fn enable(folder: &Path, wanted: Vec<&'static str>) -> (Vec<&'static str>, Option<io::Error>) {
    let mut refused = None;
    let mut given = wanted;
    given.retain(|c| match fs::write(folder.join(SUBTREE), format!("+{c}")) {
        Ok(()) => true,
        Err(error) => {
            refused.get_or_insert(error);
            false
        }
    });
    (given, refused)
}

fn enter_leaf(folder: &Path, spawner: i32) -> io::Result<()> {
    let leaf = folder.join(LEAF);
    fs::create_dir(&leaf)?;
    [0, spawner].into_iter().try_for_each(|pid| fs::write(leaf.join("cgroup.procs"), pid.to_string()))
}

/// If this process lives in the leaf of plain v2, it goes back to where it came from.
pub(super) fn leave_leaf(folder: &Path, spawner: Option<i32>) {
    let inside = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let (Some(name), Some(own)) = (folder.file_name().and_then(|n| n.to_str()), folder.parent()) else {
        return;
    };
    if inside.lines().any(|line| line.starts_with("0::") && line.ends_with(&format!("/{name}/{LEAF}"))) {
        for file in [folder, own] {
            // The kernel refuses to take processes while controllers are handed down.
            let _ = fs::write(file.join(SUBTREE), "-memory -cpu -pids");
        }
        for pid in [Some(0), spawner].into_iter().flatten() {
            let _ = fs::write(own.join("cgroup.procs"), pid.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder as the kernel would show it: with these controllers and processes, a new one below.
    fn place(processes: &str) -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        for (name, content) in [
            ("cgroup.controllers", "cpuset cpu memory pids\n"),
            (SUBTREE, ""),
            ("cgroup.type", "domain\n"),
            ("cgroup.procs", processes),
        ] {
            fs::write(place.path().join(name), content).unwrap();
        }
        fs::create_dir(place.path().join("lambent-1")).unwrap();
        place
    }

    #[test]
    fn a_folder_with_processes_of_others_is_asked_for_nothing() {
        // The last is somebody in another pid namespace.
        for processes in ["1\n", &format!("{}\n77\n", std::process::id()), "0\n"] {
            let place = place(processes);
            let (given, refused) = hand_down(&place.path().join("lambent-1"), place.path(), 76);
            assert_eq!((given.len(), refused.unwrap().kind()), (0, io::ErrorKind::ResourceBusy));
            assert_eq!(fs::read_to_string(place.path().join(SUBTREE)).unwrap(), "");
            assert!(!place.path().join("lambent-1").join(LEAF).exists());
            assert!(others_are_in(place.path()));
        }
    }

    #[test]
    fn the_top_of_the_tree_may_have_processes() {
        let place = place("1\n");
        fs::remove_file(place.path().join("cgroup.type")).unwrap();
        let (given, refused) = hand_down(&place.path().join("lambent-1"), place.path(), 76);
        assert!(refused.is_none() && given == crate::linux::cgroup::CONTROLLERS, "{given:?}");
        assert!(!others_are_in(place.path()));
    }

    #[test]
    fn the_server_goes_where_everything_is() {
        let (own, top) = (place(""), place(""));
        let layout = Layout {
            unified: Some(own.path().to_owned()),
            unified_top: Some(top.path().to_owned()),
            ..Layout::default()
        };
        assert_eq!(places(&layout), [own.path(), top.path()]);
        fs::write(own.path().join("cgroup.controllers"), "memory pids\n").unwrap();
        assert_eq!(places(&layout), [top.path(), own.path()]);
    }
}
