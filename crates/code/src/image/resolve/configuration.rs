//! The configuration of an image: what to start, and which tars its layers are. Never decides what a function starts.
//!
//! Source: <https://github.com/opencontainers/image-spec/blob/main/config.md>

use lambent_core::lambda::architecture::Architecture;
use lambent_core::lambda::image::ImageProcess;
use oci_spec::image::{Arch, Config, ImageConfiguration, Os};

use crate::Digest;
use crate::image::ImageError;

/// What a function needs of a configuration.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Configuration {
    pub(super) architecture: Architecture,
    /// The lowest first.
    pub(super) diff_ids: Vec<Digest>,
    pub(super) process: ImageProcess,
}

pub(super) fn read(bytes: &[u8]) -> Result<Configuration, ImageError> {
    let read: ImageConfiguration =
        serde_json::from_slice(bytes).map_err(|error| unreadable(error.to_string()))?;
    let architecture = match (read.os(), read.architecture()) {
        (Os::Linux, Arch::Amd64) => Architecture::X86_64,
        (Os::Linux, Arch::ARM64) => Architecture::Arm64,
        (os, architecture) => {
            return Err(ImageError::MediaType { found: format!("an image for {os} on {architecture}") });
        }
    };
    let diff_ids = read.rootfs().diff_ids().iter().map(|text| diff_id(text)).collect::<Result<_, _>>()?;
    let process = read.config().as_ref().map(process).unwrap_or_default();
    Ok(Configuration { architecture, diff_ids, process })
}

fn diff_id(text: &str) -> Result<Digest, ImageError> {
    let hex = text.strip_prefix("sha256:").and_then(|hex| hex.parse().ok());
    hex.ok_or_else(|| unreadable(format!("{text:?} is no diff_id")))
}

fn process(config: &Config) -> ImageProcess {
    let list = |list: &Option<Vec<String>>| list.clone().unwrap_or_default();
    let some = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    // Docker takes a variable without `=` for an empty one.
    let pair = |text: String| match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), value.to_owned()),
        None => (text, String::new()),
    };
    ImageProcess {
        entry_point: list(config.entrypoint()),
        command: list(config.cmd()),
        working_directory: some(config.working_dir()),
        environment: list(config.env()).into_iter().map(pair).filter(|(name, _)| !name.is_empty()).collect(),
        user: some(config.user()),
    }
}

fn unreadable(detail: String) -> ImageError {
    ImageError::Unreadable { document: "configuration", detail }
}
