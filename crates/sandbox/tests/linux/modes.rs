//! Isolation by other means: plain processes when asked for, a user namespace where the server is not root.

use std::os::unix::process::CommandExt;
use std::process::Command;

use lambent_sandbox::linux::{Enforcement, Isolation, Options, Report, probe};
use lambent_sandbox::{Exit, Mount};

use crate::host::{isolated, line, reader, run, shell, two_isolated, with_launcher};

/// A user that owns nothing.
const NOBODY: u32 = 4242;

#[test]
fn plain_processes_run_with_the_hosts_paths_and_end_together() {
    with_launcher(Isolation::Process, |launcher| async move {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), "content").unwrap();
        let mut spec = shell("cat a; echo; echo $LAMBDA_TASK_ROOT; ulimit -n");
        spec.environment.insert("LAMBDA_TASK_ROOT".into(), "/var/task".into());
        spec.mounts = vec![Mount { source: folder.path().into(), target: "/var/task".into() }];
        let (exit, text) = run(&launcher, &spec).await;
        assert_eq!(exit, Exit::Code(0), "{text}");
        assert_eq!(text, format!("content\n{}\n1024\n", folder.path().display()));

        let mut spec = shell("(setsid sh -c 'sleep 1000 & sleep 1000' &); echo up; sleep 1000");
        spec.working_directory = "/".into();
        let mut launched = launcher.launch(&spec).await.unwrap();
        let mut output = reader(&mut launched);
        assert_eq!(line(&mut output).await, "up");
        launched.control.freeze();
        launched.control.thaw();
        launched.control.kill();
        assert_eq!(launched.control.exited().await, Exit::Signal(9));
        launched.control.removed().await;
        assert_eq!(line(&mut output).await, "", "the last writer is gone");
    });
}

/// Run as another user by the next test.
#[test]
fn as_someone_who_is_not_root() {
    if std::env::var("LAMBENT_TEST_USER").is_err() {
        return;
    }
    assert!(!crate::host::is_root());
    with_launcher(Isolation::Auto, |launcher| async move {
        let script = "id -u; id -un; hostname; ls /root | wc -l; grep -c . /proc/net/dev; \
                      grep CapEff /proc/self/status; echo x > /tmp/x && cat /tmp/x; \
                      df -k --output=size /tmp | tail -1; (echo x > /var/task/x) 2>/dev/null || echo read-only; \
                      kill -9 1; kill -STOP 1; echo init lives";
        let (exit, text) = run(&launcher, &shell(script)).await;
        assert_eq!(exit, Exit::Code(0), "{text}");
        let expected = [
            "993",
            "sbx_user1051",
            "lambda",
            "0",
            "3",
            "CapEff:\t0000000000000000",
            "x",
            "524288",
            "read-only",
            "init lives",
        ];
        let lines: Vec<_> = text.lines().map(str::trim_start).collect();
        let told: Vec<_> =
            lines.iter().filter(|line| !line.contains("kill") && !line.is_empty()).copied().collect();
        assert_eq!(told, expected);
        let mut launched = launcher.launch(&shell("while :; do echo x; done")).await.unwrap();
        let mut output = reader(&mut launched);
        launched.control.freeze();
        launched.control.thaw();
        assert_eq!(line(&mut output).await, "x");
        launched.control.freeze();
        launched.control.kill();
        assert_eq!(launched.control.exited().await, Exit::Signal(9));
        launched.control.removed().await;
        crate::lives::begin_again(&launcher, "/tmp").await;
        let report = launcher.report();
        assert!(report.usable());
        let memory = report.items.iter().find(|item| item.name == "memory limit").unwrap();
        assert_eq!(memory.enforcement, Enforcement::Partial);
        assert!(!memory.remedy.is_empty());
    });
}

#[test]
fn who_is_not_root_gets_a_user_namespace() {
    // The test program may lie where that user cannot go.
    let folder = tempfile::tempdir().unwrap();
    let open = || std::os::unix::fs::PermissionsExt::from_mode(0o777);
    std::fs::set_permissions(folder.path(), open()).unwrap();
    let program = folder.path().join("test");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let output = Command::new(&program)
        .args(["--exact", "modes::as_someone_who_is_not_root", "--nocapture"])
        .env("LAMBENT_TEST_USER", "1")
        .env("TMPDIR", folder.path())
        .current_dir("/")
        .gid(NOBODY)
        .uid(NOBODY)
        .output()
        .unwrap();
    let text =
        String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[test]
fn the_probe_says_what_is_there_and_agrees_with_the_launcher() {
    let folder = tempfile::tempdir().unwrap();
    let report = probe(&Options::new(folder.path().join("run")));
    assert!(report.usable(), "{report:?}");
    isolated(|launcher| async move { assert_eq!(without_ids(launcher.report()), without_ids(&report)) });
    let process = Options { isolation: Isolation::Process, ..Options::new(folder.path().join("run")) };
    let report = probe(&process);
    let isolation = report.items.iter().find(|item| item.name == "isolation").unwrap();
    assert_eq!(isolation.enforcement, Enforcement::None);
    assert!(report.usable());
    assert!(crate::host::own_cgroups().is_empty());
}

#[test]
fn two_servers_with_the_same_names_in_mind_limit_both() {
    two_isolated(|launchers| async move {
        for launcher in launchers {
            let report = launcher.report();
            for name in ["memory limit", "CPU share", "process limit", "freeze"] {
                let item = report.items.iter().find(|item| item.name == name).unwrap();
                assert_eq!(item.enforcement, Enforcement::Full, "{item:?}");
            }
        }
    });
}

/// Which user ids are free changes as other servers of this host come and go.
fn without_ids(report: &Report) -> Report {
    let mut report = report.clone();
    for item in report.items.iter_mut().filter(|item| item.name == "user per sandbox") {
        assert!(item.detail.starts_with("user ids "), "{item:?}");
        item.detail.clear();
    }
    report
}
