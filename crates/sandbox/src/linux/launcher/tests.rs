//! What no host does on purpose: a sandbox that cannot be followed, a name that is taken. Needs root and cgroups.

use std::fs;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};

use lambent_core::dice::Dice;
use rustix::process::{Signal, pidfd_send_signal};

use super::launch::{Asked, Pipes};
use super::place::Place;
use super::*;
use crate::linux::cgroup::Limits;
use crate::linux::message::Message;
use crate::linux::{spawner, sys};
use crate::{Extensions, Network};

const LIMITS: Limits = Limits { memory_mib: 128, tmp_in_memory_mib: 0 };

#[derive(Debug, Default)]
struct Counting(AtomicU64);

impl Dice for Counting {
    fn bits(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

async fn launcher(folder: &tempfile::TempDir) -> Launcher {
    let options = Options::new(folder.path().join("run"));
    let spawner = spawner::split(&options).unwrap();
    let launcher = Launcher::new(spawner, options, Arc::new(Counting::default())).await.unwrap();
    assert!(!launcher.inner.base.folders().is_empty(), "this test needs root and cgroups");
    launcher
}

fn groups(launcher: &Launcher) -> Vec<String> {
    let mut names: Vec<_> = launcher
        .inner
        .base
        .folders()
        .iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap().flatten())
        .filter(|entry| entry.file_type().unwrap().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .filter(|name| name != "server")
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[tokio::test]
async fn a_sandbox_whose_init_cannot_be_watched_leaves_no_cgroup() {
    let folder = tempfile::tempdir().unwrap();
    let launcher = launcher(&folder).await;
    let inner = &launcher.inner;
    let place = Place::take(inner).unwrap();
    let (group, _) = inner.group(place.id, LIMITS).unwrap();
    assert_eq!(groups(&launcher).len(), 1);
    let (ours, theirs) = channel::pair().unwrap();
    rustix::io::ioctl_fionbio(&ours, true).unwrap();
    // A plain file in place of a pidfd: the kernel refuses to watch it.
    let file = tempfile::tempfile().unwrap();
    channel::send(&theirs, &Message::Executed, &[]).unwrap();
    channel::send(&theirs, &Message::Born, &[file.as_fd()]).unwrap();
    let asked = Asked {
        socket: sys::watch_readable(ours).unwrap(),
        pipes: Pipes {
            output: tempfile::tempfile().unwrap().into(),
            extension_output: None,
            framed_log: None,
        },
        group,
        network: None,
    };
    let told = Arc::clone(inner).settle(asked, place, "program".into()).await.unwrap_err();
    assert!(matches!(&told, BootError::Step { step, .. } if step == "watch init"), "{told:?}");
    assert_eq!(groups(&launcher), Vec::<String>::new());
    assert_eq!(launcher.count(), 0);
    launcher.close().await;
}

#[tokio::test]
async fn a_taken_name_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let launcher = launcher(&folder).await;
    let inner = &launcher.inner;
    let taken = inner.base.folders()[0].join("s0-7");
    fs::create_dir(&taken).unwrap();
    let (group, tasks) = inner.group(7, LIMITS).unwrap();
    assert_eq!(groups(&launcher), ["s0-7", "s1-7"]);
    drop(tasks);
    group.unwrap().discard();
    fs::remove_dir(taken).unwrap();
    launcher.close().await;
}

#[tokio::test]
async fn a_sandbox_that_cannot_be_cleared_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let launcher = launcher(&folder).await;
    let spec = Spec {
        argv: ["/bin/sleep", "1000"].map(str::to_owned).into(),
        working_directory: "/".into(),
        environment: BTreeMap::new(),
        mounts: Vec::new(),
        shared: Vec::new(),
        memory_mib: 128,
        tmp_mib: 512,
        network: Network::None,
        extensions: Extensions::default(),
        framed_log: false,
        snap_start: crate::SnapStart::Off,
        early: None,
    };
    let control = launcher.launch(&spec).await.unwrap().control;
    let stuck: Vec<_> = launcher.inner.state().alive.values().cloned().collect();
    pidfd_send_signal(stuck[0].pidfd.get_ref(), Signal::STOP).unwrap();
    tokio::time::pause();
    control.clear();
    control.cleared().await;
    tokio::time::resume();
    control.restart();
    assert!(control.started().await.is_err());
    control.removed().await;
    launcher.close().await;
}
