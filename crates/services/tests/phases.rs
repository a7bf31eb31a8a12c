//! The phases of an environment through the pipeline of a whole server with fake sandboxes: Init that fails, resets, what is
//! kept, and what the caller and the log are told of each failure.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use bytes::Bytes;
use http::{Method, Request};
use lambent_sandbox::{
    Answer, Event, Exit, ExtensionFault, ExtensionFaultKind, Init, Notice, Output, Reported, Settled,
    ShutdownReason, Source, Spec,
};
use lambent_testkit::one_function::{INVOKE, said, settled, with_function};
use lambent_testkit::{FakeHost, Program, TestServer};
use serde_json::{Value, json};

/// Fails at the turns it is told; all that is not told goes well.
#[derive(Default)]
struct Script {
    init: Vec<Init>,
    init_takes: Duration,
    answers: Vec<Answer>,
    settled: Vec<Settled>,
    extensions: Vec<Settled>,
    reset_takes: Duration,
    no_restart: bool,
    turns: [AtomicUsize; 4],
}

impl Script {
    fn next<T: Clone>(&self, kind: usize, list: &[T]) -> Option<T> {
        list.get(self.turns[kind].fetch_add(1, Ordering::SeqCst)).cloned()
    }
}

impl Program for Script {
    fn begin(&self, _spec: &Spec, output: &Output) -> Init {
        output.written(Source::Program, b"initialising");
        if !self.extensions.is_empty() {
            let (name, events) = ("x".to_owned(), vec!["INVOKE", "SHUTDOWN"]);
            output.notice(Notice::Extension { name, state: "Ready", events, error_type: None });
        }
        self.next(0, &self.init).unwrap_or(Init::Ready)
    }

    fn init_takes(&self) -> Duration {
        self.init_takes
    }

    fn invoke(&self, _spec: &Spec, _event: &Event, _output: &Output) -> Answer {
        self.next(1, &self.answers).unwrap_or_else(|| said("1"))
    }

    fn settles(&self) -> Settled {
        self.next(2, &self.settled).unwrap_or(Settled::Ready)
    }

    fn extensions(&self, invoked: bool) -> Settled {
        if !invoked {
            return Settled::Ready;
        }
        self.next(3, &self.extensions).unwrap_or(Settled::Ready)
    }

    fn reset_takes(&self) -> Duration {
        self.reset_takes
    }

    fn restarts(&self) -> bool {
        !self.no_restart
    }
}

/// What a caller is told: the payload, and the log.
async fn tell(server: &TestServer) -> (Value, String) {
    let request = Request::post(INVOKE).header("host", "test").header("x-amz-log-type", "Tail");
    let request = request.body(http_body_util::Full::new(Bytes::new())).expect("a request");
    let response = lambent_services::pipeline::handle(&server.server, request).await;
    let log = base64::engine::general_purpose::STANDARD.decode(&response.headers()["x-amz-log-result"]);
    let payload = serde_json::from_slice(response.body()).expect("every answer here is JSON");
    (payload, String::from_utf8(log.expect("the header is base64")).expect("the log is text"))
}

fn crashed(name: &str, kind: ExtensionFaultKind) -> ExtensionFault {
    ExtensionFault { name: name.to_owned(), kind }
}

