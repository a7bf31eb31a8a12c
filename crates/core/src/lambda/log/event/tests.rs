//! Every event in both forms, at every level.

use std::sync::LazyLock;

use super::*;
use crate::account::{AccountId, Region};

static F: LazyLock<FunctionId> = LazyLock::new(|| FunctionId {
    account: AccountId::default_account(),
    region: Region::default_region(),
    name: "f".to_owned(),
});
const NOW: Timestamp = Timestamp::from_millis(1_767_323_045_678);
const CRASH: Failed<'_> = Some(("error", "Runtime.ExitError"));
const TIMEOUT: Failed<'_> = Some(("timeout", "Sandbox.Timedout"));

fn json(system: System) -> Form {
    Form::Json { system, application: Application::Info }
}

fn init(initialization: Initialization) -> Initialized {
    Initialized { initialization, phase: Phase::Init }
}

fn start() -> Event<'static> {
    Event::Start { request_id: "r", function: &F, version: "$LATEST" }
}

fn report(failed: Failed<'static>, init: Option<Duration>) -> Event<'static> {
    let duration = Duration::from_nanos(1_234_567);
    Event::Report(Report {
        request_id: "r",
        duration,
        init,
        memory_mib: 128,
        memory_peak_bytes: 38 << 20,
        failed,
    })
}

fn runtime_done(failed: Failed<'static>) -> Event<'static> {
    Event::RuntimeDone { request_id: "r", duration: Duration::from_millis(2), produced_bytes: 16, failed }
}

fn init_report(initialization: Initialization, failed: Failed<'static>) -> Event<'static> {
    Event::InitReport { init: init(initialization), duration: Duration::from_micros(101_110), failed }
}

#[track_caller]
fn check(event: &Event<'_>, kind: &str, record: &str) {
    let line = event.line(json(System::Debug), NOW).expect("every event but Fault is JSON");
    let expected =
        format!(r#"{{"time":"2026-01-02T03:04:05.678Z","type":"platform.{kind}","record":{record}}}"#);
    assert_eq!(line, expected);
}

#[test]
fn json_lines_read_as_on_aws() {
    check(
        &start(),
        "start",
        r#"{"requestId":"r","functionArn":"arn:aws:lambda:us-east-1:000000000000:function:f","version":"$LATEST"}"#,
    );
    check(
        &report(None, Some(Duration::from_millis(101))),
        "report",
        r#"{"requestId":"r","metrics":{"durationMs":1.235,"billedDurationMs":103,"memorySizeMB":128,"maxMemoryUsedMB":38,"initDurationMs":101.0},"status":"success"}"#,
    );
    check(
        &report(CRASH, None),
        "report",
        r#"{"requestId":"r","metrics":{"durationMs":1.235,"billedDurationMs":2,"memorySizeMB":128,"maxMemoryUsedMB":38},"status":"error","errorType":"Runtime.ExitError"}"#,
    );
    check(
        &runtime_done(TIMEOUT),
        "runtimeDone",
        r#"{"requestId":"r","metrics":{"durationMs":2.0,"producedBytes":16},"status":"timeout"}"#,
    );
}

#[test]
fn json_lines_of_init_read_as_on_aws() {
    check(
        &Event::InitStart { init: init(Initialization::OnDemand), function: &F, version: "1" },
        "initStart",
        r#"{"initializationType":"on-demand","phase":"init","functionName":"f","functionVersion":"1"}"#,
    );
    check(
        &Event::InitRuntimeDone { init: init(Initialization::ProvisionedConcurrency), failed: None },
        "initRuntimeDone",
        r#"{"initializationType":"provisioned-concurrency","phase":"init","status":"success"}"#,
    );
    let init = Initialized { initialization: Initialization::OnDemand, phase: Phase::Invoke };
    check(
        &Event::InitReport { init, duration: Duration::from_micros(101_110), failed: CRASH },
        "initReport",
        r#"{"initializationType":"on-demand","phase":"invoke","status":"error","errorType":"Runtime.ExitError","metrics":{"durationMs":101.11}}"#,
    );
}

#[test]
fn levels_are_aws_s() {
    let (on_demand, provisioned) = (Initialization::OnDemand, Initialization::ProvisionedConcurrency);
    for (event, level) in [
        (Event::InitStart { init: init(on_demand), function: &F, version: "1" }, System::Debug),
        (Event::InitRuntimeDone { init: init(on_demand), failed: None }, System::Debug),
        (Event::InitRuntimeDone { init: init(on_demand), failed: TIMEOUT }, System::Warn),
        (init_report(on_demand, None), System::Debug),
        (init_report(provisioned, None), System::Info),
        (init_report(on_demand, CRASH), System::Warn),
        (start(), System::Info),
        (runtime_done(None), System::Debug),
        (runtime_done(CRASH), System::Warn),
        (report(None, None), System::Info),
        (report(TIMEOUT, None), System::Warn),
    ] {
        for least in [System::Debug, System::Info, System::Warn] {
            assert_eq!(event.line(json(least), NOW).is_some(), level >= least, "{event:?} at {least:?}");
        }
    }
}

#[test]
fn a_fault_has_a_line_in_text_and_a_status_in_json() {
    let failure = Failure::TimedOut { limit: Duration::from_secs(3) };
    let fault = Event::Fault { request_id: "r", failure: &failure };
    assert_eq!(fault.line(json(System::Debug), NOW), None);
    let words = "2026-01-02T03:04:05.678Z r Task timed out after 3.00 seconds\n";
    assert_eq!(fault.line(Form::Text, NOW).as_deref(), Some(words));
}

#[test]
fn text_has_start_end_report_and_what_failed_in_init() {
    let text = |event: Event<'_>| event.line(Form::Text, NOW);
    assert_eq!(text(start()).as_deref(), Some("START RequestId: r Version: $LATEST"));
    assert_eq!(text(runtime_done(CRASH)).as_deref(), Some("END RequestId: r"));
    assert!(text(report(None, None)).is_some_and(|line| line.starts_with("REPORT RequestId: r\t")));
    let (on_demand, provisioned) = (Initialization::OnDemand, Initialization::ProvisionedConcurrency);
    assert_eq!(text(Event::InitStart { init: init(on_demand), function: &F, version: "1" }), None);
    assert_eq!(text(Event::InitRuntimeDone { init: init(on_demand), failed: CRASH }), None);
    assert_eq!(text(init_report(on_demand, None)), None);
    assert_eq!(text(init_report(provisioned, CRASH)), None);
    let failed =
        "INIT_REPORT Init Duration: 101.11 ms\tPhase: init\tStatus: error\tError Type: Runtime.ExitError";
    assert_eq!(text(init_report(on_demand, CRASH)).as_deref(), Some(failed));
    let late = "INIT_REPORT Init Duration: 101.11 ms\tPhase: init\tStatus: timeout";
    assert_eq!(text(init_report(on_demand, TIMEOUT)).as_deref(), Some(late));
}

#[test]
fn the_form_is_the_configuration_s() {
    let mut logging = Logging::default();
    assert_eq!(Form::of(&logging), Form::Text);
    logging.format = LogFormat::Json;
    assert_eq!(Form::of(&logging), json(System::Info));
    (logging.system_level, logging.application_level) = (Some("WARN".into()), Some("ERROR".into()));
    assert_eq!(Form::of(&logging), Form::Json { system: System::Warn, application: Application::Error });
    assert!(Form::Text.keeps(br#"{"level":"TRACE"}"#) && !Form::of(&logging).keeps(br#"{"level":"WARN"}"#));
}
