//! One sandbox, several programs and several lives: extensions first, who ended, what a reset leaves, what begins anew.

use std::path::PathBuf;

use lambent_sandbox::linux::{Ended, Isolation, Launched, Launcher, Who};
use lambent_sandbox::{BootError, Exit, ExtensionFaultKind, Mount, Spec};
use tokio::net::unix::pipe;

use crate::host::{self, Traces, isolated, line, reader, run, shell, with_launcher};

/// A folder of extensions, shell scripts, for `/opt/extensions`.
struct Extensions {
    folder: tempfile::TempDir,
}

impl Extensions {
    fn new(scripts: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let open = |path: &std::path::Path| {
            std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        };
        open(folder.path());
        for (name, script) in scripts {
            let path = folder.path().join(name);
            std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
            open(&path);
        }
        Self { folder }
    }

    /// A program beside them.
    fn with(&self, script: &str, names: &[&str]) -> Spec {
        let mut spec = shell(script);
        spec.working_directory = "/".into();
        spec.mounts = vec![Mount { source: self.folder.path().into(), target: "/opt/extensions".into() }];
        spec.extensions.names = names.iter().map(|name| (*name).to_owned()).collect();
        spec.extensions.environment = [("PATH", "/usr/bin:/bin"), ("OF", "extensions")]
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .into();
        spec
    }
}

fn outputs(launched: &mut Launched) -> (pipe::Receiver, pipe::Receiver) {
    let extensions = launched.extension_output.as_ref().unwrap().try_clone().unwrap();
    (reader(launched), pipe::Receiver::from_owned_fd(extensions).unwrap())
}

/// What every isolation must do alike.
fn everywhere<F: Future<Output = ()>>(test: impl Fn(Launcher) -> F) {
    isolated(&test);
    with_launcher(Isolation::Process, &test);
}

async fn reset(launched: &Launched) {
    launched.control.clear();
    launched.control.cleared().await;
}

async fn restart(launched: &Launched) {
    launched.control.restart();
    launched.control.started().await.unwrap();
}

#[test]
fn extensions_are_started_in_order_and_the_program_when_told() {
    everywhere(|launcher| async move {
        let extensions = Extensions::new(&[
            ("b", "echo b $OF $AWS_LAMBDA_RUNTIME_API; exec sleep 1000"),
            ("a", "i=0; echo a $PWD $0 $GREETING >&2; exec sleep 1000"),
        ]);
        let mut spec = extensions.with("echo program $OF; exec sleep 1000", &["b", "a"]);
        spec.environment.insert("GREETING".into(), "hello".into());
        let mut launched = launcher.launch(&spec).await.unwrap();
        let (mut output, mut theirs) = outputs(&mut launched);
        let mut lines = [line(&mut theirs).await, line(&mut theirs).await];
        lines.sort_unstable();
        assert!(lines[0].starts_with("a / ") && lines[0].ends_with("/a"), "{lines:?}");
        assert_eq!(lines[1], format!("b extensions {}", launched.runtime_api));
        let mut nothing = [0];
        assert!(output.try_read(&mut nothing).is_err(), "the program waits to be started");
        launched.control.start_program();
        launched.control.started().await.unwrap();
        assert_eq!(line(&mut output).await, "program");
        assert!(theirs.try_read(&mut nothing).is_err());
        launched.control.removed().await;
        assert_eq!((line(&mut output).await, line(&mut theirs).await), (String::new(), String::new()));
    });
}

#[test]
fn who_ended_is_told_once_each() {
    everywhere(|launcher| async move {
        let extensions =
            Extensions::new(&[("a", "exit 3"), ("b", "kill -SEGV $$"), ("c", "exec sleep 1000")]);
        let spec = extensions.with("exit 4", &["a", "b", "c"]);
        let launched = launcher.launch(&spec).await.unwrap();
        let mut ended = [launched.control.ended().await, launched.control.ended().await];
        ended.sort_unstable_by_key(|ended| matches!(ended, Ended::Extension(1, _)));
        let crash = |n, exit| Ended::Extension(n, ExtensionFaultKind::Crash(exit));
        assert_eq!(ended, [crash(0, Exit::Code(3)), crash(1, Exit::Signal(11))]);
        launched.control.start_program();
        launched.control.started().await.unwrap();
        assert_eq!(launched.control.ended().await, Ended::Program(Exit::Code(4)));
        assert_eq!(launched.control.exited().await, Exit::Code(4));
        launched.control.end(Who::Program);
        launched.control.end(Who::Extension(2));
        assert_eq!(launched.control.ended().await, crash(2, Exit::Signal(9)));
        launched.control.kill();
        launched.control.removed().await;
    });
}

