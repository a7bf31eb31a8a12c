//! Configuration: flags, `LAMBENT_*` variables and a TOML file mean the same things, in that order of precedence. What is
//! raw here is parsed once into a [`Config`]; nothing else reads the environment.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::{Args, Parser, Subcommand, ValueEnum};
use lambent_code::interpreter::{Family, HostEnvironment, Override, Version};
use lambent_core::account::{AccountId, Region};
use lambent_sandbox::Network;
use lambent_sandbox::linux::Isolation;
use lambent_services::Auth;
use serde::Deserialize;

/// LocalStack's port, so that its tools work unchanged.
const PORT: u16 = 4566;

/// A self-hosted, AWS-Lambda-compatible function server.
#[derive(Debug, Parser)]
#[command(name = "lambent", version)]
pub(crate) struct Raw {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server.
    Serve(Serve),
    /// Start a server on a temporary folder, run functions on it, and print what they took.
    Demo(Demo),
    /// Tell what this host can isolate and enforce, what is missing, and how to get it.
    Doctor(Serve),
}

/// The options of the server. Each is a flag, a variable `LAMBENT_…` and a key of the file.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Serve {
    /// A TOML file with the same options.
    #[arg(long, env = "LAMBENT_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    config: Option<PathBuf>,
    /// Where to listen; may be given more than once [default: 127.0.0.1:4566 and [::1]:4566].
    #[arg(long, env = "LAMBENT_LISTEN", value_name = "ADDR", value_delimiter = ',')]
    listen: Vec<SocketAddr>,
    /// Where everything lasting is kept [default: /var/lib/lambent for root, else ~/.local/share/lambent].
    #[arg(long, env = "LAMBENT_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Check signatures against the server's keys, or take any [default: verify].
    #[arg(long, env = "LAMBENT_AUTH", value_enum)]
    auth: Option<AuthMode>,
    /// The account of the root key [default: 000000000000].
    #[arg(long, env = "LAMBENT_ACCOUNT_ID", value_name = "ID")]
    account_id: Option<String>,
    /// The region of a request that names none [default: us-east-1].
    #[arg(long, env = "LAMBENT_REGION", value_name = "REGION")]
    region: Option<String>,
    /// How clients reach the server, for the URLs it gives out [default: as the request says].
    #[arg(long, env = "LAMBENT_PUBLIC_ENDPOINT", value_name = "URL")]
    public_endpoint: Option<String>,
    /// Where requests for services other than Lambda go; without it they are refused.
    #[arg(long, env = "LAMBENT_UPSTREAM_ENDPOINT", value_name = "URL")]
    upstream_endpoint: Option<String>,
    /// How sandboxes are kept apart [default: namespaces].
    #[arg(long, env = "LAMBENT_ISOLATION", value_enum)]
    isolation: Option<IsolationMode>,
    /// What sandboxes can reach [default: none].
    #[arg(long, env = "LAMBENT_NETWORK", value_enum)]
    network: Option<NetworkMode>,
    /// Refuse a runtime whose very version is not on this host.
    #[arg(long, env = "LAMBENT_STRICT_RUNTIMES", num_args = 0..=1, default_missing_value = "true")]
    strict_runtimes: Option<bool>,
    /// The interpreter of a language or of one runtime, such as python=/opt/py/bin/python3 or nodejs22=/opt/node/bin/node.
    #[arg(
        long = "interpreter",
        env = "LAMBENT_INTERPRETER",
        value_name = "RUNTIME=PATH",
        value_delimiter = ','
    )]
    interpreter: Vec<String>,
    /// How many functions may run at once in one account and region [default: 1000].
    #[arg(long, env = "LAMBENT_CONCURRENCY", value_name = "N")]
    concurrency: Option<usize>,
    /// How long an environment is kept idle, in seconds [default: 600].
    #[arg(long, env = "LAMBENT_IDLE_MAX_S", value_name = "S")]
    idle_max_s: Option<u64>,
    /// How long running functions may take to end after SIGTERM, in seconds [default: 30].
    #[arg(long, env = "LAMBENT_DRAIN_S", value_name = "S")]
    drain_s: Option<u64>,
    /// The form of the log [default: text].
    #[arg(long, env = "LAMBENT_LOG_FORMAT", value_enum)]
    log_format: Option<LogFormat>,
    /// What the log shows, as tracing filters say it: info, debug, lambent::function=off … [default: info].
    #[arg(long, env = "LAMBENT_LOG", value_name = "FILTER")]
    log: Option<String>,
}

/// The options of the demo.
#[derive(Debug, Clone, Args)]
pub(crate) struct Demo {
    /// Warm calls of each function.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) calls: u32,
    /// How sandboxes are kept apart [default: namespaces].
    #[arg(long, env = "LAMBENT_ISOLATION", value_enum)]
    pub(crate) isolation: Option<IsolationMode>,
}

/// `--auth`.
#[derive(Debug, Clone, Copy, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum AuthMode {
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
enum NetworkMode {
    /// Nothing but the Runtime API.
    None,
    /// The host's own network, without isolation.
    Host,
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

/// The configuration of a server, checked and complete.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) listen: Vec<SocketAddr>,
    pub(crate) data_dir: PathBuf,
    pub(crate) auth: Auth,
    pub(crate) account: AccountId,
    pub(crate) region: Region,
    pub(crate) public_endpoint: Option<String>,
    pub(crate) upstream_endpoint: Option<http::Uri>,
    pub(crate) isolation: Isolation,
    pub(crate) network: Network,
    pub(crate) strict_runtimes: bool,
    pub(crate) interpreters: Vec<Override>,
    pub(crate) host: HostEnvironment,
    pub(crate) concurrency: usize,
    pub(crate) idle_max: Duration,
    pub(crate) drain: Duration,
    pub(crate) log_format: LogFormat,
    pub(crate) log: String,
}

