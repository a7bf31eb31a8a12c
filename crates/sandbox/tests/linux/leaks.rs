//! Nothing is left: after many sandboxes, after the spawner is killed, after the server is killed.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use lambent_sandbox::linux::{Isolation, Launcher, Options, spawner};
use lambent_sandbox::{BootError, Exit};

use crate::host::{self, Counting, Traces, isolated, line, reader, run, shell};

#[test]
fn a_hundred_sandboxes_leave_nothing() {
    // The first launcher of a process leaves what tokio keeps for good: its signal sockets.
    isolated(|launcher| async move { drop(run(&launcher, &shell("true")).await) });
    let (before, at_start) = (Traces::count(), Traces::count());
    isolated(|launcher| async move {
        let mut running = Vec::new();
        for round in 0..100 {
            let sleeps = round % 2 == 0;
            let spec =
                shell(if sleeps { "exec sleep 1000" } else { "echo x > /tmp/x; (sleep 1000 &) ; exit 3" });
            running.push(launcher.launch(&spec).await.unwrap());
        }
        assert_eq!(launcher.count(), 100);
        assert!(Traces::count() != at_start, "what is counted does show sandboxes");
        for (round, launched) in running.into_iter().enumerate() {
            match round % 4 {
                0 => launched.control.freeze(),
                1 => launched.control.kill(),
                _ => {}
            }
            launched.control.removed().await;
        }
        assert_eq!(launcher.count(), 0);
        assert_eq!(host::sandbox_cgroups(), Vec::<PathBuf>::new());
    });
    assert_eq!(Traces::count(), before);
}

#[test]
fn many_short_programs_at_once_are_all_heard_of() {
    isolated(|launcher| async move {
        let launcher = &launcher;
        for round in 0..5 {
            let mut tasks = tokio::task::JoinSet::new();
            for _ in 0..40 {
                let launcher = launcher.clone();
                tasks.spawn(async move { run(&launcher, &shell("exit 5")).await.0 });
            }
            let exits = tasks.join_all().await;
            assert_eq!(exits, [Exit::Code(5); 40], "round {round}");
        }
    });
}

#[test]
fn a_launch_that_is_given_up_leaves_nothing() {
    isolated(|launcher| async move {
        run(&launcher, &shell("true")).await;
        let before = Traces::count();
        for _ in 0..20 {
            let spec = shell("exec sleep 1000");
            let launch = launcher.launch(&spec);
            // Polled once and dropped.
            let _ = tokio::time::timeout(std::time::Duration::ZERO, launch).await;
        }
        launcher.close().await;
        let after = Traces::count();
        assert_eq!(launcher.count(), 0);
        assert!(host::own_cgroups().is_empty(), "{before:?} {after:?}");
        assert_eq!(host::descendants(), 0);
    });
}

#[test]
fn killing_the_spawner_kills_its_sandboxes() {
    isolated(|launcher| async move {
        let mut launched = launcher.launch(&shell("echo up; exec sleep 1000")).await.unwrap();
        let mut output = reader(&mut launched);
        assert_eq!(line(&mut output).await, "up");
        let spawner = launcher.spawner_pid().unwrap();
        let mut broken = std::pin::pin!(launcher.broken());
        let early = tokio::time::timeout(std::time::Duration::ZERO, broken.as_mut()).await;
        assert!(early.is_err(), "it lives");
        kill(spawner);
        assert_eq!(launched.control.exited().await, Exit::Signal(9));
        launched.control.removed().await;
        broken.await;
        launcher.broken().await;
        assert!(!PathBuf::from(format!("/proc/{spawner}")).exists(), "no zombie is left");
        for _ in 0..3 {
            let told = launcher.launch(&shell("true")).await.unwrap_err();
            assert!(matches!(&told, BootError::Step { step, .. } if step == "spawner"), "{told:?}");
        }
    });
}

#[test]
fn a_cgroup_that_stays_keeps_its_user_id_and_stops_no_launch() {
    isolated(|launcher| async move {
        let user = shell("id -u");
        let launched = launcher.launch(&shell("exec sleep 1000")).await.unwrap();
        // A cgroup with one inside cannot be removed.
        let thorn = host::sandbox_cgroups()[0].join("thorn");
        std::fs::create_dir(&thorn).unwrap();
        launched.control.removed().await;
        assert_eq!(launcher.count(), 0);
        let (_, other) = run(&launcher, &user).await;
        assert_eq!(run(&launcher, &user).await.1, other, "the id of a sandbox that is gone comes again");
        std::fs::remove_dir(&thorn).unwrap();
        let (_, first) = run(&launcher, &user).await;
        assert!(first.trim().parse::<u32>().unwrap() < other.trim().parse().unwrap(), "{first} {other}");
        assert_eq!(host::sandbox_cgroups(), Vec::<PathBuf>::new());
    });
}

