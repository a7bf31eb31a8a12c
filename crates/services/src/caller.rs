//! Who sends a request: account, region, ARN and whose permissions it has. Never decides what the caller may do: see
//! `access`.

use std::collections::BTreeMap;
use std::sync::Arc;

use lambent_core::account::{AccountId, Region};
use lambent_core::iam::{Document, Holdings, Requester, Standing};

use crate::identities::{Held, KeptRole, KeptUser};
use crate::keys::Kept;
use crate::pipeline::Connection;

/// The sender of a request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The account.
    pub account: AccountId,
    /// The region the request is for.
    pub region: Region,
    /// Who it is: `arn:aws:iam::A:root`, a user or a role session.
    pub arn: String,
    /// For the session of a role, the role's own ARN with its path.
    pub role: Option<String>,
    pub(crate) identity: Identity,
}

/// Whose permissions a caller has, as they were when it was recognised.
#[derive(Debug, Clone)]
pub(crate) enum Identity {
    /// The owner's of the account.
    Owner(Option<Arc<Kept>>),
    /// A user's; with temporary credentials if there is a session.
    User(Arc<KeptUser>, Option<Arc<Kept>>),
    /// A role's, of which nothing is kept if nobody made it here.
    Role(Option<Arc<KeptRole>>, Arc<Kept>),
}

impl Caller {
    /// The owner of an account.
    #[must_use]
    pub fn root(account: AccountId, region: Region) -> Self {
        Self::owner(account, region, None)
    }

    pub(crate) fn owner(account: AccountId, region: Region, session: Option<Arc<Kept>>) -> Self {
        let arn = format!("arn:{}:iam::{account}:root", region.partition());
        Self { account, region, arn, role: None, identity: Identity::Owner(session) }
    }

    /// A user of the account.
    pub(crate) fn user(
        account: AccountId,
        region: Region,
        user: Arc<KeptUser>,
        session: Option<Arc<Kept>>,
    ) -> Self {
        let arn = user.held.arn.clone();
        Self { account, region, arn, role: None, identity: Identity::User(user, session) }
    }

    /// The session of a role.
    pub(crate) fn session(region: Region, role: Option<Arc<KeptRole>>, session: Arc<Kept>) -> Self {
        let record = &session.record;
        Self {
            account: record.account.clone(),
            region,
            arn: record.arn.clone(),
            role: record.role().map(str::to_owned),
            identity: Identity::Role(role, session),
        }
    }

    /// Whether it is the owner of its account.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        matches!(self.identity, Identity::Owner(_))
    }

    /// Whether it has temporary credentials.
    #[must_use]
    pub fn is_session(&self) -> bool {
        self.kept().is_some()
    }

    /// Whether it has its own permissions by temporary credentials, which IAM takes from nobody.
    pub(crate) fn is_lent(&self) -> bool {
        matches!(self.identity, Identity::Owner(Some(_)) | Identity::User(_, Some(_)))
    }

    /// Its session, where it has temporary credentials.
    pub(crate) fn kept(&self) -> Option<&Arc<Kept>> {
        match &self.identity {
            Identity::Owner(session) | Identity::User(_, session) => session.as_ref(),
            Identity::Role(_, session) => Some(session),
        }
    }

    /// What is kept of the user or the role.
    pub(crate) fn held(&self) -> Option<&Held> {
        match &self.identity {
            Identity::Owner(_) | Identity::Role(None, _) => None,
            Identity::User(user, _) => Some(&user.held),
            Identity::Role(Some(role), _) => Some(&role.held),
        }
    }

    /// Whether it is the session of a role that nobody made here, so that nothing is known of its permissions.
    pub(crate) fn is_of_unknown_role(&self) -> bool {
        matches!(self.identity, Identity::Role(None, _))
    }

    /// The policies it is held to.
    pub(crate) fn standing(&self) -> Standing<'_> {
        let Some(held) = self.held() else { return Standing::Owner };
        Standing::Held(Holdings {
            policies: &held.policies,
            boundary: held.boundary.as_deref(),
            session: self.kept().map_or(&[], |kept| kept.policies.as_slice()),
        })
    }

    /// Every document it is held to.
    pub(crate) fn documents(&self) -> impl Iterator<Item = &Document> {
        let held = self.held().into_iter().flat_map(|held| held.policies.iter().chain(&held.boundary));
        held.chain(self.kept().into_iter().flat_map(|kept| &kept.policies)).map(Arc::as_ref)
    }

    /// The id that tells it from another of the same name: the account's for its owner, `AIDA…` for a user,
    /// `AROA…:session` for a role's session.
    #[must_use]
    pub fn unique_id(&self) -> String {
        match &self.identity {
            Identity::Owner(_) => self.account.to_string(),
            Identity::User(user, _) => user.held.unique_id.clone(),
            Identity::Role(_, session) => session.record.unique_id.clone(),
        }
    }

    /// The user's name; none for others.
    pub(crate) fn user_name(&self) -> Option<&str> {
        let Identity::User(user, _) = &self.identity else { return None };
        user.held.arn.rsplit('/').next()
    }

    /// `aws:PrincipalTag/…`: of the user or role, and before them those of the session.
    pub(crate) fn tags(&self) -> BTreeMap<String, String> {
        let mut tags = self.held().map(|held| held.tags.clone()).unwrap_or_default();
        if let Some(kept) = self.kept() {
            tags.extend(kept.record.tags.clone());
        }
        tags
    }

    /// The caller as policies see it.
    #[must_use]
    pub fn requester(&self) -> Requester {
        let Self { account, arn, role, .. } = self;
        Requester::Identity { account: account.clone(), arn: arn.clone(), role: role.clone() }
    }
}

/// `http` or `https`, as a request came.
#[must_use]
pub(crate) fn scheme(head: &http::Extensions) -> &'static str {
    if head.get::<Connection>().is_some_and(|came| came.is_secure) { "https" } else { "http" }
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
    /// The connection it came over, where the binary told.
    pub connection: Option<Connection>,
    /// Where the client reached the server: `http://host:port`, the host and port as it wrote them.
    pub endpoint: String,
}
