//! The commands as they are written, with their arguments. Checks nothing but forms.

use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use super::raw::{IsolationMode, Serve};

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
    /// Print what a function logged, and go on as it logs more.
    Logs(Logs),
    /// Tell which interpreters and AWS SDKs there are for functions, or install an SDK.
    Runtimes(Runtimes),
}

/// What to print of a log. Times are told in UTC.
#[derive(Debug, Args)]
pub(crate) struct Logs {
    /// The function's name, or its log group if that has a slash in it.
    pub(crate) function: String,
    /// Go on printing as more is logged.
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// From how long ago on: 30s, 10m, 2h or 7d.
    #[arg(long, default_value = "10m", value_parser = span)]
    pub(crate) since: Duration,
    /// Only events that fit this filter pattern of CloudWatch Logs.
    #[arg(long, value_name = "PATTERN")]
    pub(crate) filter: Option<String>,
    /// One JSON object a line.
    #[arg(long)]
    pub(crate) json: bool,
    /// Where the server is.
    #[arg(long, env = "LAMBENT_ENDPOINT", value_name = "URL", default_value = "http://127.0.0.1:4566")]
    pub(crate) endpoint: String,
    /// The region of the function.
    #[arg(long, env = "LAMBENT_REGION", value_name = "REGION", default_value = "us-east-1")]
    pub(crate) region: String,
}

/// A number and its unit: `30s`, `10m`, `2h` or `7d`.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text} is not a number with s, m, h or d behind it");
    let (unit, number) =
        text.char_indices().next_back().map(|(at, unit)| (unit, &text[..at])).ok_or_else(wrong)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: u32 = number.parse().map_err(|_| wrong())?;
    Ok(Duration::from_secs(u64::from(number) * seconds))
}

/// What to do with runtimes.
#[derive(Debug, Args)]
pub(crate) struct Runtimes {
    #[command(subcommand)]
    pub(crate) what: RuntimesCommand,
}

/// `lambent runtimes …`.
#[derive(Debug, Subcommand)]
pub(crate) enum RuntimesCommand {
    /// Tell which interpreters there are, and which have an AWS SDK.
    List {
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        options: Serve,
    },
    /// Install the AWS SDK from the language's registry, as pip or npm is configured, in place of the one that is there.
    Install {
        /// `python`, `nodejs`, or a version such as `python3.12` [default: all there are interpreters for].
        runtimes: Vec<String>,
        /// Another package of the registry to install beside it, such as `@aws-sdk/client-iot`; may be given more than once.
        #[arg(long = "with", value_name = "PACKAGE")]
        with: Vec<String>,
        #[command(flatten)]
        options: Serve,
    },
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