#[test]
fn a_program_that_outlives_its_init_without_a_pid_namespace_is_killed() {
    host::with_launcher(Isolation::Process, |launcher| async move {
        let mut spec = shell("echo $$; exec sleep 1000");
        spec.working_directory = "/".into();
        let mut launched = launcher.launch(&spec).await.unwrap();
        let mut output = reader(&mut launched);
        let program: i32 = line(&mut output).await.parse().unwrap();
        let spawner = u32::try_from(launcher.spawner_pid().unwrap()).unwrap();
        kill(i32::try_from(host::descendants_of(spawner)[0]).unwrap());
        assert_eq!(launched.control.exited().await, Exit::Signal(9));
        // Its handle is held on to: dropping that would kill as well.
        while launcher.count() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(host::sandbox_cgroups(), Vec::<PathBuf>::new());
        let command = std::fs::read(format!("/proc/{program}/cmdline")).unwrap_or_default();
        assert!(command.is_empty(), "at most a zombie of the host's init");
    });
}

#[test]
fn a_closed_launcher_is_not_a_broken_one() {
    isolated(|launcher| async move {
        let broken = launcher.broken();
        launcher.close().await;
        assert!(tokio::time::timeout(std::time::Duration::ZERO, broken).await.is_err());
    });
}

/// Run as a process of its own by the next test: a server that has started sandboxes and waits to be killed.
#[test]
fn a_server_to_be_killed() {
    let Ok(folder) = std::env::var("LAMBENT_TEST_SERVER") else { return };
    let options = Options { isolation: Isolation::Auto, ..Options::new(PathBuf::from(folder)) };
    let spawner = spawner::split(&options).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let launcher = Launcher::new(spawner, options, Arc::new(Counting::default())).await.unwrap();
        let mut running = Vec::new();
        for _ in 0..3 {
            running.push(launcher.launch(&shell("exec sleep 1000")).await.unwrap());
        }
        println!("ready");
        std::future::pending::<()>().await;
    });
}

fn start_server(run_dir: &Path) -> Child {
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "leaks::a_server_to_be_killed", "--nocapture"])
        .env("LAMBENT_TEST_SERVER", run_dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("ready")), "the server started its sandboxes");
    server
}

#[test]
fn any_server_sweeps_what_a_dead_one_left_and_nothing_of_a_live_one() {
    let folder = tempfile::tempdir().unwrap();
    let [mut dead, mut live] = ["dead", "live"].map(|name| start_server(&folder.path().join(name)));
    let of_live = host::cgroups_of(live.id());
    assert!(!host::cgroups_of(dead.id()).is_empty());
    dead.kill().unwrap();
    dead.wait().unwrap();
    // Its sandboxes end by themselves, a moment later; until then their folders are not empty and stay.
    while !host::cgroups_of(dead.id()).is_empty() {
        isolated(|_| async {});
    }
    assert!(of_live.len() > 3 && host::cgroups_of(live.id()) == of_live);
    live.kill().unwrap();
    live.wait().unwrap();
    while !host::cgroups_of(live.id()).is_empty() {
        isolated(|_| async {});
    }
}

#[test]
fn the_next_server_sweeps_what_a_killed_one_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let mut server = start_server(&path);
    let below = host::descendants_of(server.id());
    assert!(below.len() > 3 * 2, "spawner, inits, programs: {below:?}");
    assert!(!host::cgroups_of(server.id()).is_empty());
    let options = Options { isolation: Isolation::Auto, ..Options::new(path) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();

    let rival = spawner::split(&options).unwrap();
    let refused = runtime.block_on(Launcher::new(rival, options.clone(), Arc::new(Counting::default())));
    assert!(refused.unwrap_err().to_string().contains("in use"), "a live server is left alone");
    assert!(!host::cgroups_of(server.id()).is_empty());

    server.kill().unwrap();
    server.wait().unwrap();
    let spawner = spawner::split(&options).unwrap();
    runtime.block_on(async {
        let launcher = Launcher::new(spawner, options, Arc::new(Counting::default())).await.unwrap();
        assert_eq!(host::cgroups_of(server.id()), Vec::<PathBuf>::new());
        launcher.close().await;
    });
    for pid in below {
        assert!(!PathBuf::from(format!("/proc/{pid}/exe")).exists(), "process {pid} is gone");
    }
}

fn kill(pid: i32) {
    let status = Command::new("kill").args(["-9", &pid.to_string()]).status().unwrap();
    assert!(status.success());
}
