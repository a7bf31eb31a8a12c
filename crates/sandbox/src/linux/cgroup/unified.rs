//! The v2 tree: where a server may have a folder with controllers, and how it gets them.
//!
//! Processes may only be in leaves there. Never moves a process that is not this server's.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

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
    let busy = |error: &io::Error| error.raw_os_error() == Some(Errno::BUSY.raw_os_error());
    let (mut given, mut refused) = enable(above, controllers(above));
    if refused.as_ref().is_some_and(busy) && above == own {
        if let Err(error) = enter_leaf(folder, spawner) {
            return (Vec::new(), Some(error));
        }
        (given, refused) = enable(above, controllers(above));
    }
    let (given, refused_here) = enable(folder, given);
    (given, refused.or(refused_here))
}

/// Whether [`hand_down`] would find others than this process in the way.
pub(super) fn others_are_in(place: &Path) -> bool {
    let own = std::process::id().to_string();
    let enabled = listed(&place.join(SUBTREE)) == controllers(place);
    // Only the very top of the whole tree may have processes beside children with controllers; it has no type.
    let top = !place.join("cgroup.type").exists();
    let processes = fs::read_to_string(place.join("cgroup.procs")).unwrap_or_default();
    !enabled && !top && processes.lines().any(|pid| pid != own)
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
