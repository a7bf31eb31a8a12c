//! The project's own tasks: `cargo xtask <task>`. Never part of the server.

use std::process::ExitCode;

use anyhow::{Result, bail};

mod bench;
mod ci;
mod e2e;
mod operations;
mod project;
mod run;
mod shapes;
mod sim;
mod tidy;

const USAGE: &str = "cargo xtask <task>
  tidy                 judge the repository by its own rules
  shapes [--check]     write (or compare) the wire's shapes from botocore's models
  operations [--check] write (or compare) docs/operations.md
  e2e [PYTEST ARGS]    build the binary and test it with real SDKs
  moto [PYTEST ARGS]   build the binary and run moto's own Lambda tests against it
  sim [--seeds N]      replay worlds of the simulation (10,000 if not said), or one: --seed N
  bench [ARGS]         measure the server beside floors, write JSON into bench/results; --peers, --instructions, --help
  install              bring what the tests need, where it is missing
  ci [--skip-install]  install, then run everything";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match task(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            run::say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn task(args: &[String]) -> Result<()> {
    let Some((name, rest)) = args.split_first() else { bail!("no task given\n{USAGE}") };
    match name.as_str() {
        "tidy" => tidy::run(),
        "shapes" => shapes::run(rest),
        "operations" => operations::run(rest),
        "e2e" => e2e::run(rest),
        "moto" => e2e::moto(rest),
        "sim" => sim::run(rest),
        "bench" => bench::run(rest),
        "install" => ci::install::run(),
        "ci" => ci::run(rest),
        other => bail!("there is no task `{other}`\n{USAGE}"),
    }
}
