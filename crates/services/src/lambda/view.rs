//! How a function looks to a client: which members are there, and what stands in them. Never changes one.

use lambent_core::digest::Digest;
use lambent_core::lambda::arn::Qualifier;
use lambent_core::lambda::function::Function;
use lambent_core::lambda::state::{LastUpdate, State};
use lambent_core::lambda::version::Version;
use lambent_wire::lambda::function::{
    EnvironmentResponse, EphemeralStorage, FunctionConfiguration, LoggingConfig, RuntimeVersionConfig,
    SnapStartResponse, TracingConfigResponse,
};

use super::resolve::Found;

/// The reason AWS gives for anything that is still going on.
const CREATING: (&str, &str) = ("The function is being created.", "Creating");

/// A function without its states, as lists show it.
pub(super) fn listed(function: &Function, qualifier: Option<&Qualifier>) -> FunctionConfiguration {
    let configuration = &function.latest.configuration;
    let number = |n: u32| i32::try_from(n).ok();
    FunctionConfiguration {
        function_name: Some(function.id.name.clone()),
        function_arn: Some(function.arn(qualifier)),
        runtime: Some(configuration.runtime.clone()),
        role: Some(configuration.role.clone()),
        handler: Some(configuration.handler.clone()),
        code_size: i64::try_from(function.latest.code.size_bytes).ok(),
        description: Some(configuration.description.clone()),
        timeout: number(configuration.timeout_s),
        memory_size: number(configuration.memory_mib),
        last_modified: Some(function.last_modified.to_lambda_string()),
        code_sha256: Some(function.latest.code.digest.to_base64()),
        version: Some("$LATEST".to_owned()),
        environment: configuration
            .environment
            .clone()
            .map(|variables| EnvironmentResponse { variables: Some(variables), error: None }),
        tracing_config: Some(TracingConfigResponse { mode: Some("PassThrough".to_owned()) }),
        revision_id: Some(function.revision_id.to_string()),
        package_type: Some("Zip".to_owned()),
        architectures: Some(vec![configuration.architecture.as_str().to_owned()]),
        ephemeral_storage: number(configuration.tmp_mib).map(|size| EphemeralStorage { size }),
        snap_start: Some(SnapStartResponse {
            apply_on: Some("None".to_owned()),
            optimization_status: Some("Off".to_owned()),
        }),
        logging_config: Some(LoggingConfig {
            log_format: Some("Text".to_owned()),
            log_group: Some(format!("/aws/lambda/{}", function.id.name)),
            application_log_level: None,
            system_log_level: None,
        }),
        ..FunctionConfiguration::default()
    }
}

/// A function with its states.
pub(super) fn configuration(function: &Function, qualifier: Option<&Qualifier>) -> FunctionConfiguration {
    let mut view = listed(function, qualifier);
    let (state, reason) = match &function.state {
        State::Pending => ("Pending", Some(CREATING)),
        State::Active => ("Active", None),
        State::Failed(reason) => ("Failed", Some((reason.text.as_str(), reason.code.as_str()))),
    };
    view.state = Some(state.to_owned());
    (view.state_reason, view.state_reason_code) = owned(reason);
    let (status, reason) = match &function.last_update {
        None => (None, None),
        Some(LastUpdate::Successful) => (Some("Successful"), None),
        Some(LastUpdate::InProgress) => (Some("InProgress"), Some(CREATING)),
        Some(LastUpdate::Failed(reason)) => {
            (Some("Failed"), Some((reason.text.as_str(), reason.code.as_str())))
        }
    };
    view.last_update_status = status.map(str::to_owned);
    (view.last_update_status_reason, view.last_update_status_reason_code) = owned(reason);
    view.runtime_version_config =
        Some(RuntimeVersionConfig { runtime_version_arn: Some(runtime_arn(function)), error: None });
    view
}

/// What a caller asked for, with its states; an alias shows the version it points to under its own ARN.
pub(super) fn found(found: &Found, qualifier: Option<&Qualifier>) -> FunctionConfiguration {
    match &found.version {
        None => configuration(&found.function, qualifier),
        Some(number) => version(number, qualifier.unwrap_or(&number.qualifier())),
    }
}

/// A version with its states.
pub(super) fn version(version: &Version, qualifier: &Qualifier) -> FunctionConfiguration {
    numbered(version, configuration(&version.as_function(), Some(qualifier)))
}

/// A version without its states, as lists show it.
pub(super) fn listed_version(version: &Version) -> FunctionConfiguration {
    numbered(version, listed(&version.as_function(), Some(&version.qualifier())))
}

fn numbered(version: &Version, view: FunctionConfiguration) -> FunctionConfiguration {
    FunctionConfiguration { version: Some(version.number.to_string()), ..view }
}

fn owned(reason: Option<(&str, &str)>) -> (Option<String>, Option<String>) {
    reason.map(|(text, code)| (text.to_owned(), code.to_owned())).unzip()
}

/// The ARN of the runtime's version: the same for the same runtime, as long as this server's bootstrap is the same.
fn runtime_arn(function: &Function) -> String {
    let region = &function.id.region;
    let version = concat!("lambent ", env!("CARGO_PKG_VERSION"));
    let hash = Digest::of(format!("{version} {}", function.latest.configuration.runtime).as_bytes());
    format!("arn:{}:lambda:{region}::runtime:{}", region.partition(), hash)
}
