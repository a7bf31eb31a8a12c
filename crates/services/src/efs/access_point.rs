//! The operations on access points: create, describe, delete. Never makes a root directory: that is done when it is
//! first mounted.
//!
//! Source: <https://docs.aws.amazon.com/efs/latest/ug/API_CreateAccessPoint.html>

use std::sync::Arc;

use lambent_core::efs::ResourceId;
use lambent_core::efs::access_point::{AccessPoint, CreationInfo, PosixUser, RootDirectory};
use lambent_core::limits::{EFS_ACCESS_POINTS_MAX, WRITE_ATTEMPTS_MAX};
use lambent_store::{Expect, StoreError, Transaction, tables};
use lambent_wire::efs::access_point::{
    CreateAccessPointRequest, DeleteAccessPointRequest, DescribeAccessPointsRequest,
    DescribeAccessPointsResponse, PosixUser as WirePosixUser, RootDirectory as WireRootDirectory,
};

use super::{Error, find, page, tags, view};
use crate::caller::{Caller, Context};
use crate::{Reply, Server};

/// CreateAccessPoint.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn create_access_point(
    server: &Arc<Server>,
    context: &Context,
    request: CreateAccessPointRequest,
) -> Result<Reply, Error> {
    let caller = &context.caller;
    let tags = tags::given(request.tags)?;
    let posix_user = request.posix_user.map(user).transpose()?;
    let root = root(request.root_directory)?;
    let id = ResourceId {
        account: caller.account.clone(),
        region: caller.region.clone(),
        id: find::new_id(server, "fsap"),
    };
    for _ in 0..WRITE_ATTEMPTS_MAX {
        let of = find::file_system(server, caller, &request.file_system_id).await?;
        let file_system_id = of.value.id.id;
        let token = tables::efs_token_key(&id.account, &id.region, &file_system_id, &request.client_token);
        if let Some(used) = server.store.get(&tables::EFS_TOKENS, &token).await? {
            let token = request.client_token;
            return Err(Error::AccessPointAlreadyExists { id: used.value, token });
        }
        let others = of_file_system(server, caller, &file_system_id).await?;
        if others.len() >= EFS_ACCESS_POINTS_MAX {
            return Err(Error::AccessPointLimit(file_system_id));
        }
        let made = AccessPoint {
            id: id.clone(),
            client_token: request.client_token.clone(),
            file_system_id,
            posix_user: posix_user.clone(),
            root: root.clone(),
            tags: tags.clone(),
        };
        let write = Transaction::new()
            .check(&tables::FILE_SYSTEMS, of.key, Expect::Revision(of.revision))
            .put(&tables::EFS_TOKENS, token, &made.id.id, Expect::Absent)
            .put(&tables::ACCESS_POINTS, tables::efs_key(&made.id), &made, Expect::Absent);
        if find::written(server, write).await? {
            return Ok(Reply::of(view::access_point(&made, view::CREATING)));
        }
    }
    Err(Error::Store(StoreError::Closed))
}

/// DescribeAccessPoints.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn describe_access_points(
    server: &Arc<Server>,
    context: &Context,
    request: DescribeAccessPointsRequest,
) -> Result<Reply, Error> {
    let caller = &context.caller;
    let found = match (&request.access_point_id, &request.file_system_id) {
        (Some(_), Some(_)) => {
            let words = "Specify either an AccessPointId or a FileSystemId, but not both.";
            return Err(Error::BadRequest(words.to_owned()));
        }
        (Some(id), None) => vec![find::access_point(server, caller, id).await?.value],
        (None, Some(id)) => {
            let of = find::file_system(server, caller, id).await?.value.id.id;
            of_file_system(server, caller, &of).await?
        }
        (None, None) => {
            let all = find::all(server, caller, &tables::ACCESS_POINTS).await?;
            all.into_iter().map(|record| record.value).collect()
        }
    };
    let (found, next_token) =
        page::of(found, |shown| &shown.id.id, request.next_token.as_deref(), request.max_results)?;
    let shown = found.iter().map(|point| view::access_point(point, view::AVAILABLE)).collect();
    Ok(Reply::of(DescribeAccessPointsResponse { access_points: Some(shown), next_token }))
}

/// DeleteAccessPoint: environments that have it mounted keep it.
///
/// # Errors
/// [`Error`] as EFS would refuse it.
pub async fn delete_access_point(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteAccessPointRequest,
) -> Result<Reply, Error> {
    let record = find::access_point(server, &context.caller, &request.access_point_id).await?;
    let AccessPoint { id, file_system_id, client_token, .. } = &record.value;
    let token = tables::efs_token_key(&id.account, &id.region, file_system_id, client_token);
    let gone = Transaction::new().delete(&tables::ACCESS_POINTS, record.key, Expect::Any).delete(
        &tables::EFS_TOKENS,
        token,
        Expect::Any,
    );
    server.store.write(gone).await?;
    Ok(Reply::of(()))
}

async fn of_file_system(server: &Server, caller: &Caller, id: &str) -> Result<Vec<AccessPoint>, Error> {
    let all = find::all(server, caller, &tables::ACCESS_POINTS).await?.into_iter();
    Ok(all.map(|record| record.value).filter(|point| point.file_system_id == id).collect())
}

fn user(given: WirePosixUser) -> Result<PosixUser, Error> {
    let gids = given.secondary_gids;
    let secondary_gids = gids.map(|gids| gids.into_iter().map(number).collect()).transpose()?;
    Ok(PosixUser { uid: number(given.uid)?, gid: number(given.gid)?, secondary_gids })
}

/// The whole file system where nothing is given.
fn root(given: Option<WireRootDirectory>) -> Result<RootDirectory, Error> {
    let given = given.unwrap_or_default();
    let creation = given.creation_info.map(|info| {
        Ok::<_, Error>(CreationInfo {
            owner_uid: number(info.owner_uid)?,
            owner_gid: number(info.owner_gid)?,
            permissions: info.permissions,
        })
    });
    Ok(RootDirectory { path: given.path.unwrap_or_else(|| "/".to_owned()), creation: creation.transpose()? })
}

/// The model allows 4,294,967,295 too, which is nobody's id.
fn number(id: i64) -> Result<u32, Error> {
    let read = u32::try_from(id).ok().filter(|id| *id != u32::MAX);
    read.ok_or_else(|| Error::BadRequest(format!("{id} is not a valid user or group ID.")))
}
