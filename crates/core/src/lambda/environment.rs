//! The environment variables of a function: which may be set, how large they may be, and what AWS adds. Never reads the
//! server's own.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html>

use std::collections::BTreeMap;

use super::arn::FunctionId;
use super::configuration::{Configuration, LogFormat};
use super::runtime::{Family, Runtime};
use crate::limits::ENVIRONMENT_MAX_BYTES;

/// The names a function's configuration may not set.
pub const RESERVED: [&str; 21] = [
    "_HANDLER",
    "_X_AMZN_TRACE_ID",
    "AWS_DEFAULT_REGION",
    "AWS_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_LAMBDA_RUNTIME_API",
    "LAMBDA_TASK_ROOT",
    "LAMBDA_RUNTIME_DIR",
    "AWS_LAMBDA_MAX_CONCURRENCY",
    "AWS_LAMBDA_METADATA_API",
    "AWS_LAMBDA_METADATA_TOKEN",
];

/// Why a function's environment is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum EnvironmentError {
    /// Together, as compact JSON, they are larger than 4 KB.
    #[error(
        "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. String measured: {measured}"
    )]
    TooLarge {
        /// The JSON that was measured.
        measured: String,
    },
    /// A process cannot be given such a value: it would end at the NUL.
    #[error(
        "Lambda was unable to configure your environment variables because the values of the following keys contain a NUL character: {}",
        keys.join(", ")
    )]
    Nul {
        /// The names of the variables.
        keys: Vec<String>,
    },
    /// Some names are reserved.
    #[error(
        "Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys that are currently not supported for modification. Reserved keys used in this request: {}",
        keys.join(", ")
    )]
    Reserved {
        /// Which ones.
        keys: Vec<String>,
    },
}

/// Checks what a user wants to set; `compact` is the same as compact JSON.
///
/// # Errors
/// [`EnvironmentError`] if a reserved name is among them, a process cannot hold one, or all together are too large.
pub fn check(variables: &BTreeMap<String, String>, compact: &str) -> Result<(), EnvironmentError> {
    let keys: Vec<String> = variables.keys().filter(|k| RESERVED.contains(&k.as_str())).cloned().collect();
    if !keys.is_empty() {
        return Err(EnvironmentError::Reserved { keys });
    }
    let keys: Vec<String> =
        variables.iter().filter(|(_, v)| v.contains('\0')).map(|(k, _)| k.clone()).collect();
    if !keys.is_empty() {
        return Err(EnvironmentError::Nul { keys });
    }
    if compact.len() > ENVIRONMENT_MAX_BYTES {
        return Err(EnvironmentError::TooLarge { measured: compact.to_owned() });
    }
    Ok(())
}

/// Why an environment is initialised: `AWS_LAMBDA_INITIALIZATION_TYPE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Initialization {
    /// An invocation waits for it.
    OnDemand,
    /// It is to be there before the first invocation.
    ProvisionedConcurrency,
}

impl Initialization {
    /// As functions see it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::OnDemand => "on-demand",
            Self::ProvisionedConcurrency => "provisioned-concurrency",
        }
    }
}

/// What the variables of one environment are made from.
#[derive(Debug)]
pub struct World<'a> {
    /// The function.
    pub id: &'a FunctionId,
    /// Its configuration.
    pub configuration: &'a Configuration,
    /// Its runtime.
    pub runtime: &'a Runtime,
    /// `$LATEST` or a number.
    pub version: &'a str,
    /// Why it is initialised.
    pub initialization: Initialization,
    /// The log stream of this environment.
    pub log_stream: &'a str,
    /// Access key, secret and session token of the execution role.
    pub credentials: (&'a str, &'a str, &'a str),
}

/// All variables a program of the function sees at its start, but for `AWS_LAMBDA_RUNTIME_API`.
///
/// Later wins: the platform's defaults, the function's own, then what is reserved.
#[must_use]
pub fn variables(world: &World<'_>) -> BTreeMap<String, String> {
    let mut all = defaults(world.runtime);
    all.extend(world.configuration.environment.clone().unwrap_or_default());
    all.extend(reserved(world));
    if world.runtime.family != Family::Provided {
        // Managed runtimes are started by a shell, which leaves these.
        all.extend(owned(&[("PWD", "/var/task"), ("SHLVL", "0")]));
    }
    all
}