/// Each row of AWS's table, met in an invocation: what the caller reads, and `Status` of REPORT.
#[tokio::test]
async fn every_failure_of_an_invocation_is_told_as_on_aws_and_the_environment_is_kept() {
    let launch = ExtensionFaultKind::Launch { reason: "Permission denied (os error 13)".into() };
    for (answer, kind, words) in [
        (Answer::Exited(Exit::Code(1)), "Runtime.ExitError", "Runtime exited with error: exit status 1"),
        (Answer::Exited(Exit::Code(0)), "Runtime.ExitError", "Runtime exited without providing a reason"),
        (Answer::Exited(Exit::Signal(9)), "Runtime.ExitError", "Runtime exited with error: signal: killed"),
        (
            Answer::Exited(Exit::OutOfMemory),
            "Runtime.OutOfMemory",
            "Runtime exited with error: signal: killed",
        ),
        (Answer::TimedOut, "Sandbox.Timedout", "Task timed out after 3.00 seconds"),
        (
            Answer::Extension(crashed("x", ExtensionFaultKind::Crash(Exit::Code(0)))),
            "Extension.Crash",
            "exit code 0",
        ),
        (
            Answer::Extension(crashed("x", ExtensionFaultKind::Crash(Exit::Code(3)))),
            "Extension.Crash",
            "exit status 3",
        ),
        (
            Answer::Extension(crashed("x", launch)),
            "Extension.LaunchError",
            "fork/exec /opt/extensions/x: permission denied",
        ),
    ] {
        let script = Script { answers: vec![answer.clone()], ..Script::default() };
        let server = with_function(FakeHost::new(script)).await;
        let (payload, log) = tell(&server).await;
        let message = payload["errorMessage"].as_str().unwrap_or_default();
        assert_eq!(
            (payload["errorType"].as_str(), message.split_once(" Error: ")),
            (Some(kind), Some((&message[..47], words)))
        );
        let status = if answer == Answer::TimedOut {
            "Status: timeout".to_owned()
        } else {
            format!("Status: error\tError Type: {kind}")
        };
        assert!(log.contains("\tInit Duration: ") && log.trim_end().ends_with(&status), "{log}");
        let (payload, log) = tell(&server).await;
        assert_eq!(payload, json!(1));
        assert!(!log.contains("Init Duration") && log.contains("initialising\nSTART"), "{log}");
        assert_eq!((server.host.count_of("boot"), server.host.count_of("restart")), (1, 1), "{kind}");
        let reason =
            if answer == Answer::TimedOut { ShutdownReason::Timeout } else { ShutdownReason::Failure };
        assert_eq!(server.host.reasons(), [reason]);
    }
}

#[tokio::test]
async fn an_init_that_failed_once_goes_well_inside_the_invocation() {
    let script = Script { init: vec![Init::Exited(Exit::Code(9))], ..Script::default() };
    let server = with_function(FakeHost::new(script)).await;
    let (payload, log) = tell(&server).await;
    assert_eq!(payload, json!(1));
    let parts: Vec<&str> =
        log.lines().map(|line| line.split([' ', '\t']).next().unwrap_or_default()).collect();
    assert_eq!(parts, ["initialising", "INIT_REPORT", "initialising", "START", "END", "REPORT"], "{log}");
    assert!(log.contains("Phase: init\tStatus: error\tError Type: Runtime.ExitError"), "{log}");
    assert!(!log.contains("\tInit Duration"), "{log}");
    assert_eq!(server.host.deeds()[..5], ["boot", "init", "reset", "restart", "init"]);
}

