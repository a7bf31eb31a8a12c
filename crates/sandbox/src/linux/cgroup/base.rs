//! The server's own cgroup folder in each tree, above those of its sandboxes. Never one that was there before.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::unified::{LEAF, hand_down, leave_leaf, others_are_in, places};
use super::{CONTROLLERS, Layout};

/// How many names are tried.
const NAMES_MAX: u32 = 4;

/// The folders sandboxes' cgroups are made in.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Base {
    /// In the v2 tree.
    pub(super) unified: Option<PathBuf>,
    /// The controllers of [`CONTROLLERS`] the v2 tree limits with.
    pub(super) unified_controllers: Vec<&'static str>,
    /// v1 folders and the controllers each has, `freezer` only where there is no v2 tree.
    pub(super) legacy: Vec<(PathBuf, Vec<&'static str>)>,
    /// Why limits are missing, if they are.
    pub(in super::super) trouble: Option<String>,
    /// Another name may do better.
    unlucky: bool,
}

/// Told each folder that has been made.
pub(in super::super) type Record<'a> = &'a mut dyn FnMut(&Path) -> io::Result<()>;

impl Base {
    /// Makes a folder in each tree, called by one of the names. What cannot be had is left out and said in `trouble`.
    ///
    /// A name that is there already belongs to somebody else, and another is taken.
    pub(in super::super) fn create(
        layout: &Layout,
        mut name: impl FnMut() -> String,
        spawner: i32,
        record: Record<'_>,
    ) -> Self {
        let mut base = Self::attempt(layout, &name(), spawner, record);
        for _ in 1..NAMES_MAX {
            if !base.unlucky {
                break;
            }
            base.discard(spawner);
            base = Self::attempt(layout, &name(), spawner, record);
        }
        base
    }

    fn attempt(layout: &Layout, name: &str, spawner: i32, record: Record<'_>) -> Self {
        let mut base = Self::default();
        // First a place that has everything, then any.
        let _ = [true, false].into_iter().any(|strict| {
            places(layout).iter().any(|place| {
                let made = base.create_unified(layout, &place.join(name), spawner, strict, record);
                made.map_err(|error| base.lament(place, &error)).is_ok()
            })
        });
        let freezer = base.unified.is_none().then_some("freezer");
        for controller in legacy(layout).chain(freezer) {
            let Some(own) = layout.legacy.get(controller) else { continue };
            let folder = own.join(name);
            if let Some((_, controllers)) = base.legacy.iter_mut().find(|(path, _)| *path == folder) {
                controllers.push(controller);
                continue;
            }
            match make(&folder, record) {
                Ok(()) => base.legacy.push((folder, vec![controller])),
                Err(error) => base.lament(own, &error),
            }
        }
        base
    }

    fn create_unified(
        &mut self,
        layout: &Layout,
        folder: &Path,
        spawner: i32,
        strict: bool,
        record: Record<'_>,
    ) -> io::Result<()> {
        make(folder, record)?;
        let own = layout.unified.as_deref().unwrap_or(folder);
        let (given, refused) = hand_down(folder, own, spawner);
        let complete = given.len() == layout.unified_controllers.len();
        if strict && !complete {
            undo(folder, spawner);
            return Err(refused.unwrap_or_else(|| io::Error::other("not all controllers are here")));
        }
        if complete {
            // What other places lack does not matter.
            (self.trouble, self.unlucky) = (None, false);
        }
        self.unified = Some(folder.to_owned());
        self.unified_controllers = given;
        Ok(())
    }

