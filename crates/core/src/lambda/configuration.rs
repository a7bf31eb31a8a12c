//! How a function runs: every member of its configuration that lasts. Never checks what a caller wrote; see
//! `services/lambda/configuration`.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html>

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::architecture::Architecture;
use super::layer;

/// How a function runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Configuration {
    /// The runtime's identifier.
    pub runtime: String,
    /// What the runtime calls.
    pub handler: String,
    /// The execution role's ARN.
    pub role: String,
    /// Free text, up to 256 characters.
    pub description: String,
    /// How long one invocation may run: 1 to 900 seconds.
    pub timeout_s: u32,
    /// Memory: 128 to 10,240 MiB.
    pub memory_mib: u32,
    /// `/tmp`: 512 to 10,240 MiB.
    pub tmp_mib: u32,
    /// Environment variables; none where none were given.
    pub environment: Option<BTreeMap<String, String>>,
    /// The processor it is built for.
    pub architecture: Architecture,
    /// Layers in the order of their precedence: the last wins. At most 5.
    #[serde(default)]
    pub layers: Vec<layer::Attached>,
    /// The network it is attached to.
    #[serde(default)]
    pub vpc: Option<Vpc>,
    /// The queue or topic that events go to which failed: an ARN.
    #[serde(default)]
    pub dead_letter: Option<String>,
    /// File systems it mounts, at most one.
    #[serde(default)]
    pub file_systems: Vec<FileSystem>,
    /// Whether traces are sampled.
    #[serde(default)]
    pub tracing: Tracing,
    /// Where and how it logs.
    #[serde(default)]
    pub logging: Logging,
    /// Whether published versions are restored from a snapshot: `SnapStart.ApplyOn` is `PublishedVersions`.
    #[serde(default)]
    pub snap_start: bool,
    /// The key that encrypts the environment variables.
    #[serde(default)]
    pub kms_key_arn: Option<String>,
}

/// A network of the user's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vpc {
    /// Its id, as the subnets have it.
    pub vpc_id: String,
    /// At most 16.
    pub subnet_ids: Vec<String>,
    /// At most 5.
    pub security_group_ids: Vec<String>,
    /// Whether outbound IPv6 is allowed.
    pub ipv6_allowed_for_dual_stack: bool,
}

/// A file system access point, and where it is mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSystem {
    /// The access point's ARN.
    pub arn: String,
    /// Below `/mnt/`.
    pub local_mount_path: String,
}

/// Whether traces are sampled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tracing {
    /// The caller decides.
    #[default]
    PassThrough,
    /// The function samples.
    Active,
}

/// Where and how a function logs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logging {
    /// The form of its lines.
    pub format: LogFormat,
    /// The log group; `/aws/lambda/NAME` where none is given.
    pub group: Option<String>,
    /// `ApplicationLogLevel`, with JSON only.
    pub application_level: Option<String>,
    /// `SystemLogLevel`, with JSON only.
    pub system_level: Option<String>,
}

/// The form of log lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogFormat {
    /// As the function writes them.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Logging {
    /// The log group of a function of this name.
    #[must_use]
    pub fn group_of(&self, function_name: &str) -> String {
        self.group.clone().unwrap_or_else(|| format!("/aws/lambda/{function_name}"))
    }
}
