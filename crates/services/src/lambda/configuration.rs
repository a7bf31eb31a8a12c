//! What create and update ask for, checked and turned into a configuration. What is not built is refused, not stored,
//! with one exception: every runtime that AWS takes is taken, so that whoever only manages functions can. What there is
//! nothing to run with is told when it is invoked, by the dispatcher.

use std::collections::BTreeMap;

use lambent_core::lambda::architecture::Architecture;
use lambent_core::lambda::configuration::{Configuration, Logging, Tracing};
use lambent_core::lambda::environment;
use lambent_core::lambda::runtime::{self, Runtime};
use lambent_wire::lambda::function::{
    CreateFunctionRequest, DeadLetterConfig, Environment, LoggingConfig, SnapStart, TracingConfig,
    UpdateFunctionConfigurationRequest, VpcConfig,
};

use super::Error;
use super::bounds::{self, Numbers};

/// What `MemorySize`, `Timeout` and `/tmp` are where none is given.
const DEFAULTS: (u32, u32, u32) = (128, 3, 512);

/// The configuration of a new function of this bare name.
pub(super) fn create(name: &str, request: &CreateFunctionRequest) -> Result<Configuration, Error> {
    let storage = request.ephemeral_storage.as_ref();
    let numbers = bounds::numbers(request.timeout, request.memory_size, storage)?;
    if request.package_type.as_deref() == Some("Image") {
        return Err(Error::NotThereYet("PackageType Image".to_owned()));
    }
    refuse_unbuilt_of_create(name, request)?;
    let (Some(runtime), Some(handler)) = (&request.runtime, &request.handler) else {
        let words =
            "Runtime and Handler are mandatory parameters for functions created with deployment packages.";
        return Err(Error::InvalidParameter(words.to_owned()));
    };
    check_runtime(runtime)?;
    check_texts(Some(handler), request.description.as_ref())?;
    let (memory_mib, timeout_s, tmp_mib) = DEFAULTS;
    Ok(Configuration {
        runtime: runtime.clone(),
        handler: handler.clone(),
        role: request.role.clone(),
        description: request.description.clone().unwrap_or_default(),
        timeout_s: numbers.timeout_s.unwrap_or(timeout_s),
        memory_mib: numbers.memory_mib.unwrap_or(memory_mib),
        tmp_mib: numbers.tmp_mib.unwrap_or(tmp_mib),
        environment: variables(request.environment.as_ref())?,
        architecture: architecture(request.architectures.as_deref()).unwrap_or(Architecture::X86_64),
        layers: Vec::new(),
        vpc: None,
        dead_letter: None,
        file_systems: Vec::new(),
        tracing: Tracing::PassThrough,
        logging: Logging::default(),
        snap_start: false,
        kms_key_arn: None,
    })
}

/// What an update asks for, checked; what is absent stays.
pub(super) struct Update<'a> {
    request: &'a UpdateFunctionConfigurationRequest,
    numbers: Numbers,
    /// None clears them, if the request names them at all.
    environment: Option<BTreeMap<String, String>>,
}

impl<'a> Update<'a> {
    /// Reads what is asked for the function of this bare name.
    pub(super) fn read(name: &str, request: &'a UpdateFunctionConfigurationRequest) -> Result<Self, Error> {
        let storage = request.ephemeral_storage.as_ref();
        let numbers = bounds::numbers(request.timeout, request.memory_size, storage)?;
        refuse_unbuilt_of_update(name, request)?;
        if let Some(runtime) = &request.runtime {
            check_runtime(runtime)?;
        }
        check_texts(request.handler.as_ref(), request.description.as_ref())?;
        let environment = variables(request.environment.as_ref())?;
        Ok(Self { request, numbers, environment })
    }

    /// The configuration as it will be.
    pub(super) fn of(&self, before: &Configuration) -> Configuration {
        let text = |new: &Option<String>, old: &str| new.clone().unwrap_or_else(|| old.to_owned());
        let environment = match &self.request.environment {
            Some(_) => &self.environment,
            None => &before.environment,
        };
        Configuration {
            runtime: text(&self.request.runtime, &before.runtime),
            handler: text(&self.request.handler, &before.handler),
            role: text(&self.request.role, &before.role),
            description: text(&self.request.description, &before.description),
            timeout_s: self.numbers.timeout_s.unwrap_or(before.timeout_s),
            memory_mib: self.numbers.memory_mib.unwrap_or(before.memory_mib),
            tmp_mib: self.numbers.tmp_mib.unwrap_or(before.tmp_mib),
            environment: environment.clone(),
            ..before.clone()
        }
    }
}

