//! From what a caller wrote to the layer version that is meant, and whether the caller may have it. Never changes one.

use lambent_core::lambda::layer::{LayerId, LayerVersion};
use lambent_store::tables;

use super::super::Error;
use crate::Server;
use crate::caller::Caller;
use crate::pipeline::refused_layer;

/// The layer that a name or an ARN means.
fn layer(caller: &Caller, given: &str) -> Result<LayerId, Error> {
    LayerId::read(given, &caller.account, &caller.region).ok_or_else(not_there)
}

/// The layer that a name or an ARN means, which must lie where the request goes. Whether the caller may name another
/// account's is decided before, by the pipeline.
pub(super) fn here(caller: &Caller, given: &str) -> Result<LayerId, Error> {
    let id = layer(caller, given)?;
    if id.region == caller.region { Ok(id) } else { Err(not_there()) }
}

/// The layer and the number of a version, which is 1 at least.
pub(super) fn version(caller: &Caller, given: &str, number: i64) -> Result<(LayerId, u64), Error> {
    let words = || Error::InvalidParameter("Layer Version Cannot be less than 1".to_owned());
    let number = u64::try_from(number).ok().filter(|number| *number > 0).ok_or_else(words)?;
    Ok((layer(caller, given)?, number))
}

/// The layer and the number in the ARN of a version, whose form the model has checked.
pub(super) fn by_arn(arn: &str) -> Result<(LayerId, u64), Error> {
    LayerId::read_version(arn).ok_or_else(not_there)
}

/// A version that is there and that the caller may read. Who may not is not told whether it is there.
pub(super) async fn readable(
    server: &Server,
    caller: &Caller,
    id: &LayerId,
    number: u64,
) -> Result<LayerVersion, Error> {
    let found = find(server, caller, id, number).await?;
    if id.account == caller.account {
        return found.ok_or_else(not_there);
    }
    match refused_layer(server, caller, &id.version_arn(number), found.as_ref()) {
        Some(why) => Err(Error::AccessDenied(why)),
        None => found.ok_or_else(not_there),
    }
}

/// A version that is there, in the region of the request.
async fn find(
    server: &Server,
    caller: &Caller,
    id: &LayerId,
    number: u64,
) -> Result<Option<LayerVersion>, Error> {
    if id.region != caller.region {
        return Ok(None);
    }
    let key = tables::layer_version_key(id, number);
    Ok(server.store.get(&tables::LAYER_VERSIONS, &key).await?.map(|record| record.value))
}

/// The refusal for a layer or version that is not there.
fn not_there() -> Error {
    Error::NotFound("The resource you requested does not exist.".to_owned())
}
