//! Configuration: flags, `LAMBENT_*` variables and a TOML file mean the same things, in that order of precedence. What is
//! raw here is parsed once into a [`Config`]; nothing else reads the environment.

mod command;
mod concurrency;
mod credentials;
mod efs;
mod endpoint;
mod filter;
mod place;
mod raw;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use lambent_code::interpreter::{Family, HostEnvironment, Override, Version};
use lambent_core::account::{AccountId, Region};
use lambent_core::lambda::concurrency::AccountLimits;
use lambent_core::limits::{
    CLOCK_SCALE_MAX, ENVIRONMENT_AGE_MAX, SESSION_MAX, TIMEOUT_MAX_S, TRANSITION_MIN_MAX,
};
use lambent_dispatch::efs::FileSystemOptions;
use lambent_sandbox::Network;
use lambent_sandbox::linux::Isolation;
use lambent_services::Auth;
use lambent_services::upstream::{self, Credentials};

use crate::tls;
pub(crate) use command::{Command, Logs, Raw, Runtimes, RuntimesCommand, span};
pub(crate) use place::Place;
use raw::{AuthMode, NetworkMode, SdkMode};
pub(crate) use raw::{IsolationMode, LogFormat, Serve};

/// The configuration of a server, checked and complete.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) listen: Vec<Place>,
    /// The certificate clients see; unsaid, one that is made here.
    pub(crate) tls: Option<tls::Files>,
    pub(crate) data_dir: PathBuf,
    pub(crate) auth: Auth,
    pub(crate) account: AccountId,
    pub(crate) region: Region,
    pub(crate) public_endpoint: Option<String>,
    /// Where the other services are.
    pub(crate) upstream: Option<upstream::Place>,
    pub(crate) upstream_credentials: Option<Credentials>,
    pub(crate) transition_min: Duration,
    /// How many seconds of AWS's time pass in a real one.
    pub(crate) time_scale: f64,
    pub(crate) isolation: Isolation,
    /// What functions reach; unsaid, a way out where the host can give one.
    pub(crate) network: Option<Network>,
    /// Functions reach the server, and know where.
    pub(crate) endpoint_in_functions: bool,
    pub(crate) strict_runtimes: bool,
    /// Install an SDK when a function first names it.
    pub(crate) automatic_sdk: bool,
    pub(crate) interpreters: Vec<Override>,
    pub(crate) host: HostEnvironment,
    /// Where the files of file systems are.
    pub(crate) file_systems: FileSystemOptions,
    pub(crate) concurrency: AccountLimits,
    /// Memory that environments may be promised together.
    pub(crate) memory_mib: Option<u64>,
    /// How many interpreters may wait for functions.
    pub(crate) parked: usize,
    pub(crate) idle_max: Duration,
    pub(crate) age_max: Duration,
    pub(crate) drain: Duration,
    pub(crate) log_format: LogFormat,
    pub(crate) log: String,
}

