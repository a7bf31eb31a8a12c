//! What the data plane measures, by AWS's names, and the dimensions under which each is seen. Never a value.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>

use super::metric::MetricKey;
use crate::lambda::arn::FunctionId;

/// The namespace of all that is measured of functions.
pub const NAMESPACE: &str = "AWS/Lambda";

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Measure {
    /// Runs of a function, failed ones too.
    Invocations,
    /// Those of them that failed: 0 or 1 with each.
    Errors,
    /// Requests refused by a limit; 0 with each invocation.
    Throttles,
    /// How long a function ran, in milliseconds.
    Duration,
    /// How long its extensions went on, in milliseconds.
    PostRuntimeExtensionsDuration,
    /// How many invocations of the function run.
    ConcurrentExecutions,
    /// How many run of the whole account in the region: seen as ConcurrentExecutions without dimensions.
    AccountConcurrentExecutions,
    /// How many run of functions that have reserved nothing.
    UnreservedConcurrentExecutions,
    /// How much of the account's concurrency nobody else can have.
    ClaimedAccountConcurrency,
    /// Provisioned environments that run.
    ProvisionedConcurrentExecutions,
    /// Invocations that a provisioned environment took.
    ProvisionedConcurrencyInvocations,
    /// Invocations beyond the provisioned environments.
    ProvisionedConcurrencySpilloverInvocations,
    /// Provisioned environments that run, of those there are: 0 to 1.
    ProvisionedConcurrencyUtilization,
    /// Asynchronous invocations that were accepted.
    AsyncEventsReceived,
    /// How old they were when they ran, in milliseconds.
    AsyncEventAge,
    /// Those that were given up.
    AsyncEventsDropped,
    /// Those that no dead-letter queue took.
    DeadLetterErrors,
    /// Those that no destination took.
    DestinationDeliveryFailures,
    /// Invocations that were stopped since they were a loop.
    RecursiveInvocationsDropped,
    /// Requests to a function URL.
    UrlRequestCount,
    /// How long they took, in milliseconds.
    UrlRequestLatency,
    /// Those answered with 400 to 499.
    Url4xxCount,
    /// Those answered with 500 to 599.
    Url5xxCount,
}

/// All of them, each at the place of its number.
pub const MEASURES: [Measure; 23] = [
    Measure::Invocations,
    Measure::Errors,
    Measure::Throttles,
    Measure::Duration,
    Measure::PostRuntimeExtensionsDuration,
    Measure::ConcurrentExecutions,
    Measure::AccountConcurrentExecutions,
    Measure::UnreservedConcurrentExecutions,
    Measure::ClaimedAccountConcurrency,
    Measure::ProvisionedConcurrentExecutions,
    Measure::ProvisionedConcurrencyInvocations,
    Measure::ProvisionedConcurrencySpilloverInvocations,
    Measure::ProvisionedConcurrencyUtilization,
    Measure::AsyncEventsReceived,
    Measure::AsyncEventAge,
    Measure::AsyncEventsDropped,
    Measure::DeadLetterErrors,
    Measure::DestinationDeliveryFailures,
    Measure::RecursiveInvocationsDropped,
    Measure::UrlRequestCount,
    Measure::UrlRequestLatency,
    Measure::Url4xxCount,
    Measure::Url5xxCount,
];

/// Who sees a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Seen {
    /// The account, the function, what was asked of it, and what ran.
    Everywhere,
    /// The function, what was asked of it, and what ran.
    ByFunction,
    /// The function alone.
    ByNameAlone,
    /// The account alone.
    ByAccount,
}

