//! From a name and a qualifier to what stands behind them: a function's `$LATEST`, a version, or an alias and the version
//! it points to. Never changes one.
//!
//! What is missing has two names on AWS. Who reads or invokes is told of a function: [`find`]. Who sets something for a
//! qualifier is told of the alias: [`expect`].

use lambent_core::lambda::arn::Qualifier;
use lambent_core::lambda::function::{Deployment, Function};
use lambent_core::lambda::version::{Version, VersionNumber};

use super::Error;
use super::change::{self, Versions};
use super::names::Target;
use crate::Server;

/// A function, and the version that is meant; none for `$LATEST`.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) function: Function,
    pub(super) version: Option<Version>,
}

impl Found {
    /// Its configuration and code.
    pub(super) fn deployment(&self) -> &Deployment {
        self.version.as_ref().map_or(&self.function.latest, |version| &version.deployment)
    }
}

/// What a caller means, as who reads it is told: an alias stands for the version it points to.
pub(super) async fn find(server: &Server, target: &Target) -> Result<Found, Error> {
    let function = change::read(server, target).await?.value;
    let number = match &target.qualifier {
        None | Some(Qualifier::Latest) => None,
        Some(Qualifier::Version(_)) => Some(target.version().ok_or_else(|| target.not_found())?),
        Some(Qualifier::Alias(name)) => function.aliases.get(name).ok_or_else(|| target.not_found())?.version,
    };
    let version = match number {
        None => None,
        Some(number) => {
            let version = change::version(server, &function, number).await?;
            Some(version.ok_or_else(|| target.not_found())?)
        }
    };
    Ok(Found { function, version })
}

/// The function, if what is asked for by the qualifier is there too.
pub(super) async fn existing(server: &Server, target: &Target) -> Result<Function, Error> {
    let function = change::read(server, target).await?.value;
    let mut versions = Versions::new();
    if let Some(number) = target.version() {
        versions.extend(change::version(server, &function, number).await?.map(|version| (number, version)));
    }
    expect(target, &function, &versions)?;
    Ok(function)
}

/// Refuses a qualifier that the function does not have.
pub(super) fn expect(target: &Target, function: &Function, versions: &Versions) -> Result<(), Error> {
    match &target.qualifier {
        None | Some(Qualifier::Latest) => Ok(()),
        Some(Qualifier::Version(_)) => {
            let there = target.version().is_some_and(|number| versions.contains_key(&number));
            if there { Ok(()) } else { Err(target.not_found()) }
        }
        Some(Qualifier::Alias(name)) if function.aliases.contains_key(name) => Ok(()),
        Some(Qualifier::Alias(_)) => Err(no_alias(target)),
    }
}

/// The refusal for an alias that is not there.
pub(super) fn no_alias(target: &Target) -> Error {
    Error::NotFound(format!("Cannot find alias arn: {}", target.arn()))
}

impl Target {
    /// The number of the version that the qualifier names; none for another qualifier, and for what no version can be.
    pub(super) fn version(&self) -> Option<VersionNumber> {
        match &self.qualifier {
            Some(Qualifier::Version(text)) => VersionNumber::read(text),
            None | Some(Qualifier::Latest | Qualifier::Alias(_)) => None,
        }
    }
}
