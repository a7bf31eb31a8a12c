//! What a metric is called: namespace, name and dimensions. Never a value.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html>

use serde::{Deserialize, Serialize};

use crate::account::{AccountId, Region};
use crate::digest::Digest;
use crate::time::Timestamp;

/// The unit of values that have none.
pub const NO_UNIT: &str = "None";

/// What a metric is called within an account and region. Each set of dimensions is a metric of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MetricKey {
    /// Such as `AWS/Lambda`.
    pub namespace: String,
    /// Such as `Invocations`.
    pub name: String,
    /// Names and values in the order of the names.
    pub dimensions: Vec<(String, String)>,
}

impl MetricKey {
    /// A metric with its dimensions in any order.
    #[must_use]
    pub fn new(
        namespace: impl Into<String>,
        name: impl Into<String>,
        mut dimensions: Vec<(String, String)>,
    ) -> Self {
        dimensions.sort();
        Self { namespace: namespace.into(), name: name.into(), dimensions }
    }

    /// Whether it has this dimension; any value will do where none is given.
    #[must_use]
    pub fn has(&self, name: &str, value: Option<&str>) -> bool {
        self.dimensions.iter().any(|(n, v)| n == name && value.is_none_or(|value| v == value))
    }
}

/// A metric of an account and region in one unit, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Series {
    /// Whose it is.
    pub account: AccountId,
    /// Where it was measured.
    pub region: Region,
    /// What it is called.
    pub metric: MetricKey,
    /// The unit of its values.
    pub unit: String,
    /// When it last had a value, to the hour.
    pub last: Timestamp,
}

impl Series {
    /// What its values are kept under: the same for the same metric and unit, and for no others.
    #[must_use]
    pub fn id(&self) -> String {
        let MetricKey { namespace, name, dimensions } = &self.metric;
        let pairs = dimensions.iter().flat_map(|(name, value)| [name, value]);
        let parts: Vec<&String> = [namespace, name, &self.unit].into_iter().chain(pairs).collect();
        // Quoted, so that no part runs into the next.
        let mut id = Digest::of(format!("{parts:?}").as_bytes()).to_string();
        id.truncate(32);
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_dimensions_does_not_matter() {
        let pair = |name: &str| (name.to_owned(), "v".to_owned());
        let key = MetricKey::new("N", "m", vec![pair("b"), pair("a")]);
        assert_eq!(key, MetricKey::new("N", "m", vec![pair("a"), pair("b")]));
        assert!(
            key.has("a", None) && key.has("b", Some("v")) && !key.has("b", Some("w")) && !key.has("c", None)
        );
    }

    #[test]
    fn each_metric_and_unit_is_kept_by_itself() {
        let series = |name: &str, value: &str, unit: &str| Series {
            account: AccountId::default_account(),
            region: Region::default_region(),
            metric: MetricKey::new("N", "m", vec![(name.to_owned(), value.to_owned())]),
            unit: unit.to_owned(),
            last: Timestamp::from_millis(0),
        };
        let id = series("a", "b", "Count").id();
        assert_eq!((id.len(), &id), (32, &series("a", "b", "Count").id()));
        for other in [series("a", "b", "None"), series("ab", "", "Count"), series("a", "c", "Count")] {
            assert_ne!(other.id(), id, "{other:?}");
        }
    }
}
