//! A registry of a few lines on loopback, and what is asked of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// What a request line and its `Authorization` get.
type Answer = (u16, String, Vec<u8>);

/// A registry of a few lines: paths with their answers, behind a door.
struct Fake {
    address: String,
    seen: Arc<Mutex<Vec<String>>>,
}

#[derive(Clone, Default)]
struct Shelf {
    answers: BTreeMap<String, Answer>,
    /// The `Authorization` it wants, and how it says so.
    door: Option<(String, String)>,
}

impl Shelf {
    fn with(mut self, path: &str, status: u16, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        self.answers.insert(path.to_owned(), (status, kind.to_owned(), body.into()));
        self
    }

    fn answer(&self, path: &str, authorization: Option<&str>, address: &str) -> (u16, String, Vec<u8>) {
        if path.starts_with("/token") {
            let (status, kind, body) = self.answers["/token"].clone();
            return (status, format!("Content-Type: {kind}"), body);
        }
        match &self.door {
            Some((wanted, challenge)) if authorization != Some(wanted) => {
                let challenge = challenge.replace("ADDRESS", address);
                (401, format!("WWW-Authenticate: {challenge}"), b"who are you?".to_vec())
            }
            _ => match self.answers.get(path) {
                Some((status, kind, body)) => (*status, format!("Content-Type: {kind}"), body.clone()),
                None => (404, "Content-Type: application/json".into(), b"{}".to_vec()),
            },
        }
    }
}

impl Fake {
    async fn start(shelf: Shelf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let fake = Self { address: address.clone(), seen: Arc::clone(&seen) };
        let serve = async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    head.push(stream.read_u8().await.unwrap());
                }
                let head = String::from_utf8(head).unwrap();
                let path = head.split(' ').nth(1).unwrap().to_owned();
                let authorization = head.lines().find_map(|line| line.strip_prefix("authorization: "));
                let (status, header, body) = shelf.answer(&path, authorization, &address);
                seen.lock().unwrap().push(path);
                let head = format!(
                    "HTTP/1.1 {status} x\r\n{header}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                    body.len()
                );
                stream.write_all(&[head.as_bytes(), &body].concat()).await.unwrap();
            }
        };
        // It ends with the test's runtime.
        tokio::task::JoinSet::from_iter([serve]).detach_all();
        fake
    }

    fn remote(&self, credentials: Credentials) -> Remote {
        Remote::new(&format!("{}/team/app", self.address).parse().unwrap(), credentials).unwrap()
    }
}

const TAG: &str = "/v2/team/app/manifests/v1";
const KIND: &str = "application/vnd.oci.image.manifest.v1+json";

fn v1() -> Reference {
    Reference::Tag("v1".to_owned())
}

fn user() -> Credentials {
    Credentials::Basic { user: "user".into(), password: "pass".into() }
}

#[tokio::test]
async fn manifests_and_blobs_are_fetched() {
    let digest = Digest::of(b"blob");
    let shelf = Shelf::default().with(TAG, 200, KIND, "{}").with(
        &format!("/v2/team/app/blobs/sha256:{digest}"),
        200,
        "application/octet-stream",
        "blob",
    );
    let remote = Fake::start(shelf).await.remote(Credentials::Anonymous);
    let manifest = remote.manifest("team/app", &v1()).await.unwrap();
    assert_eq!(manifest, Manifest { bytes: Bytes::from_static(b"{}"), media_type: KIND.to_owned() });
    let blob: Vec<Bytes> = remote.blob("team/app", digest).await.unwrap().try_collect().await.unwrap();
    assert_eq!(blob.concat(), b"blob");
}

#[tokio::test]
async fn a_registry_with_passwords_is_shown_one() {
    let mut shelf = Shelf::default().with(TAG, 200, KIND, "{}");
    shelf.door = Some(("Basic dXNlcjpwYXNz".into(), "Basic realm=\"r\"".into()));
    let fake = Fake::start(shelf).await;
    fake.remote(user()).manifest("team/app", &v1()).await.unwrap();
    let denied = fake.remote(Credentials::Anonymous).manifest("team/app", &v1()).await;
    assert!(
        matches!(&denied, Err(ImageError::Denied { detail }) if detail.contains("who are you?")),
        "{denied:?}"
    );
}

#[tokio::test]
async fn a_registry_with_tokens_is_shown_one_and_asked_once() {
    let mut shelf = Shelf::default().with(TAG, 200, KIND, "{}").with(
        "/token",
        200,
        "application/json",
        "{\"token\": \"given\"}",
    );
    let challenge = "Bearer realm=\"http://ADDRESS/token\",service=\"s\"";
    shelf.door = Some(("Bearer given".into(), challenge.into()));
    let fake = Fake::start(shelf).await;
    let remote = fake.remote(user());
    remote.manifest("team/app", &v1()).await.unwrap();
    remote.manifest("team/app", &v1()).await.unwrap();
    let seen = fake.seen.lock().unwrap().clone();
    assert_eq!(seen.iter().filter(|path| path.starts_with("/token")).count(), 1, "{seen:?}");
    assert!(seen.iter().any(|path| path.contains("scope=repository%3Ateam%2Fapp%3Apull")), "{seen:?}");
    // A token of one's own needs no asking.
    fake.remote(Credentials::Bearer("given".into())).manifest("team/app", &v1()).await.unwrap();
    let wrong = fake.remote(Credentials::Bearer("wrong".into())).manifest("team/app", &v1()).await;
    assert!(matches!(wrong, Err(ImageError::Denied { .. })), "{wrong:?}");
}

#[tokio::test]
async fn what_a_registry_refuses_has_its_own_error() {
    let large = vec![b' '; IMAGE_MANIFEST_MAX_BYTES + 1];
    let shelf = Shelf::default()
        .with(TAG, 200, KIND, large)
        .with("/v2/team/app/manifests/denied", 403, "text/plain", "no")
        .with("/v2/team/app/manifests/broken", 500, "text/plain", "oh no");
    let remote = Fake::start(shelf).await.remote(Credentials::Anonymous);
    let get = |tag: &str| {
        let (remote, tag) = (&remote, Reference::Tag(tag.to_owned()));
        async move { remote.manifest("team/app", &tag).await.unwrap_err() }
    };
    assert!(matches!(get("v1").await, ImageError::ManifestTooLarge));
    assert!(matches!(get("none").await, ImageError::NotFound { .. }));
    assert!(matches!(get("denied").await, ImageError::Denied { .. }));
    assert!(matches!(get("broken").await, ImageError::Unreachable { .. }));
    let missing = remote.blob("team/app", Digest::of(b"")).await.err().unwrap();
    assert!(matches!(missing, ImageError::NotFound { .. }));
    let nobody = Remote::new(&"127.0.0.1:1/a".parse().unwrap(), Credentials::Anonymous).unwrap();
    let error = nobody.manifest("a", &v1()).await.unwrap_err();
    assert!(matches!(error, ImageError::Unreachable { .. }), "{error:?}");
}

#[test]
fn docker_hubs_own_images_have_a_longer_name() {
    let remote = Remote::new(&"docker.io/alpine:3".parse().unwrap(), Credentials::Anonymous).unwrap();
    assert_eq!((remote.registry.as_str(), remote.plain), ("registry-1.docker.io", false));
    assert_eq!(remote.full_name("alpine"), "library/alpine");
    assert_eq!(remote.full_name("team/app"), "team/app");
}
