//! What policies may ask of a request: the condition keys this server knows. Never a guess: a key that is not known is
//! absent, and a condition on it fails as IAM says.
//!
//! Absent for now: `aws:SourceIp` (the peer is not known here), `aws:PrincipalOrgID` (there are no organisations) and
//! `aws:SourceArn` and `aws:SourceAccount` (no service calls yet).
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use http::HeaderMap;
use http::header::USER_AGENT;
use lambent_core::account::Region;
use lambent_core::iam::Context;
use lambent_core::time::Timestamp;

use crate::caller::Caller;

/// The keys of one request to the API.
pub(crate) fn context(caller: &Caller, headers: Option<&HeaderMap>, now: Timestamp) -> Context {
    let kind = if caller.is_session() { "AssumedRole" } else { "Account" };
    anonymous(&caller.region, headers, now)
        .with("aws:PrincipalArn", caller.role.as_ref().unwrap_or(&caller.arn))
        .with("aws:PrincipalAccount", caller.account.as_str())
        .with("aws:PrincipalType", kind)
}

/// The keys of one request whose sender nobody knows.
pub(crate) fn anonymous(region: &Region, headers: Option<&HeaderMap>, now: Timestamp) -> Context {
    let context = Context::new()
        .with("aws:PrincipalType", "Anonymous")
        .with("aws:RequestedRegion", region.as_str())
        .with("aws:CurrentTime", now.to_iso_string())
        .with("aws:EpochTime", now.as_secs().to_string())
        .with("aws:ViaAWSService", "false")
        .with("lambda:InvokedViaFunctionUrl", "false");
    match headers.and_then(|headers| headers.get(USER_AGENT)).and_then(|value| value.to_str().ok()) {
        Some(agent) => context.with("aws:UserAgent", agent),
        None => context,
    }
}
