//! The operations on mount targets: create, describe, delete. Nothing listens there: functions reach the files where
//! there is one. Never makes a network interface.
//!
//! Source: <https://docs.aws.amazon.com/efs/latest/ug/API_CreateMountTarget.html>

use std::sync::Arc;

use lambent_core::efs::file_system::FileSystem;
use lambent_core::efs::mount_target::{self, MountTarget};
use lambent_core::limits::EFS_SECURITY_GROUPS_MAX;
use lambent_wire::efs::mount_target::{
    CreateMountTargetRequest, DeleteMountTargetRequest, DescribeMountTargetsRequest,
    DescribeMountTargetsResponse, MountTargetDescription,
};

use super::subnet::{self, Subnet};
use super::{Error, find, page, view};
use crate::caller::{Caller, Context};
use crate::{Reply, Server};

/// CreateMountTarget.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn create_mount_target(
    server: &Arc<Server>,
    context: &Context,
    request: CreateMountTargetRequest,
) -> Result<Reply, Error> {
    let caller = &context.caller;
    find::file_system(server, caller, &request.file_system_id).await?;
    let groups = request.security_groups.clone().unwrap_or_default();
    if groups.len() > EFS_SECURITY_GROUPS_MAX {
        return Err(Error::SecurityGroupLimit(EFS_SECURITY_GROUPS_MAX));
    }
    let found = subnet::find(server, caller, &request.subnet_id).await?;
    let security_groups = subnet::groups(server, caller, groups, found.as_ref()).await?;
    let made = MountTarget {
        id: find::new_id(server, "fsmt"),
        subnet_id: request.subnet_id.clone(),
        ip_address: address(server, &request, found.as_ref())?,
        ipv6_address: request.ipv6_address.clone(),
        network_interface_id: find::new_id(server, "eni"),
        security_groups,
        place: found.map(|subnet| subnet.place),
    };
    let id = &request.file_system_id;
    let changed = find::change_file_system(server, caller, id, |file_system| {
        let (zone, place) = (&file_system.zone, &made.place);
        if let (Some(zone), Some(place)) = (zone, place)
            && zone.name != place.zone.name
        {
            return Err(Error::ZonesMismatch);
        }
        if zone.is_some() && !file_system.mount_targets.is_empty() {
            return Err(mount_target::Clash::SameZone.into());
        }
        mount_target::beside(&file_system.mount_targets, &made.subnet_id, place.as_ref())?;
        file_system.mount_targets.push(made.clone());
        Ok(())
    });
    Ok(Reply::of(description(&changed.await?, &made, view::CREATING)))
}

/// The address that is asked for, else one of the subnet's; nothing where nobody knows the subnet.
fn address(
    server: &Server,
    request: &CreateMountTargetRequest,
    subnet: Option<&Subnet>,
) -> Result<Option<String>, Error> {
    if request.ip_address_type.as_deref() == Some("IPV6_ONLY") {
        return Ok(None);
    }
    let Some(subnet) = subnet else { return Ok(request.ip_address.clone()) };
    match &request.ip_address {
        Some(asked) if subnet.holds(asked) => Ok(Some(asked.clone())),
        Some(_) => {
            Err(Error::BadRequest("Address does not fall within the subnet's address range".to_owned()))
        }
        None => Ok(subnet.any_address(server.dice.bits())),
    }
}

/// DescribeMountTargets: of a file system, of an access point's, or one.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn describe_mount_targets(
    server: &Arc<Server>,
    context: &Context,
    request: DescribeMountTargetsRequest,
) -> Result<Reply, Error> {
    let caller = &context.caller;
    let of = chosen(server, caller, &request).await?;
    let mut targets: Vec<MountTarget> = of.mount_targets.clone();
    targets.retain(|target| request.mount_target_id.as_ref().is_none_or(|id| target.id == *id));
    targets.sort_by(|one, other| one.id.cmp(&other.id));
    let (targets, next_marker) =
        page::of(targets, |target| &target.id, request.marker.as_deref(), request.max_items)?;
    let shown = targets.iter().map(|target| description(&of, target, view::AVAILABLE)).collect();
    Ok(Reply::of(DescribeMountTargetsResponse {
        marker: request.marker,
        mount_targets: Some(shown),
        next_marker,
    }))
}

async fn chosen(
    server: &Server,
    caller: &Caller,
    request: &DescribeMountTargetsRequest,
) -> Result<FileSystem, Error> {
    match (&request.file_system_id, &request.mount_target_id, &request.access_point_id) {
        (Some(id), None, None) => Ok(find::file_system(server, caller, id).await?.value),
        (None, Some(id), None) => Ok(find::with_mount_target(server, caller, id).await?.value),
        (None, None, Some(id)) => {
            let of = find::access_point(server, caller, id).await?.value.file_system_id;
            Ok(find::file_system(server, caller, &of).await?.value)
        }
        _ => {
            let words = "Specify exactly one of FileSystemId, MountTargetId and AccessPointId.";
            Err(Error::BadRequest(words.to_owned()))
        }
    }
}

/// DeleteMountTarget: environments that have the file system mounted keep it.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn delete_mount_target(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteMountTargetRequest,
) -> Result<Reply, Error> {
    let id = &request.mount_target_id;
    let of = find::with_mount_target(server, &context.caller, id).await?.value.id.id;
    let changed = find::change_file_system(server, &context.caller, &of, |file_system| {
        let before = file_system.mount_targets.len();
        file_system.mount_targets.retain(|target| target.id != *id);
        if file_system.mount_targets.len() == before {
            return Err(Error::MountTargetNotFound(id.clone()));
        }
        Ok(())
    });
    changed.await.map(|_| Reply::of(()))
}

fn description(of: &FileSystem, target: &MountTarget, state: &str) -> MountTargetDescription {
    let place = target.place.as_ref();
    MountTargetDescription {
        owner_id: Some(of.id.account.to_string()),
        mount_target_id: target.id.clone(),
        file_system_id: of.id.id.clone(),
        subnet_id: target.subnet_id.clone(),
        life_cycle_state: state.to_owned(),
        ip_address: target.ip_address.clone(),
        ipv6_address: target.ipv6_address.clone(),
        network_interface_id: Some(target.network_interface_id.clone()),
        availability_zone_id: place.and_then(|place| place.zone.id.clone()),
        availability_zone_name: place.map(|place| place.zone.name.clone()),
        vpc_id: place.map(|place| place.vpc_id.clone()),
    }
}
