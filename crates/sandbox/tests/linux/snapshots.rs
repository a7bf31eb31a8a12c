//! Snapshots of programs: what goes on from one is the program as it stood, in a sandbox of its own.

use std::path::{Path, PathBuf};

use lambent_sandbox::linux::{Launched, Launcher};
use lambent_sandbox::{Exit, Mount, Network, SnapStart, Spec};
use tokio::net::{TcpListener, TcpStream};

use crate::host::{finish, isolated, run, shell};

/// Waits in `recv` for what never comes; where that fails it was restored, and runs `then`.
fn python(before: &str, then: &str) -> Spec {
    let code = format!(
        "import os, socket, sys\n\
         def connect():\n    \
             h, p = os.environ['AWS_LAMBDA_RUNTIME_API'].split(':')\n    \
             return socket.create_connection((h, int(p)))\n\
         {before}\n\
         s = connect()\n\
         try:\n    \
             s.recv(1)\n    \
             print('never restored')\n    \
             sys.stdout.flush()\n    \
             os._exit(0)\n\
         except OSError as error:\n    \
             print('restored', error.errno)\n\
         {then}\n"
    );
    let mut spec = shell("");
    spec.argv = ["/usr/bin/python3", "-I", "-S", "-c", &code].map(str::to_owned).into();
    spec.network = Network::None;
    spec
}

async fn visitor(launched: &Launched) -> TcpStream {
    let listener = TcpListener::from_std(launched.listener.try_clone().unwrap()).unwrap();
    listener.accept().await.unwrap().0
}

/// Starts it and takes its snapshot where it waits.
async fn snapshot(launcher: &Launcher, spec: &Spec, folder: &Path) -> PathBuf {
    let file = folder.join("snapshot");
    let launched = launcher.launch(spec).await.unwrap();
    let connection = visitor(&launched).await;
    launched.control.snapshot(file.clone()).await.unwrap();
    drop(connection);
    let (exit, text) = finish(launched).await;
    assert!(text.contains("never restored"), "it goes on after its snapshot: {text}");
    assert_eq!(exit, Exit::Code(0), "{text}");
    file
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).unwrap();
    folder
}

#[test]
fn a_program_goes_on_from_its_snapshot_in_any_number_of_sandboxes() {
    isolated(|launcher| async move {
        let before = "import threading\n\
                      state = bytearray(b'x' * 3_000_000)\n\
                      event, heard = threading.Event(), []\n\
                      def other():\n    event.wait()\n    heard.append(threading.get_native_id())\n\
                      thread = threading.Thread(target=other)\n\
                      thread.start()";
        let then = "state[0] = 1\n\
                    event.set()\n\
                    thread.join()\n\
                    print(len(state), state.count(b'x'), len(heard) == 1 and heard[0] != os.getpid())\n\
                    print(os.getpid(), os.listdir('/tmp'), open('/proc/self/cmdline').read()[:16])\n\
                    open('/tmp/mine', 'w').close()\n\
                    print(os.getuid())\n\
                    for line in open('/proc/self/status'):\n    \
                        if line.startswith(('CapEff', 'CapBnd', 'NoNewPrivs', 'Seccomp:')): print(line.split()[1])\n\
                    s.close()\n\
                    connect().recv(1)";
        let (spec, folder) = (python(before, then), folder());
        let file = snapshot(&launcher, &spec, folder.path()).await;
        let spec = Spec { snap_start: SnapStart::Restored(file), ..spec };
        let launched = [launcher.launch(&spec).await.unwrap(), launcher.launch(&spec).await.unwrap()];
        let mut users = Vec::new();
        // Both wait at the end at the same time.
        let connections = [visitor(&launched[0]).await, visitor(&launched[1]).await];
        drop(connections);
        for launched in launched {
            let (exit, text) = finish(launched).await;
            assert_eq!(exit, Exit::Code(0), "{text}");
            let lines: Vec<_> = text.lines().collect();
            assert_eq!(lines[0..2], ["restored 107", "3000000 2999999 True"], "{text}");
            assert_eq!(lines[2], "2 [] /usr/bin/python3", "{text}");
            users.push(lines[3].to_owned());
            let none = "0000000000000000";
            assert_eq!(lines[4..8], [none, none, "1", "2"], "{text}");
        }
        assert_ne!(users[0], users[1]);
    });
}

