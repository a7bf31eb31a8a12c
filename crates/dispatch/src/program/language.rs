//! How the bootstrap of a language is started: the folder that functions see as `/var/runtime`, the interpreter, and what
//! it is given. Never starts one.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use lambent_code::interpreter::{
    self, Choice, Java, JavaRuntime, LANGUAGE_FOLDER, Mount, build_java, compile,
};
use lambent_code::sdk::{Kit, NotBeside};
use lambent_core::lambda::configuration::Configuration;
use lambent_core::lambda::runtime::{Family, Runtime};
use tokio_util::task::TaskTracker;
use tracing::warn;

use super::flags::{self, NodeOptions};
use super::{ProgramError, Programs};

/// What runs a language.
pub(super) struct Bootstrap {
    pub(super) folder: PathBuf,
    pub(super) interpreter: Choice,
    pub(super) arguments: Vec<String>,
}

impl Programs {
    /// The bootstrap of a managed runtime, for code and layers in these folders. What its first use makes for later ones
    /// goes to `tasks`, where it can wait.
    pub(super) async fn bootstrap<'a>(
        &self,
        runtime: &'static Runtime,
        configuration: &Configuration,
        brought: impl Iterator<Item = &'a Path>,
        tasks: &TaskTracker,
    ) -> Result<Bootstrap, ProgramError> {
        let brought: Vec<PathBuf> = brought.map(Path::to_owned).collect();
        match runtime.family {
            Family::Python => {
                // `-S` keeps Python from reading every `.pth` file of the host at each start, which can triple it; the
                // bootstrap sets `sys.path` itself.
                let python =
                    self.sources(runtime, "python", &["-S", "/var/runtime/bootstrap.py"], brought).await?;
                let compiled = (python.interpreter.host_program.clone(), python.folder.clone());
                if self.met().compiled.insert(compiled.clone()) {
                    tasks.spawn(compile_bootstrap(compiled.0, compiled.1.join("lambent_runtime")));
                }
                Ok(python)
            }
            // An ES module as entry would cost Node.js 6 ms.
            Family::Node => {
                let mut node =
                    self.sources(runtime, "nodejs", &["/var/runtime/bootstrap.cjs"], brought).await?;
                let set = NodeOptions::of(configuration);
                let flags = flags::node(configuration.memory_mib, node.interpreter.version, &set);
                node.arguments.splice(..0, flags);
                Ok(node)
            }
            // On AWS UTF-8 comes with the locale, which the host need not have.
            Family::Ruby => {
                self.sources(runtime, "ruby", &["-EUTF-8", "/var/runtime/bootstrap.rb"], brought).await
            }
            Family::Java => self.java(runtime, configuration.memory_mib).await,
            Family::DotNet | Family::Provided => Err(ProgramError::Runtime(runtime.id.to_owned())),
        }
    }

    /// A language that runs from its sources.
    async fn sources(
        &self,
        runtime: &'static Runtime,
        folder: &str,
        arguments: &[&str],
        brought: Vec<PathBuf>,
    ) -> Result<Bootstrap, ProgramError> {
        let mut interpreter = self.interpreter(runtime).await?;
        interpreter.mounts.extend(self.language_folder(folder, &interpreter));
        let folder =
            self.with_sdk(self.bootstraps.join(folder), runtime.family, &interpreter, brought).await?;
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        Ok(Bootstrap { folder, interpreter, arguments })
    }

    /// `/var/lang` for an interpreter that lies in the host's own folders, for scripts that look for it there.
    fn language_folder(&self, family: &str, interpreter: &Choice) -> Option<Mount> {
        let target = PathBuf::from(LANGUAGE_FOLDER);
        if interpreter.mounts.iter().any(|mount| mount.target == target) {
            return None;
        }
        let source = self.bootstraps.join("lang").join(format!("{family}-{}", interpreter.version));
        let name = if family == "nodejs" { "node" } else { family };
        match link(&source.join("bin"), name, &interpreter.program) {
            Ok(()) => Some(Mount { source, target }),
            Err(fault) => {
                warn!(%fault, "/var/lang of a function is empty: the folder for it cannot be made");
                None
            }
        }
    }

    /// What `/var/runtime` shows: the bootstrap, with the AWS SDK where it is installed.
    async fn with_sdk(
        &self,
        bootstrap: PathBuf,
        family: Family,
        choice: &Choice,
        code: Vec<PathBuf>,
    ) -> Result<PathBuf, ProgramError> {
        let family = match family {
            Family::Python => interpreter::Family::Python,
            Family::Node => interpreter::Family::Nodejs,
            Family::Java => interpreter::Family::Java,
            Family::Ruby => interpreter::Family::Ruby,
            Family::DotNet | Family::Provided => return Ok(bootstrap),
        };
        let Some(kit) = Kit::of(family, choice.version) else { return Ok(bootstrap) };
        match self.sdks.beside(&bootstrap, &kit, &choice.host_program, code).await {
            Ok(folder) => Ok(folder.unwrap_or(bootstrap)),
            Err(later @ NotBeside::Installing(_)) => Err(later.into()),
            Err(NotBeside::Folder(fault)) => {
                warn!(sdk = %kit, %fault, "a function starts without the AWS SDK: the folder for it cannot be made");
                Ok(bootstrap)
            }
        }
    }

    async fn java(&self, runtime: &'static Runtime, memory_mib: u32) -> Result<Bootstrap, ProgramError> {
        let interpreter = self.interpreter(runtime).await?;
        let java = Java { program: interpreter.host_program.clone(), version: interpreter.version };
        let others = self.interpreters.found(interpreter::Family::Java).await.iter();
        let others = others.map(|found| Java { program: found.program.clone(), version: found.version });
        let (sources, place) = (self.bootstraps.join("java"), self.bootstraps.join("java-built"));
        let turn = self.building.lock().await;
        let JavaRuntime { folder, arguments } = build_java(java, others.collect(), sources, place).await?;
        drop(turn);
        let arguments = flags::java(memory_mib).into_iter().chain(arguments).collect();
        Ok(Bootstrap { folder, interpreter, arguments })
    }
}

/// Makes a link in a folder, if it is not there yet.
fn link(folder: &Path, name: &str, program: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for seen in folder.ancestors().take(3) {
        // Sandboxes have users of their own.
        std::fs::set_permissions(seen, Permissions::from_mode(0o755))?;
    }
    match std::os::unix::fs::symlink(program, folder.join(name)) {
        Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
}

/// Without bytecode functions start slower, and run all the same.
async fn compile_bootstrap(program: PathBuf, folder: PathBuf) {
    if let Err(fault) = compile(program.clone(), folder).await {
        warn!(program = %program.display(), %fault, "the Python bootstrap was not compiled: starts are slower");
    }
}
