//! What this machine has, run as a sandbox would run it: in a root with `/usr` and the mounts alone.

#![expect(
    clippy::disallowed_methods,
    reason = "reads this machine's own environment and runs its interpreters"
)]

use std::collections::BTreeMap;
use std::process::Command;

use super::*;

/// Makes a root of `$1` in a mount namespace of its own, mounts pairs of source and target, and runs the rest.
const IN_A_ROOT: &str = r#"
set -e
root=$1; shift
mount -t tmpfs tmpfs "$root"
mkdir -p "$root/usr" "$root/proc" "$root/dev" "$root/tmp"
: > "$root/dev/null"
for link in bin sbin lib lib32 lib64 libx32; do
    if [ -L "/$link" ]; then ln -s "usr/$link" "$root/$link"
    elif [ -d "/$link" ]; then mkdir "$root/$link"; mount --rbind "/$link" "$root/$link"; fi
done
mount --rbind /usr "$root/usr"
mount --bind /proc "$root/proc"
while [ "$1" != -- ]; do
    mkdir -p "$root$2"; mount --bind "$1" "$root$2"; shift 2
done
shift
exec env -i "$(command -v chroot || echo /usr/sbin/chroot)" "$root" /usr/bin/env -i "$@"
"#;

/// Runs a choice with `arguments`; the namespace takes its mounts along when it ends.
fn run(choice: &Choice, environment: &BTreeMap<&'static str, String>, arguments: &[&str]) -> String {
    let root = tempfile::tempdir().unwrap();
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private", "sh", "-c", IN_A_ROOT, "sh"]).arg(root.path());
    for mount in &choice.mounts {
        command.arg(&mount.source).arg(&mount.target);
    }
    command.arg("--").args(environment.iter().map(|(name, value)| format!("{name}={value}")));
    let output = command.arg(&choice.program).args(arguments).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "root and unshare are needed; {choice:?} said {out}{err}");
    out.into_owned()
}

async fn find(wanted: RuntimeWanted) -> Choice {
    let interpreters =
        Interpreters::discover(HostEnvironment::from_variables(|name| std::env::var_os(name)), vec![]);
    interpreters.find(&wanted, false).await.expect("this test needs an interpreter of the family")
}

async fn of_family(family: Family) -> Vec<Choice> {
    let interpreters =
        Interpreters::discover(HostEnvironment::from_variables(|name| std::env::var_os(name)), vec![]);
    let mut choices = Vec::new();
    for found in interpreters.found(family).await {
        let version = Version { patch: None, ..found.version };
        choices.push(interpreters.find(&RuntimeWanted { family, version }, true).await.unwrap());
    }
    assert!(!choices.is_empty(), "this test needs some {}", family.as_str());
    choices
}

/// Prints its version, and every place outside of `prefix` that modules or libraries of Python come from.
const PYTHON: &str = r#"
import sys, os, json, ssl, ctypes, sqlite3, zlib
prefix = sys.argv[1]
places = [sys.prefix + "/", sys.exec_prefix + "/", os.__file__, json.__file__, ssl.__file__, ctypes.__file__]
places += [l.split()[-1] for l in open("/proc/self/maps") if "python" in l.split()[-1] and ".so" in l.split()[-1]]
print(".".join(map(str, sys.version_info[:2])), [p for p in places if not p.startswith(prefix)])
"#;

#[tokio::test]
async fn every_python_finds_its_own_library_and_modules_in_a_sandbox() {
    for choice in of_family(Family::Python).await {
        if choice.version.major < 3 {
            continue;
        }
        let prefix = if choice.mounts.is_empty() { "/usr/" } else { "/var/lang/" };
        let said = run(&choice, &choice.environment, &["-S", "-c", PYTHON, prefix]);
        let line = Version { patch: None, ..choice.version };
        assert_eq!(said.trim(), format!("{line} []"), "{choice:?}");
    }
}

#[tokio::test]
async fn node_runs_in_a_sandbox() {
    let choice = find(RuntimeWanted::parse("nodejs22.x").unwrap()).await;
    let said =
        run(&choice, &choice.environment, &["-p", "process.version + require('path').join('/a', 'b')"]);
    assert_eq!(said.trim(), format!("v{}/a/b", choice.version));
}

#[tokio::test]
async fn java_finds_its_configuration_and_certificates_in_a_sandbox() {
    for choice in of_family(Family::Java).await {
        let tool = ["sun.security.tools.keytool.Main", "-list", "-cacerts", "-storepass", "changeit"];
        let said = run(&choice, &choice.environment, &tool);
        assert!(said.contains("Your keystore contains "), "{choice:?} said {said}");
    }
}

#[tokio::test]
async fn the_java_runtime_is_compiled_once_for_each_java_and_starts_from_any_folder() {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../runtimes/java");
    let place = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    for choice in of_family(Family::Java).await {
        let java = Java { program: choice.host_program.clone(), version: choice.version };
        let build = |others| build_java(java.clone(), others, sources.clone(), place.path().to_owned());
        let built = build(vec![java.clone()]).await.unwrap();
        let made = fs::metadata(built.folder.join("lambent.jar")).unwrap().modified().unwrap();
        assert_eq!(build(Vec::new()).await.unwrap(), built);
        assert_eq!(fs::metadata(built.folder.join("lambent.jar")).unwrap().modified().unwrap(), made);
        // As in a sandbox: the folder of the code beside the one of the runtime, both elsewhere than where it was made.
        let (task, runtime) = (other.path().join("task"), other.path().join("runtime"));
        fs::create_dir_all(&task).unwrap();
        fs::rename(&built.folder, &runtime).unwrap();
        let mut start = Command::new(&java.program);
        start.args(["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xlog:class+load"]);
        let said = start.args(&built.arguments).arg("--rehearse").current_dir(task).output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        assert!(said.contains("rehearsed"), "{said}");
        let own = said.lines().filter(|line| line.contains(" lambent.runtime."));
        assert!(
            own.clone().count() > 0 && own.clone().all(|line| line.contains("shared objects file")),
            "{said}"
        );
        fs::remove_dir_all(runtime).unwrap();
    }
}
