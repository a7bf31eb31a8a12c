//! Where the records of asynchronous invocations may go: a queue, a topic, an event bus, another function, and for those
//! of failures a bucket. Never sends one.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>

use lambent_core::lambda::arn::{FunctionId, Reference};
use lambent_core::lambda::function::Function;
use lambent_wire::lambda::event_invoke::DestinationConfig;

use super::{Error, event_permits, lookups};
use crate::Server;
use crate::caller::Caller;

/// The two destinations; none where the caller gave none, or an empty ARN.
pub(super) struct Destinations {
    pub(super) on_success: Option<String>,
    pub(super) on_failure: Option<String>,
}

impl Destinations {
    /// Reads what was given.
    pub(super) fn read(given: Option<&DestinationConfig>) -> Self {
        let filled = |arn: Option<&String>| arn.filter(|arn| !arn.is_empty()).cloned();
        let on_success = given.and_then(|given| given.on_success.as_ref()?.destination.as_ref());
        let on_failure = given.and_then(|given| given.on_failure.as_ref()?.destination.as_ref());
        Self { on_success: filled(on_success), on_failure: filled(on_failure) }
    }

    /// Checks both, failure first.
    ///
    /// # Errors
    /// [`Error::InvalidParameter`] for what cannot be a destination, is not there, is the function itself, or may not be
    /// given to by its role.
    pub(super) async fn check(
        &self,
        server: &Server,
        caller: &Caller,
        function: &Function,
    ) -> Result<(), Error> {
        let Function { id, latest, .. } = function;
        if !self.fit() {
            return Err(Error::InvalidParameter(format!(
                "The provided destination config {self} is invalid."
            )));
        }
        for arn in [&self.on_failure, &self.on_success].into_iter().flatten() {
            if names(arn, id) {
                let words = "You can't specify the function as a destination for itself.";
                return Err(Error::InvalidParameter(words.to_owned()));
            }
            lookups::destination(server, caller, arn).await?;
            event_permits::destination(server, &latest.configuration.role, id, arn)?;
        }
        Ok(())
    }

    fn fit(&self) -> bool {
        let on_success = self.on_success.as_deref().map(service);
        let on_failure = self.on_failure.as_deref().map(service);
        on_success.is_none_or(|service| matches!(service, Some("sqs" | "sns" | "events" | "lambda")))
            && on_failure
                .is_none_or(|service| matches!(service, Some("sqs" | "sns" | "events" | "lambda" | "s3")))
    }
}

impl std::fmt::Display for Destinations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = |kind: &str, arn: &Option<String>| {
            arn.as_ref().map_or_else(|| "null".to_owned(), |arn| format!("{kind}(destination={arn})"))
        };
        let (success, failure) = (shown("OnSuccess", &self.on_success), shown("OnFailure", &self.on_failure));
        write!(f, "DestinationConfig(onSuccess={success}, onFailure={failure})")
    }
}

/// The service of an ARN; none for what cannot be a destination in it, as the queues and topics that keep an order.
fn service(arn: &str) -> Option<&str> {
    let service = arn.strip_prefix("arn:")?.split(':').nth(1)?;
    let ordered = matches!(service, "sqs" | "sns") && arn.ends_with(".fifo");
    (!ordered).then_some(service)
}

/// Whether an ARN is that of the function, whatever its qualifier.
fn names(arn: &str, function: &FunctionId) -> bool {
    Reference::read(arn).is_ok_and(|named| {
        named.name == function.name
            && named.account.as_deref() == Some(function.account.as_str())
            && named.region.as_deref() == Some(function.region.as_str())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(on_success: Option<&str>, on_failure: Option<&str>, fit: bool) {
        let given = |arn: Option<&str>| arn.map(str::to_owned);
        let destinations = Destinations { on_success: given(on_success), on_failure: given(on_failure) };
        assert_eq!(destinations.fit(), fit, "{destinations}");
    }

    #[test]
    fn a_bucket_takes_failures_only_and_what_keeps_an_order_takes_nothing() {
        let (queue, bucket) = ("arn:aws:sqs:us-east-1:000000000000:q", "arn:aws:s3:::b");
        check(None, None, true);
        check(Some(queue), Some(bucket), true);
        check(Some("arn:aws:events:us-east-1:000000000000:event-bus/b"), None, true);
        check(Some(bucket), None, false);
        check(None, Some("arn:aws:sqs:us-east-1:000000000000:q.fifo"), false);
        check(Some("arn:aws:sns:us-east-1:000000000000:t.fifo"), None, false);
        check(Some("arn:aws:iam::000000000000:role/r"), None, false);
        check(None, Some("kafka://topic"), false);
    }
}
