//! Environments on real sandboxes: programs that speak the Runtime API by hand, end, hang, and write without end.
//!
//! Needs root; says so and fails where it is missing.

#[path = "isolation/stage.rs"]
mod stage;

use std::time::Duration;

use lambent_sandbox::{Answer, Exit, Host as _, Init, Settled, ShutdownReason, Spec};
use stage::{LIMIT, Stage, on_stage, spec};

/// Passes while the program certainly still runs.
const SOON: Duration = Duration::from_millis(300);

/// `/bin/sh` on a file with this text.
fn shell(stage: &Stage, text: &str) -> Spec {
    spec(&["/bin/sh", "/var/task/main.sh"], &stage.code("main.sh", text))
}

#[test]
fn an_environment_answers_event_after_event_frozen_in_between() {
    on_stage(|stage| async move {
        let mut probe = stage.probe().await;
        for round in 0..20 {
            probe.sandbox.freeze();
            probe.sandbox.thaw();
            assert!(probe.sandbox.awake().await);
            assert_eq!(probe.value(&format!("result = {round} + 1")).await, round + 1);
        }
        assert!(probe.sandbox.memory_peak_bytes() > 1 << 20);
        probe.sandbox.stop(ShutdownReason::Spindown).await;
        assert_eq!(stage.host.count(), 0);
    });
}

/// The program's id on the host.
#[expect(clippy::unwrap_used, reason = "a program that is not there has failed the test")]
async fn program_of(probe: &mut stage::Actor) -> rustix::process::Pid {
    let seen = probe.value("result = [os.readlink('/proc/self/ns/pid'), str(os.getpid())]").await;
    let (namespace, inside) = (seen[0].as_str().unwrap().to_owned(), seen[1].as_str().unwrap().to_owned());
    let is_it = |entry: &std::fs::DirEntry| {
        let link = std::fs::read_link(entry.path().join("ns/pid")).ok()?;
        let status = std::fs::read_to_string(entry.path().join("status")).ok()?;
        let ids = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
        (link.to_str() == Some(&namespace) && ids.split_whitespace().last() == Some(&inside)).then_some(())
    };
    let found = std::fs::read_dir("/proc").unwrap().flatten().find(|entry| is_it(entry).is_some()).unwrap();
    rustix::process::Pid::from_raw(found.file_name().to_str().unwrap().parse().unwrap()).unwrap()
}

