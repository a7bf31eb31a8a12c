//! File systems and what is set on them. What only AWS's storage could act on (performance, throughput, encryption,
//! lifecycle, backup) is kept to be shown. Never says how large one is.
//!
//! Source: <https://docs.aws.amazon.com/efs/latest/ug/API_FileSystemDescription.html>

use serde::{Deserialize, Serialize};

use super::mount_target::MountTarget;
use super::{ResourceId, Tag};
use crate::time::Timestamp;

/// One file system. Its mount targets stand in it, so that it cannot be deleted while one is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileSystem {
    /// Whose it is, and its id.
    pub id: ResourceId,
    /// What makes creating it idempotent: one file system a token, account and region.
    pub creation_token: String,
    /// When it was created.
    pub created: Timestamp,
    /// `generalPurpose` or `maxIO`.
    pub performance_mode: String,
    /// `bursting`, `provisioned` or `elastic`.
    pub throughput_mode: String,
    /// With `provisioned` only.
    pub provisioned_mibps: Option<f64>,
    /// Since when throughput is provisioned as it is.
    pub provisioned_since: Option<Timestamp>,
    /// Whether it was to be encrypted.
    pub encrypted: bool,
    /// With which key.
    pub kms_key_id: Option<String>,
    /// The one zone of a file system that is in one only.
    pub zone: Option<Zone>,
    /// In the order they were given.
    pub tags: Vec<Tag>,
    /// Whether backups were asked for; none if nobody ever said.
    pub backup: Option<bool>,
    /// The resource policy, as it was given.
    pub policy: Option<String>,
    /// Which files go where, and when.
    pub lifecycle: Vec<LifecyclePolicy>,
    /// `ENABLED` or `DISABLED`.
    pub overwrite_protection: String,
    /// At most one a zone.
    pub mount_targets: Vec<MountTarget>,
}

/// An availability zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// `us-east-1a`.
    pub name: String,
    /// `use1-az1`; none where nobody knows.
    pub id: Option<String>,
}

/// One rule of a lifecycle configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LifecyclePolicy {
    /// `AFTER_30_DAYS`…
    pub to_ia: Option<String>,
    /// `AFTER_1_ACCESS`.
    pub to_primary: Option<String>,
    /// `AFTER_90_DAYS`…
    pub to_archive: Option<String>,
}

impl LifecyclePolicy {
    /// How many transitions it names; AWS takes one.
    #[must_use]
    pub fn transitions(&self) -> usize {
        [&self.to_ia, &self.to_primary, &self.to_archive].into_iter().flatten().count()
    }
}
