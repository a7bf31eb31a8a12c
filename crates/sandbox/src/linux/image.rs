//! The file systems for `/tmp`: an image per size, made when first needed, and some mounted copies kept ready.
//!
//! Never attaches them anywhere: without a descriptor they are gone, so nothing is left after a crash.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, PoisonError};

use rustix::fs::AtFlags;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;

use super::tmp;

/// Where `mkfs.ext4` is.
const PROGRAMS: [&str; 4] =
    ["/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4", "/usr/bin/mkfs.ext4", "/bin/mkfs.ext4"];
/// How many of each size in use are kept ready.
const SPARE: usize = 2;
/// One inode for so many bytes of `/tmp`.
const BYTES_PER_INODE: u64 = 16 * 1024;
const INODE_BYTES: u64 = 256;
const MIB: u64 = 1 << 20;
/// Group descriptors, bitmaps and the root folder.
const FIXED_BYTES: u64 = 4 * MIB;

/// What the kernel keeps back for delayed allocation: a fiftieth, at most this.
const KEPT_BACK_MAX_BYTES: u64 = 16 * MIB;

/// How large a file system must be to have this much space.
fn file_system_bytes(tmp_mib: u32) -> u64 {
    let size = u64::from(tmp_mib) * MIB;
    let inodes = size / BYTES_PER_INODE * INODE_BYTES;
    let kept_back = (size / 45).min(KEPT_BACK_MAX_BYTES);
    size + inodes + kept_back + size / 512 + FIXED_BYTES
}

/// What is missing for a `/tmp` on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lack {
    LoopDevices,
    Program,
}

/// Makes file systems for `/tmp` and keeps some ready.
#[derive(Debug)]
pub(super) struct Images {
    program: PathBuf,
    folder: PathBuf,
    loop_control: Arc<File>,
    sizes: Mutex<BTreeMap<u32, Arc<Size>>>,
}

/// All of one size.
#[derive(Debug)]
struct Size {
    image: File,
    /// Mounted, attached nowhere, not yet used.
    ready: std::sync::Mutex<Vec<OwnedFd>>,
    /// Held by who makes spare ones, so that two do not make them for the same lack.
    refilling: Mutex<()>,
}

impl Images {
    /// # Errors
    /// What this host lacks.
    pub(super) fn new(folder: &Path) -> Result<Self, Lack> {
        if !rustix::process::geteuid().is_root() {
            return Err(Lack::LoopDevices);
        }
        let control = File::options().read(true).write(true).open("/dev/loop-control");
        let loop_control = Arc::new(control.map_err(|_| Lack::LoopDevices)?);
        let program = PROGRAMS.iter().map(PathBuf::from).find(|path| path.exists()).ok_or(Lack::Program)?;
        Ok(Self { program, folder: folder.to_owned(), loop_control, sizes: Mutex::default() })
    }

    /// A mounted, empty file system with this much space, attached nowhere. It is gone once nobody has it open.
    ///
    /// # Errors
    /// A full disk, no free loop device, or `mkfs.ext4` failing; its words are in the error.
    pub(super) async fn get(&self, tmp_mib: u32) -> io::Result<OwnedFd> {
        let size = self.size(tmp_mib).await?;
        let ready = size.ready().pop();
        match ready {
            Some(tree) => Ok(tree),
            None => self.mounted(&size).await,
        }
    }

    /// Makes spare ones of a size that is in use. For the background.
    pub(super) async fn refill(&self, tmp_mib: u32) {
        let Ok(size) = self.size(tmp_mib).await else { return };
        let _turn = size.refilling.lock().await;
        while size.ready().len() < SPARE {
            match self.mounted(&size).await {
                Ok(tree) => size.ready().push(tree),
                Err(error) => {
                    tracing::warn!(%error, tmp_mib, "no spare /tmp");
                    return;
                }
            }
        }
    }

    /// Lets go of everything that is ready.
    pub(super) async fn clear(&self) {
        self.sizes.lock().await.clear();
    }

    async fn mounted(&self, size: &Arc<Size>) -> io::Result<OwnedFd> {
        let (size, folder) = (Arc::clone(size), self.folder.clone());
        let control = Arc::clone(&self.loop_control);
        spawn_blocking(move || tmp::mounted_copy(&size.image, &folder, &control)).await?
    }

    async fn size(&self, tmp_mib: u32) -> io::Result<Arc<Size>> {
        let mut sizes = self.sizes.lock().await;
        if let Some(size) = sizes.get(&tmp_mib) {
            return Ok(Arc::clone(size));
        }
        let path = self.folder.join(format!("tmp-{tmp_mib}.ext4"));
        let image = self.make(&path, tmp_mib).await;
        // The open file suffices; without a name nothing is left after a crash.
        let _ = fs::remove_file(&path);
        let size =
            Arc::new(Size { image: image?, ready: std::sync::Mutex::default(), refilling: Mutex::default() });
        sizes.insert(tmp_mib, Arc::clone(&size));
        Ok(size)
    }

    async fn make(&self, path: &Path, tmp_mib: u32) -> io::Result<File> {
        let whole = file_system_bytes(tmp_mib);
        let _ = fs::remove_file(path);
        let image = File::options().read(true).write(true).create_new(true).open(path)?;
        image.set_len(whole)?;
        #[expect(
            clippy::disallowed_methods,
            reason = "once per size, waited for here; no sandbox is involved"
        )]
        let output = tokio::process::Command::new(&self.program)
            .args(["-q", "-F", "-b", "4096", "-m", "0", "-I", "256", "-i"])
            .arg(BYTES_PER_INODE.to_string())
            // No journal: what a crash breaks is thrown away anyway.
            .args(["-O", "^has_journal,^resize_inode", "-E", "lazy_itable_init=1,nodiscard"])
            .arg(path)
            .env_clear()
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await?;
        if !output.status.success() {
            let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(io::Error::other(format!("mkfs.ext4: {}: {words}", output.status)));
        }
        let control = Arc::clone(&self.loop_control);
        spawn_blocking(move || empty(image, &control)).await?
    }
}

/// Removes the folder for lost files: `/tmp` is empty on AWS. No check of the file system will ever want it.
fn empty(image: File, loop_control: &File) -> io::Result<File> {
    let tree = tmp::mounted(&image, loop_control)?;
    rustix::fs::unlinkat(&tree, "lost+found", AtFlags::REMOVEDIR)?;
    // Closing the only descriptor unmounts, which writes everything to the image.
    drop(tree);
    Ok(image)
}

impl Size {
    fn ready(&self) -> std::sync::MutexGuard<'_, Vec<OwnedFd>> {
        // Only pushes and pops happen under the lock.
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn refills_at_once_make_no_more_than_the_spare_ones() {
        let folder = tempfile::tempdir().unwrap();
        let images = Images::new(folder.path()).expect("this test needs root, loop devices and mkfs.ext4");
        let images = Arc::new(images);
        let mut refills = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let images = Arc::clone(&images);
            refills.spawn(async move { images.refill(16).await });
        }
        refills.join_all().await;
        assert_eq!(images.size(16).await.unwrap().ready().len(), SPARE);
        images.clear().await;
    }
}
