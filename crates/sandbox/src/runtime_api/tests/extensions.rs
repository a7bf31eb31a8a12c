//! Which calls of extensions are taken, and with which words they are refused.

use std::sync::Arc;

use proptest::prelude::*;

use super::rig::{Client, Got, NEXT, Rig, request};

const REGISTER: &str = "/2020-01-01/extension/register";
const EVENT: &str = "/2020-01-01/extension/event/next";
const INIT_ERROR: &str = "/2020-01-01/extension/init/error";
const EXIT_ERROR: &str = "/2020-01-01/extension/exit/error";

async fn register(client: &mut Client, name: &str, body: &str) -> Got {
    client.call("POST", REGISTER, &format!("Lambda-Extension-Name: {name}\r\n"), body.as_bytes()).await
}

fn id(got: &Got) -> String {
    format!("Lambda-Extension-Identifier: {}\r\n", got.header("Lambda-Extension-Identifier").unwrap())
}

#[tokio::test]
async fn registrations_are_taken_or_refused_in_aws_s_words() {
    let rig = Rig::new();
    let mut client = rig.client().await;
    for (name, body, kind, message) in [
        ("", "{}", "Extension.InvalidExtensionName", "Empty extension name"),
        ("a", "{", "InvalidRequestFormat", ""),
        ("a", r#"{"configurationKeys":["x"]}"#, "InvalidRequestFormat", ""),
        ("a", r#"{"events":["RESTORE"]}"#, "Extension.InvalidEventType", ""),
        ("a", r#"{"events":["INVOKE","SHUTDOWN"]}"#, "Extension.InvalidEventType", ""),
    ] {
        let got = register(&mut client, name, body).await;
        assert_eq!((got.status, got.error_type().as_str()), (403, kind), "{body}");
        assert!(message.is_empty() || got.error_message() == message);
    }
    for number in 0..10 {
        assert_eq!(
            register(&mut client, &format!("e{number}"), r#"{"events":["INVOKE"]}"#).await.status,
            200
        );
    }
    let got = register(&mut client, "e10", "{}").await;
    assert_eq!(got.error_message(), "Extension limit (10) reached");
    assert_eq!(got.error_type(), "Extension.TooManyExtensions");
    let got = register(&mut client, "e1", "{}").await;
    assert_eq!((got.status, got.error_type().as_str()), (403, "Extension.InvalidExtensionState"));

    let mut runtime = rig.client().await;
    runtime.send(&request("GET", NEXT, "", b"")).await;
    rig.exchange().asked().await;
    let got = register(&mut client, "late", "{}").await;
    assert_eq!(got.error_type(), "Extension.RegistrationClosed");
    assert_eq!(got.error_message(), "Extension registration closed already");
}

#[tokio::test]
async fn the_account_is_told_to_who_asks_for_it() {
    let rig = Rig::new();
    let mut client = rig.client().await;
    let fields = "Lambda-Extension-Name: a\r\nLambda-Extension-Accept-Feature: accountId\r\n";
    let got = client.call("POST", REGISTER, fields, b"{}").await;
    let body: serde_json::Value = serde_json::from_slice(&got.body).unwrap();
    assert_eq!(body["accountId"], "");
    let body: serde_json::Value =
        serde_json::from_slice(&register(&mut client, "b", "{}").await.body).unwrap();
    assert_eq!(body.get("accountId"), None);
}

#[tokio::test]
async fn identifiers_and_states_are_checked() {
    let rig = Rig::new();
    let mut client = rig.client().await;
    let me = id(&register(&mut client, "a", "{}").await);
    let error = "Lambda-Extension-Function-Error-Type: Extension.X\r\n";
    let unknown = "Lambda-Extension-Identifier: 00000000-0000-4000-8000-00000000ffff\r\n".to_owned();
    let bad = "Lambda-Extension-Identifier: me\r\n".to_owned();
    for (method, path) in
        [("GET", EVENT), ("POST", INIT_ERROR), ("POST", EXIT_ERROR), ("PUT", "/2022-07-01/telemetry")]
    {
        for (fields, kind) in [
            (&String::new(), "Extension.MissingExtensionIdentifier"),
            (&bad, "Extension.InvalidExtensionIdentifier"),
            (&unknown, "Extension.UnknownExtensionIdentifier"),
        ] {
            let got = client.call(method, path, fields, b"").await;
            assert_eq!((got.status, got.error_type().as_str()), (403, kind), "{path}");
        }
    }
    let got = client.call("POST", EXIT_ERROR, &me, b"{}").await;
    assert_eq!((got.status, got.error_type().as_str()), (403, "Extension.MissingHeader"));
    let fields = format!("{me}{error}");
    assert_eq!(client.call("POST", INIT_ERROR, &fields, b"{}").await.status, 202);
    for (method, path) in [("POST", INIT_ERROR), ("POST", EXIT_ERROR), ("GET", EVENT)] {
        let got = client.call(method, path, &fields, b"").await;
        assert_eq!(
            (got.status, got.error_type().as_str()),
            (403, "Extension.InvalidExtensionState"),
            "{path}"
        );
    }
}

/// Random calls in random states: each gets one reply, or waits, and the server lives.
#[test]
fn random_calls_never_break_it() {
    let runtime = Arc::new(tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap());
    let calls = prop::collection::vec((0usize..6, 0usize..4, "\\PC{0,20}"), 0..30);
    let config = ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(calls in calls)| {
        runtime.block_on(async {
            let rig = Rig::new();
            let mut known = vec![String::new(), "Lambda-Extension-Identifier: x\r\n".to_owned()];
            for (what, who, body) in calls {
                let mut client = rig.client().await;
                let me = known[who % known.len()].clone();
                let fields = format!("{me}Lambda-Extension-Function-Error-Type: E\r\n");
                match what {
                    0 => {
                        let got = register(&mut client, &format!("e{who}"), r#"{"events":["INVOKE"]}"#).await;
                        if got.status == 200 {
                            known.push(id(&got));
                        }
                    }
                    1 => client.send(&request("GET", EVENT, &me, b"")).await,
                    2 => { client.call("POST", INIT_ERROR, &fields, body.as_bytes()).await; }
                    3 => { client.call("POST", EXIT_ERROR, &fields, body.as_bytes()).await; }
                    4 => { client.call("PUT", "/2022-07-01/telemetry", &fields, body.as_bytes()).await; }
                    _ => rig.server.lobby().offer(crate::runtime_api::Kind::Invoke, || "{}".to_owned()),
                }
            }
            rig.is_alive().await;
        });
    });
}
