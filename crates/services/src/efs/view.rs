//! File systems, access points and tags as the API shows them. Never reads the store.

use lambent_core::efs::access_point::{AccessPoint, CreationInfo, PosixUser, RootDirectory};
use lambent_core::efs::file_system::FileSystem;
use lambent_core::efs::{self, Tag};
use lambent_core::time::Timestamp;
use lambent_wire::efs::access_point::{
    AccessPointDescription, CreationInfo as WireCreationInfo, PosixUser as WirePosixUser,
    RootDirectory as WireRootDirectory,
};
use lambent_wire::efs::file_system::{
    FileSystemDescription, FileSystemProtectionDescription, FileSystemSize, Tag as WireTag,
};

/// What a thing is once it can be used.
pub(super) const AVAILABLE: &str = "available";
/// What it is while it is made: here only in the answer to its making.
pub(super) const CREATING: &str = "creating";

/// A file system of this size, measured then; a new one is not measured yet.
pub(super) fn file_system(
    shown: &FileSystem,
    state: &str,
    measured: Option<(u64, Timestamp)>,
) -> FileSystemDescription {
    let FileSystem { id, tags, zone, .. } = shown;
    FileSystemDescription {
        owner_id: id.account.to_string(),
        creation_token: shown.creation_token.clone(),
        file_system_id: id.id.clone(),
        file_system_arn: Some(id.arn()),
        creation_time: wire_time(shown.created),
        life_cycle_state: state.to_owned(),
        name: efs::name(tags).map(str::to_owned),
        number_of_mount_targets: i32::try_from(shown.mount_targets.len()).unwrap_or(i32::MAX),
        size_in_bytes: size(measured),
        performance_mode: shown.performance_mode.clone(),
        encrypted: Some(shown.encrypted),
        kms_key_id: shown.kms_key_id.clone(),
        throughput_mode: Some(shown.throughput_mode.clone()),
        provisioned_throughput_in_mibps: shown.provisioned_mibps,
        availability_zone_name: zone.as_ref().map(|zone| zone.name.clone()),
        availability_zone_id: zone.as_ref().and_then(|zone| zone.id.clone()),
        tags: wire_tags(tags),
        file_system_protection: Some(protection(shown)),
    }
}

/// All in the one storage class there is.
fn size(measured: Option<(u64, Timestamp)>) -> FileSystemSize {
    let value = measured.map_or(0, |(bytes, _)| i64::try_from(bytes).unwrap_or(i64::MAX));
    FileSystemSize {
        value,
        timestamp: measured.map(|(_, at)| wire_time(at)),
        value_in_ia: Some(0),
        value_in_standard: Some(value),
        value_in_archive: Some(0),
    }
}

pub(super) fn protection(shown: &FileSystem) -> FileSystemProtectionDescription {
    FileSystemProtectionDescription {
        replication_overwrite_protection: Some(shown.overwrite_protection.clone()),
    }
}

pub(super) fn access_point(shown: &AccessPoint, state: &str) -> AccessPointDescription {
    let AccessPoint { id, tags, .. } = shown;
    AccessPointDescription {
        client_token: Some(shown.client_token.clone()),
        name: efs::name(tags).map(str::to_owned),
        tags: Some(wire_tags(tags)),
        access_point_id: Some(id.id.clone()),
        access_point_arn: Some(id.arn()),
        file_system_id: Some(shown.file_system_id.clone()),
        posix_user: shown.posix_user.as_ref().map(posix_user),
        root_directory: Some(root(&shown.root)),
        owner_id: Some(id.account.to_string()),
        life_cycle_state: Some(state.to_owned()),
    }
}

fn posix_user(user: &PosixUser) -> WirePosixUser {
    WirePosixUser {
        uid: user.uid.into(),
        gid: user.gid.into(),
        secondary_gids: user
            .secondary_gids
            .as_ref()
            .map(|gids| gids.iter().map(|gid| i64::from(*gid)).collect()),
    }
}

fn root(root: &RootDirectory) -> WireRootDirectory {
    let made = |info: &CreationInfo| WireCreationInfo {
        owner_uid: info.owner_uid.into(),
        owner_gid: info.owner_gid.into(),
        permissions: info.permissions.clone(),
    };
    WireRootDirectory { path: Some(root.path.clone()), creation_info: root.creation.as_ref().map(made) }
}

pub(super) fn wire_tags(tags: &[Tag]) -> Vec<WireTag> {
    tags.iter().map(|tag| WireTag { key: tag.key.clone(), value: tag.value.clone() }).collect()
}

/// To the second, as EFS tells time.
fn wire_time(at: Timestamp) -> lambent_wire::timestamp::Timestamp {
    lambent_wire::timestamp::Timestamp::from_millis(at.as_secs() * 1000).unwrap_or_default()
}
