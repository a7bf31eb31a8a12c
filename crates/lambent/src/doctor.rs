//! `lambent doctor`: what this host can isolate and enforce, what is missing and how to get it. Changes nothing.

use std::process::ExitCode;

use lambent_code::interpreter::{Family, Interpreters};
use lambent_sandbox::linux::{Enforcement, probe};

use crate::config::{Command, Config, Raw};
use crate::{output, serve};

/// The exit code of a host on which functions cannot run at all.
const UNUSABLE: u8 = 2;

/// The exit code of a host on which something is enforced less than on AWS.
const PARTIAL: u8 = 1;

/// Looks and tells: 0 if all is there, 1 if something is enforced less than on AWS, 2 if functions cannot run.
pub(crate) fn main(raw: &Raw) -> ExitCode {
    let Command::Doctor(options) = &raw.command else { unreachable!("main chose by the command") };
    match options.resolve().and_then(|config| look(&config)) {
        Ok(code) => ExitCode::from(code),
        Err(fault) => {
            output::error(&fault);
            ExitCode::from(UNUSABLE)
        }
    }
}

fn look(config: &Config) -> anyhow::Result<u8> {
    let report = probe(&serve::sandbox_options(config));
    output::line(&report.summary);
    for item in &report.items {
        let mark = match item.enforcement {
            Enforcement::Full => "ok     ",
            Enforcement::Partial => "partial",
            Enforcement::None => "missing",
        };
        output::line(&format!("{mark}  {:<18} {}", item.name, item.detail));
        if !item.remedy.is_empty() {
            output::line(&format!("{:27}-> {}", "", item.remedy));
        }
    }
    serve::runtime()?.block_on(interpreters(config));
    let enforced = report.items.iter().all(|item| item.enforcement == Enforcement::Full);
    Ok(if !report.usable() {
        UNUSABLE
    } else if enforced {
        0
    } else {
        PARTIAL
    })
}

async fn interpreters(config: &Config) {
    let found = Interpreters::discover(config.host.clone(), config.interpreters.clone());
    for family in [Family::Python, Family::Nodejs] {
        let versions: Vec<String> = found.found(family).await.iter().map(|f| f.version.to_string()).collect();
        let told = if versions.is_empty() {
            "none: install one, or name it with --interpreter".to_owned()
        } else {
            versions.join(", ")
        };
        let mark = if versions.is_empty() { "missing" } else { "ok     " };
        output::line(&format!("{mark}  {:<18} {told}", family.as_str()));
    }
}
