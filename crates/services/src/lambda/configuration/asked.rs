//! What a request says of a configuration, whichever of the two requests it is; and the configuration it makes of
//! another. Never looks anything up.

use std::collections::BTreeMap;

use lambent_core::lambda::configuration::{Configuration, FileSystem, Tracing};
use lambent_core::lambda::environment;
use lambent_wire::lambda::function::{
    CreateFunctionRequest, Environment, FileSystemConfig, LoggingConfig, UpdateFunctionConfigurationRequest,
    VpcConfig,
};

use super::super::bounds::{self, Numbers};
use super::found::Found;
use super::{Error, logging, runtime};

/// What becomes of a member that a function may have or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Setting<T> {
    /// The request does not name it.
    Kept,
    /// The request takes it away.
    Cleared,
    /// It is this from now on.
    Set(T),
}

impl<T: Clone> Setting<T> {
    /// What the function has of it then.
    fn of(&self, before: Option<&T>) -> Option<T> {
        match self {
            Self::Kept => before.cloned(),
            Self::Cleared => None,
            Self::Set(new) => Some(new.clone()),
        }
    }
}

/// What a request says of a configuration; none where it says nothing.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) runtime: Option<String>,
    pub(super) handler: Option<String>,
    pub(super) role: Option<String>,
    pub(super) description: Option<String>,
    pub(super) numbers: Numbers,
    pub(super) environment: Setting<BTreeMap<String, String>>,
    pub(super) layers: Option<Vec<String>>,
    pub(super) vpc: Option<VpcConfig>,
    pub(super) dead_letter: Setting<String>,
    pub(super) file_systems: Option<Vec<FileSystemConfig>>,
    pub(super) tracing: Option<Tracing>,
    pub(super) logging: Option<LoggingConfig>,
    pub(super) snap_start: Option<bool>,
    pub(super) kms_key_arn: Setting<String>,
}

/// Both requests name their members alike.
macro_rules! asked {
    ($r:expr, $role:expr) => {
        Ok(Asked {
            runtime: $r.runtime.clone(),
            handler: $r.handler.clone(),
            role: $role,
            description: $r.description.clone(),
            numbers: bounds::numbers($r.timeout, $r.memory_size, $r.ephemeral_storage.as_ref())?,
            environment: environment_of($r.environment.as_ref()),
            layers: $r.layers.clone(),
            vpc: $r.vpc_config.clone(),
            dead_letter: arn($r.dead_letter_config.as_ref().map(|given| given.target_arn.as_ref())),
            file_systems: $r.file_system_configs.clone(),
            tracing: $r.tracing_config.as_ref().and_then(|given| tracing(given.mode.as_deref()?)),
            logging: $r.logging_config.clone(),
            snap_start: $r
                .snap_start
                .as_ref()
                .and_then(|given| given.apply_on.as_deref().map(|on| on == "PublishedVersions")),
            kms_key_arn: arn($r.kms_key_arn.as_ref().map(Some)),
        })
    };
}

impl Asked {
    pub(super) fn of_create(request: &CreateFunctionRequest) -> Result<Self, Error> {
        asked!(request, None)
    }

    pub(super) fn of_update(request: &UpdateFunctionConfigurationRequest) -> Result<Self, Error> {
        asked!(request, request.role.clone())
    }

    /// Refuses what is wrong by itself, whatever function it is for.
    pub(super) fn check(&self) -> Result<(), Error> {
        if let Some(runtime) = &self.runtime {
            runtime::check(runtime)?;
        }
        check_texts(self.handler.as_ref(), self.description.as_ref())?;
        if let Setting::Set(variables) = &self.environment {
            let compact = serde_json::to_string(variables).expect("a map of strings always serialises");
            environment::check(variables, &compact)?;
        }
        Ok(())
    }

    /// What the configuration `before` becomes.
    pub(super) fn of(&self, found: &Found, before: &Configuration) -> Result<Configuration, Error> {
        let text = |new: &Option<String>, old: &str| new.clone().unwrap_or_else(|| old.to_owned());
        let after = Configuration {
            runtime: text(&self.runtime, &before.runtime),
            handler: text(&self.handler, &before.handler),
            role: text(&self.role, &before.role),
            description: text(&self.description, &before.description),
            timeout_s: self.numbers.timeout_s.unwrap_or(before.timeout_s),
            memory_mib: self.numbers.memory_mib.unwrap_or(before.memory_mib),
            tmp_mib: self.numbers.tmp_mib.unwrap_or(before.tmp_mib),
            environment: self.environment.of(before.environment.as_ref()),
            architecture: before.architecture,
            layers: found.layers.clone().unwrap_or_else(|| before.layers.clone()),
            vpc: found.vpc.clone().or_else(|| before.vpc.clone()),
            dead_letter: self.dead_letter.of(before.dead_letter.as_ref()),
            file_systems: self.file_systems.as_deref().map_or_else(|| before.file_systems.clone(), mounted),
            tracing: self.tracing.unwrap_or(before.tracing),
            logging: logging::changed(&before.logging, self.logging.as_ref())?,
            snap_start: self.snap_start.unwrap_or(before.snap_start),
            kms_key_arn: self.kms_key_arn.of(before.kms_key_arn.as_ref()),
        };
        check_together(&after)?;
        Ok(after)
    }
}

/// Refuses what does not go together.
fn check_together(configuration: &Configuration) -> Result<(), Error> {
    runtime::check_snap_start(configuration)?;
    let connected = configuration.vpc.as_ref().is_some_and(|vpc| !vpc.subnet_ids.is_empty());
    match configuration.file_systems.first() {
        Some(mounted) if !connected => Err(Error::InvalidParameter(format!(
            "Function must be configured to execute in a VPC to reference access point {}.",
            mounted.arn
        ))),
        Some(_) | None => Ok(()),
    }
}

/// The handler becomes an environment variable, which would end at a NUL; no reader expects one in a description.
fn check_texts(handler: Option<&String>, description: Option<&String>) -> Result<(), Error> {
    let given = [("Handler", handler), ("Description", description)];
    match given.iter().find(|(_, text)| text.is_some_and(|text| text.contains('\0'))) {
        Some((member, _)) => {
            Err(Error::InvalidParameter(format!("{member} must not contain a NUL character.")))
        }
        None => Ok(()),
    }
}

/// An environment without variables clears them; one with none in it is shown as such.
fn environment_of(given: Option<&Environment>) -> Setting<BTreeMap<String, String>> {
    match given.map(|environment| &environment.variables) {
        None => Setting::Kept,
        Some(None) => Setting::Cleared,
        Some(Some(variables)) => Setting::Set(variables.clone()),
    }
}

/// An ARN that a request may name; an empty one takes it away.
fn arn(named: Option<Option<&String>>) -> Setting<String> {
    match named {
        None => Setting::Kept,
        Some(given) => {
            given.filter(|arn| !arn.is_empty()).map_or(Setting::Cleared, |arn| Setting::Set(arn.clone()))
        }
    }
}

fn tracing(mode: &str) -> Option<Tracing> {
    match mode {
        "Active" => Some(Tracing::Active),
        "PassThrough" => Some(Tracing::PassThrough),
        _ => None,
    }
}

fn mounted(given: &[FileSystemConfig]) -> Vec<FileSystem> {
    let one = |f: &FileSystemConfig| FileSystem {
        arn: f.arn.clone(),
        local_mount_path: f.local_mount_path.clone(),
    };
    given.iter().map(one).collect()
}
