//! The Shutdown phase: who ends when, and what begins after it.

use std::time::Duration;

use tokio::time::Instant;

use super::extensions::{BOTH, Extension, ready};
use super::{LIMIT, Program};
use crate::linux::Ended;
use crate::runtime_api::rig::{Client, NEXT, event, request, response};
use crate::spec::{Answer, Exit, ExtensionFaultKind, Init, Sandbox, Settled, ShutdownReason};

#[tokio::test(start_paused = true)]
async fn shutdown_ends_the_runtime_then_the_extensions_each_in_its_time() {
    let (program, mut environment, _runtime, mut extension) = ready().await;
    environment.freeze();
    let start = Instant::now();
    let (told, ()) = tokio::join!(
        async {
            let told = extension.told().await;
            assert_eq!(start.elapsed(), Duration::from_millis(300), "the runtime did not end by itself");
            told
        },
        environment.reset(ShutdownReason::Timeout)
    );
    let expected =
        serde_json::json!({"eventType": "SHUTDOWN", "deadlineMs": 1_002_000, "shutdownReason": "timeout"});
    assert_eq!(told, expected);
    assert_eq!(start.elapsed(), Duration::from_secs(2));
    let acts = ["start program", "initialised", "freeze", "thaw", "terminate", "end Program", "clear"];
    assert_eq!(program.done(), acts);
}

#[tokio::test(start_paused = true)]
async fn shutdown_is_over_when_all_have_ended_and_who_did_not_ask_for_it_is_killed() {
    let (program, mut environment) = Program::beside(&["a", "b"]);
    let (init, (_runtime, mut a, mut b)) = tokio::join!(environment.init(LIMIT), async {
        let mut a = Extension::register(&program, "a", BOTH).await;
        let mut b = Extension::register(&program, "b", "{}").await;
        a.ask().await;
        b.ask().await;
        let mut runtime = Client::connect(program.address).await;
        runtime.send(&request("GET", NEXT, "", b"")).await;
        (runtime, a, b)
    });
    assert_eq!(init, Init::Ready);
    assert_eq!(environment.extensions_ready(LIMIT).await, Settled::Ready);
    let start = Instant::now();
    let ends = program.ends.clone();
    tokio::join!(environment.stop(ShutdownReason::Spindown), async {
        program.sees("terminate").await;
        ends.send(Ended::Program(Exit::Signal(15))).unwrap();
        assert_eq!(a.told().await["shutdownReason"], "spindown");
        program.sees("end Extension(1)").await;
        for index in [0, 1] {
            ends.send(Ended::Extension(index, ExtensionFaultKind::Crash(Exit::Code(0)))).unwrap();
        }
        assert!(b.client.got().await.is_none());
    });
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(program.count("end Program"), 0);
    assert_eq!(program.count("removed"), 1);
}

#[tokio::test(start_paused = true)]
async fn without_external_extensions_shutdown_is_short_or_nothing() {
    let (program, mut environment) = Program::start();
    let _runtime = Program::ready(&mut environment, &program).await;
    let start = Instant::now();
    environment.reset(ShutdownReason::Failure).await;
    assert_eq!((start.elapsed(), program.count("terminate")), (Duration::ZERO, 0));

    let (program, mut environment) = Program::start();
    let mut inner = Extension::register(&program, "inner", r#"{"events":["INVOKE"]}"#).await;
    inner.ask().await;
    let _runtime = Program::ready(&mut environment, &program).await;
    assert_eq!(environment.extensions_ready(LIMIT).await, Settled::Ready);
    let start = Instant::now();
    environment.reset(ShutdownReason::Failure).await;
    assert_eq!((start.elapsed(), program.count("terminate")), (Duration::from_millis(500), 1));
}

#[tokio::test]
async fn after_a_reset_all_begins_anew_with_the_same_listener() {
    let (program, mut environment, mut runtime, mut extension) = ready().await;
    let ends = program.ends.clone();
    tokio::join!(environment.reset(ShutdownReason::Failure), async {
        program.sees("terminate").await;
        ends.send(Ended::Program(Exit::Code(0))).unwrap();
        extension.told().await;
        ends.send(Ended::Extension(0, ExtensionFaultKind::Crash(Exit::Code(0)))).unwrap();
    });
    assert!(runtime.got().await.is_none() && extension.client.got().await.is_none());
    environment.restart().await.unwrap();
    let (init, (mut runtime, mut extension)) = tokio::join!(environment.init(LIMIT), async {
        let mut extension = Extension::register(&program, "a", BOTH).await;
        extension.ask().await;
        let mut runtime = Client::connect(program.address).await;
        runtime.send(&request("GET", NEXT, "", b"")).await;
        (runtime, extension)
    });
    assert_eq!(init, Init::Ready);
    assert_eq!(environment.extensions_ready(LIMIT).await, Settled::Ready);
    assert_eq!(program.kept.notices.lock().unwrap().len(), 2, "once a life");
    let (answer, ()) = tokio::join!(environment.invoke(event("z"), LIMIT), async {
        assert_eq!(extension.told().await["requestId"], "z");
        assert_eq!(runtime.got().await.unwrap().status, 200);
        let sent = [request("POST", &response("z"), "", b"1"), request("GET", NEXT, "", b"")].concat();
        runtime.send(&sent).await;
    });
    assert!(matches!(answer, Answer::Response { .. }), "{answer:?}");
}
