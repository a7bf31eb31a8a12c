//! One sandbox, several lives: what a reset leaves, what begins anew, what is told of it.

use std::path::PathBuf;

use lambent_sandbox::Exit;
use lambent_sandbox::linux::{Ended, Isolation, Launched, Launcher};

use crate::extensions::{Extensions, everywhere};
use crate::host::{self, Traces, isolated, line, reader, run, shell, with_launcher};

pub(crate) async fn reset(launched: &Launched) {
    launched.control.clear();
    launched.control.cleared().await;
}

async fn restart(launched: &Launched) {
    launched.control.restart();
    launched.control.started().await.unwrap();
}

#[test]
fn a_reset_leaves_tmp_and_nobody() {
    isolated(|launcher| async move { begin_again(&launcher, "/tmp").await });
    with_launcher(Isolation::Process, |launcher| async move {
        let folder = tempfile::tempdir().unwrap();
        begin_again(&launcher, folder.path().to_str().unwrap()).await;
    });
}

/// Begins anew three times with what was left in `place`.
pub(crate) async fn begin_again(launcher: &Launcher, place: &str) {
    // Children that left the session, their parent, or both; and one that takes no signal but SIGKILL.
    let script = format!(
        "cd {place}; cat kept 2>/dev/null; echo $$ >> kept; trap '' TERM INT HUP; setsid sleep 1000 & \
         (sleep 1000 &) ; (setsid sh -c 'trap \"\" TERM; sleep 1000 & while :; do :; done' &) ; echo up; wait",
    );
    let mut spec = shell(&script);
    spec.working_directory = "/".into();
    let mut launched = launcher.launch(&spec).await.unwrap();
    let mut output = reader(&mut launched);
    assert_eq!(line(&mut output).await, "up");
    let spawner = u32::try_from(launcher.spawner_pid().unwrap()).unwrap();
    for life in 1..4 {
        if life == 2 {
            launched.control.freeze();
        }
        reset(&launched).await;
        assert_eq!(host::descendants_of(spawner).len(), 1, "only init is left");
        restart(&launched).await;
        for _ in 0..life {
            assert!(line(&mut output).await.parse::<u32>().is_ok());
        }
        assert_eq!(line(&mut output).await, "up");
    }
    launched.control.removed().await;
    assert_eq!(line(&mut output).await, "", "the last writer is gone");
}

#[test]
fn after_a_reset_only_the_new_life_is_told() {
    everywhere(|launcher| async move {
        let extensions = Extensions::new(&[("a", "exec sleep 1000")]);
        let launched = launcher.launch(&extensions.with("exec sleep 1000", &["a"])).await.unwrap();
        launched.control.start_program();
        launched.control.started().await.unwrap();
        reset(&launched).await;
        let none = async |launched: &Launched| {
            let ended = tokio::time::timeout(std::time::Duration::ZERO, launched.control.ended()).await;
            let exited = tokio::time::timeout(std::time::Duration::ZERO, launched.control.exited()).await;
            assert!(ended.is_err() && exited.is_err(), "{ended:?} {exited:?}");
        };
        none(&launched).await;
        restart(&launched).await;
        none(&launched).await;
        launched.control.start_program();
        launched.control.started().await.unwrap();
        launched.control.terminate();
        assert_eq!(launched.control.ended().await, Ended::Program(Exit::Signal(15)));
        assert_eq!(launched.control.exited().await, Exit::Signal(15));
        none_but_program(&launched).await;
        launched.control.removed().await;
    });
}

/// The extension still runs: it does not end by a signal to the program.
async fn none_but_program(launched: &Launched) {
    let ended = tokio::time::timeout(std::time::Duration::ZERO, launched.control.ended()).await;
    assert!(ended.is_err(), "{ended:?}");
}