#[tokio::test]
async fn an_init_that_always_fails_is_answered_with_the_body_it_posted_each_time_anew() {
    let body = Bytes::from_static(br#"{"errorType":"Runtime.ImportModuleError"}"#);
    let reported =
        Reported { error_type: Some("Runtime.ImportModuleError".into()), content_type: None, body };
    let script = Script { init: vec![Init::Reported(reported); 100], ..Script::default() };
    let server = with_function(FakeHost::new(script)).await;
    for (calls, init_reports) in [(1, 2), (2, 1)] {
        let (payload, log) = tell(&server).await;
        assert_eq!(payload["errorType"], "Runtime.ImportModuleError");
        assert_eq!(log.matches("INIT_REPORT").count(), init_reports, "{log}");
        assert!(
            log.contains("Phase: invoke\tStatus: error\tError Type: Runtime.ImportModuleError\nSTART"),
            "{log}"
        );
        assert_eq!((server.host.count_of("boot"), server.host.count_of("restart")), (1, calls));
    }
    for _ in 0..8 {
        tell(&server).await;
    }
    assert_eq!(server.host.count_of("boot"), 2, "what failed ten times in a row is no environment any more");
}

#[tokio::test(start_paused = true)]
async fn an_init_of_20_seconds_fails_under_10_and_under_the_timeout_of_the_invocation() {
    let script = Script { init_takes: Duration::from_secs(20), ..Script::default() };
    let server = with_function(FakeHost::new(script)).await;
    let (payload, log) = tell(&server).await;
    assert_eq!(payload["errorType"], "Sandbox.Timedout");
    assert!(payload["errorMessage"].as_str().unwrap().ends_with("Task timed out after 3.00 seconds"));
    assert!(
        log.contains("Phase: init\tStatus: timeout\n")
            && log.contains("Phase: invoke\tStatus: timeout\nSTART")
    );
    assert_eq!(server.host.reasons(), [ShutdownReason::Timeout; 2]);

    let path = "/2015-03-31/functions/f/configuration";
    assert_eq!(server.call(Method::PUT, path, &json!({ "Timeout": 30 })).await.0, 200);
    settled(&server).await;
    let (payload, log) = tell(&server).await;
    assert_eq!(payload, json!(1), "{log}");
    assert!(log.contains("Phase: init\tStatus: timeout") && !log.contains("Phase: invoke"), "{log}");
}

#[tokio::test]
async fn what_ends_after_its_answer_has_answered_and_is_initialised_anew() {
    for settled in [Settled::Exited(Exit::Code(5)), Settled::TimedOut] {
        let script = Script { settled: vec![settled.clone()], ..Script::default() };
        let server = with_function(FakeHost::new(script)).await;
        let (payload, log) = tell(&server).await;
        assert_eq!(payload, json!(1));
        assert!(log.contains("\tStatus: "), "{log}");
        assert_eq!(tell(&server).await.0, json!(1));
        assert_eq!((server.host.count_of("boot"), server.host.count_of("restart")), (1, 1), "{settled:?}");
    }
}

#[tokio::test]
async fn an_extension_over_the_deadline_is_a_timeout_though_the_caller_has_its_answer() {
    let script = Script { extensions: vec![Settled::TimedOut], ..Script::default() };
    let server = with_function(FakeHost::new(script)).await;
    let (payload, log) = tell(&server).await;
    assert_eq!(payload, json!(1));
    assert!(log.contains("EXTENSION\tName: x\tState: Ready\tEvents: [INVOKE, SHUTDOWN]\nSTART"), "{log}");
    assert!(log.contains("Task timed out after 3.00 seconds") && log.contains("\tStatus: timeout"), "{log}");
    assert_eq!(server.host.reasons(), [ShutdownReason::Timeout]);
    assert_eq!(tell(&server).await.0, json!(1));
    assert_eq!(server.host.count_of("restart"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_reset_that_takes_long_holds_up_neither_its_caller_nor_the_next() {
    let reset_takes = Duration::from_secs(2);
    let answers = vec![Answer::Exited(Exit::Code(1))];
    let script = Script { answers, reset_takes, ..Script::default() };
    let server = with_function(FakeHost::new(script)).await;
    let begun = tokio::time::Instant::now();
    assert_eq!(tell(&server).await.0["errorType"], "Runtime.ExitError");
    assert_eq!(tell(&server).await.0, json!(1));
    assert!(begun.elapsed() < reset_takes, "in paused time, which only waiting moves");
    assert_eq!(server.host.count_of("boot"), 2, "an environment is not there while it is reset");
}

#[tokio::test]
async fn where_the_host_starts_nothing_anew_another_sandbox_takes_the_place() {
    let answers = vec![Answer::Exited(Exit::Code(1))];
    let server =
        with_function(FakeHost::new(Script { answers, no_restart: true, ..Script::default() })).await;
    assert_eq!(tell(&server).await.0["errorType"], "Runtime.ExitError");
    assert_eq!(tell(&server).await.0, json!(1));
    assert_eq!((server.host.count_of("boot"), server.host.count_of("restart")), (2, 1));
    while server.host.count_of("stop") == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn an_environment_without_processes_ends_with_its_function() {
    let answers = vec![Answer::Exited(Exit::Code(1))];
    let server = with_function(FakeHost::new(Script { answers, ..Script::default() })).await;
    tell(&server).await;
    server.send(Method::DELETE, "/2015-03-31/functions/f", "").await;
    while server.host.count_of("stop") == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(server.host.reasons(), [ShutdownReason::Failure, ShutdownReason::Spindown]);
}