impl Serve {
    /// The checked configuration.
    pub(crate) fn resolve(&self) -> Result<Config> {
        let file = self.config.as_deref().map(read_file).transpose()?.unwrap_or_default();
        let raw = self.clone().over(file);
        let listen = match raw.listen.as_slice() {
            [] => vec![Place::default()],
            given => given.iter().map(|text| Place::read(text)).collect::<Result<_>>()?,
        };
        let transition_min = Duration::from_millis(raw.transition_min_ms.unwrap_or(0));
        ensure!(
            transition_min <= TRANSITION_MIN_MAX,
            "--transition-min-ms takes up to {}",
            TRANSITION_MIN_MAX.as_millis()
        );
        let upstream = raw.upstream_endpoint.map(|url| endpoint::upstream(&url)).transpose()?;
        let data_dir = absolute(raw.data_dir.map_or_else(default_data_dir, Ok)?)?;
        Ok(Config {
            listen,
            file_systems: efs::read(&raw.efs_dir, raw.efs_connections, &data_dir)?,
            tls: tls::Files::of(raw.tls_cert, raw.tls_key)?,
            data_dir,
            auth: match raw.auth {
                None | Some(AuthMode::Verify) => Auth::Verify,
                Some(AuthMode::Open) => Auth::Open,
            },
            account: raw.account_id.map_or_else(|| Ok(AccountId::default_account()), AccountId::try_from)?,
            region: raw.region.map_or_else(|| Ok(Region::default_region()), Region::try_from)?,
            public_endpoint: raw
                .public_endpoint
                .map(|url| endpoint::text("public-endpoint", &url))
                .transpose()?,
            upstream_credentials: upstream.as_ref().map_or(Ok(None), credentials::read)?,
            upstream,
            transition_min,
            time_scale: time_scale(raw.time_scale)?,
            isolation: isolation(raw.isolation),
            network: raw.network.map(network),
            endpoint_in_functions: raw.endpoint_in_functions.unwrap_or(true),
            strict_runtimes: raw.strict_runtimes.unwrap_or(false),
            automatic_sdk: raw.runtime_sdk != Some(SdkMode::Manual),
            interpreters: raw.interpreter.iter().map(|text| interpreter(text)).collect::<Result<_>>()?,
            host: host_environment(),
            concurrency: concurrency::read(raw.concurrency, &raw.concurrency_of)?,
            memory_mib: concurrency::memory(raw.memory_mb)?,
            parked: raw.parked.unwrap_or_else(default_parked),
            idle_max: Duration::from_secs(raw.idle_max_s.unwrap_or(600)),
            age_max: age_max(raw.age_max_s)?,
            drain: Duration::from_secs(raw.drain_s.unwrap_or(30)),
            log_format: raw.log_format.unwrap_or_default(),
            log: filter::read(raw.log.as_deref().unwrap_or("info"))?,
        })
    }
}

impl Config {
    /// The configuration of a demo: a temporary folder, a port of its own, a quiet log.
    pub(crate) fn demo(data_dir: &Path, chosen: Option<IsolationMode>) -> Result<Self> {
        let raw = Serve {
            listen: vec!["127.0.0.1:0".to_owned()],
            data_dir: Some(data_dir.to_owned()),
            isolation: chosen,
            network: Some(NetworkMode::None),
            runtime_sdk: Some(SdkMode::Manual),
            log: Some("warn".to_owned()),
            ..Serve::default()
        };
        raw.resolve()
    }
}

/// Enough for a burst that keeps every processor busy for a while.
fn default_parked() -> usize {
    const EACH: usize = 32;
    std::thread::available_parallelism().map_or(1, usize::from) * EACH
}

/// How old environments become: their credentials must outlive them.
fn age_max(seconds: Option<u64>) -> Result<Duration> {
    let age_max = seconds.map_or(ENVIRONMENT_AGE_MAX, Duration::from_secs);
    let most = SESSION_MAX - Duration::from_secs(u64::from(TIMEOUT_MAX_S));
    ensure!(
        (Duration::from_secs(1)..=most).contains(&age_max),
        "--age-max-s takes 1 to {}: an environment's credentials end at {} seconds",
        most.as_secs(),
        SESSION_MAX.as_secs()
    );
    Ok(age_max)
}

fn time_scale(given: Option<f64>) -> Result<f64> {
    let scale = given.unwrap_or(1.0);
    ensure!((1.0..=CLOCK_SCALE_MAX).contains(&scale), "--time-scale takes 1 to {CLOCK_SCALE_MAX}");
    Ok(scale)
}

fn network(chosen: NetworkMode) -> Network {
    match chosen {
        NetworkMode::None => Network::None,
        NetworkMode::Nat => Network::Nat,
        NetworkMode::Host => Network::Host,
    }
}

fn isolation(chosen: Option<IsolationMode>) -> Isolation {
    match chosen {
        None => Isolation::Auto,
        Some(IsolationMode::Namespaces) => Isolation::Namespaces,
        Some(IsolationMode::Process) => Isolation::Process,
    }
}

fn read_file(path: &Path) -> Result<Serve> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("{} is not a configuration", path.display()))
}

