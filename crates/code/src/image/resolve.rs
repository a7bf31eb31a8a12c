//! From the name of an image to what its manifest and configuration say. Never fetches a layer.
//!
//! AWS refuses an index. Here the image for the function's processor is taken out of it, as an index is what most registries
//! hold and what builders push by default.

mod configuration;
mod manifest;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use lambent_core::lambda::architecture::Architecture;
use lambent_core::lambda::image::{Image, ImageUri, LayerRef, Reference};
use lambent_core::limits::{
    IMAGE_CONFIGURATION_MAX_BYTES, IMAGE_LAYERS_MAX, IMAGE_MANIFEST_MAX_BYTES, IMAGE_UNPACKED_MAX_BYTES,
};

use super::{ImageError, Manifest, Registry};
use crate::Digest;
use manifest::{Document, Parts};

/// Resolves a name: asks for the manifest and the configuration, checks both against their digests, and says what a function
/// keeps. Of an index it is the image for Linux on `architecture`; an image by itself is taken whatever it was built for.
///
/// # Errors
/// [`ImageError`], but for those of unpacking.
pub async fn resolve(
    registry: &dyn Registry,
    uri: &ImageUri,
    architecture: Architecture,
) -> Result<Image, ImageError> {
    let (digest, parts) = image_manifest(registry, uri, architecture).await?;
    check_layers(&parts)?;
    let text = small_blob(registry, &uri.repository, parts.configuration).await?;
    let configuration = configuration::read(&text)?;
    if configuration.diff_ids.len() != parts.layers.len() {
        let detail = format!("{} diff_ids for {} layers", configuration.diff_ids.len(), parts.layers.len());
        return Err(ImageError::Unreadable { document: "configuration", detail });
    }
    let layers = parts.layers.iter().zip(&configuration.diff_ids);
    Ok(Image {
        uri: uri.to_string(),
        resolved_uri: uri.resolved(digest),
        manifest: digest,
        configuration: parts.configuration,
        layers: layers.map(|(&(digest, bytes), &diff_id)| LayerRef { digest, diff_id, bytes }).collect(),
        config: configuration.process,
        architecture: configuration.architecture,
    })
}

/// The manifest of one image, through an index if the name is one's.
async fn image_manifest(
    registry: &dyn Registry,
    uri: &ImageUri,
    architecture: Architecture,
) -> Result<(Digest, Parts), ImageError> {
    let (digest, document) = document(registry, &uri.repository, &uri.reference).await?;
    let chosen = match document {
        Document::Image(parts) => return Ok((digest, parts)),
        Document::Index(index) => index.choose(architecture)?,
    };
    match self::document(registry, &uri.repository, &Reference::Digest(chosen)).await? {
        (digest, Document::Image(parts)) => Ok((digest, parts)),
        (_, Document::Index(_)) => Err(ImageError::MediaType { found: "an index in an index".to_owned() }),
    }
}

async fn document(
    registry: &dyn Registry,
    repository: &str,
    reference: &Reference,
) -> Result<(Digest, Document), ImageError> {
    let manifest = registry.manifest(repository, reference).await?;
    if manifest.bytes.len() > IMAGE_MANIFEST_MAX_BYTES {
        return Err(ImageError::ManifestTooLarge);
    }
    let digest = Digest::of(&manifest.bytes);
    if let Reference::Digest(expected) = reference {
        check_digest("the manifest", *expected, digest)?;
    }
    Ok((digest, read(&manifest)?))
}

/// What a manifest's bytes say, without a registry.
fn read(manifest: &Manifest) -> Result<Document, ImageError> {
    manifest::read(&manifest.bytes, &manifest.media_type)
}

fn check_layers(parts: &Parts) -> Result<(), ImageError> {
    if parts.layers.len() > IMAGE_LAYERS_MAX {
        return Err(ImageError::TooManyLayers { layers: parts.layers.len() });
    }
    let sum = parts.layers.iter().try_fold(0_u64, |sum, (_, bytes)| sum.checked_add(*bytes));
    if sum.is_none_or(|sum| sum > IMAGE_UNPACKED_MAX_BYTES) {
        return Err(ImageError::TooLarge);
    }
    Ok(())
}

async fn small_blob(registry: &dyn Registry, repository: &str, digest: Digest) -> Result<Bytes, ImageError> {
    let mut stream = registry.blob(repository, digest).await?;
    let mut bytes = Vec::new();
    let unreachable = |error: std::io::Error| ImageError::Unreachable { detail: error.to_string() };
    while let Some(piece) = stream.try_next().await.map_err(unreachable)? {
        bytes.extend_from_slice(&piece);
        if bytes.len() as u64 > IMAGE_CONFIGURATION_MAX_BYTES {
            let detail = format!("more than {IMAGE_CONFIGURATION_MAX_BYTES} bytes");
            return Err(ImageError::Unreadable { document: "configuration", detail });
        }
    }
    check_digest("the configuration", digest, Digest::of(&bytes))?;
    Ok(bytes.into())
}

fn check_digest(what: &'static str, expected: Digest, actual: Digest) -> Result<(), ImageError> {
    if expected == actual { Ok(()) } else { Err(ImageError::WrongDigest { what, expected, actual }) }
}
