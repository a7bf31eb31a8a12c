//! Figures as SVG for the README and docs/benchmarks.md. Never measures.

mod bars;
mod lines;
mod scale;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};

use crate::host;
use crate::report::median;
use crate::row::Row;
use bars::Bars;
use lines::Lines;

/// File, title, name of the horizontal axis, and the rows of each line by the start of their keys.
type Plotted = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

const LINES: [Plotted; 4] = [
    (
        "functions.svg",
        "p50 against functions in the store",
        "functions",
        &[("growth.functions.invoke.", "warm Invoke"), ("growth.functions.get.", "GetFunctionConfiguration")],
    ),
    (
        "environments.svg",
        "p50 against idle environments",
        "environments",
        &[("growth.environments.invoke.", "warm Invoke"), ("growth.environments.cold.", "cold start")],
    ),
    (
        "payload.svg",
        "p50 against the size of event and answer",
        "bytes",
        &[("growth.payload.invoke.", "warm Invoke"), ("growth.payload.echo.", "bare HTTP echo")],
    ),
    (
        "connections.svg",
        "p50 against connections",
        "connections",
        &[("growth.connections.invoke.", "warm Invoke"), ("growth.connections.echo.", "bare HTTP echo")],
    ),
];

/// Draws all of which there are rows.
pub(crate) fn draw(rows: &[Row], folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    for (file, title, x, series) in LINES {
        let series: Vec<_> = series.iter().map(|(prefix, name)| (*name, points(rows, prefix))).collect();
        if series.iter().all(|(_, points)| points.len() > 1) {
            write(folder, file, &Lines { title, x, y: "microseconds", series }.svg())?;
        }
    }
    for (file, title, suffix, to_ms) in [
        ("cold-peers.svg", "The first result of a function that never ran", ".cold", 1.0),
        ("warm-peers.svg", "A warm call, 1 connection, p50", ".warm.1", 1e-3),
    ] {
        let bars = peers(rows, suffix, to_ms);
        if !bars.is_empty() {
            write(folder, file, &Bars { title, unit: "ms", bars }.svg())?;
        }
    }
    Ok(())
}

/// What follows the prefix is the size. Nothing at all stands at 1, since the scale has no 0.
fn points(rows: &[Row], prefix: &str) -> Vec<(f64, f64)> {
    let point = |row: &Row| Some((row.key.strip_prefix(prefix)?.parse::<f64>().ok()?.max(1.0), row.value));
    rows.iter().filter_map(point).collect()
}

/// Each peer, and ours of each language: the median of what was measured beside the peers.
fn peers(rows: &[Row], suffix: &str, to_ms: f64) -> Vec<(String, f64)> {
    let mut bars: Vec<(String, f64)> = Vec::new();
    let mut ours: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for row in rows {
        let Some(peer) = row.key.strip_prefix("peers.").and_then(|key| key.strip_suffix(suffix)) else {
            continue;
        };
        if let Some((name, value)) = row.floor() {
            ours.entry(name).or_default().push(value * to_ms);
        }
        bars.push((peer.replace(['.', '_'], " "), row.value * to_ms));
    }
    bars.extend(ours.into_iter().map(|(name, values)| (name.to_owned(), median(values))));
    bars.sort_by(|one, other| one.1.total_cmp(&other.1));
    bars
}

fn write(folder: &Path, file: &str, svg: &str) -> Result<()> {
    let path = folder.join(file);
    std::fs::write(&path, svg).with_context(|| path.display().to_string())?;
    host::say(&format!("drawn: {}", path.display()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_stands_once_for_each_language_among_the_peers() {
        let row = |key: &str, value, ours: &str| Row::new(key, value, "ms").beside(ours, 2.0);
        let rows = [
            row("peers.a.python.cold", 9.0, "lambent python"),
            row("peers.b_c.python.cold", 1.0, "lambent python"),
            row("peers.a.python.warm.1", 5.0, "lambent python"),
        ];
        let names: Vec<String> = peers(&rows, ".cold", 1.0).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["b c python", "lambent python", "a python"]);
    }

    #[test]
    fn sizes_are_read_from_keys() {
        let rows =
            [Row::new("growth.payload.invoke.0", 7.0, "us"), Row::new("growth.payload.echo.5", 1.0, "us")];
        assert_eq!(points(&rows, "growth.payload.invoke."), [(1.0, 7.0)]);
    }
}
