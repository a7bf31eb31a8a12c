//! How a function or a version looks to a client: which members are there, and what stands in them. Never changes one.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html>

use lambent_core::lambda::arn::{FunctionId, Qualifier};
use lambent_core::lambda::configuration::{Configuration, FileSystem, LogFormat, Logging, Tracing, Vpc};
use lambent_core::lambda::function::{Deployment, Function};
use lambent_core::lambda::layer::Attached;
use lambent_core::lambda::runtime_version::RuntimeVersion;
use lambent_core::lambda::state::{LastUpdate, State};
use lambent_core::lambda::version::Version;
use lambent_core::time::Timestamp;
use lambent_wire::lambda::function::{
    DeadLetterConfig, EnvironmentResponse, EphemeralStorage, FileSystemConfig, FunctionConfiguration, Layer,
    LoggingConfig, RuntimeVersionConfig, SnapStartResponse, TracingConfigResponse, VpcConfigResponse,
};
use uuid::Uuid;

use super::resolve::Found;

/// The reason AWS gives for anything that is still going on.
const CREATING: (&str, &str) = ("The function is being created.", "Creating");

/// What `$LATEST` and a version have in common.
struct Subject<'a> {
    id: &'a FunctionId,
    arn: String,
    version: String,
    published: bool,
    deployment: &'a Deployment,
    description: &'a str,
    revision_id: Uuid,
    last_modified: Timestamp,
}

/// `$LATEST` without its states, as lists show it. The ARN has the qualifier it was asked for by.
pub(super) fn listed(function: &Function, qualifier: Option<&Qualifier>) -> FunctionConfiguration {
    members(&Subject {
        id: &function.id,
        arn: function.arn(qualifier),
        version: Qualifier::Latest.to_string(),
        published: false,
        deployment: &function.latest,
        description: &function.latest.configuration.description,
        revision_id: function.revision_id,
        last_modified: function.last_modified,
    })
}

/// `$LATEST` with its states.
pub(super) fn configuration(function: &Function, qualifier: Option<&Qualifier>) -> FunctionConfiguration {
    let view = listed(function, qualifier);
    with_states(view, &function.id, &function.latest, &function.state, function.last_update.as_ref())
}

/// What a caller asked for, with its states; an alias shows the version it points to under its own ARN.
pub(super) fn found(found: &Found, qualifier: Option<&Qualifier>) -> FunctionConfiguration {
    match &found.version {
        None => configuration(&found.function, qualifier),
        Some(number) => {
            let own = number.qualifier();
            version(number, qualifier.unwrap_or(&own))
        }
    }
}

/// A version without its states, as lists show it.
pub(super) fn listed_version(version: &Version) -> FunctionConfiguration {
    members(&of_version(version, &version.qualifier()))
}

/// A version with its states. The ARN has the qualifier it was asked for by: its number or an alias.
pub(super) fn version(version: &Version, qualifier: &Qualifier) -> FunctionConfiguration {
    let view = members(&of_version(version, qualifier));
    // A version is never updated: what AWS shows is how its creation went.
    let last_update = (version.state == State::Active).then_some(&LastUpdate::Successful);
    with_states(view, &version.id, &version.deployment, &version.state, last_update)
}

fn of_version<'a>(version: &'a Version, qualifier: &Qualifier) -> Subject<'a> {
    Subject {
        id: &version.id,
        arn: version.id.qualified_arn(qualifier),
        version: version.number.to_string(),
        published: true,
        deployment: &version.deployment,
        description: version.description(),
        revision_id: version.revision_id,
        last_modified: version.last_modified,
    }
}

fn members(subject: &Subject<'_>) -> FunctionConfiguration {
    let Subject { id, deployment, .. } = subject;
    let Deployment { configuration, code, .. } = deployment;
    let number = |n: u32| i32::try_from(n).ok();
    FunctionConfiguration {
        function_name: Some(id.name.clone()),
        function_arn: Some(subject.arn.clone()),
        runtime: Some(configuration.runtime.clone()),
        role: Some(configuration.role.clone()),
        handler: Some(configuration.handler.clone()),
        code_size: i64::try_from(code.size_bytes).ok(),
        description: Some(subject.description.to_owned()),
        timeout: number(configuration.timeout_s),
        memory_size: number(configuration.memory_mib),
        last_modified: Some(subject.last_modified.to_lambda_string()),
        code_sha256: Some(code.digest.to_base64()),
        version: Some(subject.version.clone()),
        revision_id: Some(subject.revision_id.to_string()),
        package_type: Some("Zip".to_owned()),
        architectures: Some(vec![configuration.architecture.as_str().to_owned()]),
        ephemeral_storage: number(configuration.tmp_mib).map(|size| EphemeralStorage { size }),
        tracing_config: Some(TracingConfigResponse { mode: Some(tracing(configuration.tracing).to_owned()) }),
        snap_start: Some(snap_start(configuration, subject.published)),
        logging_config: Some(logging(&configuration.logging, &id.name)),
        ..given(configuration)
    }
}

