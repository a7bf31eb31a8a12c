//! A session on the key ring: its record with its policies read. Never says whether it has ended.

use std::sync::Arc;

use lambent_core::iam::Document;
use lambent_core::iam::session::Session;
use lambent_wire::sigv4::Credential;
use tracing::error;

use crate::identities::Identities;

/// A session and the policies that limit it.
#[derive(Debug)]
pub struct Kept {
    pub(crate) record: Session,
    pub(crate) policies: Vec<Arc<Document>>,
}

impl Kept {
    /// The same with its policies read. One that cannot be read, or is not there any more, allows nothing.
    pub(super) fn of(record: Session, identities: Option<&Arc<Identities>>) -> Self {
        let read = |text: &String| {
            Document::parse(text).unwrap_or_else(|fault| {
                error!(session = record.arn, %fault, "a kept session policy cannot be read");
                Document::nothing()
            })
        };
        let managed = |arn: &String| identities.and_then(|identities| identities.policy(arn));
        let managed =
            record.policy_arns.iter().map(|arn| managed(arn).unwrap_or_else(|| Document::nothing().into()));
        let policies = record.policies.iter().map(|text| Arc::new(read(text))).chain(managed).collect();
        Self { record, policies }
    }

    /// What its signatures are checked with.
    pub(super) fn credential(&self) -> Credential {
        Credential {
            secret: self.record.secret.clone(),
            session_token: Some(self.record.token.clone()),
            expires_at_s: Some(self.record.ends.as_secs()),
        }
    }
}
