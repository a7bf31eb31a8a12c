//! Memory, processes, files, `/tmp` and CPU: as much as was given, and nobody else suffers.

use lambent_sandbox::{Answer, Exit, ShutdownReason, Spec};

use super::stage::{LIMIT, PROBE, on_stage};

/// With the least memory there is, and so the least CPU.
fn small(spec: Spec) -> Spec {
    Spec { memory_mib: 128, ..spec }
}

#[test]
fn who_takes_too_much_memory_dies_alone() {
    on_stage(|stage| async move {
        let mut neighbour = stage.probe().await;
        let mut probe = stage.probe_in(&small(stage.python(PROBE))).await;
        let answer = probe.invoke("hoard = bytearray(b'x') * (512 << 20)", LIMIT).await;
        assert_eq!(answer, Answer::Exited(Exit::OutOfMemory));
        assert!(probe.sandbox.memory_peak_bytes() <= 128 << 20);
        assert!(probe.sandbox.memory_peak_bytes() > 64 << 20);
        assert_eq!(neighbour.value("result = len(bytearray(32 << 20))").await, 32 << 20);
    });
}

#[test]
fn processes_and_threads_are_counted() {
    on_stage(|stage| async move {
        let mut spec = stage.python(PROBE);
        spec.memory_mib = 1024;
        let mut probe = stage.probe_in(&spec).await;
        let code = "
import signal
children = []
why = None
while why is None and len(children) < 3000:
    try:
        child = os.fork()
        if child == 0:
            signal.pause()
            os._exit(0)
        children.append(child)
    except OSError as error:
        why = errno.errorcode[error.errno]
for child in children:
    os.kill(child, 9)
for child in children:
    os.waitpid(child, 0)
result = [why, 900 < len(children) <= 1024]
";
        assert_eq!(probe.value(code).await, serde_json::json!(["EAGAIN", true]));
        assert_eq!(probe.value("import subprocess\nresult = subprocess.call(['/bin/true'])").await, 0);
    });
}

#[test]
fn a_fork_bomb_goes_off_alone() {
    on_stage(|stage| async move {
        let mut neighbour = stage.probe().await;
        let mut bomb = stage.probe().await;
        let code = "
first = os.getpid()
while True:
    try: os.fork()
    except OSError: pass
    if os.getpid() == first and attempt(os.fork) == 'EAGAIN': break
result = 'blown up'
";
        let answer = bomb.invoke(code, std::time::Duration::from_secs(5)).await;
        // It may have been killed for want of memory before it reached the number of processes.
        assert!(!matches!(answer, Answer::TooLarge | Answer::Error(_)), "{answer:?}");
        assert_eq!(
            neighbour.value("result = attempt(lambda: os.waitpid(os.fork() or os._exit(0), 0))").await,
            "ok"
        );
        bomb.sandbox.stop(ShutdownReason::Spindown).await;
    });
}

#[test]
fn open_files_are_counted() {
    on_stage(|stage| async move {
        let mut probe = stage.probe().await;
        let code = "
import resource
files = []
why = attempt(lambda: [files.append(open('/dev/null')) for _ in range(5000)])
opened = len(files)
files.clear()
raised = 'ok'
try: resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
except ValueError: raised = 'refused'
result = [why, 1000 < opened < 1024, raised]
";
        assert_eq!(probe.value(code).await, serde_json::json!(["EMFILE", true, "refused"]));
    });
}

#[test]
fn tmp_has_its_size_and_does_not_eat_the_memory() {
    on_stage(|stage| async move {
        let mut probe = stage.probe_in(&small(stage.python(PROBE))).await;
        // More than the function's 128 MiB of memory, less than its 512 MiB of disk.
        let code = "
block = b'x' * (1 << 20)
with open('/tmp/big', 'wb') as big:
    for _ in range(300): big.write(block)
result = os.stat('/tmp/big').st_size
";
        assert_eq!(probe.value(code).await, 300 << 20);
        let code = "
with open('/tmp/rest', 'wb') as rest:
    result = attempt(lambda: os.posix_fallocate(rest.fileno(), 0, 600 << 20))
";
        assert_eq!(probe.value(code).await, "ENOSPC");
        assert_eq!(
            probe
                .value("os.unlink('/tmp/big')\nresult = attempt(lambda: open('/tmp/s', 'w').write('x'))")
                .await,
            "ok"
        );
    });
}

#[test]
fn cpu_is_shared_by_memory() {
    on_stage(|stage| async move {
        let mut probe = stage.probe_in(&small(stage.python(PROBE))).await;
        // 128 MiB buy 7 % of a CPU. A busy host gives less, never more.
        let code = "
import time
wall, cpu = time.monotonic(), time.process_time()
while time.process_time() - cpu < 0.1: pass
result = (time.process_time() - cpu) / (time.monotonic() - wall)
";
        let share = probe.value(code).await.as_f64().unwrap();
        assert!(share < 0.25, "{share} of a CPU");
    });
}
