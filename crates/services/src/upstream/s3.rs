//! What S3 holds: objects, and the regions of buckets; and new objects for it. Never follows S3 to another region.
//!
//! Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html>

use bytes::Bytes;
use http::{Method, StatusCode};
use lambent_core::limits::S3_CODE_MAX_BYTES;
use percent_encoding::{AsciiSet, utf8_percent_encode};

use super::ask::{Ask, Session};
use super::query::ENCODED;
use super::{Fault, Refused, refused};

/// A key is encoded but for the slashes in it.
const PATH: &AsciiSet = &ENCODED.remove(b'/');

/// One object, or one version of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Object<'a> {
    /// Its bucket.
    pub(crate) bucket: &'a str,
    /// Its key, not encoded.
    pub(crate) key: &'a str,
    /// The version; none means the latest.
    pub(crate) version: Option<&'a str>,
}

/// The bytes of an object. A bucket of another region is refused as S3 does, with that region.
pub(crate) async fn object(session: &Session<'_>, object: Object<'_>) -> Result<Bytes, Fault> {
    if session.is_emulated() {
        own_region(session, object.bucket).await?;
    }
    let Object { bucket, key, version } = object;
    let path = format!("/{}/{}", utf8_percent_encode(bucket, ENCODED), utf8_percent_encode(key, PATH));
    let query = version.map(|id| format!("versionId={}", utf8_percent_encode(id, ENCODED)));
    let mut ask = Ask::get("s3", path, query.unwrap_or_default());
    ask.limit_bytes = S3_CODE_MAX_BYTES;
    refused::done("s3", session.send(ask).await?)
}

/// Whether a bucket is there.
pub(crate) async fn bucket(session: &Session<'_>, name: &str) -> Result<(), Fault> {
    refused::done("s3", session.send(head(name)).await?).map(drop)
}

/// Puts JSON into a bucket, as an object of this key.
pub(crate) async fn put(session: &Session<'_>, bucket: &str, key: &str, json: String) -> Result<(), Fault> {
    let path = format!("/{}/{}", utf8_percent_encode(bucket, ENCODED), utf8_percent_encode(key, PATH));
    let mut ask = Ask::post("s3", "application/json", json);
    (ask.method, ask.path) = (Method::PUT, path);
    refused::done("s3", session.send(ask).await?).map(drop)
}

/// Refuses a bucket that an emulator has in another region: it would give out its objects in any.
async fn own_region(session: &Session<'_>, bucket: &str) -> Result<(), Fault> {
    let answer = session.send(head(bucket)).await?;
    let region = answer.headers().get("x-amz-bucket-region").and_then(|region| region.to_str().ok());
    match region.filter(|region| *region != session.region()) {
        None => Ok(()),
        Some(region) => Err(Fault::Refused(Refused {
            status: StatusCode::MOVED_PERMANENTLY,
            code: "PermanentRedirect".to_owned(),
            message: String::new(),
            region: Some(region.to_owned()),
        })),
    }
}

fn head(bucket: &str) -> Ask {
    let path = format!("/{}", utf8_percent_encode(bucket, ENCODED));
    Ask { method: Method::HEAD, ..Ask::get("s3", path, String::new()) }
}
