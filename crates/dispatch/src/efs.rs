//! The files of file systems: a folder of the host each, and who is connected to it. Never decides who may mount: that is
//! settled when a function is configured.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem-efs.html>

mod size;

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use lambent_core::account::{AccountId, Region};
use lambent_core::efs::ResourceId;
use lambent_core::efs::access_point::{AccessPoint, PosixUser};
use lambent_core::lambda::configuration::FileSystem as Mounted;
use lambent_core::limits::EFS_MOUNT_TIMEOUT;
use lambent_sandbox::SharedFolder;
use lambent_sandbox::shared_folder::{self, Creation, User};
use lambent_store::{Store, tables};
use tokio::task::spawn_blocking;
use tracing::error;

/// How the folder of a deleted file system is called until it is gone.
const DELETED: &str = ".deleted-";

/// Where the files are.
#[derive(Debug, Clone)]
pub struct FileSystemOptions {
    /// The folder that holds one for each file system, made when it is needed.
    pub folder: PathBuf,
    /// Folders of the owner's, by the id of the file system; never made and never removed.
    pub given: BTreeMap<String, PathBuf>,
    /// Environments that may have one file system mounted at once.
    pub connections_max: u32,
}

/// The file systems of this host.
#[derive(Debug)]
pub struct FileSystems {
    options: FileSystemOptions,
    store: Store,
    /// How many are connected to each.
    connected: Arc<Mutex<BTreeMap<String, u32>>>,
    /// Who prepares a mount of each: one at a time, so that a disk that hangs holds one thread and no more.
    turns: Mutex<BTreeMap<String, Weak<Turn>>>,
}

/// Held by who prepares a mount.
type Turn = tokio::sync::Mutex<()>;

/// Why a function could not have its file system. Each names the access point.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MountError {
    /// There is no way to it: no mount target, or too many connections.
    #[error(
        "The function couldn't connect to the Amazon EFS file system with access point {0}. Check your network configuration and try again."
    )]
    Connectivity(String),
    /// It is not there, its root directory is not, or this host cannot mount it.
    #[error(
        "The function couldn't mount the Amazon EFS file system with access point {0}. Check the file system's configuration and access point and try again."
    )]
    Failure(String),
    /// The disk did not answer in time.
    #[error(
        "The function timed out while mounting the Amazon EFS file system with access point {0}. Please try again later."
    )]
    Timeout(String),
}

/// One environment's connection to a file system, until it is dropped.
#[derive(Debug)]
pub(crate) struct Connection {
    id: String,
    connected: Arc<Mutex<BTreeMap<String, u32>>>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        let mut connected = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = connected.get_mut(&self.id) {
            *count -= 1;
            if *count == 0 {
                connected.remove(&self.id);
            }
        }
    }
}

impl FileSystems {
    /// Those whose access points are in this store.
    pub(crate) fn new(options: FileSystemOptions, store: Store) -> Self {
        Self { options, store, connected: Arc::default(), turns: Mutex::default() }
    }

    /// What the files of a file system take on disk, in bytes; nothing before it was first mounted.
    ///
    /// # Errors
    /// As the system says it.
    pub async fn size_bytes(&self, id: &str) -> io::Result<u64> {
        let folder = self.folder(id);
        spawn_blocking(move || size::of(&folder)).await.map_err(io::Error::other)?
    }

    /// Removes the files of a file system, where their folder was made here.
    ///
    /// # Errors
    /// As the system says it.
    pub async fn remove(&self, id: &str) -> io::Result<()> {
        if self.options.given.contains_key(id) {
            return Ok(());
        }
        let (folder, aside) = (self.folder(id), self.options.folder.join(format!("{DELETED}{id}")));
        let set_aside = spawn_blocking(move || std::fs::rename(folder, aside)).await;
        match set_aside.map_err(io::Error::other)? {
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(fault) => Err(fault),
            Ok(()) => self.collect().await,
        }
    }

    /// Removes what is left of deleted file systems: functions that had one mounted may have gone on writing.
    ///
    /// # Errors
    /// As the system says it.
    pub async fn collect(&self) -> io::Result<()> {
        let folder = self.options.folder.clone();
        spawn_blocking(move || collect(&folder)).await.map_err(io::Error::other)?
    }

