//! External extensions in real sandboxes: they register, hear of everything in its time, and end.
//!
//! Needs root; says so and fails where it is missing.

#[path = "isolation/stage.rs"]
mod stage;

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use bytes::Bytes;
use lambent_core::time::Timestamp;
use lambent_sandbox::{
    Answer, Event, Exit, ExtensionFault, ExtensionFaultKind, Host as _, Init, Mount, Outlet, Sandbox,
    Settled, ShutdownReason, Source, Spec, Stream, Telemetry,
};
use stage::{LIMIT, Stage, on_stage};
use tokio::sync::watch;

/// All lines, extensions' with `> ` before them.
#[derive(Default)]
struct Lines(watch::Sender<Vec<String>>);

impl Outlet for Lines {
    fn written(&self, source: Source, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        let line = if source == Source::Extension { format!("> {text}") } else { text.into_owned() };
        self.0.send_modify(|lines| lines.push(line));
    }
}

impl Lines {
    /// Waits until this line has come.
    #[expect(clippy::unwrap_used, reason = "the sender is there")]
    async fn has(&self, line: &str) {
        self.0.subscribe().wait_for(|lines| lines.iter().any(|there| there == line)).await.unwrap();
    }

    /// The lines from the first that begins so.
    fn from(&self, start: &str) -> Vec<String> {
        let lines = self.0.borrow();
        lines.iter().skip_while(|line| !line.starts_with(start)).cloned().collect()
    }
}

/// A probe with the extension `ext` beside it.
#[expect(clippy::unwrap_used, reason = "a test whose stage cannot be set has failed")]
fn spec_beside(stage: &Stage) -> Spec {
    let layer = stage.code("unused", "");
    let (folder, file) = (layer.join("extensions"), layer.join("extensions/ext"));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(&file, include_str!("isolation/extension.py")).unwrap();
    for path in [&folder, &file] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut spec = stage.python(stage::PROBE);
    spec.mounts.push(Mount { source: layer, target: "/opt".into() });
    spec.extensions.names = vec!["ext".to_owned()];
    spec.extensions.function.name = "f".to_owned();
    spec.framed_log = true;
    spec
}

fn event(id: &str, code: &str) -> Event {
    Event {
        request_id: id.to_owned(),
        deadline: Timestamp::from_millis(4_000_000_000_000),
        invoked_function_arn: "arn:aws:lambda:us-east-1:000000000000:function:f".into(),
        trace_id: None,
        client_context: None,
        cognito_identity: None,
        payload: Bytes::copy_from_slice(code.as_bytes()),
        stream: None,
    }
}

async fn is_ready(sandbox: &mut dyn Sandbox, lines: &Lines) {
    assert_eq!(sandbox.init(LIMIT).await, Init::Ready, "{:?}", lines.0.borrow());
    assert_eq!(sandbox.extensions_ready(LIMIT).await, Settled::Ready);
}

async fn runs(sandbox: &mut dyn Sandbox, id: &str, code: &str) {
    let answer = sandbox.invoke(event(id, code), LIMIT).await;
    assert!(matches!(answer, Answer::Response { .. }), "{answer:?}");
    assert_eq!(sandbox.settle(LIMIT).await, Settled::Ready);
    assert_eq!(sandbox.extensions_ready(LIMIT).await, Settled::Ready);
}

#[test]
fn an_extension_hears_of_everything_in_its_time_and_again_after_a_reset() {
    on_stage(|stage| async move {
        let (lines, telemetry) = (Arc::new(Lines::default()), Arc::new(Telemetry::default()));
        let tell = |kind, record: &str| {
            telemetry.tell(Stream::Platform, Timestamp::from_millis(0), kind, record.to_owned());
        };
        let spec = spec_beside(&stage);
        let output = Arc::<Lines>::clone(&lines);
        let Ok(mut sandbox) = stage.host.boot(&spec, output, Arc::clone(&telemetry)).await else {
            panic!("no sandbox")
        };
        for life in 0..2 {
            tell("platform.initStart", "{}");
            is_ready(&mut *sandbox, &lines).await;
            lines.has(r#"> registered {"functionName":"f","functionVersion":"","handler":""}"#).await;
            lines.has("> subscribed 200 OK").await;
            lines.has("> telemetry platform.initStart {}").await;
            let at_the_end = "import signal\n\
                signal.signal(signal.SIGTERM, lambda *_: (print('runtime ends', flush=True), os._exit(0)))";
            runs(&mut *sandbox, &format!("r-{life}"), at_the_end).await;
            lines.has(&format!("> INVOKE r-{life}")).await;
            sandbox.freeze();
            tell("platform.report", &life.to_string());
            sandbox.reset(ShutdownReason::Timeout).await;
            let end = lines.from("runtime ends");
            assert_eq!(end.first().map(String::as_str), Some("runtime ends"), "{:?}", lines.0.borrow());
            assert!(end.contains(&"> SHUTDOWN timeout".to_owned()), "{end:?}");
            assert!(lines.0.borrow().contains(&format!("> telemetry platform.report {life}")));
            lines.0.send_modify(Vec::clear);
            assert!(sandbox.restart().await.is_ok());
        }
        sandbox.stop(ShutdownReason::Spindown).await;
    });
}

#[test]
fn an_extension_that_dies_in_an_invocation_is_its_failure() {
    on_stage(|stage| async move {
        let lines = Arc::new(Lines::default());
        let mut spec = spec_beside(&stage);
        spec.extensions.environment.insert("EXTENSION_DIES".to_owned(), "1".to_owned());
        let Ok(mut sandbox) = stage.host.boot(&spec, Arc::<Lines>::clone(&lines), Arc::default()).await
        else {
            panic!("no sandbox")
        };
        is_ready(&mut *sandbox, &lines).await;
        let answer = sandbox.invoke(event("r", "import time; time.sleep(1000)"), LIMIT).await;
        let kind = ExtensionFaultKind::Crash(Exit::Code(3));
        assert_eq!(answer, Answer::Extension(ExtensionFault { name: "ext".to_owned(), kind }));
        assert_eq!(lines.from("> INVOKE"), ["> INVOKE r"]);
        sandbox.stop(ShutdownReason::Failure).await;
    });
}

#[test]
fn log_records_keep_their_newlines() {
    on_stage(|stage| async move {
        let lines = Arc::new(Lines::default());
        let spec = spec_beside(&stage);
        let Ok(mut sandbox) = stage.host.boot(&spec, Arc::<Lines>::clone(&lines), Arc::default()).await
        else {
            panic!("no sandbox")
        };
        is_ready(&mut *sandbox, &lines).await;
        let code = "import struct\n\
            text = b'one\\ntwo'\n\
            fd = int(os.environ['_LAMBDA_TELEMETRY_LOG_FD'])\n\
            os.write(fd, struct.pack('>IIQ', 0xA55A0003, len(text), 0) + text)";
        runs(&mut *sandbox, "r", code).await;
        assert!(lines.0.borrow().contains(&"one\ntwo".to_owned()), "{:?}", lines.0.borrow());
        sandbox.stop(ShutdownReason::Spindown).await;
    });
}
