//! Aliases: names for versions, and how the traffic of one is split. Never looks a version up.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html>

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::version::{Version, VersionNumber};

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alias {
    /// Where it points: `$LATEST` where none.
    pub version: Option<VersionNumber>,
    /// Free text, up to 256 characters.
    pub description: String,
    /// The share of another version.
    pub routing: Option<Routing>,
    /// Changes with every change of the alias and of its policy.
    pub revision_id: Uuid,
}

/// The share of the traffic that a second version gets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Routing {
    /// Which version.
    pub version: VersionNumber,
    /// Its share, 0.0 to 1.0.
    pub weight: f64,
}

/// Why an alias cannot split its traffic so.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum RoutingError {
    /// More than one additional version.
    #[error("Number of items in AdditionalVersionWeights cannot be greater than 1")]
    TooMany,
    /// What can change has no share.
    #[error("$LATEST is not supported for an alias pointing to more than 1 version")]
    Latest,
    /// The additional version is the alias's own.
    #[error(
        "Invalid function version {0}. Function version {0} is already included in routing configuration."
    )]
    Same(VersionNumber),
    /// The versions run under different roles.
    #[error(
        "The function versions of an alias with routing configuration must have the same execution role."
    )]
    Roles,
    /// The versions send what failed to different places.
    #[error(
        "The function versions of an alias with routing configuration must have the same dead-letter queue configuration."
    )]
    DeadLetters,
}

impl Routing {
    /// The share of `version` in an alias that points to `main`; `$LATEST` where none. `weight` is 0.0 to 1.0.
    ///
    /// # Errors
    /// [`RoutingError`] if the two do not go together.
    pub fn of(main: Option<&Version>, version: &Version, weight: f64) -> Result<Self, RoutingError> {
        let main = main.ok_or(RoutingError::Latest)?;
        if main.number == version.number {
            return Err(RoutingError::Same(main.number));
        }
        let (one, other) = (&main.deployment.configuration, &version.deployment.configuration);
        if one.role != other.role {
            return Err(RoutingError::Roles);
        }
        if one.dead_letter != other.dead_letter {
            return Err(RoutingError::DeadLetters);
        }
        // A share of -0.0 is one of 0.0.
        Ok(Self { version: version.number, weight: weight.abs() })
    }
}

// A weight is checked to be a number between 0 and 1 before it gets here, so equality is total.
impl Eq for Routing {}

impl Alias {
    /// Whether it sends traffic to this version.
    #[must_use]
    pub fn uses(&self, number: VersionNumber) -> bool {
        self.version == Some(number) || self.routing.is_some_and(|routing| routing.version == number)
    }

    /// Every version it sends traffic to; `$LATEST` is none.
    pub fn versions(&self) -> impl Iterator<Item = VersionNumber> {
        self.version.into_iter().chain(self.routing.map(|routing| routing.version))
    }

    /// The version of one invocation; `$LATEST` where none. `draw` gives a number that is uniform in 0.0 to 1.0, 1.0
    /// excluded, and is asked only where there is a choice.
    #[must_use]
    pub fn draw(&self, draw: impl FnOnce() -> f64) -> Option<VersionNumber> {
        match self.routing {
            Some(Routing { version, weight }) if draw() < weight => Some(version),
            Some(_) | None => self.version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::function::tests::function;
    use crate::time::Timestamp;

    #[test]
    fn the_weight_is_the_share_of_the_additional_version() {
        let routing = Some(Routing { version: VersionNumber(2), weight: 0.25 });
        let version = Some(VersionNumber(1));
        let alias = Alias { version, description: String::new(), routing, revision_id: Uuid::nil() };
        let drawn: Vec<_> = [0.0, 0.24, 0.25, 0.99].map(|d| alias.draw(|| d).unwrap().0).to_vec();
        assert_eq!(drawn, [2, 2, 1, 1]);
        assert!(
            alias.uses(VersionNumber(1)) && alias.uses(VersionNumber(2)) && !alias.uses(VersionNumber(3))
        );
    }

    #[test]
    fn an_alias_without_shares_never_draws() {
        let alias =
            Alias { version: None, description: String::new(), routing: None, revision_id: Uuid::nil() };
        assert_eq!(alias.draw(|| unreachable!("there is no choice")), None);
    }

    #[test]
    fn only_versions_that_go_together_share_an_alias() {
        let mut f = function();
        let mut publish = || Version::publish(&mut f, None, Uuid::nil(), Timestamp::from_millis(0));
        let (one, mut two) = (publish(), publish());
        fn share(main: Option<&Version>, other: &Version) -> Result<Routing, RoutingError> {
            Routing::of(main, other, 0.5)
        }
        assert_eq!(share(Some(&one), &two), Ok(Routing { version: VersionNumber(2), weight: 0.5 }));
        assert_eq!(share(Some(&one), &one), Err(RoutingError::Same(VersionNumber(1))));
        assert_eq!(share(None, &two), Err(RoutingError::Latest));
        two.deployment.configuration.dead_letter = Some("arn:aws:sqs:us-east-1:000000000000:q".to_owned());
        assert_eq!(share(Some(&one), &two), Err(RoutingError::DeadLetters));
        two.deployment.configuration.role.push('x');
        assert_eq!(share(Some(&one), &two), Err(RoutingError::Roles));
    }
}
