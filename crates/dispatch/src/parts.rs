//! What a dispatcher is assembled from, and what can be set. Never a default: whoever assembles one decides.

use std::sync::Arc;
use std::time::Duration;

use lambent_core::dice::Dice;
use lambent_core::lambda::concurrency::AccountLimits;
use lambent_core::time::Clock;
use lambent_sandbox::{Host, Network};

use crate::efs::FileSystemOptions;
use crate::{Destinations, LogSink, MetricSink, Programs, RoleCredentials};

/// What can be set.
#[derive(Debug, Clone)]
pub struct Options {
    /// Concurrent invocations of each account in each region.
    pub concurrency: AccountLimits,
    /// Memory that environments may be promised together, in MiB; where it is not said, several times what the host has.
    pub memory_mib: Option<u64>,
    /// How many environments may be starting at the same moment.
    pub starts_at_once: usize,
    /// How long an environment is kept idle.
    pub idle_max: Duration,
    /// How old an environment may be when an invocation begins.
    pub age_max: Duration,
    /// How long an invocation waits for a function that is being created.
    pub pending_wait: Duration,
    /// What sandboxes can reach.
    pub network: Network,
    /// Where sandboxes reach the server, which functions know as `AWS_ENDPOINT_URL`; none if they do not.
    pub endpoint_url: Option<String>,
    /// Where the files of file systems are.
    pub file_systems: FileSystemOptions,
}

/// What the dispatcher is assembled from.
#[derive(Debug)]
pub struct Parts {
    /// Where sandboxes are made.
    pub host: Arc<dyn Host>,
    /// What deployments start.
    pub programs: Programs,
    /// Credentials of execution roles.
    pub credentials: Arc<dyn RoleCredentials>,
    /// Where the lines of functions go.
    pub logs: Arc<dyn LogSink>,
    /// Where what is measured of them goes.
    pub measured: Arc<dyn MetricSink>,
    /// Who carries the records of asynchronous invocations to other services.
    pub destinations: Arc<dyn Destinations>,
    /// The real time, and AWS's.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub dice: Arc<dyn Dice>,
    /// What can be set.
    pub options: Options,
}