#[test]
fn a_frozen_program_is_thawed_to_be_asked_to_end() {
    everywhere(|launcher| async move {
        let code = "import os, signal\ndef end(*_):\n  os.write(1, b'asked\\n')\n  os._exit(7)\n\
                    signal.signal(signal.SIGTERM, end)\nos.write(1, b'up\\n')\nwhile True: signal.pause()";
        let mut spec = shell("");
        spec.argv = ["/usr/bin/python3", "-I", "-S", "-c", code].map(str::to_owned).into();
        spec.working_directory = "/".into();
        let mut launched = launcher.launch(&spec).await.unwrap();
        let mut output = reader(&mut launched);
        assert_eq!(line(&mut output).await, "up");
        launched.control.freeze();
        launched.control.terminate();
        assert_eq!(line(&mut output).await, "asked");
        assert_eq!(launched.control.ended().await, Ended::Program(Exit::Code(7)));
        launched.control.removed().await;
    });
}

#[test]
fn a_hundred_lives_leave_nothing() {
    isolated(|launcher| async move { drop(run(&launcher, &shell("true")).await) });
    let before = Traces::count();
    isolated(|launcher| async move {
        let extensions = Extensions::new(&[("a", "(setsid sleep 1000 &); exec sleep 1000")]);
        let mut spec =
            extensions.with("test -e /proc/self/fd/62 && ls /proc/self/fd | wc -l; exit 1", &["a"]);
        spec.framed_log = true;
        let mut launched = launcher.launch(&spec).await.unwrap();
        let mut output = reader(&mut launched);
        let (mut first, mut counted) = (None, None);
        for _ in 0..100 {
            launched.control.start_program();
            launched.control.started().await.unwrap();
            assert_eq!(launched.control.ended().await, Ended::Program(Exit::Code(1)));
            let inside = line(&mut output).await;
            assert_eq!(*first.get_or_insert_with(|| inside.clone()), inside, "descriptors inside");
            drop(launched.control.socket().await.unwrap());
            reset(&launched).await;
            let now = (Traces::count(), init_descriptors(&launcher));
            assert_eq!(*counted.get_or_insert(now), (Traces::count(), init_descriptors(&launcher)));
            restart(&launched).await;
        }
        launched.control.removed().await;
        assert_eq!(host::sandbox_cgroups(), Vec::<PathBuf>::new());
    });
    assert_eq!(Traces::count(), before);
}

fn init_descriptors(launcher: &Launcher) -> usize {
    let spawner = u32::try_from(launcher.spawner_pid().unwrap()).unwrap();
    let init = host::descendants_of(spawner)[0];
    std::fs::read_dir(format!("/proc/{init}/fd")).unwrap().count()
}

#[test]
fn memory_of_a_former_life_is_not_told_of_the_next() {
    isolated(|launcher| async move {
        let script = "import os, signal\nif os.path.exists('/tmp/second'): os.kill(os.getpid(), signal.SIGKILL)\n\
                      open('/tmp/second', 'w').close()\nx = b'x' * (1 << 30)";
        let mut spec = shell("");
        spec.argv = ["/usr/bin/python3", "-I", "-S", "-c", script].map(str::to_owned).into();
        spec.memory_mib = 128;
        let launched = launcher.launch(&spec).await.unwrap();
        assert_eq!(launched.control.exited().await, Exit::OutOfMemory);
        reset(&launched).await;
        restart(&launched).await;
        assert_eq!(launched.control.exited().await, Exit::Signal(9));
        assert_eq!(launched.control.memory_peak_bytes(), 128 << 20, "the most of all lives");
        launched.control.removed().await;
    });
}

