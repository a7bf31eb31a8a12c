//! What is set on a file system: its resource policy, its lifecycle and whether it is backed up. All of it is kept and
//! shown; nothing here moves files to other storage, makes a backup, or asks the policy when a function mounts.
//!
//! Source: <https://docs.aws.amazon.com/efs/latest/ug/API_PutFileSystemPolicy.html>

use std::sync::Arc;

use lambent_core::efs::file_system::{FileSystem, LifecyclePolicy};
use lambent_core::iam::Document;
use lambent_wire::efs::policy::{
    BackupPolicy, BackupPolicyDescription, DeleteFileSystemPolicyRequest, DescribeBackupPolicyRequest,
    DescribeFileSystemPolicyRequest, DescribeLifecycleConfigurationRequest, FileSystemPolicyDescription,
    LifecycleConfigurationDescription, LifecyclePolicy as WirePolicy, PutBackupPolicyRequest,
    PutFileSystemPolicyRequest, PutLifecycleConfigurationRequest,
};

use super::{Error, find};
use crate::caller::Context;
use crate::{Reply, Server};

/// PutFileSystemPolicy.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn put_file_system_policy(
    server: &Arc<Server>,
    context: &Context,
    request: PutFileSystemPolicyRequest,
) -> Result<Reply, Error> {
    let readable = Document::parse(&request.policy);
    readable.map_err(|fault| Error::InvalidPolicy(format!("Policy is not valid: {fault}")))?;
    let changed = find::change_file_system(server, &context.caller, &request.file_system_id, |file_system| {
        file_system.policy = Some(request.policy.clone());
        Ok(())
    });
    Ok(Reply::of(shown_policy(changed.await?)))
}

/// DescribeFileSystemPolicy.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn describe_file_system_policy(
    server: &Arc<Server>,
    context: &Context,
    request: DescribeFileSystemPolicyRequest,
) -> Result<Reply, Error> {
    let found = find::file_system(server, &context.caller, &request.file_system_id).await?.value;
    if found.policy.is_none() {
        return Err(Error::PolicyNotFound(format!(
            "The file system '{}' does not have a file system policy.",
            found.id.id
        )));
    }
    Ok(Reply::of(shown_policy(found)))
}

/// DeleteFileSystemPolicy: one that is not there is no error.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn delete_file_system_policy(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteFileSystemPolicyRequest,
) -> Result<Reply, Error> {
    let changed = find::change_file_system(server, &context.caller, &request.file_system_id, |file_system| {
        file_system.policy = None;
        Ok(())
    });
    changed.await.map(|_| Reply::of(()))
}

fn shown_policy(of: FileSystem) -> FileSystemPolicyDescription {
    FileSystemPolicyDescription { file_system_id: Some(of.id.id), policy: of.policy }
}

/// PutBackupPolicy.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn put_backup_policy(
    server: &Arc<Server>,
    context: &Context,
    request: PutBackupPolicyRequest,
) -> Result<Reply, Error> {
    let on = match request.backup_policy.status.as_str() {
        "ENABLED" => true,
        "DISABLED" => false,
        other => return Err(Error::BadRequest(format!("A backup policy cannot be set to {other}."))),
    };
    let changed = find::change_file_system(server, &context.caller, &request.file_system_id, |file_system| {
        file_system.backup = Some(on);
        Ok(())
    });
    changed.await.map(|_| Reply::of(shown_backup(on)))
}

/// DescribeBackupPolicy.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn describe_backup_policy(
    server: &Arc<Server>,
    context: &Context,
    request: DescribeBackupPolicyRequest,
) -> Result<Reply, Error> {
    let found = find::file_system(server, &context.caller, &request.file_system_id).await?.value;
    let missing =
        || Error::PolicyNotFound(format!("The file system '{}' does not have a backup policy.", found.id.id));
    Ok(Reply::of(shown_backup(found.backup.ok_or_else(missing)?)))
}

fn shown_backup(on: bool) -> BackupPolicyDescription {
    let status = if on { "ENABLED" } else { "DISABLED" };
    BackupPolicyDescription { backup_policy: Some(BackupPolicy { status: status.to_owned() }) }
}

/// PutLifecycleConfiguration: what is given stands in the place of all before.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn put_lifecycle_configuration(
    server: &Arc<Server>,
    context: &Context,
    request: PutLifecycleConfigurationRequest,
) -> Result<Reply, Error> {
    let given: Vec<LifecyclePolicy> = request.lifecycle_policies.into_iter().map(read).collect();
    if given.iter().any(|policy| policy.transitions() != 1) {
        let words = "Each LifecyclePolicy object can have only a single transition.";
        return Err(Error::BadRequest(words.to_owned()));
    }
    let changed = find::change_file_system(server, &context.caller, &request.file_system_id, |file_system| {
        file_system.lifecycle.clone_from(&given);
        Ok(())
    });
    Ok(Reply::of(shown_lifecycle(changed.await?)))
}

/// DescribeLifecycleConfiguration.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn describe_lifecycle_configuration(
    server: &Arc<Server>,
    context: &Context,
    request: DescribeLifecycleConfigurationRequest,
) -> Result<Reply, Error> {
    let found = find::file_system(server, &context.caller, &request.file_system_id).await?;
    Ok(Reply::of(shown_lifecycle(found.value)))
}

fn read(given: WirePolicy) -> LifecyclePolicy {
    LifecyclePolicy {
        to_ia: given.transition_to_ia,
        to_primary: given.transition_to_primary_storage_class,
        to_archive: given.transition_to_archive,
    }
}

fn shown_lifecycle(of: FileSystem) -> LifecycleConfigurationDescription {
    let one = |policy: LifecyclePolicy| WirePolicy {
        transition_to_ia: policy.to_ia,
        transition_to_primary_storage_class: policy.to_primary,
        transition_to_archive: policy.to_archive,
    };
    let policies = of.lifecycle.into_iter().map(one).collect();
    LifecycleConfigurationDescription { lifecycle_policies: Some(policies) }
}
