//! Which runtimes a request may ask for, and what a runtime does not go with. Never looks for an interpreter.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html>

use lambent_core::lambda::configuration::Configuration;
use lambent_core::lambda::runtime::{self, Runtime};
use lambent_core::limits::SNAP_START_TMP_MAX_MIB;

use super::Error;

/// Refuses a runtime that AWS does not know, or no longer takes.
pub(super) fn check(id: &str) -> Result<(), Error> {
    match Runtime::find(id) {
        Some(runtime) if runtime.blocked => Err(invalid(format!(
            "The runtime parameter of {id} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions."
        ))),
        Some(_) => Ok(()),
        None => Err(invalid(format!(
            "Value {id} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{}] or be a valid ARN",
            runtime::listed().join(", ")
        ))),
    }
}

/// Refuses snapshots of what none can be made of.
pub(super) fn check_snap_start(configuration: &Configuration) -> Result<(), Error> {
    let Configuration { runtime, tmp_mib, file_systems, .. } = configuration;
    if !configuration.snap_start {
        return Ok(());
    }
    if !Runtime::find(runtime).is_some_and(Runtime::has_snap_start) {
        return Err(invalid(format!("{runtime} is not supported for SnapStart enabled functions.")));
    }
    if *tmp_mib > SNAP_START_TMP_MAX_MIB {
        return Err(invalid(format!(
            "Ephemeral storage of more than {SNAP_START_TMP_MAX_MIB} MB is not supported for SnapStart enabled functions."
        )));
    }
    if !file_systems.is_empty() {
        return Err(invalid("EFS is not supported for SnapStart enabled functions.".to_owned()));
    }
    Ok(())
}

fn invalid(words: String) -> Error {
    Error::InvalidParameter(words)
}
