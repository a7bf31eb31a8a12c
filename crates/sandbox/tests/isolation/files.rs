//! Files: the host's, other functions', and the ones a sandbox sees but must not change.

use super::attempts;
use super::stage::{PROBE, on_stage};

#[test]
fn the_hosts_files_are_not_there() {
    on_stage(|stage| async move {
        let secret = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(secret.path(), "secret").unwrap();
        let mut probe = stage.probe().await;
        let read = |path: &str| format!("open({path:?}).read()");
        for (path, expected) in [
            ("/etc/shadow", "ENOENT"),
            ("/etc/gshadow", "ENOENT"),
            ("/etc/ssh/sshd_config", "ENOENT"),
            ("/root/.bashrc", "ENOENT"),
            ("/root/.profile", "ENOENT"),
            ("/var/log/dpkg.log", "ENOENT"),
            ("/proc/1/root/etc/shadow", "ENOENT"),
            ("/proc/1/environ", "ENOENT"),
            ("/sys/kernel/notes", "ENOENT"),
            ("/dev/mem", "ENOENT"),
            ("/dev/loop0", "ENOENT"),
            ("/dev/loop-control", "ENOENT"),
            ("/dev/kmsg", "ENOENT"),
            (secret.path().to_str().unwrap(), "ENOENT"),
        ] {
            attempts(&mut probe, &[(&read(path), expected)]).await;
        }
        assert_eq!(probe.value("result = os.listdir('/tmp')").await, serde_json::json!([]));
        assert_eq!(
            probe
                .value("result = attempt(lambda: os.listdir('/root')) == 'ok' and os.listdir('/root')")
                .await,
            serde_json::json!([])
        );
        assert_eq!(probe.value("result = os.path.exists('/home') and os.listdir('/home')").await, false);
    });
}

#[test]
fn what_is_read_only_stays_so() {
    on_stage(|stage| async move {
        let spec = stage.python(PROBE);
        let mut probe = stage.probe_in(&spec).await;
        // Landlock answers first where it looks.
        attempts(
            &mut probe,
            &[
                ("open('/var/task/main.py', 'a')", "EACCES"),
                ("open('/var/task/new', 'w')", "EROFS"),
                ("os.unlink('/var/task/main.py')", "EROFS"),
                ("os.chmod('/var/task/main.py', 0o777)", "EROFS"),
                ("os.rename('/var/task/main.py', '/tmp/main.py')", "EXDEV"),
                ("open('/usr/bin/new', 'w')", "EROFS"),
                ("open('/etc/passwd', 'a')", "EACCES"),
                ("open('/new', 'w')", "EROFS"),
                ("os.mkdir('/opt/new')", "EROFS"),
                ("open('/proc/sys/kernel/hostname', 'w')", "EROFS"),
                ("open('/proc/sys/kernel/core_pattern', 'w')", "EROFS"),
                ("open('/proc/sys/vm/drop_caches', 'w')", "EROFS"),
                ("open('/proc/self/oom_score_adj', 'w').write('-1000')", "EACCES"),
                ("open('/tmp/mine', 'w').write('x')", "ok"),
                ("open('/dev/null', 'w').write('x')", "ok"),
            ],
        )
        .await;
        for path in ["/", "/usr", "/etc", "/var/task", "/opt", "/proc/sys"] {
            let code = format!("result = bool(os.statvfs({path:?}).f_flag & os.ST_RDONLY)");
            assert_eq!(probe.value(&code).await, true, "{path} is mounted read-only, whatever landlock says");
        }
        for path in ["/usr", "/var/task", "/tmp"] {
            let code = format!("result = os.statvfs({path:?}).f_flag & (os.ST_NOSUID | os.ST_NODEV)");
            assert_eq!(probe.value(&code).await, 6, "{path} is mounted without setuid and devices");
        }
        let code = std::fs::read_to_string(spec.mounts[0].source.join("main.py")).unwrap();
        assert_eq!(code, PROBE);
    });
}

#[test]
fn masked_files_of_proc_hold_nothing() {
    on_stage(|stage| async move {
        let mut probe = stage.probe().await;
        for path in ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sysrq-trigger"] {
            let code = format!(
                "held = []\nwhy = attempt(lambda: held.append(open({path:?}, 'rb').read(9)))\n\
                 result = why if why != 'ok' else len(held[0])"
            );
            let value = probe.value(&code).await;
            assert!(value == 0 || value == "EACCES" || value == "ENOENT", "{path}: {value}");
        }
    });
}

#[test]
fn devices_cannot_be_made() {
    on_stage(|stage| async move {
        let mut probe = stage.probe().await;
        attempts(
            &mut probe,
            &[
                ("os.mknod('/tmp/mem', 0o20666, os.makedev(1, 1))", "EPERM"),
                ("os.mknod('/tmp/disk', 0o60666, os.makedev(7, 0))", "EPERM"),
                ("os.mkfifo('/tmp/fifo')", "ok"),
            ],
        )
        .await;
    });
}

#[test]
fn sandboxes_do_not_see_each_others_code_and_files() {
    on_stage(|stage| async move {
        let mut one = stage.probe().await;
        let mut other = stage.probe_in(&stage.python(&format!("# other\n{PROBE}"))).await;
        assert_eq!(one.value("result = attempt(lambda: open('/tmp/note', 'w').write('mine'))").await, "ok");
        attempts(&mut other, &[("open('/tmp/note').read()", "ENOENT")]).await;
        let first_line = "result = open('/var/task/main.py').readline()";
        assert_eq!(other.value(first_line).await, "# other\n");
        assert_ne!(one.value(first_line).await, "# other\n");
        assert_eq!(one.value("result = open('/tmp/note').read()").await, "mine");
        assert_ne!(one.value("result = os.getuid()").await, other.value("result = os.getuid()").await);
    });
}
