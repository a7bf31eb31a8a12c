//! A registry over HTTP. Signs in through `oci-client`, which knows the ways of registries with tokens; what it would read into
//! memory whole, manifests and errors, is fetched here with a limit.
//!
//! Never keeps a token longer than itself, and never speaks plain HTTP but to this machine.
//!
//! Source: <https://github.com/opencontainers/distribution-spec/blob/main/spec.md>

mod credentials;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use http::{StatusCode, header};
use lambent_core::lambda::image::{ImageUri, Reference};
use lambent_core::limits::{
    IMAGE_MANIFEST_MAX_BYTES, REGISTRY_ANSWER_MAX, REGISTRY_CONNECT_MAX, REGISTRY_STALL_MAX,
};
use oci_client::client::{ClientConfig, ClientProtocol};
use oci_client::errors::OciDistributionError;
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, RegistryOperation};
use reqwest::{RequestBuilder, Response};

use super::{Compressed, ImageError, Manifest, Registry};
use crate::Digest;

pub use credentials::{Credentials, NotDockersConfig};

/// Everything a registry may answer with, so that it does not convert: what cannot be used is refused by its media type.
const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, \
    application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.index.v1+json, \
    application/vnd.docker.distribution.manifest.list.v2+json";
const DOCKER_HUB: &str = "docker.io";
const DOCKER_HUB_HOST: &str = "registry-1.docker.io";
/// How much is read of what a registry says when it refuses.
const REFUSAL_MAX_BYTES: usize = 1024;

/// A registry that is reached over HTTP, by TLS unless it is on this machine.
pub struct Remote {
    registry: String,
    plain: bool,
    credentials: Credentials,
    /// For signing in.
    client: Client,
    http: reqwest::Client,
    /// The `Authorization` by repository, as tokens are given.
    tokens: Mutex<BTreeMap<String, Option<String>>>,
}

impl std::fmt::Debug for Remote {
    /// Without the credentials.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remote").field("registry", &self.registry).finish_non_exhaustive()
    }
}

impl Remote {
    /// The registry of `uri`.
    ///
    /// # Errors
    /// [`ImageError::Unreachable`] if no TLS can be spoken here: the certificates of the system cannot be read.
    pub fn new(uri: &ImageUri, credentials: Credentials) -> Result<Self, ImageError> {
        // Only the first call in a process does something, and all would install the same.
        drop(rustls::crypto::ring::default_provider().install_default());
        let plain = uri.is_loopback();
        let host = if uri.registry == DOCKER_HUB { DOCKER_HUB_HOST } else { &uri.registry };
        Ok(Self {
            registry: host.to_owned(),
            plain,
            credentials,
            client: Client::try_from(config(plain)).map_err(|error| unreachable(&error))?,
            http: http_client(plain).map_err(|error| unreachable(&error))?,
            tokens: Mutex::default(),
        })
    }

    /// Asks for a path of a repository, signing in when the registry wants it: once more if a token ran out.
    async fn get(&self, repository: &str, path: &str, accept: &str) -> Result<Response, ImageError> {
        let repository = self.full_name(repository);
        let scheme = if self.plain { "http" } else { "https" };
        let url = format!("{scheme}://{}/v2/{repository}/{path}", self.registry);
        let request = || self.http.get(&url).header(header::ACCEPT, accept);
        let known = self.tokens.lock().unwrap_or_else(PoisonError::into_inner).get(&repository).cloned();
        let asked = known.is_some();
        let token = match known {
            Some(token) => token,
            None => self.sign_in(&repository).await?,
        };
        let answer = send(request(), token).await?;
        if answer.status() == StatusCode::UNAUTHORIZED && asked {
            let token = self.sign_in(&repository).await?;
            return check(send(request(), token).await?, path).await;
        }
        check(answer, path).await
    }

    /// The `Authorization` for a repository, `None` if the registry wants none.
    async fn sign_in(&self, repository: &str) -> Result<Option<String>, ImageError> {
        // The tag plays no part in what is asked for.
        let image = oci_client::Reference::with_tag(
            self.registry.clone(),
            repository.to_owned(),
            "latest".to_owned(),
        );
        let auth = match &self.credentials {
            Credentials::Anonymous => RegistryAuth::Anonymous,
            Credentials::Basic { user, password } => RegistryAuth::Basic(user.clone(), password.clone()),
            Credentials::Bearer(token) => RegistryAuth::Bearer(token.clone()),
        };
        let given = within(self.client.auth(&image, &auth, RegistryOperation::Pull)).await?;
        let given = given.map_err(|error| {
            let OciDistributionError::AuthenticationFailure(said) = &error else {
                return unreachable(&error);
            };
            ImageError::Denied { detail: said.chars().take(REFUSAL_MAX_BYTES).collect() }
        })?;
        let token = given.map(|token| format!("Bearer {token}")).or_else(|| self.credentials.basic());
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.insert(repository.to_owned(), token.clone());
        Ok(token)
    }

