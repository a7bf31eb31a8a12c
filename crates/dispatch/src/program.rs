//! From a deployment to what a sandbox starts: the unpacked code, the interpreter, the bootstrap. Never starts it.

mod flags;
mod language;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lambent_code::interpreter::{Choice, Interpreters, JavaError, NoInterpreter, RuntimeWanted};
use lambent_code::sdk::{NotBeside, Sdks};
use lambent_code::{Digest, PackageError, Tree, Trees};
use lambent_core::lambda::function::Deployment;
use lambent_core::lambda::layer::Attached;
use lambent_core::lambda::runtime::{Family, Runtime};
use lambent_sandbox::Mount;
use lambent_store::BlobError;
use lambent_store::blobs::Blobs;
use tokio_util::task::TaskTracker;
use tracing::warn;

use language::Bootstrap;

/// Where custom runtimes have their program, in the order they are looked at.
const BOOTSTRAPS: [&str; 2] = ["/var/task/bootstrap", "/opt/bootstrap"];

/// What a sandbox of a deployment starts.
#[derive(Debug)]
pub(crate) struct Program {
    /// Program and arguments; empty if the code has no bootstrap.
    pub(crate) argv: Vec<String>,
    /// Where bootstraps were looked for.
    pub(crate) tried: Vec<String>,
    pub(crate) mounts: Vec<Mount>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) runtime: &'static Runtime,
    /// Keeps code and layers from being collected.
    _trees: (Tree, Option<Tree>),
}

