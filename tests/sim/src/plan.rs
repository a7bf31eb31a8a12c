//! What there is in a world besides chance: the functions there may be, and what they run.

use std::collections::BTreeMap;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lambent_code::{Digest, Trees};
use tempfile::TempDir;

use crate::model::Function;
use crate::world::World;

/// The function that is told of the ends of others: it never fails, and nobody changes it.
pub(crate) const SINK: &str = "sink";

/// The queue of events that failed.
pub(crate) const DEAD_LETTERS: &str = "arn:aws:sqs:us-east-1:000000000000:dead";

/// The queue of records.
pub(crate) const RECORDS: &str = "arn:aws:sqs:us-east-1:000000000000:records";

/// The role of all functions.
pub(crate) const ROLE: &str = "arn:aws:iam::000000000000:role/test";

/// What is known of all functions.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) functions: BTreeMap<String, Function>,
}

impl Model {
    pub(crate) fn new(world: &World) -> Self {
        let names = (0..world.functions).map(|number| format!("f{number}"));
        Self { functions: names.map(|name| (name, Function::default())).collect() }
    }
}

/// What functions run, unpacked once for all worlds: nothing touches the disk after that.
#[derive(Debug)]
pub(crate) struct Packages {
    pub(crate) trees: Trees,
    packages: Vec<Package>,
    _folder: TempDir,
}

/// One package.
#[derive(Debug)]
pub(crate) struct Package {
    pub(crate) zip_base64: String,
    /// As `CodeSha256` says it.
    pub(crate) sha256: String,
    tree: lambent_code::Tree,
}

impl Packages {
    /// Unpacks them.
    pub(crate) async fn unpack() -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        let trees = Trees::open(folder.path().join("trees"))?;
        let mut packages = Vec::new();
        for content in ["0", "1", "2"] {
            let zip = lambent_testkit::zip("bootstrap", content);
            let tree = trees.unpack(zip.clone()).await?;
            let sha256 = Digest::of(&zip).to_base64();
            packages.push(Package { zip_base64: STANDARD.encode(&zip), sha256, tree });
        }
        Ok(Self { trees, packages, _folder: folder })
    }

    /// All of them.
    pub(crate) fn all(&self) -> &[Package] {
        &self.packages
    }

    /// The `CodeSha256` of what lies there.
    pub(crate) fn at(&self, folder: &Path) -> Option<String> {
        self.packages.iter().find(|one| one.tree.path() == folder).map(|one| one.sha256.clone())
    }
}
