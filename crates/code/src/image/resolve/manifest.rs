//! Manifests and indexes, OCI's and Docker's. Never trusts their sizes: what is fetched is counted again.
//!
//! Sources: <https://github.com/opencontainers/image-spec/blob/main/manifest.md>,
//! <https://distribution.github.io/distribution/spec/manifest-v2-2/>

use lambent_core::lambda::architecture::Architecture;
use oci_spec::image::{Arch, Descriptor, DigestAlgorithm, ImageIndex, ImageManifest, Os};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::Digest;
use crate::image::ImageError;

const IMAGES: &[&str] =
    &["application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json"];
const INDEXES: &[&str] =
    &["application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"];
const CONFIGURATIONS: &[&str] =
    &["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];
const LAYERS: &[&str] = &[
    "application/vnd.oci.image.layer.v1.tar",
    "application/vnd.oci.image.layer.v1.tar+gzip",
    "application/vnd.oci.image.layer.v1.tar+zstd",
    "application/vnd.docker.image.rootfs.diff.tar",
    "application/vnd.docker.image.rootfs.diff.tar.gzip",
    "application/vnd.docker.image.rootfs.diff.tar.zstd",
];

/// What a registry may hold under the name of an image.
#[derive(Debug)]
pub(super) enum Document {
    Image(Parts),
    Index(Box<Index>),
}

/// What an image is made of.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) configuration: Digest,
    /// The lowest first, each with its size.
    pub(super) layers: Vec<(Digest, u64)>,
}

/// Images for several processors.
#[derive(Debug)]
pub(super) struct Index(ImageIndex);

/// What tells the two kinds apart before either is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sketch {
    media_type: Option<String>,
    layers: Option<IgnoredAny>,
    manifests: Option<IgnoredAny>,
}

/// Reads a document that came with the `Content-Type` `media_type`.
pub(super) fn read(bytes: &[u8], media_type: &str) -> Result<Document, ImageError> {
    let sketch: Sketch = serde_json::from_slice(bytes).map_err(unreadable)?;
    let stated = media_type.split(';').next().unwrap_or_default().trim();
    // The document's own word is covered by its digest, the header's is not.
    let kind = sketch.media_type.as_deref().unwrap_or(stated);
    match (sketch.layers.is_some(), sketch.manifests.is_some()) {
        // Each reader could take it for something else.
        (true, true) => Err(unsupported("layers and manifests in one document")),
        (false, true) if INDEXES.contains(&kind) || is_plain(kind) => index(bytes),
        (true, false) if IMAGES.contains(&kind) || is_plain(kind) => image(bytes),
        _ => Err(unsupported(kind)),
    }
}

/// Static file servers know no better.
fn is_plain(kind: &str) -> bool {
    ["", "application/json", "application/octet-stream", "text/plain"].contains(&kind)
}

fn index(bytes: &[u8]) -> Result<Document, ImageError> {
    let index: ImageIndex = serde_json::from_slice(bytes).map_err(unreadable)?;
    check_version(index.schema_version())?;
    Ok(Document::Index(Box::new(Index(index))))
}

fn image(bytes: &[u8]) -> Result<Document, ImageError> {
    let manifest: ImageManifest = serde_json::from_slice(bytes).map_err(unreadable)?;
    check_version(manifest.schema_version())?;
    check_kind(manifest.config(), CONFIGURATIONS)?;
    let layer = |layer: &Descriptor| {
        check_kind(layer, LAYERS)?;
        Ok((digest_of(layer)?, layer.size()))
    };
    let layers = manifest.layers().iter().map(layer).collect::<Result<_, ImageError>>()?;
    Ok(Document::Image(Parts { configuration: digest_of(manifest.config())?, layers }))
}

impl Index {
    /// The manifest for Linux on a processor, the first of several.
    pub(super) fn choose(&self, architecture: Architecture) -> Result<Digest, ImageError> {
        let wanted = match architecture {
            Architecture::X86_64 => Arch::Amd64,
            Architecture::Arm64 => Arch::ARM64,
        };
        let fits = |entry: &&Descriptor| {
            let platform = entry.platform().as_ref();
            platform.is_some_and(|it| *it.os() == Os::Linux && *it.architecture() == wanted)
        };
        let found = self.0.manifests().iter().find(fits);
        digest_of(found.ok_or(ImageError::NoSuchArchitecture { architecture })?)
    }
}

fn check_version(version: u32) -> Result<(), ImageError> {
    if version == 2 { Ok(()) } else { Err(unsupported(&format!("schema version {version}"))) }
}

fn check_kind(descriptor: &Descriptor, allowed: &[&str]) -> Result<(), ImageError> {
    let kind = descriptor.media_type().to_string();
    if allowed.contains(&kind.as_str()) { Ok(()) } else { Err(unsupported(&kind)) }
}

fn digest_of(descriptor: &Descriptor) -> Result<Digest, ImageError> {
    let digest = descriptor.digest();
    match (digest.algorithm(), digest.digest().parse()) {
        (DigestAlgorithm::Sha256, Ok(digest)) => Ok(digest),
        _ => Err(unsupported(&format!("the digest {digest}"))),
    }
}

fn unsupported(found: &str) -> ImageError {
    ImageError::MediaType { found: found.to_owned() }
}

fn unreadable(error: serde_json::Error) -> ImageError {
    ImageError::Unreadable { document: "manifest", detail: error.to_string() }
}
