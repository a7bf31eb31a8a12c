//! Where this process's cgroups are, by controller. Only reads.
//!
//! Source: <https://man7.org/linux/man-pages/man7/cgroups.7.html>, "/proc files".

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The folders of this process's own cgroups.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in super::super) struct Layout {
    /// In the v2 tree, if one is mounted.
    pub(in super::super) unified: Option<PathBuf>,
    /// The top of the v2 tree, as far as it is seen from here.
    pub(in super::super) unified_top: Option<PathBuf>,
    /// The controllers sandboxes are limited with that are in the v2 tree; in hybrid layouts none.
    pub(in super::super) unified_controllers: Vec<&'static str>,
    /// By v1 controller.
    pub(in super::super) legacy: BTreeMap<String, PathBuf>,
}

impl Layout {
    /// Looks at this process.
    pub(in super::super) fn detect() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let mut layout = parse(&read("/proc/self/cgroup"), &read("/proc/self/mountinfo"));
        layout.unified_controllers = layout.unified_top.as_deref().map(controllers).unwrap_or_default();
        layout
    }

    /// Whether the v2 tree has this controller.
    pub(in super::super) fn unified_has(&self, controller: &str) -> bool {
        self.unified_controllers.contains(&controller)
    }

    /// In words: `cgroup v1 with an empty v2 tree`.
    pub(in super::super) fn describe(&self) -> &'static str {
        match (&self.unified, self.unified_controllers.is_empty(), self.legacy.is_empty()) {
            (Some(_), _, true) => "cgroup v2",
            (Some(_), true, false) => "cgroup v1 with an empty v2 tree",
            (Some(_), false, false) => "cgroup v1 and v2",
            (None, _, false) => "cgroup v1",
            (None, _, true) => "no cgroups",
        }
    }
}

/// The controllers sandboxes are limited with that a folder of the v2 tree has.
pub(super) fn controllers(folder: &Path) -> Vec<&'static str> {
    listed(&folder.join("cgroup.controllers"))
}

/// Those of [`super::CONTROLLERS`] a file names.
pub(super) fn listed(file: &Path) -> Vec<&'static str> {
    let names = fs::read_to_string(file).unwrap_or_default();
    super::CONTROLLERS.into_iter().filter(|c| names.split_whitespace().any(|name| name == *c)).collect()
}

fn parse(own: &str, mounts: &str) -> Layout {
    let mut layout = Layout::default();
    for mount in mounts.lines().filter_map(Mount::parse) {
        for line in own.lines() {
            let mut fields = line.splitn(3, ':').skip(1);
            let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
            let folder = mount.folder(path);
            if mount.kind == "cgroup2" && controllers.is_empty() {
                layout.unified.get_or_insert(folder);
                layout.unified_top.get_or_insert_with(|| PathBuf::from(mount.point));
            } else if mount.kind == "cgroup" {
                let here = |c: &&str| mount.options.split(',').any(|option| option == *c);
                for controller in controllers.split(',').filter(|c| !c.is_empty()).filter(here) {
                    layout.legacy.entry(controller.to_owned()).or_insert_with(|| folder.clone());
                }
            }
        }
    }
    layout
}

/// One line of `mountinfo`.
struct Mount<'a> {
    root: &'a str,
    point: &'a str,
    kind: &'a str,
    options: &'a str,
}

impl<'a> Mount<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let (before, after) = line.split_once(" - ")?;
        let mut before = before.split(' ').skip(3);
        let mut after = after.split(' ');
        let (root, point) = (before.next()?, before.next()?);
        Some(Self { root, point, kind: after.next()?, options: after.nth(1)? })
    }

    /// Where the cgroup with this path is seen. In a container the mount may show only a part of the tree.
    fn folder(&self, path: &str) -> PathBuf {
        let below = Path::new(path).strip_prefix(self.root).unwrap_or_else(|_| Path::new(""));
        if below.as_os_str().is_empty() {
            PathBuf::from(self.point)
        } else {
            Path::new(self.point).join(below)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_v2_under_systemd() {
        let layout = parse(
            "0::/user.slice/app.service\n",
            "35 24 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n",
        );
        assert_eq!(layout.unified, Some(PathBuf::from("/sys/fs/cgroup/user.slice/app.service")));
        assert_eq!(layout.unified_top, Some(PathBuf::from("/sys/fs/cgroup")));
        assert!(layout.legacy.is_empty());
    }

    #[test]
    fn hybrid_with_one_controller_elsewhere() {
        let layout = parse(
            "9:name=systemd:/\n4:memory:/job/1\n2:cpu,cpuacct:/\n0::/\n",
            "33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n\
             35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n\
             40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n\
             41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
        );
        assert_eq!(layout.unified, Some(PathBuf::from("/sys/fs/cgroup/unified")));
        assert_eq!(layout.legacy["memory"], PathBuf::from("/sys/fs/cgroup/memory/job/1"));
        assert_eq!(layout.legacy["cpu"], PathBuf::from("/sys/fs/cgroup/cpu,cpuacct"));
        assert_eq!(layout.describe(), "cgroup v1 with an empty v2 tree");
    }

    #[test]
    fn a_container_sees_its_part_as_the_root() {
        let layout = parse(
            "4:memory:/docker/abc\n",
            "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n",
        );
        assert_eq!(layout.legacy["memory"], PathBuf::from("/sys/fs/cgroup/memory"));
    }
}