/// Why a deployment cannot be started on this host.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// No interpreter for its runtime.
    #[error(transparent)]
    Interpreter(#[from] NoInterpreter),
    /// Its runtime cannot be compiled.
    #[error(transparent)]
    Java(#[from] JavaError),
    /// Its SDK is not there yet.
    #[error(transparent)]
    Sdk(#[from] NotBeside),
    /// The runtime is not built into this server yet.
    #[error("runtime {0} is not there yet in this server: python*, nodejs*, java*, ruby* and provided* are")]
    Runtime(String),
    /// The code is not in the store.
    #[error("the code cannot be read")]
    Blob(#[from] BlobError),
    /// The code does not unpack.
    #[error("the code cannot be unpacked")]
    Package(#[from] Arc<PackageError>),
}

/// Finds what deployments start.
#[derive(Debug)]
pub struct Programs {
    trees: Trees,
    blobs: Blobs,
    interpreters: Interpreters,
    sdks: Sdks,
    bootstraps: PathBuf,
    strict: bool,
    met: Mutex<Met>,
    /// Held while a runtime is compiled, so that it is once.
    building: tokio::sync::Mutex<()>,
}

/// What is done once only.
#[derive(Debug, Default)]
struct Met {
    /// Runtimes whose users were warned that they run on another version.
    warned: BTreeSet<&'static str>,
    /// Interpreters, and the bootstraps that were compiled for them.
    compiled: BTreeSet<(PathBuf, PathBuf)>,
}

impl Programs {
    /// Unpacked code, uploaded code, the host's interpreters, their SDKs, the folder with one bootstrap folder a language, and whether
    /// an interpreter of another version than asked for is refused.
    #[must_use]
    pub fn new(
        trees: Trees,
        blobs: Blobs,
        interpreters: Interpreters,
        sdks: Sdks,
        bootstraps: PathBuf,
        strict: bool,
    ) -> Self {
        Self {
            trees,
            blobs,
            interpreters,
            sdks,
            bootstraps,
            strict,
            met: Mutex::default(),
            building: tokio::sync::Mutex::default(),
        }
    }

    /// What a deployment starts. Work that only later starts gain from goes to `tasks`.
    pub(crate) async fn find(
        &self,
        deployment: &Deployment,
        tasks: &TaskTracker,
    ) -> Result<Program, ProgramError> {
        let id = &deployment.configuration.runtime;
        let runtime = Runtime::find(id).ok_or_else(|| ProgramError::Runtime(id.clone()))?;
        let code = self.code(deployment.code.digest).await?;
        let layers = self.layers(&deployment.configuration.layers).await?;
        let opt = layers.as_ref().map(Tree::path);
        let mut mounts = vec![mount(code.path(), "/var/task")];
        mounts.extend(opt.map(|layers| mount(layers, "/opt")));
        if runtime.family == Family::Provided {
            let argv = entrypoint([Some(code.path()), opt]);
            let tried = BOOTSTRAPS.map(str::to_owned).to_vec();
            return Ok(Program {
                argv,
                tried,
                mounts,
                environment: BTreeMap::new(),
                runtime,
                _trees: (code, layers),
            });
        }
        let Bootstrap { folder, interpreter, arguments } = self
            .bootstrap(runtime, &deployment.configuration, [code.path()].into_iter().chain(opt), tasks)
            .await?;
        mounts.push(mount(&folder, "/var/runtime"));
        mounts.extend(interpreter.mounts.into_iter().map(|m| Mount { source: m.source, target: m.target }));
        let mut argv = wrapper(deployment);
        argv.push(interpreter.program.to_string_lossy().into_owned());
        argv.extend(arguments);
        let environment =
            interpreter.environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Ok(Program { argv, tried: Vec::new(), mounts, environment, runtime, _trees: (code, layers) })
    }

    /// The layers as `/opt` shows them; none where there are none.
    async fn layers(&self, layers: &[Attached]) -> Result<Option<Tree>, ProgramError> {
        let mut trees = Vec::with_capacity(layers.len());
        for layer in layers {
            trees.push(self.code(layer.digest).await?);
        }
        Ok(self.trees.merged(&trees).await.map_err(Arc::new)?)
    }

    async fn interpreter(&self, runtime: &'static Runtime) -> Result<Choice, ProgramError> {
        let wanted =
            RuntimeWanted::parse(runtime.id).ok_or_else(|| ProgramError::Runtime(runtime.id.to_owned()))?;
        let choice = self.interpreters.find(&wanted, self.strict).await?;
        if choice.substitute && self.met().warned.insert(runtime.id) {
            warn!(
                runtime = runtime.id,
                version = %choice.version,
                "this host has no such interpreter: its functions run on the nearest version"
            );
        }
        Ok(choice)
    }

    fn met(&self) -> MutexGuard<'_, Met> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The unpacked code: there already, or unpacked again from what was uploaded.
    async fn code(&self, digest: Digest) -> Result<Tree, ProgramError> {
        if let Some(tree) = self.trees.get(&digest) {
            return Ok(tree);
        }
        let zip = self.blobs.get(digest).await?;
        Ok(self.trees.unpack(zip).await.map_err(Arc::new)?)
    }
}

fn mount(source: &Path, target: &str) -> Mount {
    Mount { source: source.to_owned(), target: PathBuf::from(target) }
}

/// What starts the runtime in the function's `AWS_LAMBDA_EXEC_WRAPPER`, which gets the runtime's own command as arguments.
/// Only the sandbox can tell whether it is there: its paths are not the host's.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-modify.html>
fn wrapper(deployment: &Deployment) -> Vec<String> {
    const START: &str = r#"wrapper="$AWS_LAMBDA_EXEC_WRAPPER"
if [ ! -f "$wrapper" ]; then echo "$wrapper: does not exist"; exit 127; fi
if [ ! -x "$wrapper" ]; then echo "$wrapper: is not an executable"; exit 126; fi
exec "$wrapper" "$@""#;
    let set = deployment.configuration.environment.as_ref();
    let named = set.and_then(|set| set.get("AWS_LAMBDA_EXEC_WRAPPER")).is_some_and(|path| !path.is_empty());
    let command = if named { &["/bin/sh", "-c", START, "/var/runtime/bootstrap"][..] } else { &[] };
    command.iter().map(|word| (*word).to_owned()).collect()
}

/// The first bootstrap in code and layers that is no folder; whether it can be executed shows when it is. Where a symlink
/// leads only the sandbox can tell: its paths are not the host's.
fn entrypoint(folders: [Option<&Path>; 2]) -> Vec<String> {
    let is_there =
        |folder: &Path| std::fs::symlink_metadata(folder.join("bootstrap")).is_ok_and(|m| !m.is_dir());
    let found = BOOTSTRAPS.iter().zip(folders).find(|(_, folder)| folder.is_some_and(is_there));
    found.map(|(place, _)| vec![(*place).to_owned()]).unwrap_or_default()
}
