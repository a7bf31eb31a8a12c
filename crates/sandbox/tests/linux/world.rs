//! What a program sees from inside: user, limits, files, processes, network.

use std::fs;

use lambent_sandbox::{Exit, Mount, Network};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::host::{isolated, run, shell};

#[test]
fn a_program_sees_its_own_world_and_nothing_of_the_host() {
    isolated(|launcher| async move {
        let mut spec = shell(
            "id -u; id -un; hostname; pwd; umask; ulimit -n; ulimit -c; echo $$; \
             ls -A /root | wc -l; ls -d /home /etc/shadow /work 2>/dev/null | wc -l; ls -A /tmp | wc -l; stat -c %U:%a /tmp; \
             ls /proc | grep -c '^[0-9]'; cat /proc/1/cmdline 2>/dev/null | wc -c; \
             grep -c . /proc/net/dev; grep CapBnd /proc/self/status; grep CapEff /proc/self/status; \
             grep NoNewPrivs /proc/self/status; grep Seccomp: /proc/self/status; cat /etc/localtime | wc -c; env",
        );
        spec.environment.insert("GREETING".into(), "hello = world".into());
        let (exit, text) = run(&launcher, &spec).await;
        assert_eq!(exit, Exit::Code(0), "{text}");
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[0].parse::<u32>().unwrap() >= 200_000, "{text}");
        let expected = ["sbx_user1051", "lambda", "/var/task", "0022", "1024", "unlimited", "2"];
        assert_eq!(lines[1..8], expected, "{text}");
        assert_eq!(lines[8..12], ["0", "0", "0", "sbx_user1051:700"], "{text}");
        // The shell and its own pipeline; init is hidden.
        assert!(lines[12].parse::<u32>().unwrap() <= 3, "{text}");
        assert_eq!(lines[13], "0", "init's command line is hidden: {text}");
        assert_eq!(lines[14], "3", "two header lines and lo: {text}");
        assert_eq!(lines[15..17], ["CapBnd:\t0000000000000000", "CapEff:\t0000000000000000"], "{text}");
        assert_eq!(lines[17..19], ["NoNewPrivs:\t1", "Seccomp:\t2"], "{text}");
        assert_ne!(lines[19], "0");
        assert!(lines.contains(&"GREETING=hello = world"), "{text}");
        assert!(lines.contains(&"AWS_LAMBDA_RUNTIME_API=127.0.0.1:9001"), "{text}");
        assert!(!text.contains("CARGO"), "nothing of the server's environment: {text}");
    });
}

#[test]
fn proc_tells_nothing_of_the_host_and_its_server() {
    isolated(|launcher| async move {
        let script = "cat /proc/self/cgroup | cut -d: -f3- | sort -u; cd /proc; \
                      for f in cmdline config.gz diskstats interrupts iomem ioports kallsyms kcore key-users keys \
                      partitions timer_list; do [ -e $f ] && echo $f $(head -c 9 $f 2>/dev/null | wc -c); done; true";
        let (_, text) = run(&launcher, &shell(script)).await;
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("/"), "{text}");
        let files: Vec<_> = lines.collect();
        assert!(files.contains(&"cmdline 0") && files.contains(&"interrupts 0"), "{text}");
        assert!(files.iter().all(|file| file.ends_with(" 0")), "{text}");
    });
}

#[test]
fn only_tmp_can_be_written() {
    isolated(|launcher| async move {
        let (_, text) = run(
            &launcher,
            &shell(
                "for f in / /var/task /opt /usr /etc /proc /proc/sys/kernel /dev /mnt; do \
                 (echo x > $f/x) 2>/dev/null && echo wrote $f; done; \
                 echo x > /tmp/x && cat /tmp/x; echo x > /dev/null && echo null; \
                 echo to-stderr > /dev/stderr; grep ' rw' /proc/mounts | cut -d' ' -f2 | sort",
            ),
        )
        .await;
        assert_eq!(text.lines().collect::<Vec<_>>(), ["x", "null", "to-stderr", "/proc", "/tmp"]);
    });
}

#[test]
fn mounts_appear_read_only_where_they_are_asked_for() {
    isolated(|launcher| async move {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a"), "content").unwrap();
        fs::write(folder.path().join("file"), "one file").unwrap();
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(folder.path(), open).unwrap();
        let mut spec = shell(
            "cat /var/task/a; echo; cat /somewhere/deep/a; echo; cat /opt/one; echo; \
             touch /var/task/b 2>&1 | grep -c Read-only; grep -c nosuid,nodev /proc/mounts",
        );
        let at =
            |source: &str, target: &str| Mount { source: folder.path().join(source), target: target.into() };
        spec.mounts = vec![at("", "/var/task"), at("", "/somewhere/deep"), at("file", "/opt/one")];
        let (_, text) = run(&launcher, &spec).await;
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[..4], ["content", "content", "one file", "1"], "{text}");
    });
}

