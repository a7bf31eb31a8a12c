//! What an entry of a layer is: its place, kind, permissions and time. Never reads its content.
//!
//! Owners are dropped: on Lambda a function runs as a user that owns nothing of its image, so of the permissions those of
//! others count, and these are kept. Set-user-id and set-group-id go, as they would count on the host; so do extended
//! attributes but the `user.` ones, above all those that an overlay obeys.
//!
//! Sources: <https://github.com/opencontainers/image-spec/blob/main/layer.md>,
//! <https://www.gnu.org/software/tar/manual/html_node/Standard.html>

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::OsStringExt;

use tar::EntryType;

use super::fault::Fault;
use super::path::LayerPath;
use crate::image::LayerFault;

/// Read, write, execute and sticky.
const PERMISSIONS: u32 = 0o1777;
const WHITEOUT: &[u8] = b".wh.";
const WHITEOUT_META: &[u8] = b".wh..wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";
const SYMLINK_TARGET_MAX_BYTES: usize = 4095;
const XATTR: &str = "SCHILY.xattr.";
/// How GNU tar marks a sparse file in the POSIX form, whose holes the reader does not know.
const POSIX_SPARSE: &str = "GNU.sparse.major";

/// What an entry makes on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    File {
        sparse: bool,
    },
    Folder,
    Symlink(OsString),
    /// To another path of the same layer.
    Link(LayerPath),
    Fifo,
    /// Hides what lower layers have at the path.
    Whiteout,
    /// Hides what lower layers have in the folder at the path.
    Opaque,
}

/// One entry, checked but not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) path: LayerPath,
    pub(super) content: Content,
    pub(super) mode: u32,
    /// Seconds since the Unix epoch.
    pub(super) modified_s: Option<i64>,
    /// Of a file: its size, holes included.
    pub(super) bytes: u64,
    /// The `user.` attributes.
    pub(super) attributes: Vec<(String, Vec<u8>)>,
}

impl Entry {
    /// Checks one entry; `None` for what is not unpacked: devices, as in Docker without root, and marks of the tar and of
    /// AUFS.
    pub(super) fn parse(tar: &mut tar::Entry<'_, impl Read>) -> Result<Option<Self>, Fault> {
        let name = tar.path_bytes().into_owned();
        let fault = |fault| Fault::Entry { name: name.clone(), fault };
        let kind = tar.header().entry_type();
        if matches!(kind, EntryType::XGlobalHeader | EntryType::Char | EntryType::Block) {
            return Ok(None);
        }
        let extensions = Extensions::read(tar)?;
        if extensions.posix_sparse {
            return Err(fault(LayerFault::UnknownKind));
        }
        let path = LayerPath::parse(&name).map_err(fault)?;
        let (path, content) = match whiteout(&path).map_err(fault)? {
            Mark::None => (path, content(tar, kind, name.ends_with(b"/")).map_err(fault)?),
            Mark::Whiteout(path) => (path, Content::Whiteout),
            Mark::Opaque(path) => (path, Content::Opaque),
            Mark::Ignored => return Ok(None),
        };
        if path.is_root() && !matches!(content, Content::Folder | Content::Opaque) {
            return Err(fault(LayerFault::BadName));
        }
        Ok(Some(Self {
            path,
            content,
            mode: tar.header().mode().unwrap_or(0o644) & PERMISSIONS,
            modified_s: tar.header().mtime().ok().and_then(|seconds| i64::try_from(seconds).ok()),
            bytes: tar.size(),
            attributes: extensions.attributes,
        }))
    }

    /// `fault` with this entry's name.
    pub(super) fn fault(&self, fault: LayerFault) -> Fault {
        Fault::Entry { name: self.path.as_bytes().to_owned(), fault }
    }
}

#[allow(clippy::wildcard_enum_match_arm, reason = "the enum is not to be matched whole: a byte makes a kind")]
fn content(tar: &tar::Entry<'_, impl Read>, kind: EntryType, slash: bool) -> Result<Content, LayerFault> {
    let target = || tar.link_name_bytes().map(std::borrow::Cow::into_owned).unwrap_or_default();
    match kind {
        // Tars from before there was a type for folders.
        EntryType::Regular | EntryType::Continuous if slash => Ok(Content::Folder),
        EntryType::Regular | EntryType::Continuous => Ok(Content::File { sparse: false }),
        EntryType::GNUSparse => Ok(Content::File { sparse: true }),
        EntryType::Directory => Ok(Content::Folder),
        EntryType::Fifo => Ok(Content::Fifo),
        EntryType::Symlink => symlink(target()),
        EntryType::Link => match LayerPath::parse(&target()) {
            Ok(target) if !target.is_root() => Ok(Content::Link(target)),
            Ok(_) | Err(LayerFault::BadName) => Err(LayerFault::BadLink),
            Err(fault) => Err(fault),
        },
        // Devices, marks and headers were looked at before.
        _ => Err(LayerFault::UnknownKind),
    }
}

/// It may lead anywhere: it is for the sandbox, which has another root.
fn symlink(target: Vec<u8>) -> Result<Content, LayerFault> {
    if target.is_empty() || target.len() > SYMLINK_TARGET_MAX_BYTES || target.contains(&0) {
        return Err(LayerFault::BadSymlinkTarget);
    }
    Ok(Content::Symlink(OsString::from_vec(target)))
}

/// What a name means that is not a file's.
enum Mark {
    None,
    Whiteout(LayerPath),
    Opaque(LayerPath),
    Ignored,
}

fn whiteout(path: &LayerPath) -> Result<Mark, LayerFault> {
    let (folder, _) = path.split();
    let name = path.parts().last().unwrap_or_default();
    if name == OPAQUE {
        return Ok(Mark::Opaque(folder));
    }
    if path.parts().any(|part| part.starts_with(WHITEOUT_META)) {
        return Ok(Mark::Ignored);
    }
    match name.strip_prefix(WHITEOUT) {
        None => Ok(Mark::None),
        Some(b"" | b"." | b"..") => Err(LayerFault::BadName),
        Some(hidden) => Ok(Mark::Whiteout(path.with_name(hidden))),
    }
}

/// What the headers before an entry say of it.
#[derive(Default)]
struct Extensions {
    posix_sparse: bool,
    attributes: Vec<(String, Vec<u8>)>,
}

impl Extensions {
    fn read(tar: &mut tar::Entry<'_, impl Read>) -> Result<Self, Fault> {
        let mut found = Self::default();
        let extensions = tar.pax_extensions().map_err(|error| Fault::reading(&error))?;
        // What cannot be read is passed over: the reader stumbles over binary values with a line feed in them.
        for extension in extensions.into_iter().flatten().flatten() {
            let Ok(key) = extension.key() else { continue };
            found.posix_sparse |= key == POSIX_SPARSE;
            let attribute = key.strip_prefix(XATTR).filter(|name| is_kept(name));
            found
                .attributes
                .extend(attribute.map(|name| (name.to_owned(), extension.value_bytes().to_owned())));
        }
        Ok(found)
    }
}

fn is_kept(attribute: &str) -> bool {
    attribute.starts_with("user.") && !attribute.starts_with("user.overlay.") && !attribute.contains('\0')
}
