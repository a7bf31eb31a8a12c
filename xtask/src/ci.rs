//! `cargo xtask ci`: installs what the tests need, then runs everything that judges a change, in one build
//! profile. Never hides a failure behind a later success: every step runs, and the summary names what failed.

use std::time::Duration;

use anyhow::{Result, bail};

use crate::run::{self, say};
use crate::{e2e, project, shapes, tidy};

pub(crate) mod install;

/// One step: its name and what it does.
type Step = (&'static str, fn() -> Result<()>);

const STEPS: &[Step] = &[
    ("format", || cargo(&["fmt", "--all", "--check"])),
    ("clippy", || cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])),
    ("tidy", tidy::run),
    ("shapes", || shapes::run(&["--check".to_owned()])),
    ("build", || cargo(&["build", "--workspace", "--bins"])),
    ("tests", tests),
    ("runtimes", runtimes),
    ("e2e", || e2e::run(&[])),
];

/// Installs unless told not to, runs each step, and sums up.
///
/// # Errors
/// An unknown argument, an installation that failed, or any step that failed.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let mut results = Vec::new();
    match args {
        [] => {
            results.push(perform(("install", install::run)));
            // Without its tools each later step would fail with a less clear message than this one.
            if results.iter().any(|(_, result, _)| result.is_err()) {
                return sum_up(&results);
            }
        }
        [flag] if flag == "--skip-install" => {}
        _ => bail!("ci takes --skip-install or nothing"),
    }
    results.extend(STEPS.iter().map(|step| perform(*step)));
    sum_up(&results)
}

fn perform((name, work): Step) -> (&'static str, Result<()>, Duration) {
    say(&format!("\n=== {name} ==="));
    let (result, took) = run::timed(work);
    match &result {
        Ok(()) => say(&format!("--- {name}: passed in {:.1} s", took.as_secs_f32())),
        Err(error) => say(&format!("--- {name}: FAILED in {:.1} s: {error:#}", took.as_secs_f32())),
    }
    (name, result, took)
}

fn sum_up(results: &[(&str, Result<()>, Duration)]) -> Result<()> {
    say("\n=== summary ===");
    for (name, result, took) in results {
        let word = if result.is_ok() { "passed" } else { "FAILED" };
        say(&format!("{word}  {:>7.1} s  {name}", took.as_secs_f32()));
    }
    let failed: Vec<&str> = results.iter().filter(|(_, r, _)| r.is_err()).map(|(name, ..)| *name).collect();
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

fn cargo(args: &[&str]) -> Result<()> {
    run::visible("cargo", args, &project::root())
}

fn tests() -> Result<()> {
    if run::succeeds("cargo", &["nextest", "--version"], &project::root()) {
        return cargo(&["nextest", "run", "--workspace", "--no-fail-fast"]);
    }
    say("cargo-nextest is not installed: the tests run under cargo test");
    cargo(&["test", "--workspace", "--exclude", "lambent-sandbox", "--lib", "--bins", "--tests"])?;
    // nextest has a serial group for these; here one thread does the same.
    cargo(&["test", "--package", "lambent-sandbox", "--tests", "--", "--test-threads=1"])
}

/// The bootstraps' own tests, with the interpreter that has what `tests/requirements.txt` names.
fn runtimes() -> Result<()> {
    let root = project::root();
    let args = ["-m", "unittest", "discover", "-s", "runtimes/tests", "-t", "runtimes/tests"];
    run::visible(&root.join(".venv/bin/python").to_string_lossy(), &args, &root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_step_fails_the_whole() {
        let passed = perform(("a", || Ok(())));
        let failed = perform(("b", || bail!("no")));
        assert!(sum_up(&[passed]).is_ok());
        assert_eq!(sum_up(&[failed]).unwrap_err().to_string(), "failed: b");
    }
}