    /// Remembers why something is missing.
    fn lament(&mut self, place: &Path, error: &io::Error) {
        use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem, ResourceBusy};
        // No name helps where nothing may be made.
        self.unlucky |= !matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem | ResourceBusy);
        self.trouble.get_or_insert_with(|| format!("{}: {error}", place.display()));
    }

    /// Removes what was made, while no sandbox is in it.
    fn discard(&self, spawner: i32) {
        if let Some(folder) = &self.unified {
            undo(folder, spawner);
        }
        for (folder, _) in &self.legacy {
            let _ = fs::remove_dir(folder);
        }
    }

    /// What [`Base::create`] would give, found by making folders and removing them again. On v2 nothing is moved.
    pub(in super::super) fn look(layout: &Layout, name: &str) -> Self {
        let mut base = Self::default();
        let mut usable = Vec::new();
        for place in places(layout) {
            match try_out(&place.join(name)) {
                Ok(()) if others_are_in(&place) => {
                    base.lament(&place, &io::ErrorKind::ResourceBusy.into());
                    usable.push((place, Vec::new()));
                }
                Ok(()) => usable.push((place.clone(), super::layout::controllers(&place))),
                Err(error) => base.lament(&place, &error),
            }
        }
        let complete = usable.iter().position(|(_, given)| given.len() == layout.unified_controllers.len());
        if complete.is_some() {
            base.trouble = None;
        }
        if !usable.is_empty() {
            let (place, given) = usable.swap_remove(complete.unwrap_or(0));
            (base.unified, base.unified_controllers) = (Some(place.join(name)), given);
        }
        let freezer = base.unified.is_none().then_some("freezer");
        for controller in legacy(layout).chain(freezer) {
            let Some(own) = layout.legacy.get(controller) else { continue };
            match try_out(&own.join(name)) {
                Ok(()) => base.legacy.push((own.join(name), vec![controller])),
                Err(error) => base.lament(own, &error),
            }
        }
        base
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

/// The controllers that limit in v1 trees.
fn legacy(layout: &Layout) -> impl Iterator<Item = &'static str> {
    CONTROLLERS.into_iter().filter(|c| !layout.unified_has(c))
}

/// Makes a folder and tells of it. A crash in between leaves one that is empty, which any later server sweeps.
fn make(folder: &Path, record: Record<'_>) -> io::Result<()> {
    fs::create_dir(folder)?;
    record(folder).inspect_err(|_| undo(folder, 0))
}

fn try_out(folder: &Path) -> io::Result<()> {
    fs::create_dir(folder)?;
    fs::remove_dir(folder)
}

/// Removes a folder of the v2 tree again, and the leaf in it.
fn undo(folder: &Path, spawner: i32) {
    leave_leaf(folder, Some(spawner));
    let _ = fs::remove_dir(folder.join(LEAF));
    let _ = fs::remove_dir(folder);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(folder: &Path) -> Layout {
        let legacy = CONTROLLERS.into_iter().map(|c| (c.to_owned(), folder.join(c)));
        Layout { legacy: legacy.collect(), ..Layout::default() }
    }

    #[test]
    fn a_name_that_is_taken_is_left_alone_and_another_is_used() {
        let folder = tempfile::tempdir().unwrap();
        for controller in CONTROLLERS {
            fs::create_dir(folder.path().join(controller)).unwrap();
        }
        fs::create_dir(folder.path().join("pids/lambent-1")).unwrap();
        let (mut names, mut made) = (1..9, Vec::new());
        let name = || format!("lambent-{}", names.next().unwrap());
        let base = Base::create(&layout(folder.path()), name, 0, &mut |path| {
            made.push(path.to_owned());
            Ok(())
        });
        assert!(CONTROLLERS.into_iter().all(|c| base.limits(c)) && base.trouble.is_none(), "{base:?}");
        assert!(base.folders().iter().all(|path| path.ends_with("lambent-2") && path.exists()));
        assert!(!folder.path().join("memory/lambent-1").exists(), "what was made in vain is gone");
        assert!(folder.path().join("pids/lambent-1").exists(), "what somebody else has is there");
        assert!(!made.contains(&folder.path().join("pids/lambent-1")), "nor will it ever be swept");
    }

    #[test]
    fn what_cannot_be_had_is_said() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("cpu")).unwrap();
        let base = Base::create(&layout(folder.path()), || "lambent-1".into(), 0, &mut |_| Ok(()));
        assert!(base.limits("cpu") && !base.limits("memory"));
        assert!(base.trouble.unwrap().contains("memory: No such file"));
    }
}
