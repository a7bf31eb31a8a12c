//! What went wrong inside a layer, before it is said of which layer. Never chooses words for a caller.

use std::io;

use rustix::io::Errno;

use crate::Digest;
use crate::image::{ImageError, LayerFault};

#[derive(Debug)]
pub(super) enum Fault {
    Entry { name: Vec<u8>, fault: LayerFault },
    Damaged(String),
    TooManyEntries,
    TooLarge,
    Storage(io::Error),
}

impl Fault {
    /// What a reader of the tar met: the limit that the meter set, or damage.
    pub(super) fn reading(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::FileTooLarge {
            return Self::TooLarge;
        }
        Self::Damaged(error.to_string())
    }

    /// What the disk answered to the entry called `name`: some answers are the name's fault.
    pub(super) fn writing(name: &[u8], errno: Errno) -> Self {
        let fault = match errno {
            Errno::NAMETOOLONG => LayerFault::NameTooLong,
            Errno::NOTDIR | Errno::LOOP => LayerFault::ParentNotAFolder,
            Errno::INVAL | Errno::ILSEQ => LayerFault::BadName,
            errno => return Self::Storage(errno.into()),
        };
        Self::Entry { name: name.to_owned(), fault }
    }

    /// The same, said of the layer whose blob is `layer`.
    pub(super) fn of(self, layer: Digest) -> ImageError {
        match self {
            Self::Entry { name, fault } => {
                ImageError::Entry { layer, entry: String::from_utf8_lossy(&name).into_owned(), fault }
            }
            Self::Damaged(detail) => ImageError::Damaged { layer, detail },
            Self::TooManyEntries => ImageError::TooManyEntries { layer },
            Self::TooLarge => ImageError::TooLarge,
            Self::Storage(error) => ImageError::storage("write a file of the image", error),
        }
    }
}
