//! `cargo xtask bench --instructions`: how many instructions each hot piece takes, counted by valgrind and held beside what
//! was recorded. A machine however busy counts the same, so that a change shows; never fails on one.
//!
//! `--record` writes the figures down.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::run::{self, say};

const RECORDED: &str = "bench/instructions.json";
const PROGRAM: &str = "target/release/examples/pieces";
/// How often each piece is done less and more: what both need alike falls out of their difference.
const COUNTS: (u32, u32) = (100, 300);
/// The pieces, with what they are.
const PIECES: [(&str, &str); 6] = [
    ("sigv4_verify", "checking the signature of a small request"),
    ("route_and_parse", "from the head of Invoke to its input"),
    ("resolve", "from a name to what runs"),
    ("dispatch", "resolve, admit, run, settle, log"),
    ("report_line", "the REPORT line"),
    ("pipeline", "a whole Invoke but for socket and signature"),
];

/// Counts every piece.
pub(super) fn run(root: &Path, args: &[String]) -> Result<()> {
    if !run::is_there("valgrind", root) {
        bail!("valgrind is missing. Install it, on Debian with `apt-get install valgrind` as root");
    }
    run::visible("cargo", &["build", "--release", "-p", "lambent-bench", "--example", "pieces"], root)?;
    let recorded = recorded(&fs::read_to_string(root.join(RECORDED)).unwrap_or_default());
    let mut counted = BTreeMap::new();
    for (name, words) in PIECES {
        let count = each(root, name)?;
        say(&line(name, words, count, recorded.get(name).copied()));
        counted.insert(name, count);
    }
    if args.iter().any(|arg| arg == "--record") {
        fs::write(root.join(RECORDED), serde_json::to_string_pretty(&counted)? + "\n")?;
        say(&format!("recorded in {RECORDED}"));
    }
    Ok(())
}

/// How many instructions it takes to do a piece once.
fn each(root: &Path, name: &str) -> Result<u64> {
    let (less, more) = (total(root, name, COUNTS.0)?, total(root, name, COUNTS.1)?);
    Ok(more.saturating_sub(less) / u64::from(COUNTS.1 - COUNTS.0))
}

/// All instructions of the program that does it so many times.
fn total(root: &Path, name: &str, count: u32) -> Result<u64> {
    let count = count.to_string();
    let args =
        ["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null", PROGRAM, name, &count];
    let said = run::complaints("valgrind", &args, root)?;
    instructions(&said).with_context(|| format!("valgrind counted nothing: {said}"))
}

/// `==123== I   refs:      1,234`, in one form or another.
fn instructions(said: &str) -> Option<u64> {
    let line = said.lines().find(|line| line.contains("refs:"))?;
    line.rsplit_once(':')?.1.trim().replace(',', "").parse().ok()
}

fn recorded(text: &str) -> BTreeMap<String, u64> {
    serde_json::from_str(text).unwrap_or_default()
}

fn line(name: &str, words: &str, count: u64, before: Option<u64>) -> String {
    let moved = match before {
        None => "not recorded yet".to_owned(),
        Some(before) if before == count => "as recorded".to_owned(),
        #[expect(clippy::cast_precision_loss, reason = "instructions are counted in thousands, not in 2^53")]
        Some(before) => format!("{:+.1}% beside {before}", (count as f64 / before as f64 - 1.0) * 100.0),
    };
    format!("{name:<16} {count:>9} instructions  {moved:<28} {words}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn valgrinds_count_is_read() {
        assert_eq!(instructions("==7== \n==7== I   refs:      1,234,567\n"), Some(1_234_567));
        assert_eq!(instructions("==7== I refs: 12"), Some(12));
        assert_eq!(instructions("valgrind: no such file"), None);
    }

    #[test]
    fn a_change_is_told_beside_what_was_recorded() {
        let recorded = recorded("{\"resolve\": 1000}");
        let told = |count| line("resolve", "", count, recorded.get("resolve").copied());
        assert!(told(1100).contains("+10.0% beside 1000"), "{}", told(1100));
        assert!(told(1000).contains("as recorded"));
        assert!(line("new", "", 1, recorded.get("new").copied()).contains("not recorded yet"));
    }
}
