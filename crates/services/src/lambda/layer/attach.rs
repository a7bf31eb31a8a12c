//! Layers on their way into a function's configuration: what is named must be there, be the function's region's, and be
//! open to the caller. Never changes a layer.

use std::collections::BTreeMap;

use lambent_core::lambda::function::Code;
use lambent_core::lambda::layer::{self, Attached, LayerId};
use lambent_core::limits::{LAYERS_MAX, UNZIPPED_MAX_BYTES};

use super::super::Error;
use super::named;
use crate::Server;
use crate::caller::Caller;

/// The layer versions of these ARNs, as a function of the caller's keeps them, in the order of their precedence: the
/// last wins.
///
/// # Errors
/// [`Error`] as CreateFunction and UpdateFunctionConfiguration refuse it.
pub(in super::super) async fn attach(
    server: &Server,
    caller: &Caller,
    arns: &[String],
) -> Result<Vec<Attached>, Error> {
    if arns.len() > LAYERS_MAX {
        return Err(invalid(format!("Cannot reference more than {LAYERS_MAX} layers.")));
    }
    let mut attached = Vec::with_capacity(arns.len());
    let mut met = BTreeMap::new();
    for arn in arns {
        let (id, found) = find(server, caller, arn).await?;
        if let Some(other) = met.insert(id, arn) {
            return Err(invalid(format!(
                "Two different versions of the same layer are not allowed to be referenced in the same function. {other} and {arn} are versions of the same layer."
            )));
        }
        attached.push(found);
    }
    Ok(attached)
}

/// Refuses code and layers that unpack to more than a function may have.
///
/// # Errors
/// [`Error::InvalidParameter`] above 262,144,000 bytes.
pub(in super::super) fn check_size(code: &Code, layers: &[Attached]) -> Result<(), Error> {
    let bytes = layer::unzipped_bytes(code, layers);
    if bytes <= UNZIPPED_MAX_BYTES {
        return Ok(());
    }
    Err(invalid(format!(
        "Function code combined with layers exceeds the maximum allowed size of {UNZIPPED_MAX_BYTES} bytes. The actual size is {bytes} bytes."
    )))
}

async fn find(server: &Server, caller: &Caller, arn: &str) -> Result<(LayerId, Attached), Error> {
    let missing = || invalid(format!("Layer version {arn} does not exist."));
    let (id, number) = LayerId::read_version(arn).ok_or_else(missing)?;
    if id.account == caller.account && id.region != caller.region {
        return Err(invalid(format!(
            "Layers are not in the same region as the function. Layers are expected to be in region {}.",
            caller.region
        )));
    }
    let version = match named::readable(server, caller, &id, number).await {
        Err(Error::NotFound(_)) => return Err(missing()),
        found => found?,
    };
    let attached = Attached {
        arn: id.version_arn(number),
        digest: version.code.digest,
        size_bytes: version.code.size_bytes,
        unzipped_bytes: version.code.unzipped_bytes,
    };
    Ok((id, attached))
}

fn invalid(words: String) -> Error {
    Error::InvalidParameter(words)
}
