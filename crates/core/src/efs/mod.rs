//! What is true of file systems that functions share: Amazon EFS as far as Lambda mounts it. Never touches a file.
//!
//! Source: <https://docs.aws.amazon.com/efs/latest/ug/how-it-works.html>

pub mod access_point;
pub mod file_system;
pub mod mount_target;

use serde::{Deserialize, Serialize};

use crate::account::{AccountId, Region};

/// Whose a file system or an access point is, and its id: `fs-…` or `fsap-…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResourceId {
    /// The owner.
    pub account: AccountId,
    /// Where it lives.
    pub region: Region,
    /// With its prefix.
    pub id: String,
}

impl ResourceId {
    /// What an id means in this account and region, or an ARN of theirs or of others; none for an ARN of another form.
    #[must_use]
    pub fn read(given: &str, account: &AccountId, region: &Region) -> Option<Self> {
        if !given.contains(':') {
            return Some(Self { account: account.clone(), region: region.clone(), id: given.to_owned() });
        }
        let parts: Vec<&str> = given.split(':').collect();
        let ["arn", _, "elasticfilesystem", region, account, resource] = parts.as_slice() else {
            return None;
        };
        let (_, id) = resource.split_once('/')?;
        let account = AccountId::try_from((*account).to_owned()).ok()?;
        let region = Region::try_from((*region).to_owned()).ok()?;
        let read = Self { account, region, id: id.to_owned() };
        (read.arn() == given).then_some(read)
    }

    /// The ARN.
    #[must_use]
    pub fn arn(&self) -> String {
        let Self { account, region, id } = self;
        let kind = if id.starts_with("fsap-") { "access-point" } else { "file-system" };
        format!("arn:{}:elasticfilesystem:{region}:{account}:{kind}/{id}", region.partition())
    }
}

/// A tag; EFS keeps them in the order they were given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// 1 to 128 characters.
    pub key: String,
    /// At most 256 characters.
    pub value: String,
}

/// Sets tags: a key that is there gets the new value in its old place.
pub fn set_tags(tags: &mut Vec<Tag>, new: Vec<Tag>) {
    for tag in new {
        match tags.iter_mut().find(|old| old.key == tag.key) {
            Some(old) => old.value = tag.value,
            None => tags.push(tag),
        }
    }
}

/// The value of the tag `Name`, which EFS shows as the name.
#[must_use]
pub fn name(tags: &[Tag]) -> Option<&str> {
    tags.iter().find(|tag| tag.key == "Name").map(|tag| tag.value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_arns_mean_the_same() {
        let (account, region) = (AccountId::default_account(), Region::default_region());
        for id in ["fs-0123456789abcdef0", "fsap-01234567"] {
            let read = ResourceId::read(id, &account, &region).unwrap();
            assert_eq!(ResourceId::read(&read.arn(), &account, &region), Some(read));
        }
        let foreign = "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fs-01234567";
        assert_eq!(ResourceId::read(foreign, &account, &region), None, "the kind is not that of the id");
    }

    #[test]
    fn a_tag_keeps_its_place() {
        let tag = |key: &str, value: &str| Tag { key: key.to_owned(), value: value.to_owned() };
        let mut tags = vec![tag("a", "1"), tag("Name", "2")];
        set_tags(&mut tags, vec![tag("c", "3"), tag("a", "4")]);
        assert_eq!(tags, [tag("a", "4"), tag("Name", "2"), tag("c", "3")]);
        assert_eq!(name(&tags), Some("2"));
    }
}