    /// Connects a new environment to what a function mounts.
    pub(crate) async fn connect(&self, mounted: &Mounted) -> Result<(SharedFolder, Connection), MountError> {
        let arn = &mounted.arn;
        let point = self.reachable(arn).await?;
        let connection =
            self.count(&point.file_system_id).ok_or_else(|| MountError::Connectivity(arn.clone()))?;
        let folder = SharedFolder {
            source: self.folder(&point.file_system_id),
            root: point.root.path.clone(),
            target: PathBuf::from(&mounted.local_mount_path),
            user: user(&point),
        };
        let (source, made) = (folder.source.clone(), !self.options.given.contains_key(&point.file_system_id));
        let turn = self.turn(&point.file_system_id);
        let prepared = async {
            let held = turn.lock_owned().await;
            spawn_blocking(move || {
                let _held = held;
                prepare(&source, &point, made)
            })
            .await
        };
        match tokio::time::timeout(EFS_MOUNT_TIMEOUT, prepared).await {
            Err(_) => Err(MountError::Timeout(arn.clone())),
            Ok(Ok(Ok(()))) => Ok((folder, connection)),
            Ok(Ok(Err(fault))) => {
                error!(access_point = arn, root = folder.root, %fault, "a file system cannot be mounted");
                Err(MountError::Failure(arn.clone()))
            }
            Ok(Err(fault)) => {
                error!(access_point = arn, %fault, "a file system cannot be mounted");
                Err(MountError::Failure(arn.clone()))
            }
        }
    }

    /// The access point of an ARN, if its file system has a mount target.
    async fn reachable(&self, arn: &str) -> Result<AccessPoint, MountError> {
        let failed = || MountError::Failure(arn.to_owned());
        let id = ResourceId::read(arn, &AccountId::default_account(), &Region::default_region());
        let key = tables::efs_key(&id.ok_or_else(failed)?);
        let point = self.store.get(&tables::ACCESS_POINTS, &key).await;
        let point = point.map_err(|fault| unread(arn, &fault))?.ok_or_else(failed)?.value;
        let of = ResourceId { id: point.file_system_id.clone(), ..point.id.clone() };
        let of = self.store.get(&tables::FILE_SYSTEMS, &tables::efs_key(&of)).await;
        let of = of.map_err(|fault| unread(arn, &fault))?.ok_or_else(failed)?.value;
        if of.mount_targets.is_empty() { Err(MountError::Connectivity(arn.to_owned())) } else { Ok(point) }
    }

    fn count(&self, id: &str) -> Option<Connection> {
        let mut connected = self.connected.lock().unwrap_or_else(PoisonError::into_inner);
        let count = connected.entry(id.to_owned()).or_default();
        (*count < self.options.connections_max).then(|| {
            *count += 1;
            Connection { id: id.to_owned(), connected: Arc::clone(&self.connected) }
        })
    }

    fn turn(&self, id: &str) -> Arc<Turn> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = turns.get(id).and_then(Weak::upgrade).unwrap_or_default();
        turns.insert(id.to_owned(), Arc::downgrade(&turn));
        turn
    }

    fn folder(&self, id: &str) -> PathBuf {
        self.options.given.get(id).cloned().unwrap_or_else(|| self.options.folder.join(id))
    }
}

fn unread(arn: &str, fault: &lambent_store::StoreError) -> MountError {
    error!(access_point = arn, %fault, "an access point cannot be read");
    MountError::Failure(arn.to_owned())
}

fn collect(folder: &std::path::Path) -> io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Err(none) if none.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(DELETED) {
            std::fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// Who a function is in there.
fn user(point: &AccessPoint) -> User {
    let PosixUser { uid, gid, secondary_gids } =
        point.posix_user.clone().unwrap_or_else(PosixUser::of_function);
    User { uid, gid, groups: secondary_gids.unwrap_or_default() }
}

/// Makes the folder of the file system, where it may be made, and the root directory in it.
fn prepare(source: &std::path::Path, point: &AccessPoint, made: bool) -> io::Result<()> {
    if made {
        if let Some(all) = source.parent() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(all)?;
        }
        let own = std::fs::DirBuilder::new().mode(0o755).create(source);
        own.or_else(|error| if error.kind() == io::ErrorKind::AlreadyExists { Ok(()) } else { Err(error) })?;
    }
    let creation = point.root.creation.as_ref();
    let creation =
        creation.map(|info| Creation { uid: info.owner_uid, gid: info.owner_gid, mode: info.mode() });
    shared_folder::prepare(source, &point.root.path, creation)
}