#[test]
fn what_would_get_lost_is_told_and_leaves_no_snapshot() {
    isolated(|launcher| async move {
        let table = [
            ("import subprocess; p = subprocess.Popen(['sleep', '9'])", "it has child processes"),
            ("r = os.pipe()", "is pipe:["),
            ("a, b = socket.socketpair()", "is a socket that others reach inside"),
            ("a = socket.create_server(('127.0.0.1', 0))", "is a socket that others reach inside"),
            ("import signal; signal.setitimer(signal.ITIMER_VIRTUAL, 900)", "it has timers"),
            ("open('/tmp/x', 'w').close()", "it has files in /tmp"),
            ("import mmap; m = mmap.mmap(-1, 4096)", "it has memory to share"),
        ];
        let folder = folder();
        for (before, expected) in table {
            let launched = launcher.launch(&python(before, "")).await.unwrap();
            let connection = visitor(&launched).await;
            let file = folder.path().join("none");
            let unfit = launched.control.snapshot(file.clone()).await.unwrap_err();
            assert!(unfit.to_string().contains(expected), "{before}: {unfit}");
            assert!(!file.exists());
            drop(connection);
            launched.control.removed().await;
        }
    });
}

#[test]
fn a_restored_program_is_refused_what_every_program_is() {
    isolated(|launcher| async move {
        let then = "import subprocess\n\
                    sys.stdout.flush()\n\
                    subprocess.run(['/bin/sh', '-c', 'unshare -r true || echo unshare; mount -t tmpfs x /mnt || echo mount; \
                    kill -0 1 || echo init; (echo x > /var/x) || echo write; ls -A /tmp'], stderr=subprocess.DEVNULL)";
        let (spec, folder) = (python("", then), folder());
        let file = snapshot(&launcher, &spec, folder.path()).await;
        let (exit, text) = run(&launcher, &Spec { snap_start: SnapStart::Restored(file), ..spec }).await;
        assert_eq!(exit, Exit::Code(0), "{text}");
        let expected = ["restored 107", "unshare", "mount", "init", "write"];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected);
    });
}

#[test]
fn descriptors_handlers_folder_and_mask_come_back_where_their_files_are() {
    isolated(|launcher| async move {
        let before = "import faulthandler, signal\n\
                      faulthandler.enable()\n\
                      os.umask(0o027)\n\
                      os.chdir('/var')\n\
                      fd, same, got = os.open('/var/task/a', os.O_RDONLY), os.dup(1), []\n\
                      null = os.open('/dev/null', os.O_RDWR)\n\
                      os.read(fd, 4)\n\
                      signal.signal(signal.SIGUSR1, lambda *_: got.append('heard'))";
        let then = "os.kill(os.getpid(), signal.SIGUSR1)\n\
                    print(got, os.getcwd(), oct(os.umask(0)), os.read(fd, 9), faulthandler.is_enabled())\n\
                    sys.stdout.flush()\n\
                    os.write(null, b'x')\n\
                    os.write(same, b'same\\n')";
        let (code, kept) = (folder(), folder());
        std::fs::write(code.path().join("a"), "one two").unwrap();
        let mut spec = python(before, then);
        spec.mounts = vec![Mount { source: code.path().into(), target: "/var/task".into() }];
        let file = snapshot(&launcher, &spec, kept.path()).await;
        let restored = Spec { snap_start: SnapStart::Restored(file), ..spec };
        let (exit, text) = run(&launcher, &restored).await;
        assert_eq!(exit, Exit::Code(0), "{text}");
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[1..3], ["['heard'] /var 0o27 b'two' True", "same"], "{text}");
        let (exit, text) = run(&launcher, &Spec { mounts: Vec::new(), ..restored }).await;
        assert_eq!((exit, text.as_str()), (Exit::Code(125), ""), "its file is not there");
    });
}
