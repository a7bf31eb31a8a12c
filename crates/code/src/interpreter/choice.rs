//! Which interpreter a runtime gets, and what a sandbox must show and set for it. Never looks at the disk.

use std::collections::BTreeMap;
use std::fmt::{self, Write};
use std::path::{Path, PathBuf};

use super::wanted::{Family, RuntimeWanted, Version};
use super::{Found, Look, Source, Unusable};

/// Where AWS has the language, and so have we what isn't part of the system.
pub const LANGUAGE_FOLDER: &str = "/var/lang";

/// The interpreter a function runs on, as its sandbox sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its version, as far as it is known.
    pub version: Version,
    /// Its program inside the sandbox.
    pub program: PathBuf,
    /// What to mount read-only, beside the host's `/usr`, `/lib*` and `/bin`; the first is the interpreter.
    pub mounts: Vec<Mount>,
    /// What it needs in its environment to find its own files, beside what AWS sets.
    pub environment: BTreeMap<&'static str, String>,
    /// Whether it is another version than the runtime's.
    pub substitute: bool,
    /// The real path of its program on the host, for messages.
    pub host_program: PathBuf,
    /// Who installed it.
    pub source: Source,
}

/// A folder of the host, shown read-only in a sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Its real path on the host.
    pub source: PathBuf,
    /// Its path in the sandbox.
    pub target: PathBuf,
}

/// No interpreter for a runtime.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", sentence(*wanted, found, unusable.as_ref()))]
pub struct NoInterpreter {
    /// What was wanted.
    pub wanted: RuntimeWanted,
    /// What is there of the same family.
    pub found: Vec<(Version, PathBuf)>,
    /// The interpreter configured for it, if that is the reason.
    pub unusable: Option<Unusable>,
}

/// See [`super::Interpreters::find`].
pub(super) fn choose(look: &Look, wanted: RuntimeWanted, strict: bool) -> Result<Choice, NoInterpreter> {
    let none = |unusable: Option<&Unusable>| NoInterpreter {
        wanted,
        found: look.found.iter().map(|found| (found.version, found.program.clone())).collect(),
        unusable: unusable.cloned(),
    };
    // Falling back from a configured interpreter that is broken would hide the mistake.
    if let Some(unusable) = look.unusable.iter().find(|unusable| unusable.only_for == Some(wanted.version)) {
        return Err(none(Some(unusable)));
    }
    let mine = look.found.iter().find(|found| found.only_for == Some(wanted.version));
    let found =
        mine.or_else(|| exact(look, wanted)).or_else(|| nearest(look, wanted)).ok_or_else(|| none(None))?;
    let substitute = !wanted.version.covers(found.version);
    if substitute && strict && mine.is_none() {
        return Err(none(None));
    }
    Ok(placed(wanted.family, found, substitute))
}

/// What is not kept for one other runtime.
fn general(look: &Look) -> impl Iterator<Item = &Found> {
    look.found.iter().filter(|found| found.only_for.is_none())
}

/// A configured one first, then the highest patch version, then the first source.
fn exact(look: &Look, wanted: RuntimeWanted) -> Option<&Found> {
    best(general(look).filter(|found| wanted.version.covers(found.version)))
}

/// The nearest higher version line, else the nearest lower one; the best of that line.
fn nearest(look: &Look, wanted: RuntimeWanted) -> Option<&Found> {
    let line = |version| line(wanted.family, version);
    let (kin, number) = line(wanted.version);
    let lines = || general(look).map(|found| line(found.version)).filter(|(other, _)| *other == kin);
    let higher = lines().map(|(_, other)| other).filter(|other| *other > number).min();
    let lower = || lines().map(|(_, other)| other).filter(|other| *other < number).max();
    let chosen = higher.or_else(lower)?;
    best(general(look).filter(|found| line(found.version) == (kin, chosen)))
}

/// The part of a version within which code is portable, and the number that says which line it is.
fn line(family: Family, version: Version) -> (u32, u32) {
    match family {
        Family::Python | Family::Ruby => (version.major, version.minor.unwrap_or(0)),
        Family::Nodejs | Family::Java => (0, version.major),
    }
}

fn best<'a>(candidates: impl Iterator<Item = &'a Found>) -> Option<&'a Found> {
    // `max_by_key` gives the last of equals, so the order is turned round.
    let candidates: Vec<_> = candidates.collect();
    candidates.into_iter().rev().max_by_key(|found| (found.source == Source::Configured, found.version))
}

fn placed(family: Family, found: &Found, substitute: bool) -> Choice {
    let sandbox_prefix = found.prefix.as_deref().map(|prefix| sandbox_prefix(family, prefix));
    let program = match (&found.prefix, &sandbox_prefix) {
        (Some(prefix), Some(sandbox)) => sandbox
            .join(found.program.strip_prefix(prefix).expect("the prefix is an ancestor of the program")),
        _ => found.program.clone(),
    };
    let own = found.prefix.iter().zip(&sandbox_prefix);
    let own = own.map(|(host, sandbox)| Mount { source: host.clone(), target: sandbox.clone() });
    let needs = found.needs.iter().map(|path| Mount { source: path.clone(), target: path.clone() });
    Choice {
        version: found.version,
        program,
        mounts: own.chain(needs).collect(),
        environment: sandbox_prefix.map(|prefix| environment(family, &prefix)).unwrap_or_default(),
        substitute,
        host_program: found.program.clone(),
        source: found.source,
    }
}

/// Ruby has its path compiled in and finds its library nowhere else; the others find theirs from where they
/// are.
fn sandbox_prefix(family: Family, host: &Path) -> PathBuf {
    match family {
        Family::Ruby => host.to_owned(),
        Family::Python | Family::Nodejs | Family::Java => PathBuf::from(LANGUAGE_FOLDER),
    }
}

/// Without this a moved Python takes the system's library of the same version, and with it the system's
/// modules, without a word.
fn environment(family: Family, prefix: &Path) -> BTreeMap<&'static str, String> {
    match family {
        Family::Python => BTreeMap::from([("LD_LIBRARY_PATH", format!("{}/lib", prefix.display()))]),
        Family::Nodejs | Family::Java | Family::Ruby => BTreeMap::new(),
    }
}

fn sentence(wanted: RuntimeWanted, found: &[(Version, PathBuf)], unusable: Option<&Unusable>) -> String {
    let mut text = format!("no interpreter for {wanted}: ");
    if let Some(unusable) = unusable {
        text += &unusable.to_string();
        return text;
    }
    list(&mut text, found).expect("writing to a string cannot fail");
    text += &how_to_get(wanted);
    text
}

fn list(text: &mut String, found: &[(Version, PathBuf)]) -> fmt::Result {
    if found.is_empty() {
        write!(text, "none found")?;
    }
    for (index, (version, program)) in found.iter().enumerate() {
        let start = if index == 0 { "found only " } else { ", " };
        write!(text, "{start}{version} ({})", program.display())?;
    }
    Ok(())
}

fn how_to_get(wanted: RuntimeWanted) -> String {
    let version = wanted.version;
    let command = match wanted.family {
        Family::Python => format!("pyenv install {version}"),
        Family::Nodejs => format!("nvm install {version}"),
        Family::Java => format!("apt-get install openjdk-{version}-jre-headless"),
        Family::Ruby => format!("rbenv install {version}"),
    };
    format!("; get it with `{command}`, or configure the path of one")
}
