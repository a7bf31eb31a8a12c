//! What a request may ask of a file system's modes, and what becomes of its throughput. Never reads the store.
//!
//! Source: <https://docs.aws.amazon.com/efs/latest/ug/performance.html>

use lambent_core::efs::file_system::FileSystem;
use lambent_core::limits::EFS_THROUGHPUT_KEPT;
use lambent_core::time::Timestamp;
use lambent_wire::efs::file_system::{CreateFileSystemRequest, UpdateFileSystemRequest};

use super::Error;

const PROVISIONED: &str = "provisioned";

/// Refuses modes that do not go together.
pub(super) fn check(request: &CreateFileSystemRequest) -> Result<(), Error> {
    let mode = request.throughput_mode.as_deref();
    throughput(mode.unwrap_or("bursting"), request.provisioned_throughput_in_mibps)?;
    let max_io = request.performance_mode.as_deref() == Some("maxIO");
    if max_io && mode == Some("elastic") {
        return Err(bad("Throughput mode elastic is not supported with performance mode maxIO."));
    }
    if max_io && request.availability_zone_name.is_some() {
        return Err(bad(
            "Performance mode maxIO is not supported on file systems that use One Zone storage.",
        ));
    }
    if request.kms_key_id.is_some() && request.encrypted != Some(true) {
        return Err(bad("KmsKeyId must not be set when Encrypted is not true."));
    }
    Ok(())
}

/// What a file system becomes; nothing given is no change, which AWS refuses.
pub(super) fn update(
    file_system: &mut FileSystem,
    request: &UpdateFileSystemRequest,
    now: Timestamp,
) -> Result<(), Error> {
    let before = (file_system.throughput_mode.clone(), file_system.provisioned_mibps);
    let mode = request.throughput_mode.clone().unwrap_or_else(|| before.0.clone());
    let kept = before.1.filter(|_| mode == PROVISIONED);
    let mibps = request.provisioned_throughput_in_mibps.or(kept);
    throughput(&mode, mibps)?;
    if mode == "elastic" && file_system.performance_mode == "maxIO" {
        return Err(bad("Throughput mode elastic is not supported with performance mode maxIO."));
    }
    if (&mode, mibps) == (&before.0, before.1) {
        return Err(bad("The file system already has this throughput mode and provisioned throughput."));
    }
    let less = before.0 == PROVISIONED && mibps.unwrap_or(0.0) < before.1.unwrap_or(0.0);
    let lately = file_system.provisioned_since.is_some_and(|since| now.since(since) < EFS_THROUGHPUT_KEPT);
    if less && lately {
        return Err(Error::TooManyRequests);
    }
    file_system.throughput_mode = mode;
    file_system.provisioned_mibps = mibps;
    file_system.provisioned_since = mibps.map(|_| now);
    Ok(())
}

fn throughput(mode: &str, mibps: Option<f64>) -> Result<(), Error> {
    match (mode == PROVISIONED, mibps) {
        (true, None) => {
            Err(bad("ProvisionedThroughputInMibps is required when ThroughputMode is provisioned."))
        }
        (false, Some(_)) => {
            Err(bad("ProvisionedThroughputInMibps is only valid when ThroughputMode is provisioned."))
        }
        (true, Some(_)) | (false, None) => Ok(()),
    }
}

fn bad(words: &str) -> Error {
    Error::BadRequest(words.to_owned())
}
