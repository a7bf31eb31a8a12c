//! Aliases: names for versions, and how the traffic of one is split. Never looks a version up.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html>

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::version::VersionNumber;

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

// A weight is checked to be a number between 0 and 1 before it gets here, so equality is total.
impl Eq for Routing {}

impl Alias {
    /// Whether it sends traffic to this version.
    #[must_use]
    pub fn uses(&self, number: VersionNumber) -> bool {
        self.version == Some(number) || self.routing.is_some_and(|routing| routing.version == number)
    }

    /// The version of one invocation; `drawn` is uniform in 0.0 to 1.0, 1.0 excluded. `$LATEST` where none.
    #[must_use]
    pub fn draw(&self, drawn: f64) -> Option<VersionNumber> {
        match self.routing {
            Some(Routing { version, weight }) if drawn < weight => Some(version),
            Some(_) | None => self.version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weight_is_the_share_of_the_additional_version() {
        let routing = Some(Routing { version: VersionNumber(2), weight: 0.25 });
        let version = Some(VersionNumber(1));
        let alias = Alias { version, description: String::new(), routing, revision_id: Uuid::nil() };
        let drawn: Vec<_> = [0.0, 0.24, 0.25, 0.99].map(|d| alias.draw(d).unwrap().0).to_vec();
        assert_eq!(drawn, [2, 2, 1, 1]);
        assert!(
            alias.uses(VersionNumber(1)) && alias.uses(VersionNumber(2)) && !alias.uses(VersionNumber(3))
        );
    }
}