/// The path from the root: what runs functions has another working folder.
fn absolute(path: PathBuf) -> Result<PathBuf> {
    std::path::absolute(&path).with_context(|| format!("{path:?} is no path"))
}

/// `python=/path`, `python3.12=/path` or `nodejs22=/path`.
fn interpreter(text: &str) -> Result<Override> {
    let (name, program) = text.split_once('=').with_context(|| format!("--interpreter {text:?} has no ="))?;
    let family = Family::ALL.into_iter().find(|family| name.starts_with(family.as_str()));
    let family = family.with_context(|| format!("--interpreter {text:?}: no such language"))?;
    let version = name[family.as_str().len()..].trim_end_matches(".x");
    let version = match version {
        "" => None,
        text => Some(Version::parse(text).with_context(|| format!("--interpreter {name:?} has no version"))?),
    };
    Ok(Override { family, version, program: absolute(PathBuf::from(program))? })
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
fn host_environment() -> HostEnvironment {
    HostEnvironment::from_variables(|name| std::env::var_os(name))
}

fn default_data_dir() -> Result<PathBuf> {
    if rustix::process::geteuid().is_root() {
        return Ok(PathBuf::from("/var/lib/lambent"));
    }
    let home = host_environment().home.context("HOME is not set: say where with --data-dir")?;
    Ok(home.join(".local/share/lambent"))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    fn parse(arguments: &[&str]) -> Serve {
        let all = ["lambent", "serve"].iter().chain(arguments);
        let Command::Serve(serve) = Raw::try_parse_from(all).expect("tests write valid options").command
        else {
            panic!("serve was asked for")
        };
        serve
    }

    #[test]
    fn a_flag_wins_over_the_file() {
        let file: Serve = toml::from_str("region = \"eu-west-1\"\naccount-id = \"111111111111\"").unwrap();
        let config = parse(&["--region", "ap-south-1"]).over(file).resolve().unwrap();
        assert_eq!((config.region.as_str(), config.account.as_str()), ("ap-south-1", "111111111111"));
    }

    #[test]
    fn wrong_values_are_refused_by_name() {
        for wrong in [
            ["--account-id", "12"],
            ["--region", "nowhere"],
            ["--public-endpoint", "host:1"],
            ["--upstream-endpoint", "ftp://x"],
            ["--transition-min-ms", "900001"],
            ["--time-scale", "0.5"],
            ["--time-scale", "86401"],
            ["--interpreter", "cobol=/x"],
            ["--interpreter", "python="],
            ["--concurrency", "0"],
            ["--memory-mb", "127"],
            ["--efs-connections", "0"],
            ["--efs-dir", "fs-1="],
            ["--log", "inof"],
            ["--listen", "localhost"],
        ] {
            assert!(parse(&wrong).resolve().is_err(), "{wrong:?}");
        }
        assert!(toml::from_str::<Serve>("regoin = \"eu-west-1\"").is_err());
    }

    #[test]
    fn paths_are_told_from_the_root() {
        let config = parse(&["--data-dir", "data", "--interpreter", "python=bin/python3"]).resolve().unwrap();
        let here = std::env::current_dir().unwrap();
        assert_eq!(config.data_dir, here.join("data"));
        assert_eq!(config.interpreters[0].program, here.join("bin/python3"));
    }

    #[test]
    fn strict_runtimes_may_be_said_in_several_ways() {
        let strict = |arguments: &[&str]| parse(arguments).resolve().unwrap().strict_runtimes;
        assert!(!strict(&[]) && strict(&["--strict-runtimes"]));
        for (text, meant) in [("1", true), ("yes", true), ("true", true), ("0", false), ("no", false)] {
            assert_eq!(strict(&["--strict-runtimes", text]), meant, "{text}");
        }
    }

    #[test]
    fn interpreters_are_named_by_language_or_runtime() {
        let one = interpreter("nodejs22.x=/opt/node/bin/node").unwrap();
        assert_eq!((one.family, one.version.map(|v| v.major)), (Family::Nodejs, Some(22)));
        assert_eq!(interpreter("python=/usr/bin/python3").unwrap().version, None);
    }
}
