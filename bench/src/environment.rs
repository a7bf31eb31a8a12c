//! On what was measured: the machine, its load, the commit. Never judges.

use serde_json::{Value, json};

use crate::host;

/// What this machine is and does now; a fact that cannot be had is null.
pub(crate) fn described() -> Value {
    json!({
        "at_s": host::epoch_s(),
        "commit": host::output("git", &["describe", "--always", "--dirty", "--abbrev=12"]).ok(),
        "cpu": cpu(),
        "cpus": std::thread::available_parallelism().ok().map(usize::from),
        "kernel": read("/proc/sys/kernel/osrelease"),
        "memory_kib": meminfo_kib("MemTotal:"),
        // How busy others kept the machine when the run began: figures of a busy one are worth little.
        "load_average": read("/proc/loadavg").and_then(|text| text.split(' ').next()?.parse::<f64>().ok()),
        "python": host::output("python3", &["--version"]).ok(),
        "nodejs": host::output("node", &["--version"]).ok(),
        "generator": "one thread in the benchmark's own process, on the same machine",
    })
}

/// A line of `/proc/meminfo`.
pub(crate) fn meminfo_kib(name: &str) -> Option<f64> {
    let text = read("/proc/meminfo")?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

fn cpu() -> Option<String> {
    let text = read("/proc/cpuinfo")?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn read(path: &str) -> Option<String> {
    Some(std::fs::read_to_string(path).ok()?.trim().to_owned())
}
