//! The security groups of mount targets: kept and shown, since nothing listens there.
//!
//! Source: <https://docs.aws.amazon.com/efs/latest/ug/API_ModifyMountTargetSecurityGroups.html>

use std::sync::Arc;

use lambent_core::limits::EFS_SECURITY_GROUPS_MAX;
use lambent_wire::efs::mount_target::{
    DescribeMountTargetSecurityGroupsRequest, DescribeMountTargetSecurityGroupsResponse,
    ModifyMountTargetSecurityGroupsRequest,
};

use super::{Error, find, subnet};
use crate::caller::Context;
use crate::{Reply, Server};

/// DescribeMountTargetSecurityGroups.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn describe_mount_target_security_groups(
    server: &Arc<Server>,
    context: &Context,
    request: DescribeMountTargetSecurityGroupsRequest,
) -> Result<Reply, Error> {
    let id = &request.mount_target_id;
    let of = find::with_mount_target(server, &context.caller, id).await?.value;
    let target = of.mount_targets.into_iter().find(|target| target.id == *id);
    let security_groups = target.map(|target| target.security_groups).unwrap_or_default();
    Ok(Reply::of(DescribeMountTargetSecurityGroupsResponse { security_groups }))
}

/// ModifyMountTargetSecurityGroups: those given stand in the place of all before.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn modify_mount_target_security_groups(
    server: &Arc<Server>,
    context: &Context,
    request: ModifyMountTargetSecurityGroupsRequest,
) -> Result<Reply, Error> {
    let (caller, id) = (&context.caller, &request.mount_target_id);
    let of = find::with_mount_target(server, caller, id).await?.value;
    let Some(groups) = request.security_groups else { return Ok(Reply::of(())) };
    if groups.len() > EFS_SECURITY_GROUPS_MAX {
        return Err(Error::SecurityGroupLimit(EFS_SECURITY_GROUPS_MAX));
    }
    let groups = subnet::groups(server, caller, groups, None).await?;
    let changed = find::change_file_system(server, caller, &of.id.id, |file_system| {
        let target = file_system.mount_targets.iter_mut().find(|target| target.id == *id);
        let target = target.ok_or_else(|| Error::MountTargetNotFound(id.clone()))?;
        target.security_groups.clone_from(&groups);
        Ok(())
    });
    changed.await.map(|_| Reply::of(()))
}