impl Serve {
    /// The checked configuration.
    pub(crate) fn resolve(&self) -> Result<Config> {
        let file = self.config.as_deref().map(read_file).transpose()?.unwrap_or_default();
        let raw = self.clone().over(file);
        let both =
            |v4, v6| vec![SocketAddr::new(IpAddr::V4(v4), PORT), SocketAddr::new(IpAddr::V6(v6), PORT)];
        let listen =
            if raw.listen.is_empty() { both(Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST) } else { raw.listen };
        Ok(Config {
            listen,
            data_dir: raw.data_dir.map_or_else(default_data_dir, Ok)?,
            auth: match raw.auth {
                None | Some(AuthMode::Verify) => Auth::Verify,
                Some(AuthMode::Open) => Auth::Open,
            },
            account: raw.account_id.map_or_else(|| Ok(AccountId::default_account()), AccountId::try_from)?,
            region: raw.region.map_or_else(|| Ok(Region::default_region()), Region::try_from)?,
            public_endpoint: raw.public_endpoint.map(|url| endpoint("public-endpoint", &url)).transpose()?,
            upstream_endpoint: raw.upstream_endpoint.map(|url| upstream(&url)).transpose()?,
            isolation: isolation(raw.isolation),
            network: match raw.network {
                None | Some(NetworkMode::None) => Network::None,
                Some(NetworkMode::Host) => Network::Host,
            },
            strict_runtimes: raw.strict_runtimes.unwrap_or(false),
            interpreters: raw.interpreter.iter().map(|text| interpreter(text)).collect::<Result<_>>()?,
            host: host_environment(),
            concurrency: raw.concurrency.unwrap_or(1000),
            idle_max: Duration::from_secs(raw.idle_max_s.unwrap_or(600)),
            drain: Duration::from_secs(raw.drain_s.unwrap_or(30)),
            log_format: raw.log_format.unwrap_or_default(),
            log: raw.log.unwrap_or_else(|| "info".to_owned()),
        })
    }

    /// These options, and those of `file` where they say nothing.
    fn over(self, file: Self) -> Self {
        let list = |mine: Vec<SocketAddr>, theirs| if mine.is_empty() { theirs } else { mine };
        Self {
            config: self.config,
            listen: list(self.listen, file.listen),
            data_dir: self.data_dir.or(file.data_dir),
            auth: self.auth.or(file.auth),
            account_id: self.account_id.or(file.account_id),
            region: self.region.or(file.region),
            public_endpoint: self.public_endpoint.or(file.public_endpoint),
            upstream_endpoint: self.upstream_endpoint.or(file.upstream_endpoint),
            isolation: self.isolation.or(file.isolation),
            network: self.network.or(file.network),
            strict_runtimes: self.strict_runtimes.or(file.strict_runtimes),
            interpreter: if self.interpreter.is_empty() { file.interpreter } else { self.interpreter },
            concurrency: self.concurrency.or(file.concurrency),
            idle_max_s: self.idle_max_s.or(file.idle_max_s),
            drain_s: self.drain_s.or(file.drain_s),
            log_format: self.log_format.or(file.log_format),
            log: self.log.or(file.log),
        }
    }
}

impl Config {
    /// The configuration of a demo: a temporary folder, a port of its own, a quiet log.
    pub(crate) fn demo(data_dir: &Path, chosen: Option<IsolationMode>) -> Result<Self> {
        let raw = Serve {
            listen: vec![SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0)],
            data_dir: Some(data_dir.to_owned()),
            isolation: chosen,
            log: Some("warn".to_owned()),
            ..Serve::default()
        };
        raw.resolve()
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

fn endpoint(option: &str, url: &str) -> Result<String> {
    let uri: http::Uri = url.parse().with_context(|| format!("--{option} {url:?} is not a URL"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.authority().is_none() {
        bail!("--{option} {url:?} is not of the form http://host:port");
    }
    Ok(url.trim_end_matches('/').to_owned())
}

fn upstream(url: &str) -> Result<http::Uri> {
    let uri: http::Uri = endpoint("upstream-endpoint", url)?.parse()?;
    if uri.scheme_str() == Some("https") {
        bail!("--upstream-endpoint takes http:// only for now");
    }
    Ok(uri)
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
    Ok(Override { family, version, program: PathBuf::from(program) })
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
            ["--interpreter", "cobol=/x"],
        ] {
            assert!(parse(&wrong).resolve().is_err(), "{wrong:?}");
        }
        assert!(toml::from_str::<Serve>("regoin = \"eu-west-1\"").is_err());
    }

    #[test]
    fn interpreters_are_named_by_language_or_runtime() {
        let one = interpreter("nodejs22.x=/opt/node/bin/node").unwrap();
        assert_eq!((one.family, one.version.map(|v| v.major)), (Family::Nodejs, Some(22)));
        assert_eq!(interpreter("python=/usr/bin/python3").unwrap().version, None);
    }
}
