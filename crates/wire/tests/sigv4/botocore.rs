//! Requests signed by botocore itself, the signer of the AWS CLI and boto3, are accepted.

use std::path::Path;

use base64::Engine as _;
use bytes::Bytes;
use lambent_wire::sigv4::Presented;
use serde_json::Value;

use crate::request::{KEY_ID, Request, SECRET};

const REQUESTS: usize = 400;

#[test]
fn what_botocore_signs_is_accepted() {
    let lines = signed_by_botocore();
    assert_eq!(lines.lines().count(), REQUESTS);
    for line in lines.lines() {
        let (request, token) = parse(line);
        let signed_at_s = Presented::read(&request.head()).unwrap().signed_at_s;
        if let Err(refusal) = request.verify(token.as_deref(), signed_at_s) {
            panic!("{refusal}: {line}");
        }
    }
}

fn signed_by_botocore() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = root.join("../../.venv/bin/python");
    assert!(
        python.is_file(),
        "{} is missing: run `python3 -m venv .venv && .venv/bin/pip install botocore boto3`",
        python.display()
    );
    #[expect(clippy::disallowed_methods, reason = "botocore is Python; the child is waited for")]
    let mut command = std::process::Command::new(python);
    let script = root.join("tests/sigv4/sign.py");
    let output = command.arg(script).args([&REQUESTS.to_string(), KEY_ID, SECRET]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn parse(line: &str) -> (Request, Option<String>) {
    let value: Value = serde_json::from_str(line).unwrap();
    let text = |name: &str| value[name].as_str().unwrap().to_owned();
    let body = base64::engine::general_purpose::STANDARD.decode(text("body")).unwrap();
    let mut request = Request {
        method: text("method"),
        path: text("path"),
        query: text("query"),
        body: Bytes::from(body),
        ..Request::default()
    };
    for header in value["headers"].as_array().unwrap() {
        request.add_header(header[0].as_str().unwrap(), header[1].as_str().unwrap().as_bytes());
    }
    (request, value["token"].as_str().map(str::to_owned))
}
