//! Our Java runtime, compiled and packed once for each Java virtual machine from the sources beside it: no machine code or
//! bytecode is kept in the source tree. Never touches what a function brought.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::tool::Tool;
use super::wanted::Version;
use crate::Digest;
use crate::blocking::blocking;

/// The class path and the class archive must be named alike where they are made and in a sandbox, whose folders are others:
/// both run in a folder beside the one that holds them, and name it from there.
const JAR: &str = "../runtime/lambent.jar";
const ARCHIVE: &str = "../runtime/lambent.jsa";

/// What is opened lets the runtime write to a descriptor by its number, and hide from the function that it does; on the
/// command line it would cost each start.
const MANIFEST: &str = "Main-Class: lambent.runtime.Main\nAdd-Opens: java.base/java.io java.base/java.lang\n";

/// Why the Java runtime cannot be had on this host.
#[derive(Debug, thiserror::Error)]
pub enum JavaError {
    /// There is a Java to run functions, and none to compile with.
    #[error(
        "the Java runtime is compiled once on its first use, and neither {} nor any other Java here has a compiler: get one with `apt-get install openjdk-{version}-jdk-headless`",
        program.display()
    )]
    NoCompiler {
        /// The Java that functions would run on.
        program: PathBuf,
        /// Its version.
        version: u32,
    },
    /// A program of the JDK failed.
    #[error("the Java runtime cannot be built: {program} {fault}")]
    Failed {
        /// Which one.
        program: &'static str,
        /// How, with what it said.
        fault: String,
    },
    /// The folder cannot be written.
    #[error("the Java runtime cannot be built")]
    Io(#[from] io::Error),
}

/// A Java of this host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Java {
    /// The real path of its `java`.
    pub program: PathBuf,
    /// Its version.
    pub version: Version,
}

/// The Java runtime for one virtual machine, as it lies on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JavaRuntime {
    /// The folder that functions see as `/var/runtime`.
    pub folder: PathBuf,
    /// What a virtual machine needs in front of its handler, started in `/var/task`.
    pub arguments: Vec<String>,
}

/// Compiles and packs `sources` for a virtual machine, if that wasn't done yet, below `place`; with the compiler of one of
/// `others` where it has none of its own. What is there is whole: readers see a whole folder or none.
///
/// # Errors
/// [`JavaError`] without a compiler, or when a program of the JDK fails.
pub async fn build_java(
    java: Java,
    others: Vec<Java>,
    sources: PathBuf,
    place: PathBuf,
) -> Result<JavaRuntime, JavaError> {
    blocking(move || build(&java, &others, &sources, &place)).await
}

fn build(java: &Java, others: &[Java], sources: &Path, place: &Path) -> Result<JavaRuntime, JavaError> {
    let ready = place.join(key(java));
    if !ready.is_dir() {
        let compiler = compiler(java, others)?;
        tracing::info!(java = %java.program.display(), "compiling the Java runtime: this is done once");
        fs::create_dir_all(place)?;
        let fresh = tempfile::Builder::new().prefix("fresh-").tempdir_in(place)?;
        fill(java, &compiler, sources, fresh.path())?;
        // Another start may have been faster; what it made is the same.
        if fs::rename(fresh.path(), &ready).is_ok() {
            let _moved = fresh.keep();
        }
    }
    let folder = ready.join("runtime");
    // Java knows such archives from version 13 on.
    let archive = folder.join("lambent.jsa").is_file().then(|| format!("-XX:SharedArchiveFile={ARCHIVE}"));
    let arguments = archive.into_iter().chain(["-jar".to_owned(), JAR.to_owned()]).collect();
    Ok(JavaRuntime { folder, arguments })
}

/// Another name for every Java: an upgrade in place makes another archive.
fn key(java: &Java) -> String {
    let release = home(&java.program).map(|home| fs::read(home.join("release")).unwrap_or_default());
    let said = [java.program.as_os_str().as_encoded_bytes(), &release.unwrap_or_default()].concat();
    format!("{}-{}", java.version, &Digest::of(&said).to_string()[..16])
}

/// A compiler, its `jar` and how to compile for another version with it.
struct Compiler {
    bin: PathBuf,
    release: Option<u32>,
}

