//! Says in the server's log, once a deployment, that a function will not run on the processor it asks for. Never refuses
//! it: what an interpreter runs works on either.

use lambent_core::lambda::architecture::Architecture;
use lambent_core::lambda::arn::FunctionId;
use tracing::warn;

/// Warns if the host has another processor than the function was deployed for.
pub(super) fn compare(id: &FunctionId, wanted: Architecture) {
    let host = Architecture::of_host();
    if host != Some(wanted) {
        warn!(
            function = id.arn(),
            host = host.map_or(std::env::consts::ARCH, Architecture::as_str),
            wanted = wanted.as_str(),
            "the function asks for another processor: it runs on the host's, where machine code for the other cannot"
        );
    }
}
