//! Requests whose body comes in chunks: the decoded body is what the operation sees.

use bytes::Bytes;
use lambent_wire::sigv4::{Credential, Dialect, Expected, Keys, Refusal, Signer};

use crate::request::{KEY_ID, Request, SECRET};

const NOW_S: i64 = 1_767_226_500;

struct DocumentedKey;

impl Keys for DocumentedKey {
    fn find(&self, access_key_id: &str) -> Option<Credential> {
        (access_key_id == "AKIAIOSFODNN7EXAMPLE").then(|| Credential {
            secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: None,
            expires_at_s: None,
        })
    }
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>
#[test]
fn the_published_chunked_upload_is_accepted_whole_and_refused_changed() {
    let (first, second) = ("a".repeat(65_536), "a".repeat(1024));
    let body = format!(
        "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n{first}\r\n\
         400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n{second}\r\n\
         0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n"
    );
    let mut request = Request {
        method: "PUT".into(),
        path: "/examplebucket/chunkObject.txt".into(),
        body: Bytes::from(body),
        ..Request::default()
    };
    for (name, value) in [
        ("host", "s3.amazonaws.com"),
        ("x-amz-date", "20130524T000000Z"),
        ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
        ("content-encoding", "aws-chunked"),
        ("x-amz-decoded-content-length", "66560"),
        ("content-length", "66824"),
        (
            "authorization",
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,\
             SignedHeaders=content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;\
             x-amz-decoded-content-length;x-amz-storage-class,\
             Signature=4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
        ),
    ] {
        request = request.header(name, value);
    }
    let verify = |request: &Request| request.verify_with(&DocumentedKey, Expected::default(), 1_369_353_600);
    assert_eq!(verify(&request).unwrap().body.len(), 66_560);

    let mut changed = request.body.to_vec();
    changed[60_000] = b'b';
    request.body = Bytes::from(changed);
    assert_eq!(verify(&request).unwrap_err(), Refusal::SignatureDoesNotMatch);
}

#[test]
fn a_signed_streaming_request_yields_its_decoded_body() {
    let body = Bytes::from("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n");
    let sign = |length: &str| {
        let signer = Signer {
            access_key_id: KEY_ID,
            secret: SECRET,
            session_token: None,
            region: "us-east-1",
            service: "s3",
        };
        let mut request =
            Request { method: "PUT".into(), path: "/b/k".into(), body: body.clone(), ..Request::default() }
                .header("host", "localhost")
                .header("x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
                .header("x-amz-trailer", "x-amz-checksum-crc32")
                .header("x-amz-decoded-content-length", length);
        signer.authorize("PUT", ("/b/k", ""), &mut request.headers, &body, NOW_S).unwrap();
        request.verify(None, NOW_S)
    };
    let verified = sign("5").unwrap();
    assert_eq!((&verified.body[..], verified.trailers.len()), (&b"hello"[..], 1));
    assert_eq!(sign("6").unwrap_err().code(Dialect::Json), "IncompleteBody");
}
