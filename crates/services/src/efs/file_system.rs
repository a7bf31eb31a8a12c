//! The operations on file systems: create, describe, update, delete. Creation needs no time here, yet the answer says
//! `creating`, as on AWS. Never makes the folder of one: that is done when it is first mounted.
//!
//! Source: <https://docs.aws.amazon.com/efs/latest/ug/API_CreateFileSystem.html>

mod asked;

use std::sync::Arc;

use lambent_core::efs::ResourceId;
use lambent_core::efs::file_system::FileSystem;
use lambent_core::limits::{EFS_FILE_SYSTEMS_MAX, WRITE_ATTEMPTS_MAX};
use lambent_store::{Expect, StoreError, Transaction, tables};
use lambent_wire::efs::file_system::{
    CreateFileSystemRequest, DeleteFileSystemRequest, DescribeFileSystemsRequest,
    DescribeFileSystemsResponse, UpdateFileSystemProtectionRequest, UpdateFileSystemRequest,
};
use tracing::warn;

use super::{Error, find, page, subnet, tags, view};
use crate::caller::{Caller, Context};
use crate::{Reply, Server};

/// CreateFileSystem.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn create_file_system(
    server: &Arc<Server>,
    context: &Context,
    request: CreateFileSystemRequest,
) -> Result<Reply, Error> {
    asked::check(&request)?;
    let caller = &context.caller;
    let zone = match &request.availability_zone_name {
        Some(name) => Some(subnet::zone(server, caller, name).await?),
        None => None,
    };
    let (account, region) = (caller.account.clone(), caller.region.clone());
    let token = tables::efs_token_key(&account, &region, "", &request.creation_token);
    let now = server.clock.now();
    let made = FileSystem {
        id: ResourceId { account, region, id: find::new_id(server, "fs") },
        creation_token: request.creation_token,
        created: now,
        performance_mode: request.performance_mode.unwrap_or_else(|| "generalPurpose".to_owned()),
        throughput_mode: request.throughput_mode.unwrap_or_else(|| "bursting".to_owned()),
        provisioned_mibps: request.provisioned_throughput_in_mibps,
        provisioned_since: request.provisioned_throughput_in_mibps.map(|_| now),
        encrypted: request.encrypted.unwrap_or(false),
        kms_key_id: request.kms_key_id,
        // A file system in one zone is backed up unless somebody says no.
        backup: request.backup.or_else(|| zone.is_some().then_some(true)).filter(|on| *on),
        zone,
        tags: tags::given(request.tags)?,
        policy: None,
        lifecycle: Vec::new(),
        overwrite_protection: "ENABLED".to_owned(),
        mount_targets: Vec::new(),
    };
    if find::all(server, caller, &tables::FILE_SYSTEMS).await?.len() >= EFS_FILE_SYSTEMS_MAX {
        return Err(Error::FileSystemLimit(EFS_FILE_SYSTEMS_MAX));
    }
    let write = Transaction::new().put(&tables::EFS_TOKENS, token.clone(), &made.id.id, Expect::Absent);
    let write = write.put(&tables::FILE_SYSTEMS, tables::efs_key(&made.id), &made, Expect::Absent);
    if find::written(server, write).await? {
        return Ok(Reply::of(view::file_system(&made, view::CREATING, None)));
    }
    let id = server.store.get(&tables::EFS_TOKENS, &token).await?.ok_or(StoreError::Closed)?.value;
    Err(Error::FileSystemAlreadyExists { id, token: made.creation_token })
}

/// DescribeFileSystems.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn describe_file_systems(
    server: &Arc<Server>,
    context: &Context,
    request: DescribeFileSystemsRequest,
) -> Result<Reply, Error> {
    let found = chosen(server, &context.caller, &request).await?;
    let (found, next_marker) =
        page::of(found, |shown| &shown.id.id, request.marker.as_deref(), request.max_items)?;
    let mut shown = Vec::with_capacity(found.len());
    for one in &found {
        shown.push(view::file_system(one, view::AVAILABLE, measured(server, one).await));
    }
    Ok(Reply::of(DescribeFileSystemsResponse {
        marker: request.marker,
        file_systems: Some(shown),
        next_marker,
    }))
}