impl Measure {
    /// AWS's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invocations => "Invocations",
            Self::Errors => "Errors",
            Self::Throttles => "Throttles",
            Self::Duration => "Duration",
            Self::PostRuntimeExtensionsDuration => "PostRuntimeExtensionsDuration",
            Self::ConcurrentExecutions | Self::AccountConcurrentExecutions => "ConcurrentExecutions",
            Self::UnreservedConcurrentExecutions => "UnreservedConcurrentExecutions",
            Self::ClaimedAccountConcurrency => "ClaimedAccountConcurrency",
            Self::ProvisionedConcurrentExecutions => "ProvisionedConcurrentExecutions",
            Self::ProvisionedConcurrencyInvocations => "ProvisionedConcurrencyInvocations",
            Self::ProvisionedConcurrencySpilloverInvocations => "ProvisionedConcurrencySpilloverInvocations",
            Self::ProvisionedConcurrencyUtilization => "ProvisionedConcurrencyUtilization",
            Self::AsyncEventsReceived => "AsyncEventsReceived",
            Self::AsyncEventAge => "AsyncEventAge",
            Self::AsyncEventsDropped => "AsyncEventsDropped",
            Self::DeadLetterErrors => "DeadLetterErrors",
            Self::DestinationDeliveryFailures => "DestinationDeliveryFailures",
            Self::RecursiveInvocationsDropped => "RecursiveInvocationsDropped",
            Self::UrlRequestCount => "UrlRequestCount",
            Self::UrlRequestLatency => "UrlRequestLatency",
            Self::Url4xxCount => "Url4xxCount",
            Self::Url5xxCount => "Url5xxCount",
        }
    }

    /// AWS's unit.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        let is_time = matches!(
            self,
            Self::Duration
                | Self::PostRuntimeExtensionsDuration
                | Self::AsyncEventAge
                | Self::UrlRequestLatency
        );
        if is_time { "Milliseconds" } else { "Count" }
    }

    const fn seen(self) -> Seen {
        match self {
            Self::ConcurrentExecutions => Seen::ByNameAlone,
            Self::AccountConcurrentExecutions
            | Self::UnreservedConcurrentExecutions
            | Self::ClaimedAccountConcurrency => Seen::ByAccount,
            Self::ProvisionedConcurrentExecutions
            | Self::ProvisionedConcurrencyInvocations
            | Self::ProvisionedConcurrencySpilloverInvocations
            | Self::ProvisionedConcurrencyUtilization
            | Self::UrlRequestCount
            | Self::UrlRequestLatency
            | Self::Url4xxCount
            | Self::Url5xxCount => Seen::ByFunction,
            Self::Invocations
            | Self::Errors
            | Self::Throttles
            | Self::Duration
            | Self::PostRuntimeExtensionsDuration
            | Self::AsyncEventsReceived
            | Self::AsyncEventAge
            | Self::AsyncEventsDropped
            | Self::DeadLetterErrors
            | Self::DestinationDeliveryFailures
            | Self::RecursiveInvocationsDropped => Seen::Everywhere,
        }
    }

    /// The metrics a value counts in. `qualifier` is what was asked for, none where the function was; `version` is what ran.
    #[must_use]
    pub fn metrics(self, function: &FunctionId, qualifier: Option<&str>, version: &str) -> Vec<MetricKey> {
        let key = |dimensions: &[(&str, &str)]| {
            let owned = dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            MetricKey::new(NAMESPACE, self.name(), owned.collect())
        };
        let name = function.name.as_str();
        let asked = qualifier.map_or_else(|| name.to_owned(), |qualifier| format!("{name}:{qualifier}"));
        let by_name = ("FunctionName", name);
        let mut keys = Vec::new();
        if matches!(self.seen(), Seen::Everywhere | Seen::ByAccount) {
            keys.push(key(&[]));
        }
        if self.seen() != Seen::ByAccount {
            keys.push(key(&[by_name]));
        }
        if matches!(self.seen(), Seen::Everywhere | Seen::ByFunction) {
            keys.push(key(&[by_name, ("Resource", &asked)]));
            if qualifier.is_some_and(is_alias) && !version.is_empty() {
                keys.push(key(&[by_name, ("Resource", &asked), ("ExecutedVersion", version)]));
            }
        }
        keys
    }
}

/// Versions are numbers and `$LATEST`; every other qualifier is an alias.
fn is_alias(qualifier: &str) -> bool {
    !qualifier.starts_with('$') && !qualifier.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{AccountId, Region};

    fn dimensions(measure: Measure, qualifier: Option<&str>) -> Vec<String> {
        let (account, region) = (AccountId::default_account(), Region::default_region());
        let function = FunctionId { account, region, name: "f".to_owned() };
        let shown = |key: MetricKey| {
            let pairs = key.dimensions.iter().map(|(name, value)| format!("{name}={value}"));
            pairs.collect::<Vec<_>>().join(",")
        };
        measure.metrics(&function, qualifier, "3").into_iter().map(shown).collect()
    }

    #[test]
    fn each_measure_is_seen_under_the_dimensions_that_aws_gives_it() {
        let of = dimensions;
        assert_eq!(of(Measure::Errors, None), ["", "FunctionName=f", "FunctionName=f,Resource=f"]);
        assert_eq!(of(Measure::Errors, Some("3")), ["", "FunctionName=f", "FunctionName=f,Resource=f:3"]);
        let alias = "ExecutedVersion=3,FunctionName=f,Resource=f:live";
        assert_eq!(
            of(Measure::Duration, Some("live")),
            ["", "FunctionName=f", "FunctionName=f,Resource=f:live", alias]
        );
        assert_eq!(of(Measure::ConcurrentExecutions, Some("live")), ["FunctionName=f"]);
        assert_eq!(of(Measure::AccountConcurrentExecutions, Some("live")), [""]);
        assert_eq!(of(Measure::UrlRequestCount, None), ["FunctionName=f", "FunctionName=f,Resource=f"]);
    }

    #[test]
    fn each_measure_stands_at_its_number() {
        for (number, measure) in MEASURES.into_iter().enumerate() {
            assert_eq!(measure as usize, number, "{measure:?}");
        }
    }
}
