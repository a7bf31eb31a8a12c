//! Several programs in one sandbox: extensions first, then the program; who ended; what each may write to.

use lambent_sandbox::linux::{Ended, Isolation, Launched, Launcher, Who};
use lambent_sandbox::{BootError, Exit, ExtensionFaultKind, Mount, Spec};
use tokio::net::unix::pipe;

use crate::host::{isolated, line, reader, run, shell, with_launcher};
use crate::lives::reset;

/// A folder of extensions, shell scripts, for `/opt/extensions`.
pub(crate) struct Extensions {
    folder: tempfile::TempDir,
}

impl Extensions {
    pub(crate) fn new(scripts: &[(&str, &str)]) -> Self {
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
    pub(crate) fn with(&self, script: &str, names: &[&str]) -> Spec {
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
pub(crate) fn everywhere<F: Future<Output = ()>>(test: impl Fn(Launcher) -> F) {
    isolated(&test);
    with_launcher(Isolation::Process, &test);
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
