//! Container images as functions: how an image is named, and what is known of one once its name is resolved. Never
//! reads a manifest or a registry itself.
//!
//! Sources: <https://docs.aws.amazon.com/lambda/latest/dg/images-create.html>,
//! <https://github.com/distribution/reference> (the grammar of names)

#[cfg(test)]
mod tests;
mod uri;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::lambda::architecture::Architecture;

pub use uri::{ImageUri, NotAnImageUri, Reference};

/// An image whose name was resolved: what a function keeps of it, so that it goes on when the registry loses the image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// The name as it was given.
    pub uri: String,
    /// The same image by the digest of its manifest: `registry/repository@sha256:…`.
    pub resolved_uri: String,
    /// The SHA-256 of the manifest's bytes: what `CodeSha256` shows. Of an index it is the manifest that was chosen.
    pub manifest: Digest,
    /// The SHA-256 of the configuration's bytes.
    pub configuration: Digest,
    /// The lowest first.
    pub layers: Vec<LayerRef>,
    /// What it says of the process to start.
    pub config: ImageProcess,
    /// What it was built for. AWS takes an image of the wrong one, whose programs then do not start.
    pub architecture: Architecture,
}

impl Image {
    /// The sum of its layers' sizes as they are stored, compressed.
    #[must_use]
    pub fn compressed_bytes(&self) -> u64 {
        self.layers.iter().map(|layer| layer.bytes).sum()
    }
}

/// One layer of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerRef {
    /// The SHA-256 of the blob, compressed as it may be.
    pub digest: Digest,
    /// The SHA-256 of the tar in it: two compressions of one tar are one layer.
    pub diff_id: Digest,
    /// The size of the blob.
    pub bytes: u64,
}

/// What an image says of the process to start. `ImageConfig` of the function may put something else in each place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageProcess {
    /// `ENTRYPOINT`; empty if there is none.
    pub entry_point: Vec<String>,
    /// `CMD`; empty if there is none.
    pub command: Vec<String>,
    /// `WORKDIR`; `None` if there is none, which means `/`.
    pub working_directory: Option<String>,
    /// `ENV`.
    pub environment: BTreeMap<String, String>,
    /// `USER`, which Lambda ignores.
    pub user: Option<String>,
}
