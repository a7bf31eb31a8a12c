//! Chunked bodies: AWS's two published examples, and what is made from them by breaking them.

use super::*;
use crate::sigv4::key::{derive, mac};

const STAMP: &str = "20130524T000000Z";

fn chain(seed: &str) -> Chain {
    Chain {
        key: derive("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524", "us-east-1", "s3"),
        stamp: STAMP.to_owned(),
        scope: "20130524/us-east-1/s3/aws4_request".to_owned(),
        previous: seed.to_owned(),
    }
}

/// 65 KiB of `a` in two chunks with the signatures given, and what follows the last.
fn example(signatures: [&str; 3], end: &str) -> Bytes {
    let (a, b) = ("a".repeat(65_536), "a".repeat(1024));
    let [first, second, last] = signatures;
    Bytes::from(format!(
        "10000;chunk-signature={first}\r\n{a}\r\n400;chunk-signature={second}\r\n{b}\r\n0;chunk-signature={last}\r\n{end}"
    ))
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html>
#[test]
fn the_published_example_is_accepted() {
    let body = example(
        [
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
        ],
        "\r\n",
    );
    assert_eq!(body.len(), 66_824);
    let seed = chain("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
    assert_eq!(decode(&body, Kind::Signed, Some(seed)).unwrap().body, "a".repeat(66_560));
}

/// <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html>
#[test]
fn the_published_example_with_a_trailer_is_accepted() {
    let body = example(
        [
            "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
            "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
            "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
        ],
        "x-amz-checksum-crc32c:sOO8/Q==\r\n\
         x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n",
    );
    let seed = chain("106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
    let decoded = decode(&body, Kind::SignedTrailer, Some(seed)).unwrap();
    assert_eq!(decoded.body.len(), 66_560);
    assert_eq!(
        decoded.trailers,
        [Trailer { name: "x-amz-checksum-crc32c".into(), value: "sOO8/Q==".into() }]
    );
}

/// Signs a body as a client does.
fn encoded(data: &[u8], size: usize, trailers: &[Trailer]) -> Bytes {
    let (mut chain, mut out) = (chain("seed"), Vec::new());
    for chunk in data.chunks(size).chain([&b""[..]]) {
        chain.previous = hex::encode(mac(chain.key.clone(), chain.chunk_text(chunk).as_bytes()));
        out.extend(format!("{:x};chunk-signature={}\r\n", chunk.len(), chain.previous).bytes());
        out.extend(chunk);
        out.extend(if chunk.is_empty() { &b""[..] } else { b"\r\n" });
    }
    if !trailers.is_empty() {
        for Trailer { name, value } in trailers {
            out.extend(format!("{name}:{value}\r\n").bytes());
        }
        let signature = hex::encode(mac(chain.key.clone(), chain.trailer_text(trailers).as_bytes()));
        out.extend(format!("x-amz-trailer-signature:{signature}\r\n").bytes());
    }
    out.extend(b"\r\n");
    Bytes::from(out)
}

#[test]
fn any_changed_byte_of_a_signed_body_is_noticed() {
    let trailers = [Trailer { name: "x-amz-checksum-crc32".into(), value: "AAAAAA==".into() }];
    let body = encoded(b"some data in three chunks", 10, &trailers);
    let whole = decode(&body, Kind::SignedTrailer, Some(chain("seed"))).unwrap();
    assert_eq!((&whole.body[..], &whole.trailers[..]), (&b"some data in three chunks"[..], &trailers[..]));
    for at in 0..body.len() {
        let mut changed = body.to_vec();
        changed[at] ^= 1;
        if let Ok(decoded) = decode(&changed.into(), Kind::SignedTrailer, Some(chain("seed"))) {
            // Line ends and the case of a name mean nothing; what is read must be what was signed.
            assert_eq!(
                (decoded.body, decoded.trailers),
                (whole.body.clone(), whole.trailers.clone()),
                "byte {at}"
            );
        }
    }
}

#[test]
fn a_body_cut_anywhere_is_refused() {
    let body = encoded(b"some data in three chunks", 10, &[]);
    // The empty line at the very end carries nothing.
    for end in 0..body.len() - 2 {
        assert!(decode(&body.slice(..end), Kind::Signed, Some(chain("seed"))).is_err(), "cut at {end}");
    }
}

#[test]
fn an_unsigned_body_has_only_sizes_and_trailers() {
    let body = Bytes::from_static(b"3\r\nabc\r\n2\r\nde\r\n0\r\nx-amz-checksum-crc32:AA==\r\n\r\n");
    let decoded = decode(&body, Kind::UnsignedTrailer, Some(chain(""))).unwrap();
    assert_eq!(decoded.body, "abcde");
    assert_eq!(decoded.trailers[0].value, "AA==");
    for bad in [
        "+3\r\nabc\r\n0\r\n\r\n",
        "g\r\n",
        "",
        "3\r\nabcd\r\n0\r\n",
        "ffffffffffffffff\r\nabc",
        "fffffffffffffffff\r\n",
    ] {
        assert!(decode(&Bytes::from(bad), Kind::UnsignedTrailer, Some(chain(""))).is_err(), "{bad:?}");
    }
}

#[test]
fn without_a_chain_the_data_is_there_and_signatures_are_not_looked_at() {
    let body = Bytes::from(
        "3;chunk-signature=00\r\nabc\r\n2;chunk-signature=11\r\nde\r\n0;chunk-signature=\r\n\r\n",
    );
    assert_eq!(decode(&body, Kind::Signed, None).unwrap().body, "abcde");
    assert!(decode(&body.slice(..30), Kind::Signed, None).is_err());
}