#[test]
fn init_outlives_many_small_processes_that_take_all_memory() {
    isolated(|launcher| async move {
        // Each takes little more than init does; the program itself waits.
        let code = "import os, signal, time\nfor _ in range(1000):\n  if os.fork() == 0:\n    \
                    x = b'x' * (1 << 20)\n    signal.pause()\nsignal.pause()";
        let mut spec = shell("");
        spec.argv = ["/usr/bin/python3", "-I", "-S", "-c", code].map(str::to_owned).into();
        spec.memory_mib = 128;
        let launched = launcher.launch(&spec).await.unwrap();
        let spawner = u32::try_from(launcher.spawner_pid().unwrap()).unwrap();
        let init = host::descendants_of(spawner)[0];
        while launched.control.memory_peak_bytes() < 128 << 20 {
            tokio::task::yield_now().await;
        }
        let score = |pid| std::fs::read_to_string(format!("/proc/{pid}/oom_score_adj")).unwrap();
        let protected = async || {
            // It tells of the start first.
            while score(init) != score(std::process::id()) {
                tokio::task::yield_now().await;
            }
        };
        protected().await;
        reset(&launched).await;
        restart(&launched).await;
        protected().await;
        assert_ne!(score(host::descendants_of(init)[0]), score(init), "functions go first");
        launched.control.removed().await;
    });
}

#[test]
fn a_new_life_has_the_cpus_of_init() {
    isolated(|launcher| async move {
        let launched = launcher.launch(&shell("exec sleep 1000")).await.unwrap();
        let share = || {
            let files = ["cpu.cfs_quota_us", "cpu.max"];
            let mut paths =
                host::sandbox_cgroups().into_iter().flat_map(|path| files.map(|file| path.join(file)));
            paths.find_map(|path| std::fs::read_to_string(path).ok()).unwrap()
        };
        let at_init = share();
        launched.control.hold_to_cpu_share();
        assert_ne!(share(), at_init);
        reset(&launched).await;
        restart(&launched).await;
        assert_eq!(share(), at_init);
        launched.control.removed().await;
    });
}

#[test]
fn without_its_init_a_sandbox_is_told_to_be_gone() {
    isolated(|launcher| async move {
        let extensions = Extensions::new(&[("a", "exec sleep 1000")]);
        let launched = launcher.launch(&extensions.with("exec sleep 1000", &["a"])).await.unwrap();
        let spawner = u32::try_from(launcher.spawner_pid().unwrap()).unwrap();
        let init = host::descendants_of(spawner)[0];
        assert!(
            std::process::Command::new("kill").args(["-9", &init.to_string()]).status().unwrap().success()
        );
        assert_eq!(launched.control.ended().await, Ended::Program(Exit::Signal(9)));
        launched.control.clear();
        launched.control.cleared().await;
        launched.control.restart();
        assert!(launched.control.started().await.is_err());
        assert!(launched.control.socket().await.is_err());
        assert_eq!(launched.control.exited().await, Exit::Signal(9));
        launched.control.removed().await;
    });
}

#[test]
fn a_socket_is_in_the_network_of_its_sandbox() {
    isolated(|launcher| async move {
        let code = "import socket\nl = socket.create_server(('127.0.0.1', 8080))\nprint('up', flush=True)\n\
                    c, _ = l.accept()\nprint(c.recv(4).decode(), flush=True)";
        let mut spec = shell("");
        spec.argv = ["/usr/bin/python3", "-I", "-S", "-c", code].map(str::to_owned).into();
        let mut launched = launcher.launch(&spec).await.unwrap();
        let mut output = reader(&mut launched);
        assert_eq!(line(&mut output).await, "up");
        launched.control.freeze();
        host::all_frozen().await;
        let socket = {
            let mut asked = std::pin::pin!(launched.control.socket());
            let early = tokio::time::timeout(std::time::Duration::from_millis(20), asked.as_mut()).await;
            assert!(early.is_err(), "nobody inside runs, and asking does not change that");
            launched.control.thaw();
            asked.await.unwrap()
        };
        let socket = tokio::net::TcpSocket::from_std_stream(std::net::TcpStream::from(socket));
        let mut stream = socket.connect(([127, 0, 0, 1], 8080).into()).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"ping").await.unwrap();
        assert_eq!(line(&mut output).await, "ping");
        launched.control.removed().await;
    });
}
