//! Layers built header by header, and the folder they are unpacked into beside neighbours that nothing may touch.

mod honest;
mod hostile;
mod mutated;

use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::PathBuf;
use std::sync::LazyLock;

use bytes::Bytes;
use futures_util::stream;
use tar::{Builder, EntryType, Header};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::*;
use crate::Digest;
use crate::image::LayerFault;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

/// A layer in the making: headers are written as they are asked for, whatever they say.
#[derive(Default)]
struct Layer(Vec<u8>);

impl Layer {
    fn entry(mut self, kind: EntryType, name: &str, link: &str, content: &[u8]) -> Self {
        self.append(kind, name.as_bytes(), link.as_bytes(), 0o644, content);
        self
    }

    fn file(self, name: &str, content: &str) -> Self {
        self.entry(EntryType::Regular, name, "", content.as_bytes())
    }

    fn folder(mut self, name: &str, mode: u32) -> Self {
        self.append(EntryType::Directory, name.as_bytes(), b"", mode, b"");
        self
    }

    fn symlink(self, name: &str, target: &str) -> Self {
        self.entry(EntryType::Symlink, name, target, b"")
    }

    fn link(self, name: &str, target: &str) -> Self {
        self.entry(EntryType::Link, name, target, b"")
    }

    fn mode(mut self, name: &str, mode: u32) -> Self {
        self.append(EntryType::Regular, name.as_bytes(), b"", mode, b"x");
        self
    }

    fn append(&mut self, kind: EntryType, name: &[u8], link: &[u8], mode: u32, content: &[u8]) {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.as_old_mut().linkname[..link.len()].copy_from_slice(link);
        header.set_mode(mode);
        header.set_mtime(1_234_567_890);
        header.set_uid(1234);
        header.set_gid(0);
        header.set_size(content.len() as u64);
        header.set_cksum();
        self.raw(&header, content);
    }

    fn raw(&mut self, header: &Header, content: &[u8]) {
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
    }

    fn tar(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        self.0
    }

    fn with(build: impl FnOnce(&mut Builder<Vec<u8>>)) -> Self {
        let mut builder = Builder::new(Vec::new());
        build(&mut builder);
        Self(builder.into_inner().unwrap())
    }
}

fn limits() -> Limits {
    of(IMAGE_UNPACKED_MAX_BYTES, LAYER_ENTRIES_MAX)
}

fn of(bytes: u64, entries: u64) -> Limits {
    Limits { tar_bytes: bytes, files: Budget::new(bytes), entries }
}

/// A folder with neighbours that nothing may touch.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        std::fs::create_dir(place.root()).unwrap();
        std::fs::write(place.0.path().join("neighbour"), "untouched").unwrap();
        place
    }

    fn root(&self) -> PathBuf {
        self.0.path().join("root")
    }

    fn unpack(&self, tar: &[u8]) -> Result<u64, ImageError> {
        self.unpack_blob(tar.to_vec(), Digest::of(tar), &limits())
    }

    /// Unpacks, and sees that the neighbours are as they were.
    fn unpack_blob(&self, blob: Vec<u8>, diff_id: Digest, limits: &Limits) -> Result<u64, ImageError> {
        let layer = LayerRef { digest: Digest::of(&blob), diff_id, bytes: blob.len() as u64 };
        let result = unpack_limited(source(vec![Ok(blob.into())]), &layer, &self.root(), limits);
        let mut names: Vec<_> =
            std::fs::read_dir(self.0.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["neighbour", "root"]);
        assert_eq!(std::fs::read_to_string(self.0.path().join("neighbour")).unwrap(), "untouched");
        result
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root().join(path)).unwrap()
    }

    fn meta(&self, path: &str) -> std::fs::Metadata {
        self.root().join(path).symlink_metadata().unwrap()
    }

    fn is_whiteout(&self, path: &str) -> bool {
        let meta = self.meta(path);
        meta.file_type().is_char_device() && meta.rdev() == 0
    }

    fn is_opaque(&self, path: &str) -> bool {
        let mut value = [0; 8];
        ["trusted.overlay.opaque", "user.overlay.opaque"].iter().any(|name| {
            rustix::fs::lgetxattr(self.root().join(path), *name, &mut value[..])
                .is_ok_and(|n| value[..n] == *b"y")
        })
    }
}

fn source(pieces: Vec<io::Result<Bytes>>) -> Source {
    Source::new(Box::pin(stream::iter(pieces)), RUNTIME.handle().clone())
}
