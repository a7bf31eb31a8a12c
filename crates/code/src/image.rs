//! Container images: names resolved at a registry, and layers unpacked once each, for an overlay to lay over each other.
//!
//! Never keeps a compressed blob, never mounts anything, and never trusts a registry: each byte is checked against the
//! digest that names it before it is used.
//!
//! Sources: <https://github.com/opencontainers/image-spec>, <https://github.com/opencontainers/distribution-spec>

mod error;
mod layer;
mod layers;
mod remote;
mod resolve;

use std::io;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use lambent_core::lambda::image::Reference;

use crate::Digest;

pub use error::{ImageError, LayerFault};
pub use layers::{Layer, Layers};
pub use remote::{Credentials, NotDockersConfig, Remote};
pub use resolve::resolve;

/// One registry's images.
#[async_trait]
pub trait Registry: Send + Sync {
    /// The manifest or index of an image. The caller checks it against the digest asked for.
    ///
    /// # Errors
    /// [`ImageError::NotFound`], [`ImageError::Denied`], [`ImageError::Unreachable`],
    /// [`ImageError::ManifestTooLarge`].
    async fn manifest(&self, repository: &str, reference: &Reference) -> Result<Manifest, ImageError>;

    /// A blob of a repository, as it is stored. The caller checks it against the digest.
    ///
    /// # Errors
    /// As for the manifest.
    async fn blob(&self, repository: &str, digest: Digest) -> Result<Compressed, ImageError>;
}

/// The bytes of a blob as they come.
pub type Compressed = BoxStream<'static, io::Result<Bytes>>;

/// A manifest or an index, not yet read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// As stored: their SHA-256 is its digest.
    pub bytes: Bytes,
    /// The `Content-Type` it came with; empty if it came with none.
    pub media_type: String,
}
