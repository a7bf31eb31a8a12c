//! How the bootstrap of a language is started: the folder that functions see as `/var/runtime`, the interpreter, and what
//! it is given. Never starts one.

use std::path::{Path, PathBuf};

use lambent_code::interpreter::{self, Choice, Java, JavaRuntime, build_java, compile};
use lambent_code::sdk::{Kit, NotBeside};
use lambent_core::lambda::runtime::{Family, Runtime};
use tokio_util::task::TaskTracker;
use tracing::warn;

use super::{ProgramError, Programs};

/// How much of a function's memory may be heap: what AWS gives, the rest is the virtual machine's own.
const JAVA_HEAP_PERCENT: u32 = 85;

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
        memory_mib: u32,
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
            Family::Node => self.sources(runtime, "nodejs", &["/var/runtime/bootstrap.cjs"], brought).await,
            // On AWS UTF-8 comes with the locale, which the host need not have.
            Family::Ruby => {
                self.sources(runtime, "ruby", &["-EUTF-8", "/var/runtime/bootstrap.rb"], brought).await
            }
            Family::Java => self.java(runtime, memory_mib).await,
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
        let interpreter = self.interpreter(runtime).await?;
        let folder =
            self.with_sdk(self.bootstraps.join(folder), runtime.family, &interpreter, brought).await?;
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        Ok(Bootstrap { folder, interpreter, arguments })
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
        let arguments = java_flags(memory_mib).into_iter().chain(arguments).collect();
        Ok(Bootstrap { folder, interpreter, arguments })
    }
}

/// A small heap and a quick start; what a function needs else it says in `JAVA_TOOL_OPTIONS`, but these win.
fn java_flags(memory_mib: u32) -> Vec<String> {
    let heap_kib = u64::from(memory_mib) * 1024 * u64::from(JAVA_HEAP_PERCENT) / 100;
    let mut flags = vec![format!("-XX:MaxHeapSize={heap_kib}k")];
    let fixed = [
        "-XX:+UseSerialGC",
        "-XX:+TieredCompilation",
        "-XX:TieredStopAtLevel=1",
        "-Xshare:auto",
        // Else every start writes a file to the function's /tmp.
        "-XX:-UsePerfData",
        // On AWS UTF-8 comes with the locale, which the host need not have.
        "-Dfile.encoding=UTF-8",
        "-Dsun.jnu.encoding=UTF-8",
        "-Djava.net.preferIPv4Stack=true",
    ];
    flags.extend(fixed.map(str::to_owned));
    flags
}

/// Without bytecode functions start slower, and run all the same.
async fn compile_bootstrap(program: PathBuf, folder: PathBuf) {
    if let Err(fault) = compile(program.clone(), folder).await {
        warn!(program = %program.display(), %fault, "the Python bootstrap was not compiled: starts are slower");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heap_grows_with_the_memory() {
        let heap = |memory_mib| java_flags(memory_mib).remove(0);
        assert_eq!(heap(128), "-XX:MaxHeapSize=111411k");
        assert_eq!(heap(512), "-XX:MaxHeapSize=445644k");
        assert_eq!(heap(10_240), "-XX:MaxHeapSize=8912896k");
    }
}
