//! Snapshots of initialised environments, with the Python runtime: taken once, restored at will, told when they fail.
//!
//! Needs root; says so and fails where it is missing.
#![expect(clippy::unwrap_used, reason = "what is not there has failed the test")]

#[path = "isolation/stage.rs"]
mod stage;

use std::path::{Path, PathBuf};

use lambent_sandbox::{Exit, Init, Mount, ShutdownReason, SnapStart, Spec};
use stage::{Actor, LIMIT, Stage, on_stage, spec};

/// Imports are slow and happen once; each draws its own numbers.
const FUNCTION: &str = "
import os, random, ssl, sys
from snapshot_restore_py import register_after_restore, register_before_snapshot

calls = []

@register_before_snapshot
def first():
    calls.append('first')

@register_before_snapshot
def second():
    calls.append('second')

register_after_restore(calls.append, 'after')

def handler(event, context):
    if event == 'draw':
        return [random.random(), ssl.RAND_bytes(8).hex(), os.getuid()]
    return calls
";

/// The Python runtime on a function.
fn python(stage: &Stage, text: &str, snap_start: SnapStart) -> Spec {
    let code = stage.code("main.py", text);
    let mut spec = spec(&["/usr/bin/python3", "-S", "/var/runtime/bootstrap.py"], &code);
    let runtime = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../runtimes/python");
    spec.mounts.push(Mount { source: runtime, target: "/var/runtime".into() });
    let more = [
        ("_HANDLER", "main.handler"),
        ("LAMBDA_TASK_ROOT", "/var/task"),
        ("AWS_LAMBDA_FUNCTION_NAME", "f"),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start"),
    ];
    spec.environment.extend(more.map(|(name, value)| (name.to_owned(), value.to_owned())));
    Spec { snap_start, ..spec }
}

/// The snapshot of a function, and the spec that starts from it.
async fn snapshot(stage: &Stage, text: &str) -> Spec {
    let source = python(stage, text, SnapStart::Source);
    let mut actor = stage.boot(&source).await;
    let init = actor.sandbox.init(LIMIT).await;
    assert_eq!(init, Init::Ready, "{:?}", actor.lines());
    let file: PathBuf = stage.code("nothing", "").join("snapshot");
    actor.sandbox.snapshot(&file).await.unwrap();
    actor.sandbox.stop(ShutdownReason::Spindown).await;
    Spec { snap_start: SnapStart::Restored(file), ..source }
}

async fn restored(stage: &Stage, spec: &Spec) -> Actor {
    let mut actor = stage.boot(spec).await;
    let init = actor.sandbox.init(LIMIT).await;
    assert_eq!(init, Init::Ready, "{:?}", actor.lines());
    actor
}

#[test]
fn what_is_restored_goes_on_behind_its_init_and_draws_its_own_numbers() {
    on_stage(|stage| async move {
        let spec = snapshot(&stage, FUNCTION).await;
        let mut both = [restored(&stage, &spec).await, restored(&stage, &spec).await];
        let mut drawn = Vec::new();
        for actor in &mut both {
            assert_eq!(actor.value("\"calls\"").await, serde_json::json!(["second", "first", "after"]));
            actor.sandbox.freeze();
            actor.sandbox.thaw();
            assert!(actor.sandbox.awake().await);
            drawn.push(actor.value("\"draw\"").await);
        }
        for (one, other) in drawn[0].as_array().unwrap().iter().zip(drawn[1].as_array().unwrap()) {
            assert_ne!(one, other, "{drawn:?}");
        }
        for actor in both {
            actor.sandbox.stop(ShutdownReason::Spindown).await;
        }
    });
}

#[test]
fn a_restored_environment_begins_anew_from_its_snapshot_after_a_failure() {
    on_stage(|stage| async move {
        let text = "count = 0\ndef handler(event, context):\n    global count\n    count += 1\n    \
                    if event == 'die':\n        import os\n        os._exit(3)\n    return count";
        let spec = snapshot(&stage, text).await;
        let mut actor = restored(&stage, &spec).await;
        assert_eq!(actor.value("1").await, 1);
        actor.invoke("\"die\"", LIMIT).await;
        actor.sandbox.reset(ShutdownReason::Failure).await;
        actor.sandbox.restart().await.unwrap();
        assert_eq!(actor.sandbox.init(LIMIT).await, Init::Ready, "{:?}", actor.lines());
        assert_eq!(actor.value("1").await, 1);
        actor.sandbox.stop(ShutdownReason::Spindown).await;
    });
}

#[test]
fn a_failing_hook_ends_it_with_its_own_status_and_error_type() {
    on_stage(|stage| async move {
        let text = |register: &str| {
            format!(
                "import snapshot_restore_py as s\ndef fail():\n    raise ValueError('no')\n\
                 s.{register}(fail)\ndef handler(event, context):\n    pass\n"
            )
        };
        let source = python(&stage, &text("register_before_snapshot"), SnapStart::Source);
        let before = stage.boot(&source).await;
        fails(before, "Runtime.BeforeSnapshotError", 64).await;
        let spec = snapshot(&stage, &text("register_after_restore")).await;
        fails(stage.boot(&spec).await, "Runtime.AfterRestoreError", 65).await;
    });
}

async fn fails(mut actor: Actor, error_type: &str, code: u8) {
    let Init::Reported(reported) = actor.sandbox.init(LIMIT).await else { panic!("{:?}", actor.lines()) };
    assert_eq!(reported.error_type.as_deref(), Some(error_type));
    let body: serde_json::Value = serde_json::from_slice(&reported.body).unwrap();
    assert_eq!((&body["errorMessage"], &body["errorType"]), (&"no".into(), &"ValueError".into()));
    assert_eq!(actor.sandbox.exited().await, Exit::Code(code));
    actor.sandbox.stop(ShutdownReason::Failure).await;
}

#[test]
fn without_snap_start_nobody_waits_to_be_restored() {
    on_stage(|stage| async move {
        let source = python(&stage, "def handler(event, context):\n    pass\n", SnapStart::Off);
        let mut actor = stage.boot(&source).await;
        let Init::Reported(reported) = actor.sandbox.init(LIMIT).await else { panic!("{:?}", actor.lines()) };
        let body = String::from_utf8_lossy(&reported.body).into_owned();
        assert!(body.contains("404"), "{body}");
        let file = stage.code("nothing", "").join("snapshot");
        let unfit = actor.sandbox.snapshot(&file).await.unwrap_err();
        assert_eq!(unfit.reason, "its runtime does not wait to be restored");
        actor.sandbox.stop(ShutdownReason::Failure).await;
    });
}
