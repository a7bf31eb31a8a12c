//! Whose users, roles and policies these are: IAM has no regions, only accounts in partitions. Never a region.

use serde::{Deserialize, Serialize};

use crate::account::{AccountId, Region};

/// One account in one partition: within it names are unique.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Realm {
    /// `aws`, `aws-cn`, `aws-us-gov` and so on.
    pub partition: String,
    /// The account.
    pub account: AccountId,
}

impl Realm {
    /// The realm that an account has for requests to a region.
    #[must_use]
    pub fn of(account: &AccountId, region: &Region) -> Self {
        Self { partition: region.partition().to_owned(), account: account.clone() }
    }

    /// The ARN of a thing of this realm: kind `role`, with its path, which begins and ends with a slash.
    #[must_use]
    pub fn arn(&self, kind: &str, path: &str, name: &str) -> String {
        format!("arn:{}:iam::{}:{kind}{path}{name}", self.partition, self.account)
    }

    /// The ARN of the account's owner.
    #[must_use]
    pub fn root_arn(&self) -> String {
        format!("arn:{}:iam::{}:root", self.partition, self.account)
    }
}
