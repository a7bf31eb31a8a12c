//! Where bytes from outside come into this crate, each as a function of the bytes: for `fuzz/` and for the corpora that it
//! found. Nothing is returned: what must hold is asserted.

#![expect(clippy::unwrap_used, reason = "a finding is a panic")]

use std::path::Path;
use std::sync::LazyLock;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream;
use lambent_code::image::{Compressed, ImageError, Layers, Manifest, Registry, resolve};
use lambent_code::{Digest, Trees};
use lambent_core::lambda::architecture::Architecture;
use lambent_core::lambda::image::{LayerRef, Reference};
use tempfile::TempDir;
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// A folder whose neighbour nothing may touch.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        std::fs::write(place.0.path().join("neighbour"), "untouched").unwrap();
        place
    }

    /// Nothing beside the shelf changed, and nothing half-made is left in it.
    fn check(&self, shelf: &Path) {
        assert_eq!(std::fs::read_to_string(self.0.path().join("neighbour")).unwrap(), "untouched");
        assert_eq!(std::fs::read_dir(self.0.path()).unwrap().count(), 2);
        assert_eq!(std::fs::read_dir(shelf.join("staging")).unwrap().count(), 0);
    }
}

/// A layer of an image: a tar, compressed or not. The digests are right, so that the bytes are looked at.
pub(crate) fn layer(bytes: &[u8]) {
    let place = Place::new();
    let shelf = place.0.path().join("layers");
    let layers = Layers::open(&shelf).unwrap();
    let digest = Digest::of(bytes);
    let layer = LayerRef { digest, diff_id: digest, bytes: bytes.len() as u64 };
    let blob: Compressed = Box::pin(stream::iter([Ok(Bytes::copy_from_slice(bytes))]));
    match RUNTIME.block_on(layers.unpack(layer, blob)) {
        Ok(_) => {}
        Err(error) => assert!(!matches!(error, ImageError::Storage { .. }), "{error:?}"),
    }
    place.check(&shelf);
}

/// A zip of a function.
pub(crate) fn zip(bytes: &[u8]) {
    let place = Place::new();
    let shelf = place.0.path().join("trees");
    let trees = Trees::open(&shelf).unwrap();
    drop(RUNTIME.block_on(trees.unpack(Bytes::copy_from_slice(bytes))));
    place.check(&shelf);
}

/// A manifest or an index under a tag; whatever it refers to is itself again.
pub(crate) fn manifest(bytes: &[u8]) {
    let bytes = Bytes::copy_from_slice(bytes);
    ask(&Echo { manifest: bytes.clone(), blob: bytes });
}

/// The configuration of an image of two layers.
pub(crate) fn configuration(bytes: &[u8]) {
    let digest = Digest::of(bytes);
    let layer = format!(
        r#"{{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "sha256:{digest}", "size": 5}}"#
    );
    let manifest = format!(
        r#"{{"schemaVersion": 2, "layers": [{layer}, {layer}], "config": {{"mediaType":
            "application/vnd.oci.image.config.v1+json", "digest": "sha256:{digest}", "size": 7}}}}"#
    );
    ask(&Echo { manifest: manifest.into(), blob: Bytes::copy_from_slice(bytes) });
}

fn ask(registry: &Echo) {
    let uri = "r.io/a:t".parse().unwrap();
    if let Ok(image) = RUNTIME.block_on(resolve(registry, &uri, Architecture::X86_64)) {
        assert_eq!(image.manifest, Digest::of(&registry.manifest));
        let kept = serde_json::to_string(&image).unwrap();
        assert_eq!(serde_json::from_str::<lambent_core::lambda::image::Image>(&kept).unwrap(), image);
    }
}

/// A registry that has one manifest and one blob, whatever is asked for.
struct Echo {
    manifest: Bytes,
    blob: Bytes,
}

#[async_trait]
impl Registry for Echo {
    async fn manifest(&self, _: &str, _: &Reference) -> Result<Manifest, ImageError> {
        Ok(Manifest { bytes: self.manifest.clone(), media_type: String::new() })
    }

    async fn blob(&self, _: &str, _: Digest) -> Result<Compressed, ImageError> {
        Ok(Box::pin(stream::iter([Ok(self.blob.clone())])))
    }
}