/// The architecture of a list of one; the model has checked its value.
pub(super) fn architecture(given: Option<&[String]>) -> Option<Architecture> {
    given?.first().map(|name| if name == "arm64" { Architecture::Arm64 } else { Architecture::X86_64 })
}

fn check_runtime(id: &str) -> Result<(), Error> {
    match Runtime::find(id) {
        Some(runtime) if runtime.blocked => Err(Error::InvalidParameter(format!(
            "The runtime parameter of {id} is no longer supported for creating or updating AWS Lambda functions. We recommend you use a supported runtime while creating or updating functions."
        ))),
        Some(_) => Ok(()),
        None => {
            let known: Vec<&str> = runtime::TABLE.iter().filter(|r| !r.blocked).map(|r| r.id).collect();
            Err(Error::InvalidParameter(format!(
                "Value {id} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: [{}] or be a valid ARN",
                known.join(", ")
            )))
        }
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

fn variables(given: Option<&Environment>) -> Result<Option<BTreeMap<String, String>>, Error> {
    let Some(variables) = given.and_then(|environment| environment.variables.as_ref()) else {
        return Ok(None);
    };
    let compact = serde_json::to_string(variables).expect("a map of strings always serialises");
    environment::check(variables, &compact)?;
    Ok(Some(variables.clone()))
}

/// What both requests may ask for and this server does not have yet; they name it alike.
macro_rules! refuse_unbuilt {
    ($name:expr, $r:expr) => {
        refuse(&[
            ("VpcConfig", vpc($r.vpc_config.as_ref())),
            ("DeadLetterConfig", dead_letter($r.dead_letter_config.as_ref())),
            ("KMSKeyArn", filled($r.kms_key_arn.as_ref())),
            ("TracingConfig Active", tracing($r.tracing_config.as_ref())),
            ("Layers", $r.layers.as_ref().is_some_and(|l| !l.is_empty())),
            ("FileSystemConfigs", $r.file_system_configs.as_ref().is_some_and(|f| !f.is_empty())),
            ("ImageConfig", $r.image_config.is_some()),
            ("SnapStart", snap_start($r.snap_start.as_ref())),
            ("LoggingConfig beyond its defaults", logging($r.logging_config.as_ref(), $name)),
            ("CapacityProviderConfig", $r.capacity_provider_config.is_some()),
            ("DurableConfig", $r.durable_config.is_some()),
            ("RuntimeConfig", $r.runtime_config.is_some()),
            ("AcceleratorConfig", $r.accelerator_config.is_some()),
        ])
    };
}

fn refuse_unbuilt_of_create(name: &str, r: &CreateFunctionRequest) -> Result<(), Error> {
    refuse(&[
        ("Publish", r.publish == Some(true) || r.publish_to.is_some()),
        ("CodeSigningConfigArn", r.code_signing_config_arn.is_some()),
        ("TenancyConfig", r.tenancy_config.is_some()),
    ])?;
    refuse_unbuilt!(name, r)
}

fn refuse_unbuilt_of_update(name: &str, r: &UpdateFunctionConfigurationRequest) -> Result<(), Error> {
    refuse_unbuilt!(name, r)
}

fn refuse(asked: &[(&str, bool)]) -> Result<(), Error> {
    match asked.iter().find(|(_, asked)| *asked) {
        Some((what, _)) => Err(Error::NotThereYet((*what).to_owned())),
        None => Ok(()),
    }
}

fn filled(text: Option<&String>) -> bool {
    text.is_some_and(|text| !text.is_empty())
}

fn vpc(given: Option<&VpcConfig>) -> bool {
    let listed = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|l| !l.is_empty());
    given.is_some_and(|vpc| listed(&vpc.subnet_ids) || listed(&vpc.security_group_ids))
}

fn dead_letter(given: Option<&DeadLetterConfig>) -> bool {
    given.is_some_and(|dead_letter| filled(dead_letter.target_arn.as_ref()))
}

fn tracing(given: Option<&TracingConfig>) -> bool {
    given.is_some_and(|tracing| tracing.mode.as_deref() == Some("Active"))
}

fn snap_start(given: Option<&SnapStart>) -> bool {
    given.is_some_and(|snap_start| snap_start.apply_on.as_deref() == Some("PublishedVersions"))
}

/// Text logs in the function's own group are the default; nothing else is there yet.
fn logging(given: Option<&LoggingConfig>, name: &str) -> bool {
    let own_group = format!("/aws/lambda/{name}");
    given.is_some_and(|logging| {
        logging.log_format.as_deref() == Some("JSON")
            || logging.application_log_level.is_some()
            || logging.system_log_level.is_some()
            || logging.log_group.as_ref().is_some_and(|group| *group != own_group)
    })
}
