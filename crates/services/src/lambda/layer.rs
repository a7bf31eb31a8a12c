//! The operations on layers: publish, read, delete. A version never changes, and its number never comes again. Permissions
//! are in `layer_policy`, lists in `layer/list`.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_PublishLayerVersion.html>

mod attach;
mod content;
mod list;
mod named;
mod view;

use std::sync::Arc;

use lambent_core::lambda::layer::{Layer, LayerVersion};
use lambent_store::{Expect, Transaction, tables};
use lambent_wire::lambda::layer::{
    DeleteLayerVersionRequest, GetLayerVersionByArnRequest, GetLayerVersionRequest,
    PublishLayerVersionRequest,
};

use super::attempts::Attempts;
use super::{Error, usage};
use crate::caller::Context;
use crate::{Reply, Server};

pub(super) use attach::{attach, check_size};
pub use list::{list_layer_versions, list_layers};

/// PublishLayerVersion.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn publish_layer_version(
    server: &Arc<Server>,
    context: &Context,
    request: PublishLayerVersionRequest,
) -> Result<Reply, Error> {
    let id = named::here(&context.caller, &request.layer_name)?;
    let taken_in = content::take_in(server, &context.caller, &request.content).await?;
    usage::check(server, &id.account, &id.region, taken_in.code.size_bytes)?;
    let mut version = LayerVersion {
        id,
        number: 1,
        description: request.description.unwrap_or_default(),
        license_info: request.license_info,
        compatible_runtimes: request.compatible_runtimes,
        compatible_architectures: request.compatible_architectures,
        code: taken_in.code.clone(),
        created: server.clock.now(),
        policy: None,
    };
    write(server, &mut version).await?;
    Ok(Reply::of(view::published(server, context, &version)))
}

/// Gives a version its number and writes it; looks again as often as others publish at the same moment.
async fn write(server: &Server, version: &mut LayerVersion) -> Result<(), Error> {
    let key = tables::layer_key(&version.id);
    let mut attempts = Attempts::new();
    loop {
        let before = server.store.get(&tables::LAYERS, &key).await?;
        version.number = before.as_ref().map_or(1, |record| record.value.next_version);
        let layer = Layer { id: version.id.clone(), next_version: version.number + 1 };
        let expect = before.map_or(Expect::Absent, |record| Expect::Revision(record.revision));
        let place = tables::layer_version_key(&version.id, version.number);
        let transaction = Transaction::new().put(&tables::LAYERS, key.clone(), &layer, expect).put(
            &tables::LAYER_VERSIONS,
            place,
            version,
            Expect::Absent,
        );
        if attempts.write(server, transaction).await? {
            return Ok(());
        }
    }
}

/// GetLayerVersion.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn get_layer_version(
    server: &Arc<Server>,
    context: &Context,
    request: GetLayerVersionRequest,
) -> Result<Reply, Error> {
    let (id, number) = named::version(&context.caller, &request.layer_name, request.version_number)?;
    let version = named::readable(server, &context.caller, &id, number).await?;
    Ok(Reply::of(view::version(server, context, &version)))
}

/// GetLayerVersionByArn.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn get_layer_version_by_arn(
    server: &Arc<Server>,
    context: &Context,
    request: GetLayerVersionByArnRequest,
) -> Result<Reply, Error> {
    let (id, number) = named::by_arn(&request.arn)?;
    let version = named::readable(server, &context.caller, &id, number).await?;
    Ok(Reply::of(view::version(server, context, &version)))
}

/// DeleteLayerVersion: well done too where there is none. Functions that have it keep it.
///
/// # Errors
/// [`Error`] as Lambda would refuse it.
pub async fn delete_layer_version(
    server: &Arc<Server>,
    context: &Context,
    request: DeleteLayerVersionRequest,
) -> Result<Reply, Error> {
    let (id, number) = named::version(&context.caller, &request.layer_name, request.version_number)?;
    if id.region == context.caller.region {
        let key = tables::layer_version_key(&id, number);
        server.store.write(Transaction::new().delete(&tables::LAYER_VERSIONS, key, Expect::Any)).await?;
    }
    Ok(Reply::of(()))
}
