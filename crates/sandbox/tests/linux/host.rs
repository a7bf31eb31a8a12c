//! A launcher on this host for one test, and short ways to run shell programs in sandboxes.

use std::future::Future;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lambent_core::dice::Dice;
use lambent_sandbox::linux::{Isolation, Launched, Launcher, Options, spawner};
use lambent_sandbox::{BootError, Exit, Extensions, Network, SnapStart, Spec};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;

/// Counts up: names need to differ, not to be secret.
#[derive(Debug, Default)]
pub(crate) struct Counting(AtomicU64);

impl Dice for Counting {
    fn bits(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

/// Runs a test with a launcher, closes it and checks that it counts nothing any more.
pub(crate) fn with_launcher<F: Future<Output = ()>>(isolation: Isolation, test: impl FnOnce(Launcher) -> F) {
    with_launchers(isolation, |[launcher]| test(launcher));
}

/// As root, in namespaces.
pub(crate) fn isolated<F: Future<Output = ()>>(test: impl FnOnce(Launcher) -> F) {
    assert!(is_root(), "this test needs root");
    with_launcher(Isolation::Auto, test);
}

/// As root, with two servers' launchers on one host.
pub(crate) fn two_isolated<F: Future<Output = ()>>(test: impl FnOnce([Launcher; 2]) -> F) {
    assert!(is_root(), "this test needs root");
    with_launchers(Isolation::Auto, test);
}

fn with_launchers<const N: usize, F: Future<Output = ()>>(
    isolation: Isolation,
    test: impl FnOnce([Launcher; N]) -> F,
) {
    let folder = tempfile::Builder::new().prefix(&folder_prefix()).tempdir().unwrap();
    let servers: [_; N] = std::array::from_fn(|n| {
        let options =
            Options { isolation, parked_max: 3, ..Options::new(folder.path().join(format!("run{n}"))) };
        (spawner::split(&options).unwrap(), options)
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut launchers = Vec::new();
        for (spawner, options) in servers {
            launchers.push(Launcher::new(spawner, options, Arc::new(Counting::default())).await.unwrap());
        }
        test(launchers.clone().try_into().unwrap()).await;
        for launcher in launchers {
            launcher.close().await;
            assert_eq!(launcher.count(), 0);
        }
    });
}

/// Tells this test's files from those of others.
fn folder_prefix() -> String {
    format!("lambent-test-{}-", std::process::id())
}

pub(crate) fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    status.lines().any(|line| line.starts_with("Uid:\t0\t0"))
}

/// `/bin/sh -c script`, with 256 MiB.
pub(crate) fn shell(script: &str) -> Spec {
    Spec {
        argv: ["/bin/sh", "-c", script].map(str::to_owned).into(),
        working_directory: "/var/task".into(),
        environment: [("PATH".to_owned(), "/usr/bin:/bin".to_owned())].into(),
        mounts: Vec::new(),
        shared: Vec::new(),
        memory_mib: 256,
        tmp_mib: 512,
        network: Network::None,
        extensions: Extensions::default(),
        framed_log: false,
        snap_start: SnapStart::Off,
        early: None,
    }
}

/// What a program wrote and how it ended. The sandbox is removed.
pub(crate) async fn run(launcher: &Launcher, spec: &Spec) -> (Exit, String) {
    let launched = launcher.launch(spec).await.unwrap();
    finish(launched).await
}

pub(crate) async fn finish(launched: Launched) -> (Exit, String) {
    let Launched { listener, output, control, .. } = launched;
    let exit = control.exited().await;
    assert_eq!(control.exited().await, exit, "later calls answer the same");
    control.removed().await;
    drop(listener);
    let mut reader = pipe::Receiver::from_owned_fd(output).unwrap();
    let mut text = String::new();
    reader.read_to_string(&mut text).await.unwrap();
    (exit, text)
}

/// The next line a running program writes.
pub(crate) async fn line(reader: &mut pipe::Receiver) -> String {
    let mut line = Vec::new();
    loop {
        match reader.read_u8().await {
            Ok(b'\n') | Err(_) => return String::from_utf8(line).unwrap(),
            Ok(byte) => line.push(byte),
        }
    }
}

pub(crate) fn reader(launched: &mut Launched) -> pipe::Receiver {
    let output = launched.output.try_clone().unwrap();
    pipe::Receiver::from_owned_fd(output).unwrap()
}

pub(crate) fn step_of(result: Result<Launched, BootError>) -> String {
    result.map(|_| "launched".to_owned()).unwrap_or_else(|error| error.to_string())
}

/// What could leak, counted on the whole host for what is ours.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Traces {
    mounts: usize,
    cgroups: usize,
    loops: usize,
    descriptors: usize,
    children: usize,
}

impl Traces {
    pub(crate) fn count() -> Self {
        Self {
            mounts: lines("/proc/self/mountinfo", ""),
            cgroups: own_cgroups().len(),
            loops: bound_loops(),
            descriptors: std::fs::read_dir("/proc/self/fd").unwrap().count(),
            children: descendants(),
        }
    }
}

fn lines(path: &str, with: &str) -> usize {
    std::fs::read_to_string(path).unwrap_or_default().lines().filter(|line| line.contains(with)).count()
}

/// Cgroup folders of this test process, sandboxes' included.
pub(crate) fn own_cgroups() -> Vec<PathBuf> {
    cgroups_of(std::process::id())
}

/// Those of this process's sandboxes: below a server's own, which are called lambent-….
pub(crate) fn sandbox_cgroups() -> Vec<PathBuf> {
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    let mut folders = own_cgroups();
    folders.retain(|path| name(path).starts_with('s') && name(path) != "server");
    folders
}

/// Waits until the sandboxes of this process stand still: each of their processes has to run once more for that.
///
/// At once where cgroup v2 does not tell.
pub(crate) async fn all_frozen() {
    for folder in sandbox_cgroups() {
        let events = || std::fs::read_to_string(folder.join("cgroup.events")).unwrap_or_default();
        while events().contains("frozen 0") {
            tokio::task::yield_now().await;
        }
    }
}

pub(crate) fn cgroups_of(pid: u32) -> Vec<PathBuf> {
    let output = std::process::Command::new("find")
        .args(["/sys/fs/cgroup", "-type", "d", "-path", &format!("*/lambent-{pid}-*")])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().lines().map(PathBuf::from).collect()
}

/// Loop devices of this test, by the folder of their files, which are all deleted ones.
fn bound_loops() -> usize {
    let mut count = 0;
    for entry in std::fs::read_dir("/sys/block").unwrap().flatten() {
        let mut name = String::new();
        let file = std::fs::File::open(entry.path().join("loop/backing_file"));
        if file.is_ok_and(|mut file| file.read_to_string(&mut name).is_ok())
            && name.contains(&folder_prefix())
        {
            count += 1;
        }
    }
    count
}

/// Processes below this one.
pub(crate) fn descendants() -> usize {
    descendants_of(std::process::id()).len()
}

pub(crate) fn descendants_of(root: u32) -> Vec<u32> {
    let mut parents = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|n| n.parse::<u32>().ok()) else { continue };
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let parent = stat.rsplit_once(") ").and_then(|(_, rest)| rest.split(' ').nth(1)?.parse::<u32>().ok());
        parents.push((pid, parent.unwrap_or(0)));
    }
    let mut found = vec![root];
    let mut at = 0;
    while let Some(&parent) = found.get(at) {
        found.extend(parents.iter().filter(|(_, p)| *p == parent).map(|(pid, _)| *pid));
        at += 1;
    }
    found.split_off(1)
}
