//! Makes a new database, whole or not at all. Never touches one that is there.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use sqlx::{ConnectOptions, Connection};

use super::failure::name;
use super::folder::{Folder, file_error};
use super::{connection, schema};
use crate::StoreError;

/// Makes the folder's database where there is none.
///
/// It is built beside its place without flushing, flushed once, then named. SQLite's own way flushes seven
/// times before the first table stands, which is most of what a first start would take. It is for this user alone, and
/// what SQLite lays beside it is as it is.
pub(super) async fn create(folder: &Folder) -> Result<(), StoreError> {
    let database = folder.database();
    if database.exists() {
        return Ok(());
    }
    let draft = with_suffix(&database, "-new");
    clear(&draft)?;
    let made = File::options().write(true).create_new(true).mode(0o600).open(&draft);
    made.map_err(|source| file_error(&draft, source))?;
    let mut building = connection::draft(&draft).connect().await.map_err(name)?;
    schema::migrate(&mut building).await?;
    building.close().await.map_err(name)?;
    let flushed = File::open(&draft).and_then(|file| file.sync_all());
    flushed.and_then(|()| fs::rename(&draft, &database)).map_err(|source| file_error(&draft, source))?;
    folder.sync()
}

/// Removes what a start that was killed left of its draft.
fn clear(draft: &Path) -> Result<(), StoreError> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let left = with_suffix(draft, suffix);
        match fs::remove_file(&left) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(file_error(&left, error)),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
