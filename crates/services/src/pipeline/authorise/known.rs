//! What policies may ask of a request: the condition keys this server knows. Never a guess: a key that is not known is
//! absent, and a condition on it fails as IAM says.
//!
//! Absent for now: `aws:PrincipalOrgID` (there are no organisations), `aws:SourceArn` and `aws:SourceAccount` (no service
//! calls yet), and what an IP address says of its network.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html>

use std::net::IpAddr;

use http::HeaderMap;
use http::header::{REFERER, USER_AGENT};
use lambent_core::account::Region;
use lambent_core::iam::Context;
use lambent_core::time::Timestamp;

use crate::caller::{Caller, Identity};

/// The connection a request came over, as the binary tells of it in the request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct Connection {
    /// Who is at the other end.
    pub peer: IpAddr,
    /// Whether it is encrypted.
    pub is_secure: bool,
}

impl Connection {
    pub(crate) fn tell(self, context: Context) -> Context {
        context
            .with("aws:SourceIp", self.peer.to_canonical().to_string())
            .with("aws:SecureTransport", self.is_secure.to_string())
    }
}

/// The keys of one request to the API.
pub(crate) fn context(caller: &Caller, headers: Option<&HeaderMap>, now: Timestamp) -> Context {
    let kind = match caller.identity {
        Identity::Owner(_) => "Account",
        Identity::User(..) => "User",
        Identity::Role(..) => "AssumedRole",
    };
    let mut context = anonymous(&caller.region, headers, now)
        .with("aws:PrincipalArn", caller.role.as_ref().unwrap_or(&caller.arn))
        .with("aws:PrincipalAccount", caller.account.as_str())
        .with("aws:PrincipalType", kind)
        .with("aws:PrincipalIsAWSService", "false")
        .with("aws:userid", caller.unique_id());
    if let Some(name) = caller.user_name() {
        context = context.with("aws:username", name);
    }
    for (key, value) in caller.tags() {
        context = context.with(&format!("aws:PrincipalTag/{key}"), value);
    }
    of_session(context, caller)
}

/// What only temporary credentials say.
fn of_session(context: Context, caller: &Caller) -> Context {
    let Some(kept) = caller.kept() else { return context };
    let mut context = context
        .with("aws:TokenIssueTime", kept.record.issued.format("%Y-%m-%dT%H:%M:%SZ"))
        .with("aws:MultiFactorAuthPresent", "false");
    if let Some(source) = &kept.record.source_identity {
        context = context.with("aws:SourceIdentity", source);
    }
    match &kept.record.function {
        Some(function) => context.with("lambda:SourceFunctionArn", function),
        None => context,
    }
}

/// The keys of one request whose sender nobody knows.
pub(crate) fn anonymous(region: &Region, headers: Option<&HeaderMap>, now: Timestamp) -> Context {
    let mut context = Context::new()
        .with("aws:PrincipalType", "Anonymous")
        .with("aws:RequestedRegion", region.as_str())
        .with("aws:CurrentTime", now.to_iso_string())
        .with("aws:EpochTime", now.as_secs().to_string())
        .with("aws:ViaAWSService", "false")
        .with("lambda:InvokedViaFunctionUrl", "false");
    for (key, header) in [("aws:UserAgent", USER_AGENT), ("aws:Referer", REFERER)] {
        let value = headers.and_then(|headers| headers.get(header)?.to_str().ok());
        if let Some(value) = value {
            context = context.with(key, value);
        }
    }
    context
}
