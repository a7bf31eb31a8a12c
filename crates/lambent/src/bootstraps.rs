//! The bootstraps that run inside sandboxes, built into the binary and laid out in the data folder. Never runs one.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use lambent_code::Digest;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../runtimes/"]
#[include = "java/*"]
#[include = "nodejs/*"]
#[include = "python/*"]
#[include = "ruby/*"]
#[exclude = "*.pyc"]
struct Files;

/// Lays the bootstraps out below `data_dir`, in a folder named by what is in them: an older server's stay as they are
/// while its sandboxes still run.
pub(crate) fn lay_out(data_dir: &Path) -> io::Result<PathBuf> {
    let files = || Files::iter().filter_map(|name| Some((name.clone(), Files::get(&name)?.data)));
    let all: Vec<u8> = files().flat_map(|(name, bytes)| [name.as_bytes(), &bytes].concat()).collect();
    let folder = data_dir.join("runtimes").join(Digest::of(&all).to_string());
    if folder.is_dir() {
        return Ok(folder);
    }
    // A folder that is there is whole: it is made beside its place and moved.
    let fresh = data_dir.join("runtimes").join("fresh");
    if fresh.is_dir() {
        fs::remove_dir_all(&fresh)?;
    }
    for (name, bytes) in files() {
        let file = fresh.join(&*name);
        write(&file, &bytes)?;
    }
    fs::rename(&fresh, &folder)?;
    Ok(folder)
}

/// Writes a file that every user may read, whatever the server's own mask: sandboxes have users of their own.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().expect("each file has a folder");
    DirBuilder::new().recursive(true).mode(0o755).create(folder)?;
    fs::set_permissions(folder, Permissions::from_mode(0o755))?;
    let mut file = File::create(path)?;
    file.set_permissions(Permissions::from_mode(0o644))?;
    file.write_all(bytes)
}
