//! A log group: whose it is, what it is called and what was set. Never knows its events.
//!
//! Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogGroup.html>

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::account::{AccountId, Region};
use crate::time::Timestamp;

/// The days that events may be kept for.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>
pub const RETENTION_DAYS: [i32; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// Which log group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct GroupId {
    /// Whose it is.
    pub account: AccountId,
    /// Where it is.
    pub region: Region,
    /// `logGroupName`.
    pub name: String,
}

impl GroupId {
    /// `arn:aws:logs:REGION:ACCOUNT:log-group:NAME`, without `:*` behind it.
    #[must_use]
    pub fn arn(&self) -> String {
        let Self { account, region, name } = self;
        format!("arn:{}:logs:{region}:{account}:log-group:{name}", region.partition())
    }

    /// Reads such an ARN, with or without `:*` behind it; nothing for any other text.
    #[must_use]
    pub fn read(arn: &str) -> Option<Self> {
        let mut parts = arn.strip_suffix(":*").unwrap_or(arn).splitn(7, ':');
        let ["arn", _partition, "logs", region, account, "log-group", name] =
            std::array::from_fn(|_| parts.next().unwrap_or_default())
        else {
            return None;
        };
        Some(Self {
            account: account.to_owned().try_into().ok()?,
            region: region.to_owned().try_into().ok()?,
            name: Some(name).filter(|name| !name.is_empty() && !name.contains(':'))?.to_owned(),
        })
    }
}

/// `logGroupClass`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Class {
    /// `STANDARD`.
    #[default]
    Standard,
    /// `INFREQUENT_ACCESS`.
    InfrequentAccess,
    /// `DELIVERY`: events are kept for two days.
    Delivery,
}

/// A log group as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Which one.
    pub id: GroupId,
    /// Where its events lie: another one for each group that ever had the name.
    pub folder: Uuid,
    /// `creationTime`.
    pub created: Timestamp,
    /// `retentionInDays`; absent for ever.
    pub retention_days: Option<u32>,
    /// `logGroupClass`.
    pub class: Class,
    /// `kmsKeyId`: kept and shown; nothing is encrypted with it.
    pub kms_key_id: Option<String>,
    /// `deletionProtectionEnabled`.
    pub is_protected: bool,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

impl Group {
    /// A group with nothing set, as the first line of a function makes it.
    #[must_use]
    pub fn new(id: GroupId, folder: Uuid, created: Timestamp) -> Self {
        let (class, tags) = (Class::Standard, BTreeMap::new());
        Self { id, folder, created, retention_days: None, class, kms_key_id: None, is_protected: false, tags }
    }

    /// The time before which events have expired.
    #[must_use]
    pub fn kept_since(&self, now: Timestamp) -> Timestamp {
        let Some(days) = self.retention_days else { return Timestamp::from_millis(i64::MIN) };
        let span = Duration::from_secs(u64::from(days) * 86_400).as_millis();
        let span = i64::try_from(span).unwrap_or(i64::MAX);
        Timestamp::from_millis(now.as_millis().saturating_sub(span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> GroupId {
        let (account, region) = (AccountId::default_account(), Region::default_region());
        GroupId { account, region, name: name.into() }
    }

    #[test]
    fn an_arn_names_its_group() {
        let arn = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/lambda/f";
        assert_eq!(id("/aws/lambda/f").arn(), arn);
        assert_eq!(GroupId::read(arn), Some(id("/aws/lambda/f")));
        assert_eq!(GroupId::read(&format!("{arn}:*")), Some(id("/aws/lambda/f")));
        for other in ["", "f", "arn:aws:logs:us-east-1:000000000000:log-group:", "arn:aws:s3:::b"] {
            assert_eq!(GroupId::read(other), None, "{other}");
        }
    }

    #[test]
    fn events_expire_after_the_days_that_were_set() {
        let now = Timestamp::from_millis(3 * 86_400_000);
        let mut group = Group::new(id("g"), Uuid::nil(), now);
        assert_eq!(group.kept_since(now).as_millis(), i64::MIN);
        group.retention_days = Some(1);
        assert_eq!(group.kept_since(now).as_millis(), 2 * 86_400_000);
    }
}