    /// What Docker's own images are called without it.
    fn full_name(&self, repository: &str) -> String {
        if self.registry == DOCKER_HUB_HOST && !repository.contains('/') {
            return format!("library/{repository}");
        }
        repository.to_owned()
    }
}

#[async_trait]
impl Registry for Remote {
    async fn manifest(&self, repository: &str, reference: &Reference) -> Result<Manifest, ImageError> {
        let answer = self.get(repository, &format!("manifests/{reference}"), MANIFESTS).await?;
        let media_type = answer.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let media_type = media_type.unwrap_or_default().to_owned();
        let bytes =
            within(read(answer, IMAGE_MANIFEST_MAX_BYTES)).await??.ok_or(ImageError::ManifestTooLarge)?;
        Ok(Manifest { bytes, media_type })
    }

    async fn blob(&self, repository: &str, digest: Digest) -> Result<Compressed, ImageError> {
        let answer = self.get(repository, &format!("blobs/sha256:{digest}"), "*/*").await?;
        Ok(Box::pin(answer.bytes_stream().map_err(io::Error::other)))
    }
}

fn config(plain: bool) -> ClientConfig {
    let mut config = ClientConfig {
        protocol: if plain { ClientProtocol::Http } else { ClientProtocol::Https },
        connect_timeout: Some(REGISTRY_CONNECT_MAX),
        read_timeout: Some(REGISTRY_STALL_MAX),
        user_agent: concat!("lambent/", env!("CARGO_PKG_VERSION")),
        ..ClientConfig::default()
    };
    if plain {
        // The environment's proxy is not asked for this machine. A proxy that is never used is how to say so here.
        config.http_proxy = Some("http://127.0.0.1:1".to_owned());
        config.no_proxy = Some("127.0.0.0/8,::1,localhost".to_owned());
    }
    config
}

fn http_client(plain: bool) -> reqwest::Result<reqwest::Client> {
    let builder = reqwest::Client::builder()
        .connect_timeout(REGISTRY_CONNECT_MAX)
        .read_timeout(REGISTRY_STALL_MAX)
        .user_agent(concat!("lambent/", env!("CARGO_PKG_VERSION")));
    if plain { builder.no_proxy().build() } else { builder.build() }
}

async fn send(request: RequestBuilder, token: Option<String>) -> Result<Response, ImageError> {
    let request = match token {
        Some(token) => request.header(header::AUTHORIZATION, token),
        None => request,
    };
    request.send().await.map_err(|error| unreachable(&error))
}

/// The answer, if it is what was asked for.
async fn check(answer: Response, path: &str) -> Result<Response, ImageError> {
    let status = answer.status();
    match status {
        StatusCode::OK => return Ok(answer),
        StatusCode::NOT_FOUND => return Err(ImageError::NotFound { what: path.to_owned() }),
        _ => {}
    }
    let said = read(answer, REFUSAL_MAX_BYTES).await.ok().flatten().unwrap_or_default();
    let detail = format!("{status}: {}", String::from_utf8_lossy(&said).trim());
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(ImageError::Denied { detail }),
        _ => Err(ImageError::Unreachable { detail }),
    }
}

/// What a registry sends in time: one that sends a byte now and then is not stalled, and never done.
async fn within<T>(answer: impl Future<Output = T>) -> Result<T, ImageError> {
    let late =
        |_| ImageError::Unreachable { detail: format!("no whole answer within {REGISTRY_ANSWER_MAX:?}") };
    tokio::time::timeout(REGISTRY_ANSWER_MAX, answer).await.map_err(late)
}

/// A body, `None` if it is longer than `max` bytes.
async fn read(mut answer: Response, max: usize) -> Result<Option<Bytes>, ImageError> {
    let mut bytes = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|error| unreachable(&error))? {
        if bytes.len() + piece.len() > max {
            return Ok(None);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Some(bytes.into()))
}

/// With its causes, which say what happened.
fn unreachable(error: &(dyn std::error::Error + 'static)) -> ImageError {
    let causes = std::iter::successors(Some(error), |error| error.source());
    ImageError::Unreachable { detail: causes.map(ToString::to_string).collect::<Vec<_>>().join(": ") }
}