/// What is shown only where it was given.
fn given(configuration: &Configuration) -> FunctionConfiguration {
    let Configuration { environment, vpc, dead_letter, kms_key_arn, layers, file_systems, .. } =
        configuration;
    FunctionConfiguration {
        environment: environment
            .clone()
            .map(|variables| EnvironmentResponse { variables: Some(variables), error: None }),
        vpc_config: vpc.as_ref().map(network),
        dead_letter_config: dead_letter.clone().map(|arn| DeadLetterConfig { target_arn: Some(arn) }),
        kms_key_arn: kms_key_arn.clone(),
        layers: all(layers, layer),
        file_system_configs: all(file_systems, file_system),
        ..FunctionConfiguration::default()
    }
}

fn with_states(
    mut view: FunctionConfiguration,
    id: &FunctionId,
    deployment: &Deployment,
    state: &State,
    last_update: Option<&LastUpdate>,
) -> FunctionConfiguration {
    let (state, reason) = match state {
        State::Pending => ("Pending", Some(CREATING)),
        State::Active => ("Active", None),
        State::Failed(reason) => ("Failed", Some((reason.text.as_str(), reason.code.as_str()))),
    };
    view.state = Some(state.to_owned());
    (view.state_reason, view.state_reason_code) = owned(reason);
    let (status, reason) = match last_update {
        None => (None, None),
        Some(LastUpdate::Successful) => (Some("Successful"), None),
        Some(LastUpdate::InProgress) => (Some("InProgress"), Some(CREATING)),
        Some(LastUpdate::Failed(reason)) => {
            (Some("Failed"), Some((reason.text.as_str(), reason.code.as_str())))
        }
    };
    view.last_update_status = status.map(str::to_owned);
    (view.last_update_status_reason, view.last_update_status_reason_code) = owned(reason);
    let runtime_version_arn = Some(RuntimeVersion::of(&deployment.configuration.runtime, &id.region).arn);
    view.runtime_version_config = Some(RuntimeVersionConfig { runtime_version_arn, error: None });
    view
}

/// The list a client sees; absent where it is empty.
fn all<T, V>(items: &[T], view: impl Fn(&T) -> V) -> Option<Vec<V>> {
    (!items.is_empty()).then(|| items.iter().map(view).collect())
}

fn network(vpc: &Vpc) -> VpcConfigResponse {
    VpcConfigResponse {
        subnet_ids: Some(vpc.subnet_ids.clone()),
        security_group_ids: Some(vpc.security_group_ids.clone()),
        vpc_id: Some(vpc.vpc_id.clone()),
        ipv6_allowed_for_dual_stack: Some(vpc.ipv6_allowed_for_dual_stack),
    }
}

fn layer(attached: &Attached) -> Layer {
    Layer {
        arn: Some(attached.arn.clone()),
        code_size: i64::try_from(attached.size_bytes).ok(),
        signing_profile_version_arn: None,
        signing_job_arn: None,
    }
}

fn file_system(mounted: &FileSystem) -> FileSystemConfig {
    FileSystemConfig {
        arn: mounted.arn.clone(),
        local_mount_path: mounted.local_mount_path.clone(),
        s3_files_config: None,
    }
}

fn tracing(tracing: Tracing) -> &'static str {
    match tracing {
        Tracing::PassThrough => "PassThrough",
        Tracing::Active => "Active",
    }
}

/// What it asks for is on for versions only. None is restored from a snapshot yet, which docs/operations.md tells.
fn snap_start(configuration: &Configuration, published: bool) -> SnapStartResponse {
    let apply_on = if configuration.snap_start { "PublishedVersions" } else { "None" };
    let status = if configuration.snap_start && published { "On" } else { "Off" };
    SnapStartResponse { apply_on: Some(apply_on.to_owned()), optimization_status: Some(status.to_owned()) }
}

fn logging(logging: &Logging, name: &str) -> LoggingConfig {
    let format = match logging.format {
        LogFormat::Text => "Text",
        LogFormat::Json => "JSON",
    };
    LoggingConfig {
        log_format: Some(format.to_owned()),
        application_log_level: logging.application_level.clone(),
        system_log_level: logging.system_level.clone(),
        log_group: Some(logging.group_of(name)),
    }
}

fn owned(reason: Option<(&str, &str)>) -> (Option<String>, Option<String>) {
    reason.map(|(text, code)| (text.to_owned(), code.to_owned())).unzip()
}
