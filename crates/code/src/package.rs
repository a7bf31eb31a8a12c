//! What can be wrong with a package, and the words AWS has for it. Never chooses an AWS error code.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-function-zip.html>

use std::io;

use lambent_core::limits::{UNZIPPED_MAX_BYTES, ZIP_ENTRIES_MAX, ZIP_UPLOAD_MAX_BYTES};

/// Why a package was not unpacked.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// There are no bytes, or a zip without an entry.
    #[error("the zip is empty")]
    Empty,
    /// The zip is too large to be sent inside a request.
    #[error("the zip has {bytes} bytes, above {ZIP_UPLOAD_MAX_BYTES}")]
    UploadTooLarge {
        /// Its size.
        bytes: u64,
    },
    /// The files together are too large.
    #[error("the zip unpacks to more than {UNZIPPED_MAX_BYTES} bytes")]
    UnpackedTooLarge,
    /// More entries than any real package has.
    #[error("the zip has more than {ZIP_ENTRIES_MAX} entries")]
    TooManyEntries,
    /// Not a zip, or a broken one.
    #[error("the zip cannot be read: {detail}")]
    Unreadable {
        /// What the reader met.
        detail: String,
    },
    /// One entry cannot be unpacked.
    #[error("entry {entry:?} {fault}")]
    Entry {
        /// Its name, made printable.
        entry: String,
        /// What is wrong with it.
        fault: EntryFault,
    },
    /// The server's disk is full, or its quota or inodes are used up. Nothing was left behind.
    #[error("no space left to unpack the zip")]
    DiskFull,
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

/// What is wrong with one entry of a zip.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    /// Its path starts at the root.
    #[error("has an absolute path")]
    AbsolutePath,
    /// Its path climbs with `..`.
    #[error("has a path with `..`")]
    ParentPath,
    /// Its name is empty, holds NUL or a backslash, or isn't the UTF-8 it claims to be.
    #[error("has a name that no file can have on Linux, or that was made on Windows with backslashes")]
    BadName,
    /// A name longer than 255 bytes or a path longer than 4,095.
    #[error("has too long a name")]
    NameTooLong,
    /// It would be written through a symlink, or its folder is a file.
    #[error("lies in something that is not a folder")]
    ParentNotAFolder,
    /// A file where a folder is, or the other way round.
    #[error("clashes with another entry of the same name")]
    Clash,
    /// A device, a FIFO or a socket.
    #[error("is neither file, folder nor symlink")]
    SpecialFile,
    /// It needs a password.
    #[error("is encrypted")]
    Encrypted,
    /// Neither stored nor deflated.
    #[error("is compressed as {0}, only stored and deflated are possible")]
    UnsupportedMethod(String),
    /// The target of a symlink is empty, too long or holds NUL.
    #[error("has a symlink target that cannot be")]
    BadSymlinkTarget,
    /// It inflates to another number of bytes than the zip says.
    #[error("has {actual} bytes where the zip says {stated}")]
    WrongSize {
        /// What the directory of the zip says.
        stated: u64,
        /// What came out.
        actual: u64,
    },
    /// Its compressed bytes are broken: checksum, stream or truncation.
    #[error("is damaged: {0}")]
    Damaged(String),
}

impl PackageError {
    /// AWS's message for the caller's fault, `None` where the server is at fault.
    #[must_use]
    pub fn aws_message(&self) -> Option<String> {
        match self {
            Self::Empty => Some("Uploaded file must be a non-empty zip".to_owned()),
            Self::UploadTooLarge { .. } => {
                Some(format!("Zipped size must be smaller than {ZIP_UPLOAD_MAX_BYTES} bytes"))
            }
            Self::UnpackedTooLarge => {
                Some(format!("Unzipped size must be smaller than {UNZIPPED_MAX_BYTES} bytes"))
            }
            Self::TooManyEntries | Self::Unreadable { .. } | Self::Entry { .. } => Some(
                "Could not unzip uploaded file. Please check your file, then try to upload again.".to_owned(),
            ),
            Self::DiskFull | Self::Storage { .. } => None,
        }
    }

    /// The server's fault, sorted into a full disk and the rest.
    pub(crate) fn storage(doing: &'static str, source: io::Error) -> Self {
        if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
            return Self::DiskFull;
        }
        Self::Storage { doing, source }
    }

    /// The fault of the entry called `name`.
    pub(crate) fn entry(name: &[u8], fault: EntryFault) -> Self {
        Self::Entry { entry: String::from_utf8_lossy(name).into_owned(), fault }
    }
}

/// Checks a zip that came inside a request; one that came through S3 has no such limit.
///
/// # Errors
/// [`PackageError::Empty`] without bytes, [`PackageError::UploadTooLarge`] above 50 MiB.
pub fn check_upload(zip: &[u8]) -> Result<(), PackageError> {
    let bytes = zip.len() as u64;
    match bytes {
        0 => Err(PackageError::Empty),
        _ if bytes > ZIP_UPLOAD_MAX_BYTES => Err(PackageError::UploadTooLarge { bytes }),
        _ => Ok(()),
    }
}
