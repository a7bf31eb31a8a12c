//! The server's own cgroup folder in each tree, above those of its sandboxes, and what earlier servers left.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{CONTROLLERS, Layout};

/// How often a busy folder is tried again, and how long between.
const REMOVE_TRIES: u32 = 400;
const REMOVE_PAUSE: Duration = Duration::from_millis(5);

/// The folders sandboxes' cgroups are made in.
#[derive(Debug, Clone)]
pub(in super::super) struct Base {
    /// In the v2 tree.
    pub(super) unified: Option<PathBuf>,
    /// The controllers of [`CONTROLLERS`] the v2 tree limits with.
    pub(super) unified_controllers: Vec<&'static str>,
    /// v1 folders and the controllers each has, `freezer` only where there is no v2 tree.
    pub(super) legacy: Vec<(PathBuf, Vec<&'static str>)>,
    /// Why limits are missing, if they are.
    pub(in super::super) trouble: Option<String>,
}

impl Base {
    /// Makes a folder called `name` in each tree. What cannot be had is left out and said in `trouble`.
    ///
    /// `record` is told each path before it is made, so that a crash leaves no unknown folder.
    pub(in super::super) fn create(
        layout: &Layout,
        name: &str,
        spawner: i32,
        mut record: impl FnMut(&Path) -> io::Result<()>,
    ) -> Self {
        let mut base =
            Self { unified: None, unified_controllers: Vec::new(), legacy: Vec::new(), trouble: None };
        if let Some(own) = &layout.unified {
            match base.create_unified(layout, &own.join(name), spawner, &mut record) {
                Ok(()) => {}
                Err(error) => base.trouble = Some(format!("{}: {error}", own.display())),
            }
        }
        let freezer = base.unified.is_none().then_some("freezer");
        let wanted = CONTROLLERS.into_iter().filter(|c| !layout.unified_has(c)).chain(freezer);
        for controller in wanted {
            let Some(own) = layout.legacy.get(controller) else { continue };
            let folder = own.join(name);
            if let Some((_, controllers)) = base.legacy.iter_mut().find(|(path, _)| *path == folder) {
                controllers.push(controller);
                continue;
            }
            match record(&folder).and_then(|()| fs::create_dir(&folder)) {
                Ok(()) => base.legacy.push((folder, vec![controller])),
                Err(error) => base.trouble = Some(format!("{}: {error}", own.display())),
            }
        }
        base
    }

    /// What [`Base::create`] would give, found by making a folder in each v1 tree and removing it again.
    ///
    /// On plain v2 nothing is moved: that the folder can be made is taken as delegation.
    pub(in super::super) fn look(layout: &Layout, name: &str) -> Self {
        let mut legacy_only = layout.clone();
        legacy_only.unified = None;
        legacy_only.unified_controllers.clear();
        let mut base = Self::create(&legacy_only, name, 0, |_| Ok(()));
        base.legacy.retain(|(_, controllers)| {
            !controllers.iter().all(|c| *c == "freezer" || layout.unified_has(c)) || layout.unified.is_none()
        });
        for folder in legacy_only.legacy.values().map(|own| own.join(name)) {
            // Most were never made.
            let _ = fs::remove_dir(folder);
        }
        if let Some(own) = &layout.unified {
            let folder = own.join(name);
            match fs::create_dir(&folder).and_then(|()| fs::remove_dir(&folder)) {
                Ok(()) => {
                    base.unified_controllers =
                        CONTROLLERS.into_iter().filter(|c| layout.unified_has(c)).collect();
                    base.unified = Some(folder);
                }
                Err(error) => base.trouble = Some(format!("{}: {error}", own.display())),
            }
        }
        base
    }

    fn create_unified(
        &mut self,
        layout: &Layout,
        folder: &Path,
        spawner: i32,
        record: &mut impl FnMut(&Path) -> io::Result<()>,
    ) -> io::Result<()> {
        record(folder)?;
        fs::create_dir(folder)?;
        self.unified = Some(folder.to_owned());
        let own = folder.parent().unwrap_or(folder);
        let usable: Vec<_> = CONTROLLERS.into_iter().filter(|c| layout.unified_has(c)).collect();
        if usable.is_empty() {
            return Ok(());
        }
        let enable: String = usable.iter().map(|c| format!("+{c} ")).collect();
        if fs::write(own.join("cgroup.subtree_control"), enable.trim_end()).is_err() {
            // Processes may only be in leaves: the server and its spawner move to one of their own.
            let leaf = folder.join("server");
            fs::create_dir(&leaf)?;
            for pid in [0, spawner] {
                fs::write(leaf.join("cgroup.procs"), pid.to_string())?;
            }
            fs::write(own.join("cgroup.subtree_control"), enable.trim_end())?;
        }
        fs::write(folder.join("cgroup.subtree_control"), enable.trim_end())?;
        self.unified_controllers = usable;
        Ok(())
    }

    /// Whether this controller limits sandboxes.
    pub(in super::super) fn limits(&self, controller: &str) -> bool {
        self.unified_controllers.contains(&controller)
            || self.legacy.iter().any(|(_, controllers)| controllers.contains(&controller))
    }

    /// Whether sandboxes can be frozen by a write.
    pub(in super::super) fn freezes(&self) -> bool {
        self.unified.is_some() || self.limits("freezer")
    }

    /// Every folder.
    pub(in super::super) fn folders(&self) -> Vec<PathBuf> {
        self.unified.iter().cloned().chain(self.legacy.iter().map(|(path, _)| path.clone())).collect()
    }
}

/// Removes a server's folders and those of its sandboxes below, killing what still runs in them.
pub(in super::super) async fn sweep(folders: &[PathBuf]) {
    for folder in folders {
        for child in fs::read_dir(folder).into_iter().flatten().flatten() {
            if child.file_type().is_ok_and(|kind| kind.is_dir()) && child.file_name() != "server" {
                kill_in(&child.path());
                remove(&child.path()).await;
            }
        }
        leave_leaf(folder);
        remove(&folder.join("server")).await;
        remove(folder).await;
    }
}

/// If this process lives in the leaf of plain v2, it goes back to where it came from.
fn leave_leaf(folder: &Path) {
    let inside = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let (Some(name), Some(own)) = (folder.file_name().and_then(|n| n.to_str()), folder.parent()) else {
        return;
    };
    if inside.lines().any(|line| line.starts_with("0::") && line.contains(&format!("/{name}/server"))) {
        for file in [folder, own] {
            // The kernel refuses to take processes while controllers are handed down.
            let _ = fs::write(file.join("cgroup.subtree_control"), "-memory -cpu -pids");
        }
        let _ = fs::write(own.join("cgroup.procs"), "0");
    }
}

/// Kills every process in a folder this server or an earlier one made.
fn kill_in(folder: &Path) {
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

/// Removes a folder, waiting while its last process is on its way out. Says so if it stays.
pub(super) async fn remove(folder: &Path) {
    for _ in 0..REMOVE_TRIES {
        match fs::remove_dir(folder) {
            Ok(()) => return,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return,
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
            Err(error) => {
                tracing::warn!(folder = %folder.display(), %error, "cgroup stays behind");
                return;
            }
        }
        tokio::time::sleep(REMOVE_PAUSE).await;
    }
    tracing::warn!(folder = %folder.display(), "cgroup stays behind: still in use");
}
