//! What belongs to one qualifier of a function (`$LATEST`, a version, an alias) and ends with it: policy, asynchronous
//! invocation, URL, provisioned concurrency, runtime updates. Publishing copies none of it. Never acts on any.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::policy::Policy;
use crate::time::Timestamp;

/// What belongs to one qualifier.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Who else may use it.
    pub policy: Option<Policy>,
    /// How asynchronous invocations are handled.
    pub event_invoke: Option<EventInvoke>,
    /// Its URL; for `$LATEST` and aliases only.
    pub url: Option<FunctionUrl>,
    /// Environments that are kept initialised; for versions and aliases only.
    pub provisioned: Option<Provisioned>,
    /// When its runtime is updated; automatically where none.
    pub runtime_management: Option<RuntimeManagement>,
}

impl Settings {
    /// Whether nothing is set, so that it need not be kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How asynchronous invocations of one qualifier are handled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventInvoke {
    /// 0 to 2; 2 where none.
    pub maximum_retry_attempts: Option<u32>,
    /// 60 to 21,600 seconds; 21,600 where none.
    pub maximum_event_age_s: Option<u32>,
    /// Where the record of a success goes: an ARN.
    pub on_success: Option<String>,
    /// Where the record of a failure goes: an ARN.
    pub on_failure: Option<String>,
    /// When it last changed.
    pub last_modified: Timestamp,
}

/// The URL of a function or alias.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionUrl {
    /// The first label of its host: 32 of `a-z 0-9`. Stays as long as the URL is there.
    pub url_id: String,
    /// `NONE` or `AWS_IAM`.
    pub auth_type: String,
    /// `BUFFERED` or `RESPONSE_STREAM`.
    pub invoke_mode: String,
    /// What browsers may do from elsewhere.
    pub cors: Option<Cors>,
    /// When it was made.
    pub created: Timestamp,
    /// When it last changed.
    pub last_modified: Timestamp,
}

/// What browsers may do from elsewhere; a member that was not given is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cors {
    /// `AllowCredentials`.
    pub allow_credentials: Option<bool>,
    /// `AllowHeaders`.
    pub allow_headers: Option<Vec<String>>,
    /// `AllowMethods`.
    pub allow_methods: Option<Vec<String>>,
    /// `AllowOrigins`.
    pub allow_origins: Option<Vec<String>>,
    /// `ExposeHeaders`.
    pub expose_headers: Option<Vec<String>>,
    /// `MaxAge`, in seconds: 0 to 86,400.
    pub max_age_s: Option<u32>,
}

/// Environments that are kept initialised. How many there are is known to the data plane only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provisioned {
    /// How many were asked for: 1 or more.
    pub requested: u32,
    /// When it last changed.
    pub last_modified: Timestamp,
    /// Tells two requests apart, even where the number is the same.
    pub request: Uuid,
}

/// When the runtime of a function is updated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimeManagement {
    /// `Auto`, `FunctionUpdate` or `Manual`.
    pub update_runtime_on: String,
    /// The version of the runtime, for `Manual`.
    pub runtime_version_arn: Option<String>,
}
