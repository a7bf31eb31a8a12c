//! Where the values go that the data plane measures, for CloudWatch and by function. Never blocks, never keeps one.

use std::fmt;

use lambent_core::lambda::arn::FunctionId;
use lambent_core::monitoring::measure::Measure;
use lambent_core::time::Timestamp;

/// Values that were measured of one function at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Datum<'a> {
    /// The function.
    pub function: &'a FunctionId,
    /// The version or alias that was asked for; none where the function was.
    pub qualifier: Option<&'a str>,
    /// The version that ran; empty where none did.
    pub version: &'a str,
    /// When the invocation began.
    pub at: Timestamp,
    /// What was measured.
    pub values: &'a [(Measure, f64)],
}

/// Takes the values of all functions.
pub trait MetricSink: fmt::Debug + Send + Sync {
    /// Takes the values of one moment; must not block, and must cost an invocation less than a microsecond.
    fn record(&self, datum: &Datum<'_>);
}

/// The version or alias in the ARN that a function was invoked by.
pub(crate) fn qualifier(invoked_function_arn: &str) -> Option<&str> {
    invoked_function_arn.splitn(8, ':').nth(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_stands_in_the_arn() {
        let arn = "arn:aws:lambda:us-east-1:000000000000:function:f";
        assert_eq!(qualifier(arn), None);
        assert_eq!(qualifier(&format!("{arn}:live")), Some("live"));
        assert_eq!(qualifier(&format!("{arn}:$LATEST")), Some("$LATEST"));
    }
}
