//! The limits of Amazon EFS. Never one that AWS does not have, but for what is measured.
//!
//! Source: <https://docs.aws.amazon.com/efs/latest/ug/limits.html>

use std::time::Duration;

/// Environments and other clients that are connected to one file system at once.
pub const EFS_CONNECTIONS_MAX: u32 = 25_000;
/// How long an environment waits for a file system to be mounted.
pub const EFS_MOUNT_TIMEOUT: Duration = Duration::from_secs(10);
/// Access points of one file system.
pub const EFS_ACCESS_POINTS_MAX: usize = 10_000;
/// File systems of one account in one region.
pub const EFS_FILE_SYSTEMS_MAX: usize = 1000;
/// Security groups of one mount target.
pub const EFS_SECURITY_GROUPS_MAX: usize = 5;
/// Tags of one file system or access point.
pub const EFS_TAGS_MAX: usize = 50;
/// How many items one page of a list of EFS's holds.
pub const EFS_PAGE_MAX: usize = 100;
/// How long throughput stays provisioned at least as it is. AWS: 24 hours.
pub const EFS_THROUGHPUT_KEPT: Duration = Duration::from_secs(24 * 3600);
/// Files that are looked at to tell how large a file system is; what one larger has is told too small.
pub const EFS_MEASURED_FILES_MAX: usize = 100_000;
