//! Every event in both forms, at every level.

use std::sync::LazyLock;

use super::super::span::SpanName;
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

fn init_start() -> Event<'static> {
    Event::InitStart {
        init: init(Initialization::OnDemand),
        function: &F,
        version: "1",
        runtime: RuntimeVersion { name: "python:3.12.v1".into(), arn: "arn".into() },
        instance: Instance { id: "i", memory_mib: 128 },
    }
}

fn start() -> Event<'static> {
    Event::Start { request_id: "r", function: &F, version: "$LATEST", trace: None }
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
        spans: Vec::new(),
        trace: None,
    })
}

fn runtime_done(failed: Failed<'static>) -> Event<'static> {
    let (duration, spans) = (Duration::from_millis(2), Vec::new());
    Event::RuntimeDone { request_id: "r", duration, produced_bytes: 16, failed, spans, trace: None }
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
        &init_start(),
        "initStart",
        r#"{"initializationType":"on-demand","phase":"init","runtimeVersion":"python:3.12.v1","runtimeVersionArn":"arn","functionName":"f","functionVersion":"1","instanceId":"i","instanceMaxMemory":128}"#,
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

fn extension(error_type: Option<&'static str>) -> Event<'static> {
    let state = if error_type.is_some() { "Exited" } else { "Ready" };
    Event::Extension { name: "x", state, events: &["INVOKE", "SHUTDOWN"], error_type }
}

fn subscription(logs: bool) -> Event<'static> {
    Event::Subscription { name: "x", logs, state: "Subscribed", types: &["platform", "function"] }
}

#[test]
fn extensions_are_told_of_in_both_forms() {
    let text = |event: Event<'_>| event.line(Form::Text, NOW).expect("text has these");
    assert_eq!(text(extension(None)), "EXTENSION\tName: x\tState: Ready\tEvents: [INVOKE, SHUTDOWN]");
    assert!(text(extension(Some("Extension.Crash"))).ends_with("]\tError Type: Extension.Crash"));
    let words = "Name: x\tState: Subscribed\tTypes: [Platform, Function]";
    assert_eq!(text(subscription(false)), format!("TELEMETRY\t{words}"));
    assert_eq!(text(subscription(true)), format!("LOGS\t{words}"));
    check(&extension(None), "extension", r#"{"name":"x","state":"Ready","events":["INVOKE","SHUTDOWN"]}"#);
    let record = r#"{"name":"x","state":"Subscribed","types":["platform","function"]}"#;
    check(&subscription(false), "telemetrySubscription", record);
    check(&subscription(true), "logsSubscription", record);
}

#[test]
fn extensions_read_where_time_went_and_the_trace() {
    let (start, duration) = (NOW, Duration::from_micros(1500));
    let spans = vec![Span { name: SpanName::ResponseLatency, start, duration }];
    let trace = Some("Root=1-2-3");
    let event =
        Event::RuntimeDone { request_id: "r", duration, produced_bytes: 1, failed: None, spans, trace };
    let expected = r#"{"requestId":"r","metrics":{"durationMs":1.5,"producedBytes":1},"status":"success","spans":[{"name":"responseLatency","start":"2026-01-02T03:04:05.678Z","durationMs":1.5}],"tracing":{"type":"X-Amzn-Trace-Id","value":"Root=1-2-3"}}"#;
    assert_eq!(event.record(), Some(("platform.runtimeDone", expected.to_owned())));
    let expected = r#"{"requestId":"r","version":"$LATEST"}"#;
    assert_eq!(start_record(), expected, "and no ARN, which only the log has");
}

fn start_record() -> String {
    start().record().expect("extensions are told of starts").1
}

#[test]
fn lines_are_strings_or_objects() {
    for (form, line, expected) in [
        (Form::Text, r#"{"a": 1}"#, r#""{\"a\": 1}""#),
        (json(System::Info), r#"{"a": 1}"#, r#"{"a":1}"#),
        (json(System::Info), r#"{"a": 1"#, r#""{\"a\": 1""#),
        (json(System::Info), "[1]\n", r#""[1]\n""#),
    ] {
        assert_eq!(form.record_of(line.as_bytes()), expected);
    }
}

#[test]
fn levels_are_aws_s() {
    let (on_demand, provisioned) = (Initialization::OnDemand, Initialization::ProvisionedConcurrency);
    for (event, level) in [
        (init_start(), System::Info),
        (extension(None), System::Info),
        (extension(Some("Extension.Crash")), System::Warn),
        (subscription(false), System::Info),
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
    let words = "INIT_START Runtime Version: python:3.12.v1\tRuntime Version ARN: arn";
    assert_eq!(text(init_start()).as_deref(), Some(words));
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
