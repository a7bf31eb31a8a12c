//! What can be wrong with an image, and the words AWS has for it. Never chooses an AWS error code.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/images-create.html>

use std::io;

use lambent_core::lambda::architecture::Architecture;
use lambent_core::limits::{
    IMAGE_LAYERS_MAX, IMAGE_MANIFEST_MAX_BYTES, IMAGE_UNPACKED_MAX_BYTES, LAYER_ENTRIES_MAX,
};

use crate::Digest;

/// Why an image cannot be a function's code.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// The registry has no such repository, tag, manifest or blob.
    #[error("the registry has no {what}")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// The registry wants credentials, or refuses those it got.
    #[error("the registry denies access: {detail}")]
    Denied {
        /// What it said.
        detail: String,
    },
    /// The registry did not answer, or not as a registry does.
    #[error("the registry does not answer: {detail}")]
    Unreachable {
        /// What was met.
        detail: String,
    },
    /// The manifest, the configuration or a layer is of a kind that no function can be made of.
    #[error("unsupported media type: {found}")]
    MediaType {
        /// What was found.
        found: String,
    },
    /// The index has no image for Linux on this processor.
    #[error("the index has no image for linux on {}", .architecture.as_str())]
    NoSuchArchitecture {
        /// What was looked for.
        architecture: Architecture,
    },
    /// The manifest or configuration cannot be read.
    #[error("the {document} cannot be read: {detail}")]
    Unreadable {
        /// Which of the two.
        document: &'static str,
        /// What the reader met.
        detail: String,
    },
    /// The manifest or index is too large.
    #[error("the manifest has more than {IMAGE_MANIFEST_MAX_BYTES} bytes")]
    ManifestTooLarge,
    /// More layers than an image may have.
    #[error("the image has {layers} layers, above {IMAGE_LAYERS_MAX}")]
    TooManyLayers {
        /// How many.
        layers: usize,
    },
    /// The layers together are too large, as the manifest says or as they unpack.
    #[error("the image has more than {IMAGE_UNPACKED_MAX_BYTES} bytes")]
    TooLarge,
    /// The bytes are not those that the digest names: changed, or cut off.
    #[error("{what} has the digest sha256:{actual}, not sha256:{expected}")]
    WrongDigest {
        /// What was fetched.
        what: &'static str,
        /// What the manifest or the name says.
        expected: Digest,
        /// What came.
        actual: Digest,
    },
    /// A layer that ends early, or is no tar, or is compressed in no known way.
    #[error("layer sha256:{layer} is damaged: {detail}")]
    Damaged {
        /// Its blob.
        layer: Digest,
        /// What the reader met.
        detail: String,
    },
    /// A layer with more in it than any real one.
    #[error("layer sha256:{layer} has more than {LAYER_ENTRIES_MAX} entries")]
    TooManyEntries {
        /// Its blob.
        layer: Digest,
    },
    /// One entry of a layer cannot be unpacked.
    #[error("layer sha256:{layer}: entry {entry:?} {fault}")]
    Entry {
        /// The blob of the layer.
        layer: Digest,
        /// The entry's name, made printable.
        entry: String,
        /// What is wrong with it.
        fault: LayerFault,
    },
    /// The server's disk is full, or its quota or inodes are used up. Nothing was left behind.
    #[error("no space left to unpack the image")]
    DiskFull,
    /// The bytes of a layer stopped coming.
    #[error("cannot read layer sha256:{layer}")]
    Stopped {
        /// Its blob.
        layer: Digest,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The server could not write. Nothing was left behind.
    #[error("cannot {doing}")]
    Storage {
        /// What it tried, in words that follow "cannot".
        doing: &'static str,
        /// Why not.
        #[source]
        source: io::Error,
    },
}

/// What is wrong with one entry of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LayerFault {
    /// Its path climbs out of the layer with `..`.
    #[error("climbs out of its layer")]
    Escapes,
    /// Its name is none that a file can have, or a whiteout of nothing.
    #[error("has a name that no file can have")]
    BadName,
    /// A part longer than 255 bytes, or a path longer than 4,095.
    #[error("has too long a name")]
    NameTooLong,
    /// Its folder is a file, or a symlink that leads nowhere.
    #[error("lies in something that is not a folder")]
    ParentNotAFolder,
    /// A hard link to something that is not a file or symlink of the same layer.
    #[error("is a hard link to nothing in its layer")]
    BadLink,
    /// The target of a symlink is empty or too long.
    #[error("has a symlink target that cannot be")]
    BadSymlinkTarget,
    /// A kind of entry that is not known, or a sparse file in the POSIX form.
    #[error("is of a kind that cannot be unpacked")]
    UnknownKind,
}

impl ImageError {
    /// AWS's message for the caller's fault; `None` where the server or the registry is at fault.
    #[must_use]
    pub fn aws_message(&self, uri: &str) -> Option<String> {
        match self {
            Self::NotFound { .. } => {
                Some(format!("Source image {uri} does not exist. Provide a valid source image."))
            }
            Self::Denied { .. } => Some(
                "Lambda does not have permission to access the ECR image. Check the ECR permissions."
                    .to_owned(),
            ),
            Self::MediaType { .. } | Self::NoSuchArchitecture { .. } => Some(format!(
                "The image manifest, config or layer media type for the source image {uri} is not supported."
            )),
            Self::Unreadable { .. }
            | Self::ManifestTooLarge
            | Self::TooManyLayers { .. }
            | Self::TooLarge
            | Self::WrongDigest { .. }
            | Self::Damaged { .. }
            | Self::TooManyEntries { .. }
            | Self::Entry { .. } => {
                Some(format!("Source image {uri} is not valid. Provide a valid source image."))
            }
            Self::Unreachable { .. } | Self::Stopped { .. } | Self::DiskFull | Self::Storage { .. } => None,
        }
    }

    /// The server's fault, sorted into a full disk and the rest.
    pub(crate) fn storage(doing: &'static str, source: io::Error) -> Self {
        if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            return Self::DiskFull;
        }
        Self::Storage { doing, source }
    }
}
