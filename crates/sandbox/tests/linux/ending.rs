//! How programs begin and end: statuses, signals, what cannot be executed, freezing, killing.

use lambent_sandbox::{BootError, Exit};

use crate::host::{self, isolated, line, reader, run, shell, step_of};

#[test]
fn statuses_and_signals_are_told() {
    isolated(|launcher| async move {
        for (script, exit) in [
            ("exit 0", Exit::Code(0)),
            ("exit 7", Exit::Code(7)),
            ("kill -9 $$", Exit::Signal(9)),
            ("kill -11 $$", Exit::Signal(11)),
            ("kill -TERM $$", Exit::Signal(15)),
        ] {
            assert_eq!(run(&launcher, &shell(script)).await.0, exit, "{script}");
        }
    });
}

#[test]
fn what_cannot_be_executed_is_told_precisely() {
    isolated(|launcher| async move {
        for (program, reason) in [
            ("/var/task/bootstrap", "No such file or directory (os error 2)"),
            ("/etc/passwd", "Permission denied (os error 13)"),
            ("/usr", "Permission denied (os error 13)"),
        ] {
            let mut spec = shell("");
            spec.argv = vec![program.to_owned()];
            match launcher.launch(&spec).await {
                Err(BootError::Entrypoint { program: told, reason: why }) => {
                    assert_eq!((told.as_str(), why.as_str()), (program, reason));
                }
                other => panic!("{program}: {other:?}"),
            }
        }
        let mut spec = shell("");
        spec.working_directory = "/nowhere".into();
        let told = step_of(launcher.launch(&spec).await);
        assert!(told.contains("change to /nowhere") && told.contains("No such file"), "{told}");
        let mut spec = shell("");
        spec.mounts = vec![lambent_sandbox::Mount { source: "/nowhere".into(), target: "/opt".into() }];
        let told = step_of(launcher.launch(&spec).await);
        assert!(told.contains("take /nowhere"), "{told}");
        let mut spec = shell("");
        spec.environment.insert("BIG".into(), "x".repeat(200_000));
        let told = step_of(launcher.launch(&spec).await);
        assert!(told.contains("too large"), "{told}");
        assert_eq!(launcher.count(), 0, "nothing is left of what failed");
    });
}

#[test]
fn a_program_without_a_format_is_told() {
    isolated(|launcher| async move {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bootstrap");
        std::fs::write(&path, "neither script nor program").unwrap();
        for path in [folder.path(), path.as_path()] {
            std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        }
        let mut spec = shell("");
        spec.argv = vec!["/var/task/bootstrap".to_owned()];
        spec.mounts =
            vec![lambent_sandbox::Mount { source: folder.path().into(), target: "/var/task".into() }];
        let told = step_of(launcher.launch(&spec).await);
        assert!(told.contains("Exec format error"), "{told}");
    });
}

#[test]
fn a_frozen_program_stands_still_and_goes_on() {
    isolated(|launcher| async move {
        let mut launched =
            launcher.launch(&shell("i=0; while :; do i=$((i+1)); echo $i; done")).await.unwrap();
        let mut output = reader(&mut launched);
        line(&mut output).await;
        launched.control.freeze();
        // What was written before is still in the pipe, which holds 64 KiB; then nothing comes any more.
        let mut buffer = vec![0; 1 << 20];
        loop {
            tokio::task::yield_now().await;
            match output.try_read(&mut buffer) {
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
                Err(error) => panic!("{error}"),
            }
        }
        host::all_frozen().await;
        let cpu = || std::fs::read_to_string(cpu_file()).unwrap_or_default();
        let before = cpu();
        for _ in 0..50 {
            tokio::task::spawn_blocking(|| std::hint::black_box((0..100_000).sum::<u64>())).await.unwrap();
        }
        assert_eq!(cpu(), before, "no CPU time passes");
        assert!(output.try_read(&mut buffer).is_err(), "nothing is written");
        launched.control.thaw();
        assert!(!line(&mut output).await.is_empty());
        launched.control.freeze();
        launched.control.removed().await;
    });
}

/// Throttling statistics of the one sandbox: `nr_periods` moves as long as it runs.
fn cpu_file() -> std::path::PathBuf {
    let mut files = crate::host::sandbox_cgroups().into_iter().map(|path| path.join("cpu.stat"));
    files.find(|path| path.exists()).unwrap()
}

#[test]
fn killing_kills_everyone_and_dropping_kills() {
    isolated(|launcher| async move {
        let script = "setsid sleep 1000 & (sleep 1000 & sleep 1000) & echo up; wait";
        for frozen in [false, true] {
            let mut launched = launcher.launch(&shell(script)).await.unwrap();
            let mut output = reader(&mut launched);
            assert_eq!(line(&mut output).await, "up");
            if frozen {
                launched.control.freeze();
            }
            launched.control.kill();
            assert_eq!(launched.control.exited().await, Exit::Signal(9));
            launched.control.removed().await;
        }
        let mut launched = launcher.launch(&shell(script)).await.unwrap();
        let mut output = reader(&mut launched);
        assert_eq!(line(&mut output).await, "up");
        drop(launched);
        // The end of the output comes when the last writer is gone.
        assert_eq!(line(&mut output).await, "");
    });
}

#[test]
fn a_terminals_signals_end_neither_spawner_nor_sandbox() {
    isolated(|launcher| async move {
        let spawner = launcher.spawner_pid().unwrap();
        let mut launched = launcher.launch(&shell("echo up; exec sleep 1000")).await.unwrap();
        let mut output = reader(&mut launched);
        assert_eq!(line(&mut output).await, "up");
        let spawner = u32::try_from(spawner).unwrap();
        let init = crate::host::descendants_of(spawner)[0];
        for pid in [spawner, init] {
            for signal in ["-INT", "-TERM", "-HUP"] {
                let sent = std::process::Command::new("kill").args([signal, &pid.to_string()]).status();
                assert!(sent.unwrap().success());
            }
        }
        assert_eq!(run(&launcher, &shell("kill -TERM $$")).await.0, Exit::Signal(15), "not ignored inside");
        assert!(crate::host::descendants_of(spawner).len() >= 2, "init and its program live");
        launched.control.kill();
        assert_eq!(launched.control.exited().await, Exit::Signal(9));
    });
}

#[test]
fn orphans_are_reaped_and_output_keeps_its_order() {
    isolated(|launcher| async move {
        let script = "for i in 1 2 3 4 5; do (sleep 0 &) ; done; i=0; \
                      while [ $(grep -l 'State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l) -gt 0 ]; do \
                      i=$((i+1)); [ $i -lt 2000 ] || break; done; echo out; echo err >&2; echo out";
        let (exit, text) = run(&launcher, &shell(script)).await;
        assert_eq!((exit, text.as_str()), (Exit::Code(0), "out\nerr\nout\n"));
    });
}
