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
use std::time::Duration;

use rustix::fs::AtFlags;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::spares::{Next, Spares};
use super::tmp;

/// Where `mkfs.ext4` is.
const PROGRAMS: [&str; 4] =
    ["/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4", "/usr/bin/mkfs.ext4", "/bin/mkfs.ext4"];
/// How many sizes' images are kept: each is a file on the disk, made anew in some 20 ms.
const IMAGES_MAX: usize = 32;
/// How often it is looked for what nobody uses any more.
const TIDY_EVERY: Duration = Duration::from_secs(15);
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
    images: Mutex<BTreeMap<u32, Image>>,
    /// Mounted, attached nowhere, not yet used.
    spares: std::sync::Mutex<Spares<OwnedFd>>,
    /// Held by who makes spare ones, so that two do not make them for the same lack.
    refilling: Mutex<()>,
}

/// What the file systems of one size are copied from.
#[derive(Debug)]
struct Image {
    file: Arc<File>,
    used: Instant,
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
        Ok(Self {
            program,
            folder: folder.to_owned(),
            loop_control,
            images: Mutex::default(),
            spares: std::sync::Mutex::default(),
            refilling: Mutex::default(),
        })
    }

    /// A mounted, empty file system with this much space, attached nowhere. It is gone once nobody has it open.
    ///
    /// # Errors
    /// A full disk, no free loop device, or `mkfs.ext4` failing; its words are in the error.
    pub(super) async fn get(&self, tmp_mib: u32) -> io::Result<OwnedFd> {
        let ready = self.spares().take(tmp_mib, Instant::now());
        match ready {
            Some(tree) => Ok(tree),
            None => self.mounted(tmp_mib).await,
        }
    }

    /// Makes spare ones of a size that is in use. For the background.
    pub(super) async fn refill(&self, tmp_mib: u32) {
        let _turn = self.refilling.lock().await;
        loop {
            let next = self.spares().next(tmp_mib);
            match next {
                Next::Nothing => return,
                Next::Make => {}
                Next::Replace(other) => unmount(vec![other]).await,
            }
            match self.mounted(tmp_mib).await {
                Ok(tree) => drop(self.spares().keep(tmp_mib, tree)),
                Err(error) => {
                    tracing::warn!(%error, tmp_mib, "no spare /tmp");
                    return;
                }
            }
        }
    }

    /// Lets go of what is ready of sizes nobody uses any more, again and again, until stopped.
    pub(super) async fn tidy(&self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(TIDY_EVERY)).await.is_some() {
            let unused = self.spares().unused(Instant::now());
            if !unused.is_empty() {
                unmount(unused).await;
            }
        }
    }

    /// Lets go of everything that is ready.
    pub(super) async fn clear(&self) {
        let all = self.spares().clear();
        unmount(all).await;
        self.images.lock().await.clear();
    }

    async fn mounted(&self, tmp_mib: u32) -> io::Result<OwnedFd> {
        let (image, folder) = (self.image(tmp_mib).await?, self.folder.clone());
        let control = Arc::clone(&self.loop_control);
        spawn_blocking(move || tmp::mounted_copy(&image, &folder, &control)).await?
    }

    async fn image(&self, tmp_mib: u32) -> io::Result<Arc<File>> {
        let mut images = self.images.lock().await;
        if let Some(image) = images.get_mut(&tmp_mib) {
            image.used = Instant::now();
            return Ok(Arc::clone(&image.file));
        }
        let path = self.folder.join(format!("tmp-{tmp_mib}.ext4"));
        let file = self.make(&path, tmp_mib).await;
        // The open file suffices; without a name nothing is left after a crash.
        let _ = fs::remove_file(&path);
        let file = Arc::new(file?);
        if images.len() >= IMAGES_MAX {
            let idlest = images.iter().min_by_key(|(_, image)| image.used).map(|(size, _)| *size);
            idlest.and_then(|size| images.remove(&size));
        }
        images.insert(tmp_mib, Image { file: Arc::clone(&file), used: Instant::now() });
        Ok(file)
    }

    fn spares(&self) -> std::sync::MutexGuard<'_, Spares<OwnedFd>> {
        // No code between lock and unlock can panic half way through a change.
        self.spares.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Closing the descriptors unmounts, which may wait for the disk.
async fn unmount(trees: Vec<OwnedFd>) {
    // Dropping cannot panic.
    let _ = spawn_blocking(move || drop(trees)).await;
}

#[cfg(test)]
mod tests {
    use rustix::fs::OFlags;

    use super::*;
    use crate::linux::spares::{SPARE, SPARES_MAX};

    #[tokio::test]
    async fn refills_at_once_make_no_more_than_the_spare_ones() {
        let folder = tempfile::tempdir().unwrap();
        let images = Images::new(folder.path()).expect("this test needs root, loop devices and mkfs.ext4");
        let images = Arc::new(images);
        drop(images.get(16).await.unwrap());
        let mut refills = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let images = Arc::clone(&images);
            refills.spawn(async move { images.refill(16).await });
        }
        refills.join_all().await;
        assert_eq!(images.spares().count(), SPARE);
        images.clear().await;
    }

    /// Mounted file systems no name leads to do not show in lists; their descriptors do.
    fn trees_open() -> usize {
        let entries = fs::read_dir("/proc/self/fdinfo").unwrap().flatten();
        let is_tree = |flags: &str| {
            let flags = u32::from_str_radix(flags.trim(), 8).unwrap();
            flags & OFlags::PATH.bits() != 0
        };
        let text = entries.filter_map(|entry| fs::read_to_string(entry.path()).ok());
        text.filter(|text| text.lines().find_map(|line| line.strip_prefix("flags:")).is_some_and(is_tree))
            .count()
    }

    #[tokio::test]
    async fn many_sizes_leave_few_spare_ones_and_those_go_when_unused() {
        let folder = tempfile::tempdir().unwrap();
        let images = Images::new(folder.path()).expect("this test needs root, loop devices and mkfs.ext4");
        let before = trees_open();
        for tmp_mib in 16..28 {
            drop(images.get(tmp_mib).await.unwrap());
            images.refill(tmp_mib).await;
        }
        assert_eq!(trees_open() - before, SPARES_MAX);
        tokio::time::pause();
        let stop = CancellationToken::new();
        let tidying = async {
            while images.spares().count() > 0 || trees_open() > before {
                // Time is paused: it moves once everybody waits.
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            stop.cancel();
        };
        tokio::join!(images.tidy(stop.clone()), tidying);
        images.clear().await;
    }

    #[tokio::test]
    async fn of_many_sizes_only_the_last_ones_images_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let images = Images::new(folder.path()).expect("this test needs root, loop devices and mkfs.ext4");
        for tmp_mib in 1..=u32::try_from(IMAGES_MAX).unwrap() + 2 {
            images.image(tmp_mib).await.unwrap();
            images.image(1).await.unwrap();
        }
        let kept = images.images.lock().await;
        assert_eq!(kept.len(), IMAGES_MAX);
        assert!(kept.contains_key(&1) && !kept.contains_key(&2));
    }
}
