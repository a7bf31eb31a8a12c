//! Other processes, and more rights than a sandbox has.

use std::os::unix::fs::PermissionsExt;

use super::attempts;
use super::stage::{PROBE, on_stage};

#[test]
fn only_its_own_processes_are_seen() {
    on_stage(|stage| async move {
        let _neighbour = stage.probe().await;
        let mut probe = stage.probe().await;
        let pids = probe.value("result = sorted(int(p) for p in os.listdir('/proc') if p.isdigit())").await;
        let own = probe.value("result = os.getpid()").await;
        assert_eq!(pids, serde_json::json!([own]), "not even init");
    });
}

#[test]
fn nobody_else_can_be_signalled() {
    on_stage(|stage| async move {
        let mut probe = stage.probe().await;
        // Every number up to the highest the host could have given: only its own and init's mean anything.
        let code = "
found = {}
for pid in range(1, 70000):
    told = attempt(lambda: os.kill(pid, 0))
    if told != 'ESRCH': found[pid] = told
result = [found.get(1), found.pop(os.getpid()), len(found)]
";
        assert_eq!(probe.value(code).await, serde_json::json!(["EPERM", "ok", 1]));
        attempts(&mut probe, &[("os.kill(1, 9)", "EPERM"), ("os.kill(1, 15)", "EPERM")]).await;
        // Everyone it may signal is itself: init lives on, and so does the test.
        assert_eq!(probe.value("import signal\nsignal.signal(15, signal.SIG_IGN)\nresult = attempt(lambda: os.kill(-1, 15))").await, "ESRCH");
        assert_eq!(probe.value("result = 'alive'").await, "alive");
    });
}

#[test]
fn init_cannot_be_traced_or_read() {
    on_stage(|stage| async move {
        let mut probe = stage.probe().await;
        attempts(
            &mut probe,
            &[
                ("syscall((101, 117), 16, 1, 0, 0)", "EPERM"),
                ("syscall((101, 117), 0, 0, 0, 0)", "EPERM"),
                ("syscall((310, 270), 1, 0, 0, 0, 0, 0)", "EPERM"),
                ("open('/proc/1/mem', 'rb')", "ENOENT"),
                ("open('/proc/1/maps', 'rb').read()", "ENOENT"),
                ("os.listdir('/proc/1/fd')", "ENOENT"),
                ("os.readlink('/proc/1/ns/mnt')", "ENOENT"),
            ],
        )
        .await;
    });
}

#[test]
fn no_capability_is_held_and_none_can_be_won() {
    on_stage(|stage| async move {
        let mut probe = stage.probe().await;
        let code = "
status = dict(line.split(':', 1) for line in open('/proc/self/status'))
result = {k: status[k].strip() for k in ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'NoNewPrivs', 'Seccomp', 'Groups']}
";
        let none = "0000000000000000";
        let expected = serde_json::json!({
            "CapInh": none, "CapPrm": none, "CapEff": none, "CapBnd": none, "CapAmb": none,
            "NoNewPrivs": "1", "Seccomp": "2", "Groups": "",
        });
        assert_eq!(probe.value(code).await, expected);
        attempts(
            &mut probe,
            &[
                ("os.setuid(0)", "EPERM"),
                ("os.setgid(0)", "EPERM"),
                ("os.setgroups([0])", "EPERM"),
                ("os.setresuid(0, 0, 0)", "EPERM"),
                ("os.chown('/tmp', 0, 0)", "EPERM"),
                ("os.chroot('/tmp')", "EPERM"),
                ("os.nice(-5)", "EPERM"),
            ],
        )
        .await;
    });
}

#[test]
fn setuid_programs_give_nothing() {
    on_stage(|stage| async move {
        let spec = stage.python(PROBE);
        let copy = spec.mounts[0].source.join("id");
        std::fs::copy("/usr/bin/id", &copy).unwrap();
        std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o6755)).unwrap();
        let mut probe = stage.probe_in(&spec).await;
        let code = "
import subprocess
def euid(path): return int(subprocess.run([path, '-u'], capture_output=True).stdout)
own = os.getuid()
result = [own != 0, euid('/usr/bin/id') == own, euid('/var/task/id') == own]
";
        assert_eq!(probe.value(code).await, serde_json::json!([true, true, true]));
        // Even a bit set inside changes nothing: the mount ignores it.
        let code = "
import shutil
shutil.copy('/usr/bin/id', '/tmp/id')
os.chmod('/tmp/id', 0o6755)
result = euid('/tmp/id') == own
";
        assert_eq!(probe.value(code).await, true);
    });
}