/// Waits until a file of the system says one of these; all it says then. A busy host, or a sandbox that has used up its
/// CPU time, takes long over what takes no time else.
async fn says(path: &str, words: &[&str]) -> String {
    let mut said = String::new();
    for _ in 0..10_000 {
        said = std::fs::read_to_string(path).unwrap_or_else(|_| "gone".to_owned());
        if words.iter().any(|word| said.contains(word)) {
            return said;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("{path} says {said}, and none of {words:?}")
}

#[test]
fn a_program_killed_while_frozen_takes_no_event_with_it() {
    on_stage(|stage| async move {
        for round in 0..10 {
            let mut probe = stage.probe().await;
            let program = program_of(&mut probe).await;
            probe.sandbox.freeze();
            // Killed in the middle of a read it could still take what comes; frozen it is not in the middle of one. The
            // freezer takes hold a moment after it was told to.
            let process = format!("/proc/{}", program.as_raw_pid());
            let place = says(&format!("{process}/wchan"), &["freez", "refrig", "get_signal"]).await;
            rustix::process::kill_process(program, rustix::process::Signal::KILL).unwrap();
            // Where the old freezer holds it, it dies only once it goes on.
            if !place.contains("refrig") {
                says(&format!("{process}/stat"), &[") Z ", "gone"]).await;
            }
            probe.sandbox.thaw();
            // Whether its end is known already when it is asked depends on the kernel, and on how fast it is.
            if round % 2 == 0 && !probe.sandbox.awake().await {
                assert_eq!(probe.sandbox.exited().await, Exit::Signal(9));
                continue;
            }
            assert_eq!(probe.invoke("result = 1", LIMIT).await, Answer::Exited(Exit::Signal(9)));
            assert!(probe.sandbox.untaken(), "round {round}");
        }
    });
}

#[test]
fn init_ends_as_the_program_lets_it() {
    on_stage(|stage| async move {
        let mut dying = stage.boot(&shell(&stage, "echo no luck >&2; exit 3")).await;
        assert_eq!(dying.sandbox.init(LIMIT).await, Init::Exited(Exit::Code(3)));
        assert_eq!(dying.lines(), ["no luck"]);

        let mut killed = stage.boot(&shell(&stage, "kill -9 $$")).await;
        assert_eq!(killed.sandbox.init(LIMIT).await, Init::Exited(Exit::Signal(9)));

        let mut silent = stage.boot(&shell(&stage, "echo waiting; sleep 1000")).await;
        assert_eq!(silent.sandbox.init(SOON).await, Init::TimedOut);
        assert_eq!(silent.lines(), ["waiting"]);
        silent.sandbox.reset(ShutdownReason::Timeout).await;
        silent.sandbox.restart().await.unwrap();
        assert_eq!(silent.sandbox.init(SOON).await, Init::TimedOut);
        assert_eq!(silent.lines(), ["waiting", "waiting"]);

        let reporting = stage::PROBE.replace(
            "scope = globals()",
            "api.call('POST', 'init/error', b'{}', 'Lambda-Runtime-Function-Error-Type: Runtime.X\\r\\n'); sys.exit(1)",
        );
        let mut reporting = stage.boot(&stage.python(&reporting)).await;
        let Init::Reported(reported) = reporting.sandbox.init(LIMIT).await else {
            panic!("nothing reported")
        };
        assert_eq!((reported.error_type.as_deref(), &reported.body[..]), (Some("Runtime.X"), &b"{}"[..]));
        assert_eq!(reporting.sandbox.exited().await, Exit::Code(1));
    });
}

#[test]
fn an_end_in_the_middle_of_an_invocation_is_told_for_what_it_is() {
    on_stage(|stage| async move {
        for (code, exit) in [
            ("os._exit(0)", Exit::Code(0)),
            ("os._exit(7)", Exit::Code(7)),
            ("os.kill(os.getpid(), 9)", Exit::Signal(9)),
            ("os.kill(os.getpid(), 11)", Exit::Signal(11)),
            ("hoard = bytearray(b'x') * (700 << 20)", Exit::OutOfMemory),
        ] {
            let mut probe = stage.probe().await;
            assert_eq!(probe.value("result = 1").await, 1);
            let last_words = format!("print('last words', flush=True)\n{code}");
            assert_eq!(probe.invoke(&last_words, LIMIT).await, Answer::Exited(exit), "{code}");
            assert_eq!(probe.lines(), ["last words"]);
            assert_eq!(probe.sandbox.settle(LIMIT).await, Settled::Exited(exit));
        }
    });
}

#[test]
fn an_end_between_answer_and_next_question_is_told_by_settle() {
    on_stage(|stage| async move {
        let mut probe = stage.probe().await;
        let code = "api.call('POST', f'invocation/{request_id}/response', b'1'); print('bye', flush=True); os._exit(5)";
        assert!(matches!(probe.invoke(code, LIMIT).await, Answer::Response { .. }));
        assert_eq!(probe.sandbox.settle(LIMIT).await, Settled::Exited(Exit::Code(5)));
        assert_eq!(probe.lines(), ["bye"]);
    });
}

#[test]
fn who_never_answers_is_reset_and_starts_anew() {
    on_stage(|stage| async move {
        let mut probe = stage.probe().await;
        let answer = probe.invoke("print('thinking', flush=True)\nimport time\ntime.sleep(1000)", SOON).await;
        assert_eq!(answer, Answer::TimedOut);
        assert_eq!(probe.lines(), ["thinking"]);
        probe.sandbox.reset(ShutdownReason::Timeout).await;
        probe.sandbox.restart().await.unwrap();
        assert_eq!(probe.sandbox.init(LIMIT).await, Init::Ready);
        assert_eq!(probe.value("result = 7").await, 7);
    });
}

#[test]
fn output_arrives_in_order_and_before_settle_returns() {
    on_stage(|stage| async move {
        let mut probe = stage.probe().await;
        for round in 0..10 {
            let before = probe.lines().len();
            let code = format!("for i in range(200): os.write(1 + i % 2, b'{round} %d\\n' % i)");
            probe.value(&code).await;
            let expected: Vec<String> = (0..200).map(|i| format!("{round} {i}")).collect();
            assert_eq!(probe.lines()[before..], expected);
        }
    });
}

#[test]
fn a_flood_of_output_holds_nobody_up() {
    on_stage(|stage| async move {
        let mut neighbour = stage.probe().await;
        let mut probe = stage.probe().await;
        // 16 MiB inside one invocation, all of it delivered.
        probe.value("for _ in range(256): os.write(1, (b'x' * 1023 + b'\\n') * 64)").await;
        assert_eq!(probe.lines().len(), 256 * 64);
        // And without end from a child, while idle and while invoked.
        let flood = "
if os.fork() == 0:
    while True: os.write(1, b'flood\\n' * 100)
";
        probe.value(flood).await;
        for round in 0..20 {
            assert_eq!(probe.value(&format!("result = {round}")).await, round);
            assert_eq!(neighbour.value(&format!("result = {round}")).await, round);
        }
        probe.sandbox.stop(ShutdownReason::Spindown).await;
    });
}

#[test]
fn a_child_may_answer_for_its_parent() {
    on_stage(|stage| async move {
        let mut probe = stage.probe().await;
        let code = "
child = os.fork()
if child == 0:
    Api().call('POST', f'invocation/{request_id}/response', b'\"from the child\"')
    os._exit(0)
os.waitpid(child, 0)
result = 'silent'
";
        assert_eq!(probe.value(code).await, "from the child");
        assert_eq!(probe.value("result = 1").await, 1);
    });
}

#[test]
fn a_child_that_stays_does_not_hide_the_end_of_the_program() {
    on_stage(|stage| async move {
        let mut probe = stage.probe().await;
        let code = "
if os.fork() == 0:
    os.setsid()
    import time
    time.sleep(1000)
os._exit(9)
";
        assert_eq!(probe.invoke(code, LIMIT).await, Answer::Exited(Exit::Code(9)));
        probe.sandbox.stop(ShutdownReason::Spindown).await;
        assert_eq!(stage.host.count(), 0);
    });
}

#[test]
fn garbage_from_inside_does_no_harm() {
    on_stage(|stage| async move {
        let mut probe = stage.probe().await;
        let code = "
host, port = os.environ['AWS_LAMBDA_RUNTIME_API'].split(':')
for garbage in [b'\\0' * 100000, b'GET / HTTP/9\\r\\n\\r\\n', b'POST /x HTTP/1.1\\r\\nContent-Length: 5\\r\\n\\r\\n', b'\\xff\\n\\n']:
    for _ in range(50):
        s = socket.create_connection((host, int(port)))
        attempt(lambda: s.sendall(garbage))
        s.close()
hoard = [socket.create_connection((host, int(port))) for _ in range(100)]
hoard.clear()
result = 'ok'
";
        assert_eq!(probe.value(code).await, "ok");
        assert_eq!(probe.value("result = 1").await, 1);
    });
}

#[test]
fn many_environments_at_once_come_and_go() {
    on_stage(|stage| async move {
        let mut booting = tokio::task::JoinSet::new();
        for number in 0..60 {
            let stage = std::sync::Arc::clone(&stage);
            booting.spawn(async move {
                let mut probe = stage.probe().await;
                assert_eq!(probe.value(&format!("result = {number}")).await, number);
                probe.sandbox.freeze();
                // Half are stopped and half just forgotten, frozen all of them.
                if number % 2 == 0 {
                    probe.sandbox.stop(ShutdownReason::Spindown).await;
                }
            });
        }
        while let Some(done) = booting.join_next().await {
            done.unwrap();
        }
    });
}
