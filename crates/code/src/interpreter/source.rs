//! Looks through the host for the interpreters of a family. Never runs one whose version its name tells.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use lambent_core::limits::INTERPRETERS_PER_SOURCE_MAX;

use super::host::{HostEnvironment, Override};
use super::probe;
use super::wanted::{Family, Version};
use super::{Found, Look, Source, Unusable};

/// Host folders that every sandbox sees at the same place.
const VISIBLE: [&str; 7] = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

/// Everything there is, in the order of the sources; a program that is met twice counts once.
pub(super) fn look(host: &HostEnvironment, overrides: &[Override], family: Family) -> Look {
    let mut look = Look::default();
    for wanted in overrides.iter().filter(|wanted| wanted.family == family) {
        match configured(host, wanted) {
            Ok(found) => look.found.push(found),
            Err(fault) => {
                let (program, only_for) = (wanted.program.clone(), wanted.version);
                look.unusable.push(Unusable { program, fault, only_for });
            }
        }
    }
    let mut met: HashSet<PathBuf> = HashSet::new();
    for candidate in
        preferred(host, family).into_iter().chain(managed(host, family)).chain(on_path(host, family))
    {
        let Some(program) = real_program(&candidate.program) else { continue };
        if met.insert(program.clone()) {
            look.found.extend(examine(host, family, candidate, program));
        }
    }
    look
}

/// A program that may be an interpreter.
struct Candidate {
    source: Source,
    program: PathBuf,
    /// What its folder or its name says, if that can be relied on.
    version: Option<Version>,
}

fn configured(host: &HostEnvironment, wanted: &Override) -> Result<Found, &'static str> {
    let program = real_program(&wanted.program).ok_or("is not an executable file")?;
    let version = known_version(wanted.family, &program)
        .or_else(|| probe::version(wanted.family, &program))
        .ok_or("does not tell its version")?;
    let prefix = prefix_of(host, &program).ok_or("lies in a folder that cannot be shown to functions")?;
    let needs = needs_of(wanted.family, &program);
    let source = Source::Configured;
    Ok(Found { version, program, source, prefix, needs, only_for: wanted.version })
}

fn examine(host: &HostEnvironment, family: Family, candidate: Candidate, program: PathBuf) -> Option<Found> {
    let prefix = prefix_of(host, &program)?;
    let version = candidate
        .version
        .or_else(|| known_version(family, &program))
        .or_else(|| probe::version(family, &program))?;
    let needs = needs_of(family, &program);
    Some(Found { version, program, source: candidate.source, prefix, needs, only_for: None })
}

/// What the user says is the Java to take.
fn preferred(host: &HostEnvironment, family: Family) -> Option<Candidate> {
    let home = host.java_home.as_ref().filter(|home| family == Family::Java && home.is_absolute())?;
    Some(Candidate { source: Source::Jvm, program: home.join("bin/java"), version: None })
}

/// The interpreters of version managers: one folder a version.
fn managed(host: &HostEnvironment, family: Family) -> Vec<Candidate> {
    let asdf = |plugin: &str| host.asdf_data_dir.as_ref().map(|dir| dir.join("installs").join(plugin));
    let (folders, program) = match family {
        Family::Python => (
            vec![
                (Source::Pyenv, host.pyenv_root.as_ref().map(|dir| dir.join("versions"))),
                (Source::Asdf, asdf("python")),
            ],
            "bin/python3",
        ),
        Family::Nodejs => (
            vec![
                (Source::Asdf, asdf("nodejs")),
                (Source::Nvm, host.nvm_dir.as_ref().map(|dir| dir.join("versions/node"))),
            ],
            "bin/node",
        ),
        Family::Java => {
            let sdkman = host.home.as_ref().map(|home| home.join(".sdkman/candidates/java"));
            let folders =
                [(Source::Asdf, asdf("java")), (Source::Jvm, host.jvm_dir.clone()), (Source::Jvm, sdkman)];
            (folders.to_vec(), "bin/java")
        }
        Family::Ruby => (
            vec![
                (Source::Asdf, asdf("ruby")),
                (Source::Rbenv, host.rbenv_root.as_ref().map(|dir| dir.join("versions"))),
            ],
            "bin/ruby",
        ),
    };
    let folders = folders.into_iter().filter_map(|(source, folder)| Some((source, folder?)));
    let versions =
        folders.flat_map(|(source, folder)| children(&folder).into_iter().map(move |dir| (source, dir)));
    versions
        .map(|(source, dir)| {
            // A Java folder is called after its maker (`temurin-17.0.15`): its release file tells.
            let version = if family == Family::Java { None } else { exact_version(&dir) };
            Candidate { source, program: dir.join(program), version }
        })
        .collect()
}

/// The interpreters in the folders of `PATH`, without the shims of version managers: those cost 80 ms a
/// start, need an environment, and stand for what [`managed`] finds.
fn on_path(host: &HostEnvironment, family: Family) -> Vec<Candidate> {
    let folders = host.path.iter().filter(|folder| !folder.ends_with("shims"));
    let candidates = folders.flat_map(|folder| names_in(folder, family));
    candidates.map(|(program, version)| Candidate { source: Source::Path, program, version }).collect()
}

