//! The options of the server as they are written: flags, `LAMBENT_*` variables and the keys of the file. Checks nothing but forms.

use std::path::PathBuf;

use clap::builder::BoolishValueParser;
use clap::{Args, ValueEnum};
use serde::Deserialize;

/// The options of the server. Each is a flag, a variable `LAMBENT_…` and a key of the file.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Serve {
    /// A TOML file with the same options.
    #[arg(long, env = "LAMBENT_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub(super) config: Option<PathBuf>,
    /// Where to listen, HOST:PORT; may be given more than once [default: 127.0.0.1:4566 and [::1]:4566].
    #[arg(long, env = "LAMBENT_LISTEN", value_name = "ADDR", value_delimiter = ',')]
    pub(super) listen: Vec<String>,
    /// The certificate for TLS, a PEM file with those between it and its authority behind it [default: one made for each
    /// name by an authority of the server's own, tls/ca.pem in the data folder].
    #[arg(long, env = "LAMBENT_TLS_CERT", value_name = "FILE")]
    pub(super) tls_cert: Option<PathBuf>,
    /// The private key of the certificate, a PEM file.
    #[arg(long, env = "LAMBENT_TLS_KEY", value_name = "FILE")]
    pub(super) tls_key: Option<PathBuf>,
    /// Where everything lasting is kept [default: /var/lib/lambent for root, else ~/.local/share/lambent].
    #[arg(long, env = "LAMBENT_DATA_DIR", value_name = "DIR")]
    pub(super) data_dir: Option<PathBuf>,
    /// Check signatures against the server's keys, or take any [default: verify].
    #[arg(long, env = "LAMBENT_AUTH", value_enum)]
    pub(super) auth: Option<AuthMode>,
    /// The account of the root key [default: 000000000000].
    #[arg(long, env = "LAMBENT_ACCOUNT_ID", value_name = "ID")]
    pub(super) account_id: Option<String>,
    /// The region of a request that names none [default: us-east-1].
    #[arg(long, env = "LAMBENT_REGION", value_name = "REGION")]
    pub(super) region: Option<String>,
    /// How clients reach the server, for the URLs it gives out [default: as the request says].
    #[arg(long, env = "LAMBENT_PUBLIC_ENDPOINT", value_name = "URL")]
    pub(super) public_endpoint: Option<String>,
    /// Where the other services are, which operations ask for code, roles, networks and keys: the URL of an emulator, to
    /// which requests for those services are passed on, or `aws` for AWS itself, to which they are not.
    #[arg(long, env = "LAMBENT_UPSTREAM_ENDPOINT", value_name = "URL")]
    pub(super) upstream_endpoint: Option<String>,
    /// How long Pending and InProgress stay visible at least, in milliseconds, for tests of waiters [default: 0].
    #[arg(long, env = "LAMBENT_TRANSITION_MIN_MS", value_name = "MS")]
    pub(super) transition_min_ms: Option<u64>,
    /// How many seconds of AWS's time pass in a real one, 1 to 86400: retries, ages and schedules come so much sooner
    /// [default: 1].
    #[arg(long, env = "LAMBENT_TIME_SCALE", value_name = "N")]
    pub(super) time_scale: Option<f64>,
    /// How sandboxes are kept apart [default: namespaces].
    #[arg(long, env = "LAMBENT_ISOLATION", value_enum)]
    pub(super) isolation: Option<IsolationMode>,
    /// What functions can reach [default: nat where the host can give it, else none].
    #[arg(long, env = "LAMBENT_NETWORK", value_enum)]
    pub(super) network: Option<NetworkMode>,
    /// Let functions reach the server, and tell them where by AWS_ENDPOINT_URL [default: true].
    #[arg(
        long,
        env = "LAMBENT_ENDPOINT_IN_FUNCTIONS",
        num_args = 0..=1,
        default_missing_value = "true",
        value_parser = BoolishValueParser::new()
    )]
    pub(super) endpoint_in_functions: Option<bool>,
    /// Refuse a runtime whose very version is not on this host.
    #[arg(
        long,
        env = "LAMBENT_STRICT_RUNTIMES",
        num_args = 0..=1,
        default_missing_value = "true",
        value_parser = BoolishValueParser::new()
    )]
    pub(super) strict_runtimes: Option<bool>,
    /// The interpreter of a language or of one runtime, such as python=/opt/py/bin/python3 or nodejs22=/opt/node/bin/node.
    #[arg(
        long = "interpreter",
        env = "LAMBENT_INTERPRETER",
        value_name = "RUNTIME=PATH",
        value_delimiter = ','
    )]
    pub(super) interpreter: Vec<String>,
    /// Install the AWS SDK of Python or Node.js when a function first names it, or only by `lambent runtimes install`
    /// [default: auto].
    #[arg(long, env = "LAMBENT_RUNTIME_SDK", value_enum)]
    pub(super) runtime_sdk: Option<SdkMode>,
    /// Where the files of file systems are: DIR, which holds a folder for each, or fs-ID=DIR for one; may be given more than
    /// once [default: the folder efs in the data folder].
    #[arg(long = "efs-dir", env = "LAMBENT_EFS_DIR", value_name = "[FS-ID=]DIR", value_delimiter = ',')]
    pub(super) efs_dir: Vec<String>,
    /// How many environments may have one file system mounted at once [default: 25000].
    #[arg(long, env = "LAMBENT_EFS_CONNECTIONS", value_name = "N")]
    pub(super) efs_connections: Option<u32>,
    /// How many functions may run at once in one account and region [default: 1000].
    #[arg(long, env = "LAMBENT_CONCURRENCY", value_name = "N")]
    pub(super) concurrency: Option<usize>,
    /// The same for one account, in all its regions or in one: ACCOUNT=N or ACCOUNT:REGION=N; may be given more than once.
    #[arg(long, env = "LAMBENT_CONCURRENCY_OF", value_name = "ACCOUNT[:REGION]=N", value_delimiter = ',')]
    pub(super) concurrency_of: Vec<String>,
    /// How much memory environments may be promised together, by the MemorySize of their functions, in MiB [default: 16
    /// times what is free at the start, since functions rarely take what they are given].
    #[arg(long, env = "LAMBENT_MEMORY_MB", value_name = "MB")]
    pub(super) memory_mb: Option<u64>,
    /// How many interpreters may wait, started ahead, for the functions they are to run; 0 to start each anew [default: 32
    /// for each processor].
    #[arg(long, env = "LAMBENT_PARKED", value_name = "N")]
    pub(super) parked: Option<usize>,
    /// How long an environment is kept idle, in seconds [default: 600].
    #[arg(long, env = "LAMBENT_IDLE_MAX_S", value_name = "S")]
    pub(super) idle_max_s: Option<u64>,
    /// How old an environment becomes, in seconds, however busy it is [default: 21600].
    #[arg(long, env = "LAMBENT_AGE_MAX_S", value_name = "S")]
    pub(super) age_max_s: Option<u64>,
    /// How long running functions may take to end after SIGTERM, in seconds [default: 30].
    #[arg(long, env = "LAMBENT_DRAIN_S", value_name = "S")]
    pub(super) drain_s: Option<u64>,
    /// The form of the log [default: text].
    #[arg(long, env = "LAMBENT_LOG_FORMAT", value_enum)]
    pub(super) log_format: Option<LogFormat>,
    /// What the log shows, as tracing filters say it: info, debug, lambent::function=off … [default: info].
    #[arg(long, env = "LAMBENT_LOG", value_name = "FILTER")]
    pub(super) log: Option<String>,
}

