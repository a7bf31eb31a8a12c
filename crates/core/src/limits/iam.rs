//! The limits of IAM. Never one that AWS does not have.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>

use std::time::Duration;

/// How exactly the last use of an access key or a role is told.
pub const IAM_USE_GRAIN: Duration = Duration::from_secs(60);
/// Access keys of one user.
pub const IAM_ACCESS_KEYS_MAX: usize = 2;
/// Versions of one managed policy.
pub const IAM_POLICY_VERSIONS_MAX: usize = 5;
/// Managed policies attached to one user or role.
pub const IAM_ATTACHED_POLICIES_MAX: usize = 10;
/// Characters of one managed policy, white space apart.
pub const IAM_MANAGED_POLICY_MAX_CHARS: usize = 6144;
/// Characters of all inline policies of a user, white space apart.
pub const IAM_USER_POLICIES_MAX_CHARS: usize = 2048;
/// Characters of all inline policies of a role, white space apart.
pub const IAM_ROLE_POLICIES_MAX_CHARS: usize = 10_240;
/// Characters of a role's trust policy, white space apart.
pub const IAM_TRUST_POLICY_MAX_CHARS: usize = 2048;
/// Tags of one user, role or policy.
pub const IAM_TAGS_MAX: usize = 50;
/// Users of one account.
pub const IAM_USERS_MAX: usize = 5000;
/// Roles of one account. AWS: 1,000, more when asked, up to this.
pub const IAM_ROLES_MAX: usize = 5000;
/// Managed policies of one account. AWS: 1,500, more when asked, up to this.
pub const IAM_POLICIES_MAX: usize = 5000;
/// Items of a page that names no number.
pub const IAM_PAGE: usize = 100;
/// How long a session of a role may last that does not say, in seconds.
pub const IAM_SESSION_MAX_S: u32 = 3600;
