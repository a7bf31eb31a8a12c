//! Extensions beside the program: the order of the phases, and what each failure is told as.

use std::time::Duration;

use uuid::Uuid;

use super::{LIMIT, Program};
use crate::linux::Ended;
use crate::runtime_api::rig::{Client, NEXT, event, request};
use crate::spec::{
    Answer, BootError, Exit, ExtensionFault, ExtensionFaultKind, Init, Notice, Reported, Sandbox, Settled,
};

pub(super) const BOTH: &str = r#"{"events":["INVOKE","SHUTDOWN"]}"#;

/// One that has registered.
pub(super) struct Extension {
    pub(super) client: Client,
    pub(super) id: String,
}

impl Extension {
    pub(super) async fn register(program: &Program, name: &str, events: &str) -> Self {
        let mut client = Client::connect(program.address).await;
        let fields = format!("Lambda-Extension-Name: {name}\r\n");
        let got = client.call("POST", "/2020-01-01/extension/register", &fields, events.as_bytes()).await;
        assert_eq!(got.status, 200, "{got:?}");
        assert_eq!(got.body, br#"{"functionName":"f","functionVersion":"$LATEST","handler":""}"#);
        let id = got.header("Lambda-Extension-Identifier").unwrap().to_owned();
        Self { client, id }
    }

    pub(super) async fn ask(&mut self) {
        let fields = format!("Lambda-Extension-Identifier: {}\r\n", self.id);
        self.client.send(&request("GET", "/2020-01-01/extension/event/next", &fields, b"")).await;
    }

    /// The event that was asked for.
    pub(super) async fn told(&mut self) -> serde_json::Value {
        let got = self.client.got().await.unwrap();
        assert_eq!(got.status, 200, "{got:?}");
        assert!(Uuid::parse_str(got.header("Lambda-Extension-Event-Identifier").unwrap()).is_ok());
        serde_json::from_slice(&got.body).unwrap()
    }

    pub(super) async fn reports(&mut self, when: &str) {
        let fields = format!(
            "Lambda-Extension-Identifier: {}\r\nLambda-Extension-Function-Error-Type: Extension.X\r\n",
            self.id
        );
        let path = format!("/2020-01-01/extension/{when}/error");
        assert_eq!(self.client.call("POST", &path, &fields, b"{}").await.status, 202);
    }
}

fn crash(name: &str, exit: Exit) -> ExtensionFault {
    ExtensionFault { name: name.to_owned(), kind: ExtensionFaultKind::Crash(exit) }
}

fn notice(name: &str, state: &'static str, events: &[&'static str], error: Option<&str>) -> Notice {
    let error_type = error.map(str::to_owned);
    Notice::Extension { name: name.to_owned(), state, events: events.to_vec(), error_type }
}

/// An environment with a ready runtime and a ready extension `a`.
pub(super) async fn ready()
-> (Program, Box<crate::environment::Environment<super::rig::Fake>>, Client, Extension) {
    let (program, mut environment) = Program::beside(&["a"]);
    let (init, (runtime, extension)) = tokio::join!(environment.init(LIMIT), async {
        let mut extension = Extension::register(&program, "a", BOTH).await;
        program.sees("start program").await;
        extension.ask().await;
        let mut runtime = Client::connect(program.address).await;
        runtime.send(&request("GET", NEXT, "", b"")).await;
        (runtime, extension)
    });
    assert_eq!(init, Init::Ready);
    assert_eq!(environment.extensions_ready(LIMIT).await, Settled::Ready);
    (program, environment, runtime, extension)
}