/// `--auth`.
#[derive(Debug, Clone, Copy, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum AuthMode {
    /// Signatures are checked; the root key is test/test.
    Verify,
    /// Any key will do; a key id of 12 digits names the account.
    Open,
}

/// `--isolation`.
#[derive(Debug, Clone, Copy, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum IsolationMode {
    /// Namespaces, or an error where the host has none.
    Namespaces,
    /// Plain child processes: nothing keeps functions from the server's files.
    Process,
}

/// `--network`.
#[derive(Debug, Clone, Copy, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum NetworkMode {
    /// Nothing but the server.
    None,
    /// The world, under the host's address, but neither the host nor other functions.
    Nat,
    /// The host's own network, without isolation.
    Host,
}

/// `--runtime-sdk`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum SdkMode {
    /// When a function first names it.
    Auto,
    /// Only by `lambent runtimes install`.
    Manual,
}

/// `--log-format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl Serve {
    /// Options that say nothing but this `--interpreter`.
    #[cfg(test)]
    pub(crate) fn naming(interpreter: &str) -> Self {
        Self { interpreter: vec![interpreter.to_owned()], ..Self::default() }
    }

    /// These options, and those of `file` where they say nothing.
    pub(super) fn over(self, file: Self) -> Self {
        let list = |mine: Vec<String>, theirs| if mine.is_empty() { theirs } else { mine };
        Self {
            config: self.config,
            listen: list(self.listen, file.listen),
            tls_cert: self.tls_cert.or(file.tls_cert),
            tls_key: self.tls_key.or(file.tls_key),
            data_dir: self.data_dir.or(file.data_dir),
            auth: self.auth.or(file.auth),
            account_id: self.account_id.or(file.account_id),
            region: self.region.or(file.region),
            public_endpoint: self.public_endpoint.or(file.public_endpoint),
            upstream_endpoint: self.upstream_endpoint.or(file.upstream_endpoint),
            transition_min_ms: self.transition_min_ms.or(file.transition_min_ms),
            time_scale: self.time_scale.or(file.time_scale),
            isolation: self.isolation.or(file.isolation),
            network: self.network.or(file.network),
            endpoint_in_functions: self.endpoint_in_functions.or(file.endpoint_in_functions),
            strict_runtimes: self.strict_runtimes.or(file.strict_runtimes),
            interpreter: list(self.interpreter, file.interpreter),
            runtime_sdk: self.runtime_sdk.or(file.runtime_sdk),
            efs_dir: list(self.efs_dir, file.efs_dir),
            efs_connections: self.efs_connections.or(file.efs_connections),
            concurrency: self.concurrency.or(file.concurrency),
            concurrency_of: list(self.concurrency_of, file.concurrency_of),
            memory_mb: self.memory_mb.or(file.memory_mb),
            parked: self.parked.or(file.parked),
            idle_max_s: self.idle_max_s.or(file.idle_max_s),
            age_max_s: self.age_max_s.or(file.age_max_s),
            drain_s: self.drain_s.or(file.drain_s),
            log_format: self.log_format.or(file.log_format),
            log: self.log.or(file.log),
        }
    }
}
