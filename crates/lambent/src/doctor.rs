//! `lambent doctor`: what this host can isolate and enforce, what is missing and how to get it. Changes nothing.

use std::process::ExitCode;

use lambent_code::interpreter::{Family, Interpreters};
use lambent_sandbox::linux::{Enforcement, Options as SandboxOptions, probe};

use crate::config::{Command, Config, Raw};
use crate::{interpreters, output, reach, serve};

/// The exit code of a host on which functions cannot run at all.
const UNUSABLE: u8 = 2;

/// The exit code of a host on which something is enforced less than on AWS.
const PARTIAL: u8 = 1;

/// Looks and tells: 0 if all is there, 1 if a language is missing or something is enforced less than on
/// AWS, 2 if functions cannot run.
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
    // Looking needs a folder to try things in, and must not leave one.
    let folder = tempfile::tempdir()?;
    let report =
        probe(&SandboxOptions { run_dir: folder.path().join("run"), ..reach::sandbox_options(config) });
    output::line(&report.summary);
    for item in &report.items {
        let mark = match item.enforcement {
            Enforcement::Full => "ok",
            Enforcement::Partial => "partial",
            Enforcement::None => "missing",
        };
        line(mark, item.name, &item.detail);
        if !item.remedy.is_empty() {
            output::line(&format!("{:27}-> {}", "", item.remedy));
        }
    }
    let languages = serve::runtime()?.block_on(languages(config));
    let enforced = report.items.iter().all(|item| item.enforcement == Enforcement::Full);
    let sandboxes = if !report.usable() {
        UNUSABLE
    } else if enforced {
        0
    } else {
        PARTIAL
    };
    Ok(sandboxes.max(languages))
}

/// Tells the interpreters: partial if a language has none, unusable if one is configured that cannot be used.
async fn languages(config: &Config) -> u8 {
    let mut code = 0;
    let found = Interpreters::discover(config.host.clone(), config.interpreters.clone());
    for family in [Family::Python, Family::Nodejs] {
        let versions: Vec<String> = found.found(family).await.iter().map(|f| f.version.to_string()).collect();
        if versions.is_empty() {
            code = code.max(PARTIAL);
            line("missing", family.as_str(), "none: install one, or name it with --interpreter");
        } else {
            line("ok", family.as_str(), &versions.join(", "));
        }
    }
    for fault in interpreters::unusable(config, &found).await {
        code = UNUSABLE;
        line("missing", "--interpreter", &fault);
    }
    code
}

fn line(mark: &str, name: &str, told: &str) {
    output::line(&format!("{mark:<7}  {name:<18} {told}"));
}