fn owned(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

fn defaults(runtime: &Runtime) -> BTreeMap<String, String> {
    let mut all = owned(&[
        ("LANG", "en_US.UTF-8"),
        ("TZ", ":UTC"),
        ("PATH", "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin"),
        (
            "LD_LIBRARY_PATH",
            "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
        ),
        ("AWS_XRAY_CONTEXT_MISSING", "LOG_ERROR"),
        ("AWS_XRAY_DAEMON_ADDRESS", "169.254.100.1:2000"),
        ("_AWS_XRAY_DAEMON_ADDRESS", "169.254.100.1"),
        ("_AWS_XRAY_DAEMON_PORT", "2000"),
    ]);
    match runtime.family {
        Family::Python => {
            all.insert("PYTHONPATH".into(), "/var/runtime".into());
        }
        Family::Node => {
            let major = runtime.version;
            all.insert(
                "NODE_PATH".into(),
                format!(
                    "/opt/nodejs/node{major}/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task"
                ),
            );
        }
        Family::Ruby => {
            let gems = format!("{}.0", runtime.version);
            all.insert(
                "GEM_PATH".into(),
                format!("/var/task/vendor/bundle/ruby/{gems}:/opt/ruby/gems/{gems}"),
            );
            all.insert("RUBYLIB".into(), "/var/task:/var/runtime/lib:/opt/ruby/lib".into());
        }
        Family::Java | Family::DotNet | Family::Provided => {}
    }
    all
}

fn reserved(world: &World<'_>) -> BTreeMap<String, String> {
    let memory = world.configuration.memory_mib.to_string();
    let logging = &world.configuration.logging;
    let group = logging.group_of(&world.id.name);
    let (access_key, secret, token) = world.credentials;
    let mut all = owned(&[
        ("_HANDLER", &world.configuration.handler),
        ("AWS_DEFAULT_REGION", world.id.region.as_str()),
        ("AWS_REGION", world.id.region.as_str()),
        ("AWS_LAMBDA_FUNCTION_NAME", &world.id.name),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", &memory),
        ("AWS_LAMBDA_FUNCTION_VERSION", world.version),
        ("AWS_LAMBDA_INITIALIZATION_TYPE", world.initialization.as_str()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", &group),
        ("AWS_LAMBDA_LOG_STREAM_NAME", world.log_stream),
        ("AWS_ACCESS_KEY_ID", access_key),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("AWS_SESSION_TOKEN", token),
        ("LAMBDA_TASK_ROOT", "/var/task"),
        ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
    ]);
    if let Some(name) = world.runtime.execution_env() {
        all.insert("AWS_EXECUTION_ENV".into(), name);
    }
    if logging.format == LogFormat::Json {
        all.insert("AWS_LAMBDA_LOG_FORMAT".into(), "JSON".into());
    }
    if let Some(level) = &logging.application_level {
        all.insert("AWS_LAMBDA_LOG_LEVEL".into(), level.clone());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_4096_bytes_of_compact_json() {
        let none = BTreeMap::new();
        assert_eq!(check(&none, &"x".repeat(4096)), Ok(()));
        assert!(matches!(check(&none, &"x".repeat(4097)), Err(EnvironmentError::TooLarge { .. })));
    }

    #[test]
    fn values_no_process_can_hold_are_listed() {
        let set = owned(&[("AB", "x\0"), ("FINE", "y"), ("CD", "\0")]);
        let keys = vec!["AB".into(), "CD".into()];
        assert_eq!(check(&set, "{}"), Err(EnvironmentError::Nul { keys }));
    }

    #[test]
    fn reserved_names_are_listed() {
        let set = owned(&[("AWS_REGION", "x"), ("FINE", "y"), ("_HANDLER", "z")]);
        let refusal = check(&set, "{}").unwrap_err();
        assert_eq!(
            refusal,
            EnvironmentError::Reserved { keys: vec!["AWS_REGION".into(), "_HANDLER".into()] }
        );
    }
}
