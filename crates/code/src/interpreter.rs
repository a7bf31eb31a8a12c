//! The interpreters of this host: which there are, which fits a runtime, and how it is seen in a sandbox.
//!
//! Never reads the environment, never looks before the first need, and never runs what a function brought.

mod bytecode;
mod choice;
mod host;
mod java;
pub(crate) mod probe;
mod source;
#[cfg(test)]
mod tests;
mod tool;
mod wanted;

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::blocking::blocking;

pub use bytecode::compile;
pub use choice::{Choice, LANGUAGE_FOLDER, Mount, NoInterpreter};
pub use host::{HostEnvironment, Override};
pub use java::{Java, JavaError, JavaRuntime, build_java};
pub use wanted::{Family, RuntimeWanted, Version};

/// One interpreter of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its version, as far as it is known without running it.
    pub version: Version,
    /// The real path of its program on the host.
    pub program: PathBuf,
    /// Who installed it.
    pub source: Source,
    /// The folder to mount for it, if a sandbox doesn't see it anyway.
    prefix: Option<PathBuf>,
    /// What else it reads outside the folders that a sandbox sees.
    needs: Vec<PathBuf>,
    /// The version of the runtime it is configured for, if for one only.
    only_for: Option<Version>,
}

/// Who installed an interpreter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Named by the configuration.
    Configured,
    /// pyenv.
    Pyenv,
    /// asdf.
    Asdf,
    /// nvm.
    Nvm,
    /// A folder of Java virtual machines.
    Jvm,
    /// rbenv.
    Rbenv,
    /// A folder of `PATH`.
    Path,
}

/// An interpreter that the configuration names and that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the interpreter configured as {} {fault}", program.display())]
pub struct Unusable {
    /// Its path as configured.
    pub program: PathBuf,
    /// Why not.
    pub fault: &'static str,
    only_for: Option<Version>,
}

/// The interpreters of this host; a clone is another handle to the same.
#[derive(Debug, Clone)]
pub struct Interpreters(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    host: HostEnvironment,
    overrides: Vec<Override>,
    looks: [OnceCell<Look>; Family::ALL.len()],
}

/// What one look at the host gave.
#[derive(Debug, Default)]
struct Look {
    /// In the order of the sources, each program once.
    found: Vec<Found>,
    unusable: Vec<Unusable>,
}

impl Interpreters {
    /// Gets ready to look; each family is looked for once, when it is first needed.
    #[must_use]
    pub fn discover(host: HostEnvironment, overrides: Vec<Override>) -> Self {
        Self(Arc::new(Inner { host, overrides, looks: Default::default() }))
    }

    /// The interpreter to run `wanted` on.
    ///
    /// The exact version if there is one, of several patch versions the highest. Else the nearest higher
    /// one, else the nearest lower one (for Python and Ruby of the same major version), with
    /// [`Choice::substitute`] set: warn once. An interpreter configured for just this runtime always wins.
    ///
    /// # Errors
    /// [`NoInterpreter`] when nothing fits, or, if `strict`, nothing exactly.
    pub async fn find(&self, wanted: &RuntimeWanted, strict: bool) -> Result<Choice, NoInterpreter> {
        choice::choose(self.look(wanted.family).await, *wanted, strict)
    }

    /// All interpreters of a family, in the order they were looked for.
    pub async fn found(&self, family: Family) -> &[Found] {
        &self.look(family).await.found
    }

    /// What the configuration names for a family and cannot be used.
    pub async fn unusable(&self, family: Family) -> &[Unusable] {
        &self.look(family).await.unusable
    }

    async fn look(&self, family: Family) -> &Look {
        let look = || {
            let inner = Arc::clone(&self.0);
            blocking(move || source::look(&inner.host, &inner.overrides, family))
        };
        self.0.looks[family as usize].get_or_init(look).await
    }
}
