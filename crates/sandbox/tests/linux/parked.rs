//! Sandboxes started ahead: who gets one sees all as if it had been started for it, and nobody gets a dead one.

use std::fs;
use std::path::Path;
use std::time::Duration;

use lambent_sandbox::linux::{Launched, Launcher};
use lambent_sandbox::{Early, Exit, Mount, Spec};

use crate::host::{self, finish, isolated, line, reader, shell};

/// Tells whether it waited, and what it is.
const PROGRAM: &str = "
import os, sys
variables, waited = os.environ, '_LAMBENT_PARKED' in os.environ
if waited:
    assert os.listdir('/var/task') == os.listdir('/opt') == ['lib']
    with open(int(variables['_LAMBENT_PARKED']), 'rb') as told:
        text = told.read().decode()
    variables = dict(one.split('=', 1) for one in text.split(chr(0))[:-1])
    os.chdir('/var/task')
print('waited' if waited else 'started', variables['WHO'], variables['AWS_LAMBDA_RUNTIME_API'], open('a').read(),
      os.listdir('/opt'), os.listdir('/tmp'), sorted(variables), flush=True)
";

fn spec(folder: &Path, who: &str) -> Spec {
    let mut spec = shell("");
    spec.argv = ["/usr/bin/python3", "-I", "-S", "-c", PROGRAM].map(str::to_owned).into();
    spec.environment.insert("WHO".into(), who.into());
    spec.mounts = vec![Mount { source: folder.into(), target: "/var/task".into() }];
    let places = vec!["/var/task".into(), "/opt".into()];
    spec.early = Some(Early { environment: [("LANG".to_owned(), "C".to_owned())].into(), places });
    spec
}

fn code() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a"), "content").unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(folder.path(), open).unwrap();
    folder
}

async fn until(reached: impl Fn() -> bool) {
    while !reached() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Two are parked.
async fn park(launcher: &Launcher, spec: &Spec) {
    launcher.expect(spec);
    until(|| launcher.parked() == 2).await;
}

async fn first_line(launched: &mut Launched) -> String {
    line(&mut reader(launched)).await
}

const SEEN: &str = "127.0.0.1:9001 content [] [] ['AWS_LAMBDA_RUNTIME_API', 'PATH', 'WHO']";

#[test]
fn a_parked_sandbox_becomes_whoever_is_started_next() {
    isolated(|launcher| async move {
        let folder = code();
        assert_eq!(
            finish(launcher.launch(&spec(folder.path(), "first")).await.unwrap()).await.0,
            Exit::Code(0)
        );
        until(|| launcher.parked() == 2 && launcher.count() == 0).await;
        let mut next = spec(folder.path(), "next");
        next.memory_mib = 400;
        let mut launched = launcher.launch(&next).await.unwrap();
        assert_eq!(first_line(&mut launched).await, format!("waited next {SEEN}"));
        assert_eq!(launched.control.exited().await, Exit::Code(0));
        assert_eq!(launcher.count(), 1, "those that wait do not count");
        assert!(launched.control.memory_peak_bytes() < 400 << 20);
        launched.control.clear();
        launched.control.cleared().await;
        launched.control.restart();
        launched.control.started().await.unwrap();
        assert_eq!(launched.control.exited().await, Exit::Code(0), "started again it need not wait");
        launched.control.removed().await;
    });
}

#[test]
fn only_the_init_of_one_that_waits_may_mount() {
    isolated(|launcher| async move {
        let folder = code();
        let mut asleep = spec(folder.path(), "sleeper");
        let code = asleep.argv.last_mut().unwrap();
        code.push_str("\nimport time\ntime.sleep(1000)");
        park(&launcher, &asleep).await;
        assert_eq!(mounters(&launcher), 2);
        let mut launched = launcher.launch(&asleep).await.unwrap();
        assert_eq!(first_line(&mut launched).await, format!("waited sleeper {SEEN}"));
        until(|| launcher.parked() == 2).await;
        assert_eq!(mounters(&launcher), 2, "and the third gave that up");
        drop(launched);
    });
}

/// How many processes of a launcher, but for its spawner, have the right to mount.
fn mounters(launcher: &Launcher) -> usize {
    const SYS_ADMIN: u64 = 1 << 21;
    let spawner = u32::try_from(launcher.spawner_pid().unwrap()).unwrap();
    let effective = |pid: &u32| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("CapEff:\t")).map(str::to_owned);
        line.and_then(|bits| u64::from_str_radix(&bits, 16).ok()).unwrap_or(0)
    };
    let below = host::descendants_of(spawner);
    below.iter().filter(|pid| **pid != spawner).map(effective).filter(|bits| bits & SYS_ADMIN != 0).count()
}

#[test]
fn nobody_gets_one_that_has_died_or_whose_code_is_gone() {
    isolated(|launcher| async move {
        let folder = code();
        park(&launcher, &spec(folder.path(), "who")).await;
        let spawner = u32::try_from(launcher.spawner_pid().unwrap()).unwrap();
        for pid in host::descendants_of(spawner).into_iter().filter(|pid| *pid != spawner) {
            let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
            // Inits too, whose children they are not: all of them.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
        }
        let mut launched = launcher.launch(&spec(folder.path(), "alive")).await.unwrap();
        let told = first_line(&mut launched).await;
        assert!(told.contains("alive 127.0.0.1:9001 content"), "{told}");
        drop(launched);
        park(&launcher, &spec(folder.path(), "who")).await;
        let gone = launcher.launch(&spec(Path::new("/nowhere"), "nobody")).await.unwrap_err();
        assert!(gone.to_string().contains("/nowhere"), "{gone}");
    });
}