async fn chosen(
    server: &Server,
    caller: &Caller,
    request: &DescribeFileSystemsRequest,
) -> Result<Vec<FileSystem>, Error> {
    match (&request.file_system_id, &request.creation_token) {
        (Some(_), Some(_)) => Err(Error::BadRequest(
            "Specify either a FileSystemId or a CreationToken, but not both.".to_owned(),
        )),
        (Some(id), None) => Ok(vec![find::file_system(server, caller, id).await?.value]),
        (None, token) => {
            let all = find::all(server, caller, &tables::FILE_SYSTEMS).await?.into_iter();
            let wanted = |one: &FileSystem| token.as_ref().is_none_or(|token| one.creation_token == *token);
            Ok(all.map(|record| record.value).filter(wanted).collect())
        }
    }
}

/// How large it is now; nothing where its folder cannot be read, which a log line tells.
async fn measured(server: &Server, of: &FileSystem) -> Option<(u64, lambent_core::time::Timestamp)> {
    match server.dispatcher.file_systems().size_bytes(&of.id.id).await {
        Ok(bytes) => Some((bytes, server.clock.now())),
        Err(fault) => {
            warn!(file_system = of.id.id, %fault, "the size of a file system cannot be told");
            None
        }
    }
}

/// UpdateFileSystem: its throughput, which is kept and changes nothing here.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn update_file_system(
    server: &Arc<Server>,
    context: &Context,
    request: UpdateFileSystemRequest,
) -> Result<Reply, Error> {
    let now = server.clock.now();
    let changed = find::change_file_system(server, &context.caller, &request.file_system_id, |file_system| {
        asked::update(file_system, &request, now)
    });
    let changed = changed.await?;
    let size = measured(server, &changed).await;
    Ok(Reply::of(view::file_system(&changed, view::AVAILABLE, size)))
}

/// UpdateFileSystemProtection: against being overwritten by replication, of which there is none here.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn update_file_system_protection(
    server: &Arc<Server>,
    context: &Context,
    request: UpdateFileSystemProtectionRequest,
) -> Result<Reply, Error> {
    let protection = request.replication_overwrite_protection.as_deref();
    if protection == Some("REPLICATING") {
        return Err(Error::BadRequest("REPLICATING cannot be set: replication sets it.".to_owned()));
    }
    let changed = find::change_file_system(server, &context.caller, &request.file_system_id, |file_system| {
        if let Some(protection) = protection {
            protection.clone_into(&mut file_system.overwrite_protection);
        }
        Ok(())
    });
    Ok(Reply::of(view::protection(&changed.await?)))
}

/// DeleteFileSystem: with its access points, and with its files where their folder was made here.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn delete_file_system(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteFileSystemRequest,
) -> Result<Reply, Error> {
    let caller = &context.caller;
    for _ in 0..WRITE_ATTEMPTS_MAX {
        let record = find::file_system(server, caller, &request.file_system_id).await?;
        let FileSystem { id, creation_token, mount_targets, .. } = &record.value;
        if !mount_targets.is_empty() {
            return Err(Error::FileSystemInUse(id.id.clone()));
        }
        let token = tables::efs_token_key(&id.account, &id.region, "", creation_token);
        let expected = Expect::Revision(record.revision);
        let gone = Transaction::new().delete(&tables::FILE_SYSTEMS, record.key.clone(), expected);
        let mut gone = gone.delete(&tables::EFS_TOKENS, token, Expect::Any);
        for point in find::all(server, caller, &tables::ACCESS_POINTS).await? {
            if point.value.file_system_id == id.id {
                let token = tables::efs_token_key(&id.account, &id.region, &id.id, &point.value.client_token);
                gone = gone.delete(&tables::ACCESS_POINTS, point.key, Expect::Any);
                gone = gone.delete(&tables::EFS_TOKENS, token, Expect::Any);
            }
        }
        if find::written(server, gone).await? {
            if let Err(fault) = server.dispatcher.file_systems().remove(&id.id).await {
                warn!(file_system = id.id, %fault, "the files of a deleted file system are still there");
            }
            return Ok(Reply::of(()));
        }
    }
    Err(Error::Store(StoreError::Closed))
}
