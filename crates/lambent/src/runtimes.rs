//! `lambent runtimes`: which interpreters and SDKs there are for functions, and the installation of SDKs, asked for or when a
//! function first needs one. Never chooses what a function runs on.

mod bar;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Result, bail, ensure};
use lambent_code::interpreter::{Family, Found, Interpreters};
use lambent_code::sdk::{Kit, Progress, Sdks, Watcher};
use tracing::{info, warn};

use crate::config::{Config, Runtimes, RuntimesCommand};
use crate::{data_folder, output, serve};

/// An SDK, and the interpreter that installs it.
struct Wanted {
    kit: Kit,
    interpreter: Found,
}

/// The SDKs of a server's data folder, installed by themselves if that is configured.
pub(crate) fn sdks(config: &Config) -> Sdks {
    Sdks::new(config.data_dir.join("sdk"), config.automatic_sdk.then(watcher))
}

/// Runs one of the commands.
pub(crate) fn main(command: &Runtimes) -> Result<ExitCode> {
    let (RuntimesCommand::List { options, .. } | RuntimesCommand::Install { options, .. }) = &command.what;
    let config = options.resolve()?;
    data_folder::make(&config.data_dir)?;
    let found = Interpreters::discover(config.host.clone(), config.interpreters.clone());
    let sdks = Sdks::new(config.data_dir.join("sdk"), None);
    serve::runtime()?.block_on(async {
        match &command.what {
            RuntimesCommand::List { json, .. } => list(&found, &sdks, *json).await,
            RuntimesCommand::Install { runtimes, with, .. } => install(&found, &sdks, runtimes, with).await?,
        }
        Ok(ExitCode::SUCCESS)
    })
}

async fn list(found: &Interpreters, sdks: &Sdks, json: bool) {
    for family in Family::ALL {
        for interpreter in found.found(family).await {
            let kit = Kit::of(family, interpreter.version);
            let sdk = kit.and_then(|kit| sdks.installed(&kit)).map(|path| path.display().to_string());
            let (program, version) =
                (interpreter.program.display().to_string(), interpreter.version.to_string());
            output::line(&if json {
                serde_json::json!({"language": family.as_str(), "version": version, "program": program, "sdk": sdk})
                    .to_string()
            } else {
                let sdk = if sdk.is_some() { "AWS SDK installed" } else { "" };
                format!("{:8}{version:12}{program:50}{sdk}", family.as_str()).trim_end().to_owned()
            });
        }
    }
}

async fn install(found: &Interpreters, sdks: &Sdks, named: &[String], with: &[String]) -> Result<()> {
    let mut wanted = BTreeMap::new();
    for family in [Family::Python, Family::Nodejs] {
        for interpreter in found.found(family).await {
            if let Some(kit) = Kit::of(family, interpreter.version).filter(|kit| is_named(kit, named)) {
                let named = || Wanted { kit: kit.clone(), interpreter: interpreter.clone() };
                wanted.entry(kit.clone()).or_insert_with(named);
            }
        }
    }
    for name in named {
        let known = wanted.keys().any(|kit| is_named(kit, std::slice::from_ref(name)));
        ensure!(
            known,
            "no interpreter for {name} with an SDK to install: `lambent runtimes list` tells which there are"
        );
    }
    let families = wanted.keys().map(Kit::family).collect::<std::collections::BTreeSet<_>>();
    ensure!(
        with.is_empty() || families.len() == 1,
        "--with needs the one language whose registry has the package"
    );
    if wanted.is_empty() {
        bail!("no interpreter of Python or Node.js is on this host");
    }
    for Wanted { kit, interpreter } in wanted.into_values() {
        let bar = Arc::new(bar::Bar::begin(&kit));
        let seen = Arc::clone(&bar);
        let done = sdks.install(&kit, &interpreter.program, with, move |bytes| seen.at(bytes)).await;
        bar.end();
        done?;
        output::line(&format!("The AWS SDK for {kit} is installed."));
    }
    Ok(())
}

/// `python` names every Python, `python3.12` one, `nodejs22.x` the one there is for Node.js.
fn is_named(kit: &Kit, named: &[String]) -> bool {
    let one = |name: &str| {
        name == kit.as_str()
            || name == kit.family().as_str()
            || kit.family() == Family::Nodejs && name.starts_with(Family::Nodejs.as_str())
    };
    named.is_empty() || named.iter().any(|name| name == "all" || one(name))
}

/// Tells of installations that functions caused: a bar on a terminal, a line of the log at the beginning and the end.
fn watcher() -> Watcher {
    let bars: Mutex<BTreeMap<Kit, bar::Bar>> = Mutex::default();
    Arc::new(move |kit, progress| {
        let mut bars = bars.lock().unwrap_or_else(PoisonError::into_inner);
        match progress {
            Progress::Bytes(bytes) => bars
                .entry(kit.clone())
                .or_insert_with(|| {
                    info!(sdk = %kit, "a function names the AWS SDK: it is being installed");
                    bar::Bar::begin(kit)
                })
                .at(*bytes),
            Progress::Installed => {
                end(&mut bars, kit);
                info!(sdk = %kit, "the AWS SDK is installed");
            }
            Progress::Failed(reason) => {
                end(&mut bars, kit);
                warn!(sdk = %kit, reason, "no AWS SDK for functions: after `lambent runtimes install` new functions and a server started again have it");
            }
        }
    })
}

fn end(bars: &mut BTreeMap<Kit, bar::Bar>, kit: &Kit) {
    if let Some(bar) = bars.remove(kit) {
        bar.end();
    }
}