#[test]
fn each_sandbox_has_a_tmp_of_its_own_of_the_size_asked_for() {
    isolated(|launcher| async move {
        let script = "echo mine > /tmp/mine; ls -A /tmp | wc -l; df -k --output=avail /tmp | tail -1";
        for tmp_mib in [512, 1000] {
            let mut spec = shell(script);
            spec.tmp_mib = tmp_mib;
            let (_, text) = run(&launcher, &spec).await;
            let mut lines = text.lines();
            assert_eq!(lines.next(), Some("1"), "{text}");
            let available_kib: u32 = lines.next().unwrap().trim().parse().unwrap();
            let asked_kib = tmp_mib * 1024;
            assert!((asked_kib..asked_kib + asked_kib / 20).contains(&available_kib), "{tmp_mib}: {text}");
        }
    });
}

#[test]
fn the_runtime_api_is_reached_inside_only() {
    isolated(|launcher| async move {
        let connect = "import socket,os; h,p=os.environ['AWS_LAMBDA_RUNTIME_API'].split(':'); \
                       s=socket.create_connection((h,int(p))); s.sendall(b'ping'); print(s.recv(4))";
        let mut spec = shell("");
        spec.argv = ["/usr/bin/python3", "-I", "-S", "-c", connect].map(str::to_owned).into();
        for network in [Network::None, Network::Host] {
            spec.network = network;
            let launched = launcher.launch(&spec).await.unwrap();
            assert_eq!(launched.runtime_api == "127.0.0.1:9001", network == Network::None);
            let listener = tokio::net::TcpListener::from_std(launched.listener.try_clone().unwrap()).unwrap();
            let (mut stream, _) = listener.accept().await.unwrap();
            let (mut read, mut write) = stream.split();
            let mut got = [0; 4];
            tokio::io::AsyncReadExt::read_exact(&mut read, &mut got).await.unwrap();
            tokio::io::AsyncWriteExt::write_all(&mut write, b"pong").await.unwrap();
            assert_eq!(&got, b"ping");
            let (exit, text) = crate::host::finish(launched).await;
            assert_eq!((exit, text.trim()), (Exit::Code(0), "b'pong'"));
        }
    });
}

#[test]
fn what_the_filter_refuses_is_refused() {
    isolated(|launcher| async move {
        let script = "unshare -r true 2>/dev/null || echo unshare; mount -t tmpfs x /mnt 2>/dev/null || echo mount; \
                      chroot / true 2>/dev/null || echo chroot; kill -0 1 2>/dev/null || echo init; \
                      kill -9 1 2>/dev/null || echo init";
        let (_, text) = run(&launcher, &shell(script)).await;
        assert_eq!(text.lines().collect::<Vec<_>>(), ["unshare", "mount", "chroot", "init", "init"]);
    });
}

#[test]
fn the_world_is_as_on_aws() {
    isolated(|launcher| async move {
        let script = "ls -d /dev/shm /home/* 2>/dev/null | wc -l; \
                      getent hosts $(hostname) | cut -d' ' -f1; getent hosts sandbox.localdomain | cut -d' ' -f1; \
                      (touch /x || touch /var/task/x || touch /opt/x || touch /usr/x) 2>&1 | grep -c Read-only; \
                      python3 -c 'import ctypes; l = ctypes.CDLL(None, use_errno=True); \
                      print(l.ptrace(0, 0, 0, 0), ctypes.get_errno())'";
        let (exit, text) = run(&launcher, &shell(script)).await;
        assert_eq!(exit, Exit::Code(0), "{text}");
        let expected = ["0", "127.0.0.1", "127.0.0.1", "4", "-1 1"];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    });
}

#[test]
fn resource_limits_are_those_of_aws_whatever_the_servers() {
    for resource in [Resource::Core, Resource::Stack, Resource::Memlock] {
        setrlimit(resource, Rlimit { current: Some(1 << 20), ..getrlimit(resource) }).unwrap();
    }
    isolated(|launcher| async move {
        let code = "import resource as r\nfor n in 'AS CORE CPU DATA FSIZE MEMLOCK NOFILE NPROC RSS STACK'.split():\n  \
                    print(n, *r.getrlimit(getattr(r, 'RLIMIT_' + n)))\nprint(open('/proc/self/coredump_filter').read())";
        let mut spec = shell("");
        spec.argv = ["/usr/bin/python3", "-I", "-S", "-c", code].map(str::to_owned).into();
        let (_, text) = run(&launcher, &spec).await;
        let expected = [
            "AS -1 -1",
            "CORE -1 -1",
            "CPU -1 -1",
            "DATA -1 -1",
            "FSIZE -1 -1",
            "MEMLOCK 65536 65536",
            "NOFILE 1024 1024",
            "NPROC 1024 1024",
            "RSS -1 -1",
            "STACK 8388608 -1",
            "00000000",
        ];
        assert_eq!(text.trim().lines().collect::<Vec<_>>(), expected);
    });
}