#[test]
fn what_cannot_be_executed_is_told_with_its_name() {
    isolated(|launcher| async move {
        let extensions = Extensions::new(&[("a", "exec sleep 1000")]);
        std::fs::write(extensions.folder.path().join("b"), "no program").unwrap();
        let spec = extensions.with("exit 0", &["a", "b", "never"]);
        let launched = launcher.launch(&spec).await.unwrap();
        let reason = "Permission denied (os error 13)".to_owned();
        let refused = Ended::Extension(1, ExtensionFaultKind::Launch { reason });
        assert_eq!(launched.control.ended().await, refused);
        reset(&launched).await;
        launched.control.restart();
        launched.control.started().await.unwrap();
        assert_eq!(launched.control.ended().await, refused, "each time anew");
        launched.control.removed().await;

        let mut spec = extensions.with("", &["a"]);
        spec.argv = vec!["/var/task/bootstrap".into()];
        let launched = launcher.launch(&spec).await.unwrap();
        for _ in 0..2 {
            launched.control.start_program();
            let told = launched.control.started().await.unwrap_err();
            assert!(
                matches!(&told, BootError::Entrypoint { program, .. } if program == "/var/task/bootstrap")
            );
        }
        spec.working_directory = "/nowhere".into();
        launched.control.removed().await;
        let launched = launcher.launch(&spec).await.unwrap();
        launched.control.start_program();
        let told = launched.control.started().await.unwrap_err();
        assert!(matches!(&told, BootError::Step { step, .. } if step.contains("/nowhere")), "{told}");
    });
}

#[test]
fn a_reset_leaves_tmp_and_nobody() {
    everywhere(|launcher| async move {
        let folder = tempfile::tempdir().unwrap();
        let place =
            if launcher.report().items[0].detail.contains("plain") { folder.path() } else { "/tmp".as_ref() };
        // Children that left the session, their parent, or both; and one that takes no signal but SIGKILL.
        let script = format!(
            "cd {}; cat kept 2>/dev/null; echo $$ >> kept; trap '' TERM INT HUP; setsid sleep 1000 & (sleep 1000 &) ; \
             (setsid sh -c 'trap \"\" TERM; sleep 1000 & while :; do :; done' &) ; echo up; wait",
            place.display()
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
    });
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
        let code = "import signal, sys\ndef end(*_):\n  print('asked', flush=True)\n  sys.exit(7)\n\
                    signal.signal(signal.SIGTERM, end)\nprint('up', flush=True)\nwhile True: signal.pause()";
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
fn an_extension_out_of_memory_is_told_as_its_end() {
    isolated(|launcher| async move {
        let extensions = Extensions::new(&[("a", "exec /usr/bin/python3 -I -S -c \"x = b'x' * (1 << 30)\"")]);
        let mut spec = extensions.with("exec sleep 1000", &["a"]);
        spec.memory_mib = 128;
        let launched = launcher.launch(&spec).await.unwrap();
        let crash = ExtensionFaultKind::Crash(Exit::OutOfMemory);
        assert_eq!(launched.control.ended().await, Ended::Extension(0, crash));
        launched.control.removed().await;
    });
}

#[test]
fn a_new_life_has_the_cpus_of_init() {
    isolated(|launcher| async move {
        let launched = launcher.launch(&shell("exec sleep 1000")).await.unwrap();
        let share = || {
            let mut folders = host::sandbox_cgroups().into_iter();
            folders.find_map(|path| std::fs::read_to_string(path.join("cpu.cfs_quota_us")).ok()).map_or_else(
                || {
                    let mut folders = host::sandbox_cgroups().into_iter();
                    folders.find_map(|path| std::fs::read_to_string(path.join("cpu.max")).ok()).unwrap()
                },
                |quota| quota,
            )
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
        let socket = launched.control.socket().await.unwrap();
        let socket = tokio::net::TcpSocket::from_std_stream(std::net::TcpStream::from(socket));
        let mut stream = socket.connect(([127, 0, 0, 1], 8080).into()).await.unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, b"ping").await.unwrap();
        assert_eq!(line(&mut output).await, "ping");
        launched.control.removed().await;
    });
}

#[test]
fn log_records_have_a_descriptor_of_their_own() {
    everywhere(|launcher| async move {
        let code = "import os\nfd = int(os.environ['_LAMBDA_TELEMETRY_LOG_FD'])\nos.write(fd, b'record\\n')\n\
                    os.execv('/bin/sh', ['sh', '-c', 'echo inherited > /dev/fd/%d' % fd])";
        let mut spec = shell("");
        spec.working_directory = "/".into();
        spec.argv = ["/usr/bin/python3", "-I", "-S", "-c", code].map(str::to_owned).into();
        spec.framed_log = true;
        let launched = launcher.launch(&spec).await.unwrap();
        let records = launched.framed_log.as_ref().unwrap().try_clone().unwrap();
        let mut records = pipe::Receiver::from_owned_fd(records).unwrap();
        assert_eq!(line(&mut records).await, "record");
        assert_eq!(line(&mut records).await, "inherited");
        assert_eq!(launched.control.exited().await, Exit::Code(0));
        launched.control.removed().await;
        spec.framed_log = false;
        spec.argv = shell("env | grep -c TELEMETRY; test -e /proc/self/fd/62").argv;
        assert!(launcher.launch(&spec).await.unwrap().framed_log.is_none());
        assert_eq!(run(&launcher, &spec).await, (Exit::Code(1), "0\n".to_owned()));
    });
}
