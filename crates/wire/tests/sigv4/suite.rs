//! The AWS signature test suite, as it comes with botocore's source package: canonical request, string to
//! sign and header of each case are AWS's, and each signed case is accepted.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use lambent_wire::sigv4::{Presented, Signer};

use crate::request::{KEY_ID, Request, SECRET};

/// 2015-08-30T12:36:00Z, the time of every case.
const NOW_S: i64 = 1_440_938_160;
/// How many cases the suite has at least; fewer means that it was not found whole.
const CASES_MIN: usize = 30;

#[test]
fn every_case_of_the_suite_is_canonicalised_signed_and_accepted() {
    let mut cases = Vec::new();
    collect(&suite_folder(), &mut cases);
    assert!(cases.len() >= CASES_MIN, "only {} cases found", cases.len());
    for case in cases {
        check(&case);
    }
}

fn check(case: &Path) {
    let text = |extension| fs::read_to_string(case.with_extension(extension)).unwrap().replace('\r', "");
    let request = parse(&text("req"));
    let authorization = text("authz");
    let token = text("creq").lines().find_map(|l| l.strip_prefix("x-amz-security-token:").map(str::to_owned));
    let name = case.display();

    let mut signed = request.clone().header("authorization", authorization.trim());
    if let Some(token) = &token {
        signed = signed.header("x-amz-security-token", token);
    }
    let presented = Presented::read(&signed.head()).unwrap();
    let made = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    assert_eq!(
        made(presented.canonical_request(&signed.head(), &signed.body).unwrap()),
        text("creq"),
        "{name}"
    );
    assert_eq!(made(presented.string_to_sign(&signed.head(), &signed.body).unwrap()), text("sts"), "{name}");
    if let Err(refusal) = signed.verify(token.as_deref(), NOW_S) {
        panic!("{name}: {refusal}");
    }

    let mut ours = request;
    let signer = Signer {
        access_key_id: KEY_ID,
        secret: SECRET,
        session_token: token.as_deref(),
        region: "us-east-1",
        service: "service",
    };
    signer.authorize(&ours.method, (&ours.path, &ours.query), &mut ours.headers, &ours.body, NOW_S).unwrap();
    assert_eq!(ours.header_text("authorization"), authorization.trim(), "{name}");
}

fn suite_folder() -> PathBuf {
    #[expect(clippy::disallowed_methods, reason = "where the suite is differs by machine")]
    let given = std::env::var_os("LAMBENT_BOTOCORE_SOURCE").map(PathBuf::from);
    let source =
        given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/botocore-source"));
    let folder = source.join("tests/unit/auth/aws4_testsuite");
    assert!(
        folder.is_dir(),
        "{} is missing: run `pip download botocore --no-binary :all: --no-deps` and unpack the archive to \
         target/botocore-source, or name its folder in LAMBENT_BOTOCORE_SOURCE",
        folder.display()
    );
    folder
}

/// The `.req` files below a folder.
fn collect(folder: &Path, cases: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, cases);
        } else if path.extension().is_some_and(|extension| extension == "req") {
            cases.push(path);
        }
    }
}

/// Parses what HTTP parsers refuse too: spaces in the path, folded headers.
fn parse(text: &str) -> Request {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let (method, rest) = lines.next().unwrap().split_once(' ').unwrap();
    let target = rest.strip_suffix(" HTTP/1.1").unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers: Vec<(String, String)> = Vec::new();
    for line in lines {
        match line.split_once(':') {
            Some((name, value)) if !line.starts_with(' ') => {
                headers.push((name.to_owned(), value.to_owned()))
            }
            Some(_) | None => headers.last_mut().unwrap().1.push_str(line),
        }
    }
    let mut request = Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        body: Bytes::from(body.to_owned()),
        ..Request::default()
    };
    for (name, value) in headers {
        request.add_header(&name, value.as_bytes());
    }
    request
}
