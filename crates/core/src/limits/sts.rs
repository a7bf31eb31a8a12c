//! The limits of AWS STS and of the sessions it gives out.
//!
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>

use std::time::Duration;

/// How long the session of a role lasts that nobody said anything about.
pub const ROLE_SESSION_DEFAULT: Duration = Duration::from_secs(3600);
/// How long the session of a role lasts at most that another session assumed.
pub const CHAINED_SESSION_MAX: Duration = Duration::from_secs(3600);
/// How long a user's own session lasts that nobody said anything about.
pub const USER_SESSION_DEFAULT: Duration = Duration::from_secs(12 * 3600);
/// How long the owner's own session lasts at most.
pub const OWNER_SESSION_MAX: Duration = Duration::from_secs(3600);
/// How long an ended session is still told from a key that never was. AWS tells them apart for ever.
pub const ENDED_SESSION_KEPT: Duration = Duration::from_secs(24 * 3600);
/// How many ended sessions are thrown away whenever a new one is kept.
pub const ENDED_SESSIONS_COLLECTED: usize = 16;
/// Characters of all session policies together.
pub const SESSION_POLICY_MAX_CHARS: usize = 2048;
/// Managed policies of one session.
pub const SESSION_POLICY_ARNS_MAX: usize = 10;
/// Bytes of policies and tags of one session together. AWS packs them and keeps the limit to itself.
pub const SESSION_PACKED_MAX_BYTES: usize = 4096;
/// Sessions that are kept at once. No quota of AWS's: each takes a record and memory for up to 36 hours.
pub const SESSIONS_MAX: usize = 100_000;
/// Roles that are not kept here of which it is said once.
pub const UNKNOWN_ROLES_TOLD_MAX: usize = 1000;