fn compiler(java: &Java, others: &[Java]) -> Result<Compiler, JavaError> {
    let own = std::iter::once(java);
    let found = own.chain(others).find_map(|found| {
        let bin = found.program.parent()?.to_owned();
        (bin.join("javac").is_file() && bin.join("jar").is_file()).then_some((bin, found.version))
    });
    let none = || JavaError::NoCompiler { program: java.program.clone(), version: java.version.major };
    let (bin, Version { major, .. }) = found.ok_or_else(none)?;
    Ok(Compiler { bin, release: (major > java.version.major).then_some(java.version.major) })
}

fn home(program: &Path) -> Option<&Path> {
    program.parent()?.parent()
}

fn fill(java: &Java, compiler: &Compiler, sources: &Path, fresh: &Path) -> Result<(), JavaError> {
    let (task, runtime, classes) = (fresh.join("task"), fresh.join("runtime"), fresh.join("classes"));
    for folder in [&task, &runtime, &classes] {
        fs::create_dir(folder)?;
        readable(folder, 0o755)?;
    }
    readable(fresh, 0o755)?;
    compile(compiler, sources, &classes)?;
    fs::write(fresh.join("manifest"), MANIFEST)?;
    let pack = Tool::new(&compiler.bin.join("jar"), &classes).args(["cfm", JAR, "../manifest", "."]);
    run("jar", pack)?;
    readable(&runtime.join("lambent.jar"), 0o644)?;
    rehearse(java, &task)?;
    let archive = runtime.join("lambent.jsa");
    if archive.is_file() {
        readable(&archive, 0o644)?;
    }
    fs::remove_dir_all(classes)?;
    Ok(())
}

/// Text is joined without a call that each start would have to link first.
fn compile(compiler: &Compiler, sources: &Path, classes: &Path) -> Result<(), JavaError> {
    let mut files = Vec::new();
    java_files(sources, &mut files)?;
    let mut javac = Tool::new(&compiler.bin.join("javac"), sources).args([
        "-nowarn",
        "-encoding",
        "UTF-8",
        "-proc:none",
        "-XDstringConcat=inline",
    ]);
    if let Some(release) = compiler.release {
        javac = javac.args(["--release".to_owned(), release.to_string()]);
    }
    run("javac", javac.args(["-d"]).args([classes]).args(files))
}

/// One invocation, which shows that the runtime works; what it loaded is kept ready for the starts to come.
fn rehearse(java: &Java, task: &Path) -> Result<(), JavaError> {
    let mut rehearsal = Tool::new(&java.program, task).args([
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:-UsePerfData",
    ]);
    if java.version.major >= 13 {
        rehearsal = rehearsal.args([format!("-XX:ArchiveClassesAtExit={ARCHIVE}")]);
    }
    run("java", rehearsal.args(["-jar", JAR, "--rehearse"]))
}

fn run(program: &'static str, tool: Tool) -> Result<(), JavaError> {
    tool.run().map_err(|fault| JavaError::Failed { program, fault })
}

fn java_files(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            java_files(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "java") {
            files.push(path);
        }
    }
    Ok(())
}

/// Sandboxes have users of their own, whatever the server's mask.
fn readable(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_compiler_it_says_what_to_install() {
        let place = tempfile::tempdir().unwrap();
        let java = |version| Java {
            program: place.path().join("bin/java"),
            version: Version { major: version, minor: None, patch: None },
        };
        let error = build(&java(21), &[java(17)], place.path(), place.path()).unwrap_err().to_string();
        assert!(error.ends_with("get one with `apt-get install openjdk-21-jdk-headless`"), "{error}");
    }

    #[test]
    fn an_older_java_is_compiled_for_by_a_newer_one() {
        let place = tempfile::tempdir().unwrap();
        let java = |name: &str, major| {
            let version = Version { major, minor: None, patch: None };
            Java { program: place.path().join(name).join("bin/java"), version }
        };
        for (name, tools) in [("jre", &[][..]), ("jdk", &["javac", "jar"])] {
            fs::create_dir_all(place.path().join(name).join("bin")).unwrap();
            for tool in tools {
                fs::write(place.path().join(name).join("bin").join(tool), "").unwrap();
            }
        }
        let check = |wanted, other, release| {
            let compiler = compiler(&java("jre", wanted), &[java("jdk", other)]).unwrap();
            assert_eq!((compiler.bin, compiler.release), (place.path().join("jdk/bin"), release));
        };
        check(8, 25, Some(8));
        check(17, 17, None);
        let own = compiler(&java("jdk", 17), &[java("jre", 25)]).unwrap();
        assert_eq!((own.bin, own.release), (place.path().join("jdk/bin"), None));
    }
}
