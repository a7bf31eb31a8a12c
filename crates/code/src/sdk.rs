//! The AWS SDK as AWS's managed runtimes bring it: installed from the language's own registry into the data folder, and laid
//! with our bootstrap into the one folder that a sandbox sees as `/var/runtime`. Never touches what a function brought.
//!
//! `<folder>/python3.11` is a symlink to the folder of the installation, so that a new one takes the place of the old in one
//! step, and servers that run see it at their next start of an environment.

mod install;
mod kit;
mod mention;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use lambent_core::limits::SDK_WAIT_MAX;
use tokio::sync::watch;

use crate::blocking::blocking;
use crate::tree::merge;

pub use install::InstallError;
pub use kit::Kit;

/// What becomes of an installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// This much lies on the disk.
    Bytes(u64),
    /// It is there.
    Installed,
    /// It will not be, for this reason.
    Failed(String),
}

/// Why the folder for `/var/runtime` cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum NotBeside {
    /// The code names an SDK that is still being installed.
    #[error("the AWS SDK for {0} is being installed: try again")]
    Installing(Kit),
    /// The folder cannot be made.
    #[error("the folder for the AWS SDK cannot be made: {0}")]
    Folder(#[from] io::Error),
}

/// Is told of installations that nobody asked for by name.
pub type Watcher = Arc<dyn Fn(&Kit, &Progress) + Send + Sync>;

/// The SDKs of one data folder; a clone is another handle to the same.
#[derive(Clone)]
pub struct Sdks(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    /// Installs what a function names and who is told; `None` installs nothing by itself.
    automatic: Option<Watcher>,
    /// The installations this server began by itself, each once: it ends with `true`, whatever came of it.
    begun: Mutex<BTreeMap<Kit, watch::Receiver<bool>>>,
}

impl std::fmt::Debug for Sdks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sdks").field("folder", &self.0.folder).finish_non_exhaustive()
    }
}

impl Sdks {
    /// The SDKs in `folder`. With a watcher, an SDK is installed when a function first names it.
    #[must_use]
    pub fn new(folder: PathBuf, automatic: Option<Watcher>) -> Self {
        Self(Arc::new(Inner { folder, automatic, begun: Mutex::default() }))
    }

    /// Where a kit is installed.
    #[must_use]
    pub fn installed(&self, kit: &Kit) -> Option<PathBuf> {
        let name = fs::read_link(self.0.folder.join(kit.as_str())).ok()?;
        Some(self.0.folder.join(name))
    }

    /// Installs a kit anew, with more packages of its registry beside it. Whoever had the old one keeps it.
    ///
    /// `program` is the interpreter it is for. `told` hears how much lies on the disk, a few times a second.
    ///
    /// # Errors
    /// [`InstallError`]; what was installed before stays.
    pub async fn install(
        &self,
        kit: &Kit,
        program: &Path,
        more: &[String],
        told: impl Fn(u64) + Send + 'static,
    ) -> Result<(), InstallError> {
        let (folder, kit) = (self.0.folder.clone(), kit.clone());
        let (program, more) = (program.to_owned(), more.to_vec());
        blocking(move || install::install(&folder, &kit, &program, &more, &told)).await
    }

    /// The folder for `/var/runtime`: the SDK with the bootstrap laid over it, or `None` where there is no SDK.
    ///
    /// An SDK that the code names and that is not there is installed first where that is automatic, once: where it failed
    /// functions run without. It is waited for a while, and goes on without the caller.
    ///
    /// # Errors
    /// [`NotBeside`].
    pub async fn beside(
        &self,
        bootstrap: &Path,
        kit: &Kit,
        program: &Path,
        code: Vec<PathBuf>,
    ) -> Result<Option<PathBuf>, NotBeside> {
        if self.installed(kit).is_none() {
            self.install_if_named(kit, program, code).await?;
        }
        let Some(sdk) = self.installed(kit) else { return Ok(None) };
        let laid = laid_beside(bootstrap, &sdk);
        if !laid.is_dir() {
            let (bootstrap, laid) = (bootstrap.to_owned(), laid.clone());
            blocking(move || lay(&[sdk, bootstrap], &laid)).await?;
        }
        Ok(Some(laid))
    }

    /// Returns when an installation that is needed has ended, whatever came of it.
    async fn install_if_named(&self, kit: &Kit, program: &Path, code: Vec<PathBuf>) -> Result<(), NotBeside> {
        let Some(watcher) = self.0.automatic.clone() else { return Ok(()) };
        let named = kit.clone();
        if self.begun(kit).is_none() && !blocking(move || mention::names(&named, &code)).await {
            return Ok(());
        }
        let mut done = self.begin(kit, program, watcher);
        let waited = tokio::time::timeout(SDK_WAIT_MAX, done.wait_for(|done| *done)).await;
        waited.map(|_| ()).map_err(|_| NotBeside::Installing(kit.clone()))
    }

    fn begun(&self, kit: &Kit) -> Option<watch::Receiver<bool>> {
        self.0.begun.lock().unwrap_or_else(PoisonError::into_inner).get(kit).cloned()
    }

    /// Begins an installation that was not begun yet.
    fn begin(&self, kit: &Kit, program: &Path, watcher: Watcher) -> watch::Receiver<bool> {
        let mut begun = self.0.begun.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(begun) = begun.get(kit) {
            return begun.clone();
        }
        let (done, seen) = watch::channel(false);
        begun.insert(kit.clone(), seen.clone());
        let (folder, kit, program) = (self.0.folder.clone(), kit.clone(), program.to_owned());
        // Not counted by anybody: a server that stops leaves at most a folder that nobody was told of.
        tokio::task::spawn_blocking(move || {
            let bytes = |bytes| watcher(&kit, &Progress::Bytes(bytes));
            let end = match install::install(&folder, &kit, &program, &[], &bytes) {
                Ok(()) => Progress::Installed,
                Err(fault) => Progress::Failed(fault.to_string()),
            };
            watcher(&kit, &end);
            done.send_replace(true);
        });
        seen
    }
}

/// The place of the bootstrap with this installation: beside the bootstrap, by the name of the installation.
fn laid_beside(bootstrap: &Path, sdk: &Path) -> PathBuf {
    bootstrap.with_file_name(sdk.file_name().unwrap_or_default())
}

/// Lays the folders over each other. A folder that is there is whole: it is made beside its place and moved.
fn lay(sources: &[PathBuf], into: &Path) -> io::Result<()> {
    let parent = into.parent().unwrap_or_else(|| Path::new("/"));
    let fresh = tempfile::Builder::new().prefix(".laying-").tempdir_in(parent)?;
    merge::merge(sources, fresh.path())?;
    install::open_to_all(fresh.path())?;
    match fs::rename(fresh.path(), into) {
        // Somebody else was faster, with the same files.
        Err(taken) if taken.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        moved => moved,
    }
}