#[tokio::test]
async fn the_program_starts_when_all_have_registered_and_init_ends_when_all_have_asked() {
    let (program, mut environment) = Program::beside(&["a", "b"]);
    let (init, (mut a, mut b, mut inner, _runtime)) = tokio::join!(environment.init(LIMIT), async {
        let a = Extension::register(&program, "a", BOTH).await;
        assert_eq!(program.done(), [""; 0]);
        let b = Extension::register(&program, "b", "{}").await;
        program.sees("start program").await;
        let inner = Extension::register(&program, "inner", r#"{"events":["INVOKE"]}"#).await;
        let mut runtime = Client::connect(program.address).await;
        runtime.send(&request("GET", NEXT, "", b"")).await;
        (a, b, inner, runtime)
    });
    assert_eq!((init, program.count("initialised")), (Init::Ready, 0));
    let (settled, ()) = tokio::join!(environment.extensions_ready(LIMIT), async {
        for extension in [&mut a, &mut b, &mut inner] {
            assert_eq!(program.kept.notices.lock().unwrap().len(), 0);
            extension.ask().await;
        }
    });
    assert_eq!((settled, program.count("initialised")), (Settled::Ready, 1));
    let expected = [
        notice("a", "Ready", &["INVOKE", "SHUTDOWN"], None),
        notice("b", "Ready", &[], None),
        notice("inner", "Ready", &["INVOKE"], None),
    ];
    assert_eq!(*program.kept.notices.lock().unwrap(), expected);
}

#[tokio::test]
async fn an_invocation_is_told_to_those_who_asked_and_waits_for_them() {
    let (mut program, mut environment, mut runtime, mut extension) = ready().await;
    let (answer, ()) = tokio::join!(environment.invoke(event("r-1"), LIMIT), async {
        assert_eq!(runtime.got().await.unwrap().status, 200);
        let told = extension.told().await;
        assert_eq!((&told["eventType"], &told["requestId"]), (&"INVOKE".into(), &"r-1".into()));
        assert_eq!(runtime.answer("r-1", b"1").await.status, 202);
        runtime.send(&request("GET", NEXT, "", b"")).await;
    });
    assert!(matches!(answer, Answer::Response { .. }), "{answer:?}");
    assert_eq!(environment.settle(LIMIT).await, Settled::Ready);
    assert_eq!(environment.extensions_ready(Duration::from_millis(5)).await, Settled::TimedOut);
    std::io::Write::write_all(&mut program.extension_output, b"flushed").unwrap();
    extension.ask().await;
    assert_eq!(environment.extensions_ready(LIMIT).await, Settled::Ready);
    assert_eq!(*program.kept.extension_lines.lock().unwrap(), ["flushed"]);
}

#[tokio::test(start_paused = true)]
async fn who_never_registers_or_never_asks_holds_init_up_until_its_limit() {
    let (program, mut environment) = Program::beside(&["a"]);
    assert_eq!(environment.init(LIMIT).await, Init::TimedOut);
    assert_eq!(program.done(), ["initialised"], "the program was not started");
    assert_eq!(*program.kept.notices.lock().unwrap(), [notice("a", "Started", &[], None)]);

    let (program, mut environment) = Program::beside(&["a"]);
    let (init, _clients) = tokio::join!(environment.init(LIMIT), async {
        let a = Extension::register(&program, "a", r#"{"events":["INVOKE"]}"#).await;
        let mut runtime = Client::connect(program.address).await;
        runtime.send(&request("GET", NEXT, "", b"")).await;
        (a, runtime)
    });
    assert_eq!(init, Init::Ready);
    assert_eq!(environment.extensions_ready(LIMIT).await, Settled::TimedOut);
    assert_eq!(*program.kept.notices.lock().unwrap(), [notice("a", "Registered", &["INVOKE"], None)]);
}

#[tokio::test]
async fn each_failure_in_init_is_told_for_what_it_is() {
    let launch = ExtensionFaultKind::Launch { reason: "Permission denied (os error 13)".to_owned() };
    let (program, mut environment) = Program::beside(&["a"]);
    program.ends.send(Ended::Extension(0, launch.clone())).unwrap();
    let fault = ExtensionFault { name: "a".to_owned(), kind: launch };
    assert_eq!(environment.init(LIMIT).await, Init::Extension(fault));
    let expected = [notice("a", "LaunchError", &[], Some("PermissionDenied"))];
    assert_eq!(*program.kept.notices.lock().unwrap(), expected);

    let (program, mut environment) = Program::beside(&["a"]);
    program.ends.send(Ended::Extension(0, ExtensionFaultKind::Crash(Exit::Code(3)))).unwrap();
    assert_eq!(environment.init(LIMIT).await, Init::Extension(crash("a", Exit::Code(3))));

    let (program, mut environment) = Program::beside(&["a"]);
    let (init, ()) = tokio::join!(environment.init(LIMIT), async {
        Extension::register(&program, "a", "{}").await.reports("init").await;
        // As it should.
        program.ends.send(Ended::Extension(0, ExtensionFaultKind::Crash(Exit::Code(1)))).unwrap();
    });
    let body = b"{}"[..].into();
    let reported = Reported { error_type: Some("Extension.X".to_owned()), content_type: None, body };
    let fault = ExtensionFault { name: "a".to_owned(), kind: ExtensionFaultKind::Init(reported) };
    assert_eq!(init, Init::Extension(fault));

    let (program, mut environment) = Program::beside(&["a"]);
    let error = BootError::Entrypoint { program: "/x".to_owned(), reason: "no".to_owned() };
    *program.started.lock().unwrap() = Err(error.clone());
    let (init, _a) = tokio::join!(environment.init(LIMIT), Extension::register(&program, "a", "{}"));
    assert_eq!(init, Init::NotStarted(error));
}

#[tokio::test]
async fn an_extension_that_ends_fails_the_invocation_and_says_why_if_it_said_so() {
    let (program, mut environment, _runtime, _extension) = ready().await;
    program.ends.send(Ended::Extension(0, ExtensionFaultKind::Crash(Exit::OutOfMemory))).unwrap();
    let fault = crash("a", Exit::OutOfMemory);
    assert_eq!(environment.invoke(event("r"), LIMIT).await, Answer::Extension(fault.clone()));
    assert_eq!(environment.settle(LIMIT).await, Settled::Extension(fault));
    assert!(!environment.awake().await);
    assert_eq!(environment.exited().await, Exit::OutOfMemory);

    let (_program, mut environment, _runtime, mut extension) = ready().await;
    let (answer, ()) = tokio::join!(environment.invoke(event("r"), LIMIT), async {
        extension.told().await;
        extension.reports("exit").await;
    });
    let Answer::Extension(ExtensionFault { kind: ExtensionFaultKind::Exit(_), .. }) = answer else {
        panic!("{answer:?}")
    };
}

#[tokio::test]
async fn an_event_whose_connection_broke_is_given_again() {
    let (program, mut environment, mut runtime, extension) = ready().await;
    let id = extension.id.clone();
    environment.freeze();
    drop(extension);
    environment.thaw();
    let (answer, ()) = tokio::join!(environment.invoke(event("r"), LIMIT), async {
        let mut again = Extension { client: Client::connect(program.address).await, id };
        again.ask().await;
        assert_eq!(again.told().await["requestId"], "r");
        assert_eq!(runtime.got().await.unwrap().status, 200);
        assert_eq!(runtime.answer("r", b"1").await.status, 202);
    });
    assert!(matches!(answer, Answer::Response { .. }), "{answer:?}");
}
