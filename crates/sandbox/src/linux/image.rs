//! The file system images `/tmp` is copied from, one per size, made when first needed. Never mounts anything.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use tokio::sync::Mutex;

/// Where `mkfs.ext4` is.
const PROGRAMS: [&str; 4] =
    ["/usr/sbin/mkfs.ext4", "/sbin/mkfs.ext4", "/usr/bin/mkfs.ext4", "/bin/mkfs.ext4"];
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

/// Makes and keeps images.
#[derive(Debug)]
pub(super) struct Images {
    program: PathBuf,
    folder: PathBuf,
    made: Mutex<BTreeMap<u32, Arc<File>>>,
}

impl Images {
    /// `None` where `mkfs.ext4` is missing.
    pub(super) fn new(folder: &Path) -> Option<Self> {
        let program = PROGRAMS.iter().map(PathBuf::from).find(|path| path.exists())?;
        Some(Self { program, folder: folder.to_owned(), made: Mutex::default() })
    }

    /// The image of an empty `/tmp` with this much space.
    ///
    /// # Errors
    /// A full disk, or `mkfs.ext4` failing; its words are in the error.
    pub(super) async fn get(&self, tmp_mib: u32) -> io::Result<Arc<File>> {
        let mut made = self.made.lock().await;
        if let Some(image) = made.get(&tmp_mib) {
            return Ok(Arc::clone(image));
        }
        let path = self.folder.join(format!("tmp-{tmp_mib}.ext4"));
        let image = self.make(&path, tmp_mib).await;
        // The open file suffices; without a name nothing is left after a crash.
        let _ = fs::remove_file(&path);
        let image = Arc::new(image?);
        made.insert(tmp_mib, Arc::clone(&image));
        Ok(image)
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
        Ok(image)
    }
}
