//! A process and all below it: how many they are, what memory they hold, and what the kernel holds for them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

/// How long the memory of a family may not change to be called steady, and how often that is looked for.
const STEADY_FOR: Duration = Duration::from_millis(500);
const STEADY_LOOKS_MAX: usize = 40;

/// The processes below this one, itself first.
pub(crate) fn members(pid: u32) -> Result<Vec<u32>> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in std::fs::read_dir("/proc")? {
        let Ok(child) = entry?.file_name().to_string_lossy().parse::<u32>() else { continue };
        // A process may end while we look.
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{child}/stat")) else { continue };
        let parent = stat.rsplit(") ").next().and_then(|rest| rest.split(' ').nth(1)?.parse().ok());
        children.entry(parent.unwrap_or(0)).or_default().push(child);
    }
    let (mut waiting, mut all) = (vec![pid], Vec::new());
    while let Some(pid) = waiting.pop() {
        all.push(pid);
        waiting.extend(children.remove(&pid).into_iter().flatten());
    }
    Ok(all)
}

/// The memory of a process and all below it, pages that are shared counted in parts.
pub(crate) fn pss_kib(pid: u32) -> Result<f64> {
    // One that ended while we look holds nothing.
    Ok(members(pid)?.into_iter().filter_map(|pid| own_pss_kib(pid).ok()).sum())
}

/// The memory of a process and its children, but not of what is below those.
pub(crate) fn own_and_children_pss_kib(pid: u32) -> Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    let children = text.split_whitespace().filter_map(|child| child.parse().ok());
    Ok(own_pss_kib(pid)? + children.filter_map(|child| own_pss_kib(child).ok()).sum::<f64>())
}

/// The same as [`pss_kib`], once it changes no more: what is prepared or cleared up in the background is done then.
pub(crate) async fn steady_pss_kib(pid: u32) -> Result<f64> {
    let mut seen = pss_kib(pid)?;
    for _ in 0..STEADY_LOOKS_MAX {
        tokio::time::sleep(STEADY_FOR).await;
        let now = pss_kib(pid)?;
        if (std::mem::replace(&mut seen, now) - now).abs() < now / 200.0 {
            break;
        }
    }
    Ok(seen)
}

/// The memory of one process.
pub(crate) fn own_pss_kib(pid: u32) -> Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:")).context("Pss in smaps_rollup")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse()?)
}

/// What the kernel holds for a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) processes: usize,
    /// In every mount namespace of its processes together.
    pub(crate) mounts: usize,
    pub(crate) cgroups: usize,
    pub(crate) network_namespaces: usize,
}

impl Held {
    /// What is held for the processes below this one, for their control groups, which name who made them, and for mounts.
    pub(crate) fn by(pid: u32) -> Result<Self> {
        let members = members(pid)?;
        let mut mounts = BTreeMap::new();
        let mut networks = std::collections::BTreeSet::new();
        for member in &members {
            let namespace = |kind| std::fs::read_link(format!("/proc/{member}/ns/{kind}"));
            let (Ok(mount), Ok(network)) = (namespace("mnt"), namespace("net")) else { continue };
            let Ok(table) = std::fs::read_to_string(format!("/proc/{member}/mountinfo")) else { continue };
            mounts.insert(mount, table.lines().count());
            networks.insert(network);
        }
        Ok(Self {
            processes: members.len(),
            mounts: mounts.values().sum(),
            cgroups: cgroups(&members)?,
            network_namespaces: networks.len(),
        })
    }
}

/// Control groups that name one of these processes as who made them: `lambent-PID-…`.
pub(crate) fn cgroups(makers: &[u32]) -> Result<usize> {
    let (mut waiting, mut count) = (vec![Path::new("/sys/fs/cgroup").to_owned()], 0);
    while let Some(folder) = waiting.pop() {
        // One may be removed while we look.
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let maker = name.strip_prefix("lambent-").and_then(|rest| rest.split('-').next()?.parse().ok());
            count += usize::from(maker.is_some_and(|maker: u32| makers.contains(&maker)));
            waiting.push(entry.path());
        }
    }
    Ok(count)
}

/// Mounts of this host that name a folder.
pub(crate) fn mounts_of(folder: &Path) -> Result<usize> {
    let table = std::fs::read_to_string("/proc/self/mountinfo")?;
    Ok(table.lines().filter(|line| line.contains(&*folder.to_string_lossy())).count())
}
