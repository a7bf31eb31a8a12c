//! What a request may ask for and this server does not have yet: refused by its name. Never stores any of it.

use lambent_wire::lambda::function::{
    CreateFunctionRequest, FileSystemConfig, UpdateFunctionConfigurationRequest,
};

use super::Error;

/// What both requests may ask for; they name it alike.
macro_rules! refuse_of_both {
    ($r:expr) => {
        refuse(&[
            ("FileSystemConfigs with S3FilesConfig", s3_files($r.file_system_configs.as_deref())),
            ("CapacityProviderConfig", $r.capacity_provider_config.is_some()),
            ("DurableConfig", $r.durable_config.is_some()),
            ("RuntimeConfig", $r.runtime_config.is_some()),
            ("AcceleratorConfig", $r.accelerator_config.is_some()),
        ])
    };
}

/// Refuses what of CreateFunction is not built.
pub(super) fn refuse_of_create(r: &CreateFunctionRequest) -> Result<(), Error> {
    refuse(&[("PublishTo", r.publish_to.is_some()), ("TenancyConfig", r.tenancy_config.is_some())])?;
    refuse_of_both!(r)
}

/// Refuses what of UpdateFunctionConfiguration is not built.
pub(super) fn refuse_of_update(r: &UpdateFunctionConfigurationRequest) -> Result<(), Error> {
    refuse_of_both!(r)
}

fn refuse(asked: &[(&str, bool)]) -> Result<(), Error> {
    match asked.iter().find(|(_, asked)| *asked) {
        Some((what, _)) => Err(Error::NotThereYet((*what).to_owned())),
        None => Ok(()),
    }
}

fn s3_files(given: Option<&[FileSystemConfig]>) -> bool {
    given.is_some_and(|mounts| mounts.iter().any(|mount| mount.s3_files_config.is_some()))
}
