//! Provisioned concurrency: how many environments of which version are wanted, and how their number is kept. Never starts
//! one.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html>

mod keeper;

use std::collections::BTreeMap;

pub use keeper::{Action, Event, Keeper};

use super::alias::Alias;
use super::arn::Qualifier;
use super::function::Function;
use super::version::VersionNumber;

/// Environments wanted of each version; none of a version that is not named.
pub type Shares = BTreeMap<VersionNumber, u32>;

/// Why a qualifier cannot have provisioned concurrency, in AWS's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// A version it sends traffic to has its own, or gets some through another alias.
    #[error(
        "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
    )]
    VersionProvisioned,
    /// An alias that sends traffic to the version has some.
    #[error("Version is pointed by a Provisioned Concurrency alias")]
    AliasProvisioned,
}

/// Whether a qualifier may have provisioned concurrency beside all others that have some: a version gets it from one side
/// only. Whether it has some itself makes no difference.
///
/// # Errors
/// [`Conflict`] where it does not.
pub fn may_have(function: &Function, qualifier: &Qualifier) -> Result<(), Conflict> {
    let has = |other: &Qualifier| function.settings(other).is_some_and(|s| s.provisioned.is_some());
    let others = || function.aliases.iter().filter(|(name, _)| has(&Qualifier::Alias((*name).clone())));
    match qualifier {
        Qualifier::Latest => Ok(()),
        Qualifier::Version(number) => {
            let number = VersionNumber::read(number);
            let pointed = number.is_some_and(|number| others().any(|(_, alias)| alias.uses(number)));
            if pointed { Err(Conflict::AliasProvisioned) } else { Ok(()) }
        }
        Qualifier::Alias(name) => {
            let Some(alias) = function.aliases.get(name) else { return Ok(()) };
            let taken = alias.versions().any(|number| {
                has(&Qualifier::Version(number.to_string()))
                    || others().any(|(other, alias)| other != name && alias.uses(number))
            });
            if taken { Err(Conflict::VersionProvisioned) } else { Ok(()) }
        }
    }
}

/// What all qualifiers of a function want together.
#[must_use]
pub fn wanted(function: &Function) -> Shares {
    let mut together = Shares::new();
    for qualifier in function.settings.keys() {
        for (version, count) in shares(function, qualifier) {
            *together.entry(version).or_default() += count;
        }
    }
    together
}

/// What one qualifier wants: of a version that version, of an alias the versions it sends traffic to, by weight.
/// Nothing where none is provisioned.
#[must_use]
pub fn shares(function: &Function, qualifier: &Qualifier) -> Shares {
    let provisioned = function.settings(qualifier).and_then(|settings| settings.provisioned.as_ref());
    let Some(requested) = provisioned.map(|provisioned| provisioned.requested) else {
        return Shares::new();
    };
    match qualifier {
        Qualifier::Latest => Shares::new(),
        Qualifier::Version(number) => number
            .parse()
            .map(|number| Shares::from([(VersionNumber(number), requested)]))
            .unwrap_or_default(),
        Qualifier::Alias(name) => {
            function.aliases.get(name).map(|alias| split(alias, requested)).unwrap_or_default()
        }
    }
}

/// By weight, to the nearest whole environment; together exactly as many as requested.
fn split(alias: &Alias, requested: u32) -> Shares {
    let second = alias.routing.map(|routing| (routing.version, share(requested, routing.weight)));
    let rest = requested - second.map_or(0, |(_, count)| count);
    let first = alias.version.map(|version| (version, rest));
    let mut shares = Shares::new();
    for (version, count) in first.into_iter().chain(second).filter(|(_, count)| *count > 0) {
        *shares.entry(version).or_default() += count;
    }
    shares
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a u32 by a weight of 0.0 to 1.0 is between 0 and that u32"
)]
fn share(requested: u32, weight: f64) -> u32 {
    (f64::from(requested) * weight.clamp(0.0, 1.0)).round() as u32
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::lambda::alias::Routing;
    use crate::lambda::function::tests::function;
    use crate::lambda::settings::Provisioned;
    use crate::time::Timestamp;

    fn provisioned(requested: u32) -> Option<Provisioned> {
        Some(Provisioned { requested, last_modified: Timestamp::from_millis(0), request: Uuid::nil() })
    }

    fn alias(version: u64, routing: Option<(u64, f64)>) -> Alias {
        let routing = routing.map(|(number, weight)| Routing { version: VersionNumber(number), weight });
        let version = Some(VersionNumber(version));
        Alias { version, description: String::new(), routing, revision_id: Uuid::nil() }
    }

    #[track_caller]
    fn check(requested: u32, routing: Option<(u64, f64)>, expected: &[(u64, u32)]) {
        let mut f = function();
        f.aliases.insert("live".into(), alias(1, routing));
        f.settings_mut(&Qualifier::read("live")).provisioned = provisioned(requested);
        let expected: Shares = expected.iter().map(|(n, c)| (VersionNumber(*n), *c)).collect();
        assert_eq!(wanted(&f), expected);
    }

    #[test]
    fn an_alias_is_split_by_weight() {
        check(10, None, &[(1, 10)]);
        check(10, Some((2, 0.25)), &[(1, 7), (2, 3)]);
        check(1, Some((2, 0.1)), &[(1, 1)]);
        check(3, Some((2, 1.0)), &[(2, 3)]);
        check(10, Some((2, 0.0)), &[(1, 10)]);
    }

    #[test]
    fn a_version_is_provisioned_from_one_side_only() {
        let mut f = function();
        f.aliases.insert("live".into(), alias(1, None));
        f.aliases.insert("other".into(), alias(2, Some((1, 0.5))));
        let check = |f: &Function, qualifier| may_have(f, &Qualifier::read(qualifier));
        f.settings_mut(&Qualifier::read("live")).provisioned = provisioned(1);
        assert_eq!(check(&f, "live"), Ok(()));
        assert_eq!(check(&f, "1"), Err(Conflict::AliasProvisioned));
        assert_eq!(check(&f, "2"), Ok(()));
        assert_eq!(check(&f, "other"), Err(Conflict::VersionProvisioned));
        f.settings.clear();
        f.settings_mut(&Qualifier::read("1")).provisioned = provisioned(1);
        assert_eq!(check(&f, "1"), Ok(()));
        assert_eq!(check(&f, "live"), Err(Conflict::VersionProvisioned));
    }

    #[test]
    fn versions_and_aliases_add_up() {
        let mut f = function();
        f.aliases.insert("live".into(), alias(2, None));
        for (qualifier, count) in [("live", 2), ("1", 3), ("2", 4), ("gone", 9)] {
            f.settings_mut(&Qualifier::read(qualifier)).provisioned = provisioned(count);
        }
        assert_eq!(wanted(&f), Shares::from([(VersionNumber(1), 3), (VersionNumber(2), 6)]));
    }
}
