//! What virtual machines are told of the function they run: how much heap, and what AWS turns off. Never what a function
//! has set itself.

use lambent_code::interpreter::Version;
use lambent_core::lambda::configuration::Configuration;

/// How much of a function's memory may be heap: what AWS gives, the rest is the virtual machine's own.
const JAVA_HEAP_PERCENT: u32 = 85;

/// The same of Node.js's old objects.
const NODE_OLD_PERCENT: u32 = 90;

/// How much of it each half of Node.js's young objects may take.
const NODE_SEMI_PERCENT: u32 = 5;

/// A small heap and a quick start; what a function needs else it says in `JAVA_TOOL_OPTIONS`, but these win.
pub(super) fn java(memory_mib: u32) -> Vec<String> {
    let heap_kib = u64::from(memory_mib) * 1024 * u64::from(JAVA_HEAP_PERCENT) / 100;
    let mut flags = vec![format!("-XX:MaxHeapSize={heap_kib}k")];
    let fixed = [
        "-XX:+UseSerialGC",
        "-XX:+TieredCompilation",
        "-XX:TieredStopAtLevel=1",
        "-Xshare:auto",
        // Else every start writes a file to the function's /tmp.
        "-XX:-UsePerfData",
        // On AWS UTF-8 comes with the locale, which the host need not have.
        "-Dfile.encoding=UTF-8",
        "-Dsun.jnu.encoding=UTF-8",
        "-Djava.net.preferIPv4Stack=true",
    ];
    flags.extend(fixed.map(str::to_owned));
    flags
}

/// What a function has set in `NODE_OPTIONS`, which would not win against arguments.
#[derive(Debug, Default)]
pub(super) struct NodeOptions(String);

impl NodeOptions {
    /// Those of a function.
    pub(super) fn of(configuration: &Configuration) -> Self {
        let set = configuration.environment.as_ref().and_then(|set| set.get("NODE_OPTIONS"));
        Self(set.map(|options| options.replace('_', "-")).unwrap_or_default())
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains(name)
    }
}

/// A heap within the function's memory, and no ES modules where AWS's versions take none.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html#nodejs-experimental-features>
pub(super) fn node(memory_mib: u32, version: Version, set: &NodeOptions) -> Vec<String> {
    let mut flags = vec!["--expose-gc".to_owned(), "--max-http-header-size=81920".to_owned()];
    for (name, percent) in
        [("max-old-space-size", NODE_OLD_PERCENT), ("max-semi-space-size", NODE_SEMI_PERCENT)]
    {
        if !set.has(name) {
            flags.push(format!("--{name}={}", memory_mib * percent / 100));
        }
    }
    let knows_both = version.major == 22 || version.major == 20 && version.minor >= Some(17);
    for name in ["experimental-require-module", "experimental-detect-module"] {
        if knows_both && !set.has(name) {
            flags.push(format!("--no-{name}"));
        }
    }
    flags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heap_grows_with_the_memory() {
        let heap = |memory_mib| java(memory_mib).remove(0);
        assert_eq!(heap(128), "-XX:MaxHeapSize=111411k");
        assert_eq!(heap(512), "-XX:MaxHeapSize=445644k");
        assert_eq!(heap(10_240), "-XX:MaxHeapSize=8912896k");
    }

    #[test]
    fn node_js_gets_what_its_function_has_not_set() {
        let version = |major, minor| Version { major, minor: Some(minor), patch: None };
        let flags = node(128, version(18, 20), &NodeOptions::default());
        assert_eq!(flags[2..], ["--max-old-space-size=115", "--max-semi-space-size=6"]);
        let set = NodeOptions("--max-old-space-size=50 --experimental-require-module".to_owned());
        let flags = node(1024, version(22, 1), &set);
        assert_eq!(flags[2..], ["--max-semi-space-size=51", "--no-experimental-detect-module"]);
    }
}
