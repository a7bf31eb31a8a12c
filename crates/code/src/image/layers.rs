//! Layers: each unpacked once, by the digest of its tar, and shared read-only by every image and environment that has it.
//!
//! A layer lies on disk as an overlay wants it: a whiteout is a character device 0:0, a folder that hides those below it has
//! the attribute `trusted.overlay.opaque` (`user.overlay.opaque` where the server may not set that one: the overlay is then
//! mounted with `userxattr`). Invariants and life are those of [`Trees`](crate::Trees), of which this is another shelf:
//! layers are a cache of their blobs.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use futures_util::{StreamExt as _, TryStreamExt as _};
use lambent_core::lambda::image::{Image, LayerRef};
use lambent_core::limits::{IMAGE_UNPACKED_MAX_BYTES, LAYERS_AT_ONCE_MAX};

use super::layer::{Budget, Source, unpack};
use super::{Compressed, ImageError};
use crate::Digest;
use crate::tree::{Collected, Tree, Trees};

/// One unpacked layer; while a clone of it lives, its files stay on disk.
#[derive(Debug, Clone)]
pub struct Layer(Tree);

impl Layer {
    /// The digest of its tar.
    #[must_use]
    pub fn diff_id(&self) -> Digest {
        self.0.digest()
    }

    /// The folder with its files: a lower layer of an overlay. The same for every image that has the layer, as long as this
    /// handle lives.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The sum of its files' sizes.
    #[must_use]
    pub fn unpacked_bytes(&self) -> u64 {
        self.0.unzipped_bytes()
    }
}

/// All unpacked layers of this server; a clone is another handle to the same.
#[derive(Debug, Clone)]
pub struct Layers(Trees);

impl Layers {
    /// Opens the folder of layers, made if it isn't there; one server at a time. What a crash left or what was unpacked before
    /// the last boot is taken out of sight, and deleted by [`Layers::sweep`].
    ///
    /// # Errors
    /// When the folder cannot be made, read or written.
    pub fn open(folder: impl Into<PathBuf>) -> io::Result<Self> {
        Trees::open(folder).map(Self)
    }

    /// A layer that was unpacked before, without its blob.
    #[must_use]
    pub fn get(&self, diff_id: &Digest) -> Option<Layer> {
        self.0.get(diff_id).map(Layer)
    }

    /// The layer, unpacked now from the bytes of its blob unless it is there; of many callers at once one does the work, and
    /// the streams of the others are dropped unread. Nobody sees the layer before the digests of the blob and of the tar were
    /// found right.
    ///
    /// Hold the handle until the `diff_id` is in the `keep` of every [`Layers::collect`] to come.
    ///
    /// # Errors
    /// [`ImageError`] as for unpacking; nothing is left on disk then.
    pub async fn unpack(&self, layer: LayerRef, blob: Compressed) -> Result<Layer, ImageError> {
        self.unpack_within(layer, blob, Budget::new(IMAGE_UNPACKED_MAX_BYTES)).await
    }

    async fn unpack_within(
        &self,
        layer: LayerRef,
        blob: Compressed,
        files: Budget,
    ) -> Result<Layer, ImageError> {
        let source = Source::new(blob, tokio::runtime::Handle::current());
        let fill = move |into: &Path| unpack(source, &layer, into, files);
        self.0.filled(layer.diff_id, ImageError::storage, fill).await.map(Layer)
    }

    /// All layers of an image, the lowest first, several unpacked at the same time; one that the image has twice stands where
    /// it is on top. `open` gives the bytes of a blob, and is asked for those only that are not there yet. Progress is
    /// [`Layers::get`] of each.
    ///
    /// # Errors
    /// As for [`Layers::unpack`]; [`ImageError::TooLarge`] if they are above 10 GB together.
    pub async fn unpack_image<F, O>(&self, image: &Image, open: F) -> Result<Vec<Layer>, ImageError>
    where
        F: Fn(LayerRef) -> O,
        O: Future<Output = Result<Compressed, ImageError>>,
    {
        let files = Budget::new(IMAGE_UNPACKED_MAX_BYTES);
        let one = |layer: LayerRef| {
            let (blob, files) = (open(layer), files.clone());
            async move {
                match self.get(&layer.diff_id) {
                    Some(layer) if files.take(layer.unpacked_bytes()) => Ok(layer),
                    Some(_) => Err(ImageError::TooLarge),
                    None => self.unpack_within(layer, blob.await?, files).await,
                }
            }
        };
        let jobs = futures_util::stream::iter(without_repeats(&image.layers)).map(one);
        let layers: Vec<Layer> = jobs.buffered(LAYERS_AT_ONCE_MAX).try_collect().await?;
        // Those that others unpacked in the meantime were not taken from the budget.
        let sum: u64 = layers.iter().map(Layer::unpacked_bytes).sum();
        if sum > IMAGE_UNPACKED_MAX_BYTES { Err(ImageError::TooLarge) } else { Ok(layers) }
    }

    /// Removes the layers that are neither in `keep`, by their `diff_id`, nor in use, and what [`Layers::sweep`] removes.
    ///
    /// # Errors
    /// When the disk refuses; what was not removed is tried again next time.
    pub async fn collect(&self, keep: BTreeSet<Digest>) -> io::Result<Collected> {
        self.0.collect(keep).await
    }

    /// Deletes what a crash, an older boot or a failed [`Layers::collect`] left behind.
    ///
    /// # Errors
    /// When the disk refuses; it is tried again next time.
    pub async fn sweep(&self) -> io::Result<()> {
        self.0.sweep().await
    }
}

/// An overlay refuses a folder that it has twice. The upper one says all that the lower one does, so that one goes.
fn without_repeats(layers: &[LayerRef]) -> Vec<LayerRef> {
    let is_last = |at: usize| layers[at + 1..].iter().all(|later| later.diff_id != layers[at].diff_id);
    (0..layers.len()).filter(|at| is_last(*at)).map(|at| layers[at]).collect()
}
