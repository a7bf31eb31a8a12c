//! Who sends a request: account, region and ARN. Never decides what the caller may do.

use lambent_core::account::{AccountId, Region};
use lambent_core::digest::Digest;
use lambent_core::iam::Requester;

/// The sender of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account: AccountId,
    /// The region the request is for.
    pub region: Region,
    /// Who it is: `arn:aws:iam::A:root` or a role session.
    pub arn: String,
    /// For the session of a role, the role's own ARN with its path.
    pub role: Option<String>,
}

impl Caller {
    /// The owner of an account.
    #[must_use]
    pub fn root(account: AccountId, region: Region) -> Self {
        let arn = format!("arn:{}:iam::{account}:root", region.partition());
        Self { account, region, arn, role: None }
    }

    /// Whether it is the session of a role, such as a function has.
    #[must_use]
    pub fn is_session(&self) -> bool {
        self.role.is_some()
    }

    /// The id that tells it from another of the same name: the account's for its owner, `AROA…:session` for a role's
    /// session. Roles are not kept here, so that a role's id is made of its ARN.
    #[must_use]
    pub fn unique_id(&self) -> String {
        let Some(role) = &self.role else { return self.account.to_string() };
        let session = self.arn.rsplit('/').next().unwrap_or_default();
        let id = Digest::of(role.as_bytes()).to_string().to_uppercase();
        format!("AROA{}:{session}", &id[..17])
    }

    /// The caller as policies see it.
    #[must_use]
    pub fn requester(&self) -> Requester {
        let Self { account, arn, role, .. } = self.clone();
        Requester::Identity { account, arn, role }
    }
}

/// A request on its way through the pipeline.
#[derive(Debug, Clone)]
pub struct Context {
    /// The sender.
    pub caller: Caller,
    /// The id of the request, a UUID.
    pub request_id: String,
    /// The request's headers.
    pub headers: http::HeaderMap,
    /// The host and port the client reached the server at, as it wrote them.
    pub host: String,
}