fn names_in(folder: &Path, family: Family) -> Vec<(PathBuf, Option<Version>)> {
    let plain: &[&str] = match family {
        Family::Python => &["python3"],
        Family::Nodejs => &["node", "nodejs"],
        Family::Java => &["java"],
        Family::Ruby => &["ruby"],
    };
    let stem = match family {
        Family::Python => Some("python3."),
        Family::Ruby => Some("ruby"),
        Family::Nodejs | Family::Java => None,
    };
    let mut names: Vec<_> = plain.iter().map(|name| (folder.join(name), None)).collect();
    let Some(stem) = stem else { return names };
    // Names with a version before the bare one, whose version costs a process.
    let versioned = fs::read_dir(folder).into_iter().flatten().flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let numbers = name.strip_prefix(stem).filter(|rest| is_numbers(rest))?;
        let version = if family == Family::Python { format!("3.{numbers}") } else { numbers.to_owned() };
        Some((entry.path(), Some(Version::parse(&version)?)))
    });
    let mut all: Vec<_> = versioned.take(INTERPRETERS_PER_SOURCE_MAX).collect();
    all.sort();
    all.append(&mut names);
    all
}

fn is_numbers(text: &str) -> bool {
    !text.is_empty()
        && text.split('.').all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
}

/// The version a folder is named after, if the name is nothing but that: `3.12.1`, `v22.1.0`.
fn exact_version(folder: &Path) -> Option<Version> {
    let name = folder.file_name()?.to_str()?;
    let numbers = name.strip_prefix('v').unwrap_or(name);
    (is_numbers(numbers) && numbers.matches('.').count() == 2).then(|| Version::parse(numbers)).flatten()
}

/// What can be known of a real program without running it.
fn known_version(family: Family, program: &Path) -> Option<Version> {
    let home = program.parent()?.parent()?;
    match family {
        Family::Java => {
            let release = fs::read_to_string(home.join("release")).ok()?;
            let version = release.lines().find_map(|line| line.strip_prefix("JAVA_VERSION="))?;
            Version::parse(version.trim_matches('"'))
        }
        Family::Python | Family::Nodejs | Family::Ruby => None,
    }
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut children: Vec<_> = entries.take(INTERPRETERS_PER_SOURCE_MAX).map(|entry| entry.path()).collect();
    children.sort();
    children
}

/// `program` with every symlink resolved, if it is an executable file.
fn real_program(program: &Path) -> Option<PathBuf> {
    let real = program.canonicalize().ok()?;
    let meta = real.metadata().ok()?;
    (meta.is_file() && meta.permissions().mode() & 0o111 != 0).then_some(real)
}

/// The folder to show to functions for `program`: `Some(None)` if they see it anyway, `None` if it must not
/// be shown because it holds more than an interpreter.
#[expect(clippy::option_option, reason = "the two absences mean different things and meet only here")]
fn prefix_of(host: &HostEnvironment, program: &Path) -> Option<Option<PathBuf>> {
    if is_visible(program) {
        return Some(None);
    }
    let bin = program.parent().filter(|bin| bin.ends_with("bin"))?;
    let prefix = bin.parent()?;
    let home = host.home.as_ref().and_then(|home| home.canonicalize().ok());
    let holds_home =
        home.as_ref().is_some_and(|home| home.starts_with(prefix) || home.join(".local") == prefix);
    // `/`, `/opt`, `/home`: never one interpreter alone.
    let top_level = prefix.components().count() < 3;
    (!holds_home && !top_level).then(|| Some(prefix.to_owned()))
}

fn is_visible(path: &Path) -> bool {
    VISIBLE.iter().any(|folder| path.starts_with(folder))
}

/// Debian keeps the configuration and certificates of its Java in `/etc`, and Java doesn't start without.
fn needs_of(family: Family, program: &Path) -> Vec<PathBuf> {
    let home = program.parent().and_then(Path::parent);
    let (Family::Java, Some(home)) = (family, home) else { return Vec::new() };
    let links = [
        "conf/logging.properties",
        "conf/security/java.security",
        "lib/jvm.cfg",
        "lib/security/cacerts",
        "lib/security/default.policy",
    ];
    let targets = links.iter().filter_map(|link| home.join(link).canonicalize().ok());
    let outside = targets.filter(|target| !is_visible(target) && !target.starts_with(home));
    let mut needs: Vec<PathBuf> = outside
        .filter_map(|target| target.parent().map(Path::to_owned))
        // A folder such as `/etc` itself holds more than Java's.
        .filter(|folder| folder.components().count() > 2)
        .collect();
    needs.sort();
    // Sorted, a folder stands before all that lies in it.
    needs.dedup_by(|inner, outer| inner.starts_with(outer));
    needs
}
