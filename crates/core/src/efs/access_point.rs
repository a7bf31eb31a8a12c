//! Access points: an entrance to a file system with a user and a root directory of its own. Never opens one.
//!
//! Source: <https://docs.aws.amazon.com/efs/latest/ug/efs-access-points.html>

use serde::{Deserialize, Serialize};

use super::{ResourceId, Tag};

/// One access point.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessPoint {
    /// Whose it is, and its id.
    pub id: ResourceId,
    /// What makes creating it idempotent: one access point a token and file system.
    pub client_token: String,
    /// The id of its file system, in the same account and region.
    pub file_system_id: String,
    /// Who everyone is who comes through it; none leaves each client its own user.
    pub posix_user: Option<PosixUser>,
    /// What is its root.
    pub root: RootDirectory,
    /// In the order they were given.
    pub tags: Vec<Tag>,
}

/// A user of files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PosixUser {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
    /// At most 16 other groups; none given differs from no group.
    pub secondary_gids: Option<Vec<u32>>,
}

impl PosixUser {
    /// The user of a function, which is its own where the access point names none.
    #[must_use]
    pub fn of_function() -> Self {
        Self { uid: 993, gid: 990, secondary_gids: None }
    }
}

/// The folder that clients see as the root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootDirectory {
    /// At most 100 characters and four folders; `/` is the whole file system.
    pub path: String,
    /// How it is made if it is not there.
    pub creation: Option<CreationInfo>,
}

/// Whose a root directory is that is made, and who may do what with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreationInfo {
    /// The user.
    pub owner_uid: u32,
    /// The group.
    pub owner_gid: u32,
    /// Three or four octal digits.
    pub permissions: String,
}

impl CreationInfo {
    /// The permissions as a number.
    #[must_use]
    pub fn mode(&self) -> u32 {
        u32::from_str_radix(&self.permissions, 8).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_octal() {
        for (given, mode) in [("755", 0o755), ("0750", 0o750), ("1777", 0o1777)] {
            let info = CreationInfo { owner_uid: 1, owner_gid: 1, permissions: given.to_owned() };
            assert_eq!(info.mode(), mode);
        }
    }
}
