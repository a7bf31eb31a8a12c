//! Whether a role lets its function write logs. Nothing is known of a role that nobody made here: it may. Never writes one.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html>

use lambent_core::lambda::arn::FunctionId;
use lambent_dispatch::LogPermit;

use super::KeyRing;
use crate::access::role_may;

impl KeyRing {
    /// What the role lets this function do with a log group and stream of its own account and region. On AWS a function
    /// whose role may not write runs all the same, and nothing is logged.
    pub(super) fn permit(
        &self,
        role_arn: &str,
        function: &FunctionId,
        group: &str,
        stream: &str,
    ) -> LogPermit {
        if self.identities.get().and_then(|identities| identities.role(role_arn)).is_none() {
            return LogPermit::Create;
        }
        let FunctionId { account, region, .. } = function;
        let arn = format!("arn:{}:logs:{region}:{account}:log-group:{group}:log-stream:", region.partition());
        let stream = format!("{arn}{stream}");
        let may = |action: &str, resource: &str| {
            role_may(self, (function, role_arn), (action, resource), self.clock.wall()).is_ok()
        };
        match may("logs:CreateLogStream", &stream) && may("logs:PutLogEvents", &stream) {
            false => LogPermit::None,
            true if may("logs:CreateLogGroup", &arn) => LogPermit::Create,
            true => LogPermit::Write,
        }
    }
}
