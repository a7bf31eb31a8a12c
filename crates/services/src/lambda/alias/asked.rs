//! Where a request wants an alias to point, and what share another version is to have. Never changes an alias that is
//! stored.

use lambent_core::lambda::alias::{Alias, Routing, RoutingError};
use lambent_core::lambda::arn::Qualifier;
use lambent_core::lambda::version::VersionNumber;
use lambent_wire::lambda::alias::AliasRoutingConfiguration;

use super::super::change::Versions;
use super::super::names::Target;
use super::Error;

/// What a request wants.
pub(super) struct Asked {
    /// `FunctionVersion` as a name; it stays where none.
    pub(super) pointed: Option<Target>,
    share: Share,
}

/// `RoutingConfig`.
enum Share {
    /// It stays as it is.
    Stays,
    /// Nothing but the alias's own version gets traffic.
    Cleared,
    /// Another version gets this share.
    Of(Target, f64),
    /// More than one other version.
    TooMany,
}

impl Asked {
    pub(super) fn read(
        function: &Target,
        version: Option<&str>,
        routing: Option<&AliasRoutingConfiguration>,
    ) -> Self {
        let named = |text: &str| Target { qualifier: Some(Qualifier::read(text)), ..function.clone() };
        let weights = routing.map(|routing| routing.additional_version_weights.iter().flatten());
        let share = match weights.map(Iterator::collect::<Vec<_>>).as_deref() {
            None => Share::Stays,
            Some([]) => Share::Cleared,
            Some([(version, weight)]) => Share::Of(named(version), **weight),
            Some([_, _, ..]) => Share::TooMany,
        };
        Self { pointed: version.map(named), share }
    }

    /// Every version that is to be looked at, those of the alias as it is among them.
    pub(super) fn needed(&self, before: Option<&Alias>) -> Vec<VersionNumber> {
        let other = if let Share::Of(other, _) = &self.share { other.version() } else { None };
        let pointed = self.pointed.as_ref().and_then(Target::version);
        let before = before.map(|alias| [alias.version, alias.routing.map(|routing| routing.version)]);
        before.into_iter().flatten().chain([pointed, other]).flatten().collect()
    }

    /// The version the alias will point to; none for `$LATEST`.
    pub(super) fn version(
        &self,
        before: Option<&Alias>,
        versions: &Versions,
    ) -> Result<Option<VersionNumber>, Error> {
        let Some(pointed) = &self.pointed else { return Ok(before.and_then(|alias| alias.version)) };
        if pointed.qualifier == Some(Qualifier::Latest) {
            return Ok(None);
        }
        let number = pointed.version().filter(|number| versions.contains_key(number));
        number.map(Some).ok_or_else(|| pointed.not_found())
    }

    /// The alias with the shares its versions will have.
    pub(super) fn route(&self, alias: Alias, versions: &Versions) -> Result<Alias, Error> {
        let main = alias.version.and_then(|number| versions.get(&number));
        let refused = |refusal: RoutingError| Error::InvalidParameter(refusal.to_string());
        let routing = match (&self.share, &alias.routing) {
            (Share::TooMany, _) => return Err(refused(RoutingError::TooMany)),
            (Share::Cleared, _) | (Share::Stays, None) => None,
            // It must still go with what the alias points to.
            (Share::Stays, Some(routing)) => match versions.get(&routing.version) {
                Some(other) => Some(Routing::of(main, other, routing.weight).map_err(refused)?),
                None => None,
            },
            (Share::Of(..), _) if alias.version.is_none() => return Err(refused(RoutingError::Latest)),
            (Share::Of(other, weight), _) => {
                let version = other.version().and_then(|number| versions.get(&number));
                let version = version.ok_or_else(|| other.not_found())?;
                Some(Routing::of(main, version, *weight).map_err(refused)?)
            }
        };
        Ok(Alias { routing, ..alias })
    }
}
