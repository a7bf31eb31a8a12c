//! The hot pieces of an invocation, each by itself, for counting instructions: `pieces NAME COUNT` does one so many
//! times. Measures nothing itself: `cargo xtask bench --instructions` runs it under valgrind.

use std::hint::black_box;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method};
use lambent_core::account::{AccountId, Region};
use lambent_core::lambda::arn::{FunctionId, Qualifier};
use lambent_core::lambda::log::Report;
use lambent_core::lambda::log::event::{Event as LogEvent, Form};
use lambent_core::time::Timestamp;
use lambent_dispatch::Invocation;
use lambent_sandbox::{Event, Spec};
use lambent_testkit::one_function::{INVOKE, said, settled, with_function};
use lambent_testkit::{FakeHost, TestServer};
use lambent_wire::lambda::LAMBDA;
use lambent_wire::protocol::{Protocol, Request};
use lambent_wire::sigv4::{Credential, Expected, Head, Keys, Presented, Signer, Verifier};

/// Noon of the 2nd of January 2026.
const NOW_S: i64 = 1_767_355_200;
const EVENT: &[u8] = br#"{"hello":"world"}"#;
const REQUEST_ID: &str = "8476a536-e9f4-11e8-9739-2dfe598c3fcd";

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [name, count] = &args[..] else { bail!("pieces NAME COUNT") };
    let count = count.parse().context("COUNT is a number")?;
    match name.as_str() {
        "sigv4_verify" => sigv4_verify(count),
        "route_and_parse" => route_and_parse(count),
        "report_line" => report_line(count),
        "resolve" | "dispatch" | "pipeline" => in_a_server(name, count),
        other => bail!("there is no piece `{other}`"),
    }
}

/// A signed request to invoke a function, as an SDK sends it.
fn signed() -> Result<Parts> {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("host", "127.0.0.1:4566"),
        ("content-type", "application/json"),
        ("content-length", "17"),
        ("user-agent", "aws-sdk/1.0"),
        ("x-amz-invocation-type", "RequestResponse"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    let signer = Signer {
        access_key_id: "test",
        secret: "test",
        session_token: None,
        region: "us-east-1",
        service: "lambda",
    };
    let signed = signer.authorize("POST", (INVOKE, ""), &mut headers, &Bytes::from_static(EVENT), NOW_S);
    signed.map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
    let (mut parts, ()) = http::Request::builder().method(Method::POST).uri(INVOKE).body(())?.into_parts();
    parts.headers = headers;
    Ok(parts)
}

struct OneKey;

impl Keys for OneKey {
    fn find(&self, _: &str) -> Option<Credential> {
        Some(Credential { secret: "test".to_owned(), session_token: None, expires_at_s: None })
    }
}

/// Reading and checking the signature of a small request; the signing key is known.
fn sigv4_verify(count: u32) -> Result<()> {
    let (parts, verifier) = (signed()?, Verifier::default());
    let head = Head::of(&parts);
    for _ in 0..count {
        let presented =
            Presented::read(black_box(&head)).map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?;
        let body = Bytes::from_static(EVENT);
        let verified = verifier.verify(&head, body, presented, &OneKey, Expected::default(), NOW_S);
        black_box(verified.map_err(|refusal| anyhow::anyhow!("{refusal:?}"))?);
    }
    Ok(())
}

/// From the head of a request to an operation with its input.
fn route_and_parse(count: u32) -> Result<()> {
    let parts = signed()?;
    for _ in 0..count {
        let request = Request {
            method: &parts.method,
            path: parts.uri.path(),
            query: "",
            headers: &parts.headers,
            body: Bytes::from_static(EVENT),
        };
        let protocol = Protocol::spoken(&LAMBDA, &parts.headers);
        let routed = protocol.route(&LAMBDA, black_box(&request));
        let mut route = routed.map_err(|no_route| anyhow::anyhow!("{no_route:?}"))?;
        let input = protocol.parse(&LAMBDA, &mut route, request);
        black_box(input.map_err(|fault| anyhow::anyhow!("{fault:?}"))?);
    }
    Ok(())
}

/// The REPORT line as text.
fn report_line(count: u32) -> Result<()> {
    for _ in 0..count {
        let report = Report {
            request_id: REQUEST_ID,
            duration: Duration::from_micros(1234),
            init: None,
            memory_mib: 128,
            memory_peak_bytes: 30 << 20,
            failed: None,
            spans: Vec::new(),
            trace: None,
        };
        black_box(LogEvent::Report(black_box(report)).line(Form::Text, Timestamp::from_millis(NOW_S * 1000)));
    }
    Ok(())
}

/// What needs a server: its sandboxes answer at once and cost nothing.
fn in_a_server(name: &str, count: u32) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let server = with_function(FakeHost::new(|_: &Spec, _: &Event| said("{}"))).await;
        settled(&server).await;
        // The first makes the environment.
        pipeline(&server).await?;
        for _ in 0..count {
            match name {
                "resolve" => drop(black_box(resolve(&server).await?)),
                "dispatch" => dispatch(&server).await?,
                _ => pipeline(&server).await?,
            }
        }
        Ok(())
    })
}

async fn resolve(server: &TestServer) -> Result<lambent_dispatch::Resolved> {
    let (account, region) = (AccountId::default_account(), Region::default_region());
    let id = FunctionId { account, region, name: "f".to_owned() };
    Ok(server.server.dispatcher().resolve(&id, &Qualifier::Latest).await?)
}

/// Resolved, admitted, run, settled and logged.
async fn dispatch(server: &TestServer) -> Result<()> {
    let resolved = resolve(server).await?;
    let invocation = Invocation {
        request_id: REQUEST_ID.to_owned(),
        invoked_function_arn: "arn:aws:lambda:us-east-1:000000000000:function:f".to_owned(),
        payload: Bytes::from_static(EVENT),
        client_context: None,
        trace_id: None,
        tail: false,
        stream: None,
    };
    // The rate of an account is by the clock, which stands still otherwise.
    server.clock.advance(Duration::from_secs(1));
    black_box(server.server.dispatcher().invoke(resolved, invocation).await?);
    Ok(())
}

/// The whole request but for the socket and the signature.
async fn pipeline(server: &TestServer) -> Result<()> {
    server.clock.advance(Duration::from_secs(1));
    let answer = server.send(Method::POST, INVOKE, EVENT).await;
    anyhow::ensure!(answer.status() == 200, "{answer:?}");
    black_box(answer);
    Ok(())
}
