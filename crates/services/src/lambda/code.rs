//! A function's code on its way in and out: checked, unpacked, kept; and the URL under which it can be had again. Never
//! runs it.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode, header};
use lambent_code::{PackageError, Tree};
use lambent_core::digest::Digest;
use lambent_core::lambda::arn::FunctionId;
use lambent_core::lambda::function::Code;
use lambent_core::limits::DOWNLOAD_URL_EXPIRES;
use lambent_store::tables;
use lambent_wire::sigv4::{Credential, Expected, Head, Keys, Presented, Signer};

use super::{Error, every};
use crate::Server;

/// Where code can be downloaded, before account and digest.
pub const DOWNLOADS: &str = "/_lambent/code/";

/// The key that signs download URLs.
const DOWNLOAD_KEY: &str = "LAMBENTDOWNLOADS";

/// Code that was taken in. The tree is held until the function that needs it is written.
#[derive(Debug)]
pub(super) struct TakenIn {
    pub(super) code: Code,
    _tree: Tree,
}

/// Unpacks a zip and keeps it.
pub(super) async fn take_in(server: &Server, zip: Bytes) -> Result<TakenIn, Error> {
    let tree = server.trees.unpack(zip.clone()).await?;
    let size_bytes = zip.len() as u64;
    let digest = server.blobs.put(zip).await?;
    let unzipped_bytes = tree.unzipped_bytes();
    let code = Code { digest, size_bytes, unzipped_bytes, source_kms_key_arn: None };
    Ok(TakenIn { code, _tree: tree })
}

/// Unpacks a zip and keeps nothing but what can be collected.
pub(super) async fn look_at(server: &Server, zip: Bytes) -> Result<Code, Error> {
    let tree = server.trees.unpack(zip.clone()).await?;
    let (digest, unzipped_bytes) = (tree.digest(), tree.unzipped_bytes());
    Ok(Code { digest, size_bytes: zip.len() as u64, unzipped_bytes, source_kms_key_arn: None })
}

/// A URL that gives a function's code to anyone for ten minutes.
pub(super) fn location(server: &Server, endpoint: &str, id: &FunctionId, code: &Code) -> String {
    let endpoint = server.options.public_endpoint.as_deref().unwrap_or(endpoint);
    let authority = endpoint.split_once("://").map_or(endpoint, |(_, authority)| authority);
    let path = format!("{DOWNLOADS}{}/{}", id.account, code.digest);
    let expires_s = i64::try_from(DOWNLOAD_URL_EXPIRES.as_secs()).unwrap_or(i64::MAX);
    let now_s = server.clock.wall().as_secs();
    let query = signer(server, id.region.as_str()).presign("GET", authority, (&path, ""), expires_s, now_s);
    format!("{endpoint}{path}?{query}")
}

fn signer<'a>(server: &'a Server, region: &'a str) -> Signer<'a> {
    Signer {
        access_key_id: DOWNLOAD_KEY,
        secret: &server.download_secret,
        session_token: None,
        region,
        service: "s3",
    }
}

/// The one key download URLs are signed with.
struct DownloadKey<'a>(&'a str);

impl Keys for DownloadKey<'_> {
    fn find(&self, access_key_id: &str) -> Option<Credential> {
        (access_key_id == DOWNLOAD_KEY).then(|| Credential {
            secret: self.0.to_owned(),
            session_token: None,
            expires_at_s: None,
        })
    }
}

/// Answers a plain GET of a download URL.
pub async fn download(server: &Arc<Server>, request: &Parts) -> Response<Bytes> {
    let head = Head::of(request);
    let verified = Presented::read(&head).and_then(|presented| {
        let keys = DownloadKey(&server.download_secret);
        let expected = Expected { region: None, service: Some("s3") };
        server.verifier.verify(&head, Bytes::new(), presented, &keys, expected, server.clock.wall().as_secs())
    });
    if let Err(refusal) = verified {
        return plain(refusal.status(), refusal.to_string().into());
    }
    let digest = request.uri.path().rsplit('/').next().and_then(|digest| digest.parse().ok());
    let Some(digest) = digest else {
        return plain(StatusCode::NOT_FOUND, Bytes::from_static(b"no such code"));
    };
    match server.blobs.get(digest).await {
        Ok(zip) => {
            let mut response = plain(StatusCode::OK, zip);
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
            response
        }
        Err(fault) => plain(StatusCode::NOT_FOUND, fault.to_string().into()),
    }
}

fn plain(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

/// Deletes what an earlier server left of unpacked code.
///
/// # Errors
/// The file system's, if it cannot be deleted.
pub async fn sweep(server: &Server) -> io::Result<()> {
    server.trees.sweep().await
}

/// Code that was needed when it was last looked for.
#[derive(Debug, Default)]
pub struct Needed(BTreeSet<Digest>);

/// Removes code that nothing needs: its zips after a time of grace, its unpacked trees when nothing runs them. Says what is
/// needed now; what was needed `before` stays once more, for an operation that is under way may be about to need it: one
/// that gives a function a layer which is deleted at the same moment.
///
/// # Errors
/// [`Error`] if the functions cannot be read or the files cannot be removed.
pub async fn collect(server: &Server, before: &Needed) -> Result<Needed, Error> {
    let needed = needed(server).await?;
    let keep: BTreeSet<Digest> = needed.0.union(&before.0).copied().collect();
    server.blobs.collect(&keep, server.options.code_grace).await?;
    let trees = server.trees.collect(keep).await;
    trees.map(|_| needed).map_err(|source: io::Error| {
        Error::Package(PackageError::Storage { doing: "remove unused code", source })
    })
}

/// Digests go from layers to functions and from functions to versions, never back: looked for in this order, what moves on
/// meanwhile is met at least once.
async fn needed(server: &Server) -> Result<Needed, Error> {
    let mut digests = BTreeSet::new();
    every::record(server, &tables::LAYER_VERSIONS, |version| _ = digests.insert(version.code.digest)).await?;
    every::record(server, &tables::FUNCTIONS, |function| digests.extend(function.digests())).await?;
    every::record(server, &tables::VERSIONS, |version| digests.extend(version.digests())).await?;
    Ok(Needed(digests))
}
