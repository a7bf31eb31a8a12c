//! Asks an interpreter for its version by running it. Never gives it this server's environment.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use lambent_core::limits::INTERPRETER_PROBE_TIMEOUT;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use super::wanted::{Family, Version};

/// More than any interpreter says.
const ANSWER_MAX_BYTES: u64 = 4096;

/// The version `program` says it has; `None` if it doesn't run, doesn't end or says nothing of the kind.
pub(super) fn version(family: Family, program: &Path) -> Option<Version> {
    // Into a file and not a pipe: a grandchild that keeps a pipe open would keep the reader waiting.
    let mut answer = tempfile::tempfile().ok()?;
    let mut child = start(family, program, &answer)?;
    if !ends_in_time(&child, INTERPRETER_PROBE_TIMEOUT) {
        tracing::warn!(program = %program.display(), "interpreter does not tell its version: killed");
        // It may have ended just now; either way there is nothing more to do than to reap it.
        let _gone = child.kill();
        child.wait().ok()?;
        return None;
    }
    if !child.wait().ok()?.success() {
        return None;
    }
    answer.rewind().ok()?;
    let mut text = Vec::new();
    answer.take(ANSWER_MAX_BYTES).read_to_end(&mut text).ok()?;
    parse(family, &String::from_utf8_lossy(&text))
}

#[expect(
    clippy::disallowed_methods,
    reason = "runs before any sandbox, ends or is killed, and is reaped here"
)]
fn start(family: Family, program: &Path, answer: &File) -> Option<Child> {
    // Java 8 knows no `--version`, and answers on standard error.
    let question = if family == Family::Java { "-version" } else { "--version" };
    Command::new(program)
        .arg(question)
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(answer.try_clone().ok()?)
        .stderr(answer.try_clone().ok()?)
        .spawn()
        .ok()
}

/// Whether the process ends within `limit`. It is not reaped.
pub(crate) fn ends_in_time(child: &Child, limit: Duration) -> bool {
    let Ok(pidfd) = pidfd_open(Pid::from_child(child), PidfdFlags::empty()) else { return false };
    let limit = Timespec::try_from(limit).expect("a minute fits");
    poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], Some(&limit)).is_ok_and(|ready| ready == 1)
}

fn parse(family: Family, answer: &str) -> Option<Version> {
    let after = |start: &str| {
        let line = answer.lines().find(|line| line.trim_start().starts_with(start))?;
        Version::parse(line.trim_start()[start.len()..].trim_start())
    };
    match family {
        // PyPy and others speak Python, but cannot run what was built for CPython.
        Family::Python if answer.contains("PyPy") || answer.contains("GraalVM") => None,
        Family::Python => after("Python "),
        Family::Nodejs => after("v"),
        Family::Java => answer.split_once("version \"").and_then(|(_, rest)| Version::parse(rest)),
        Family::Ruby => after("ruby "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_family_tells_its_version_in_its_own_way() {
        let check = |family, answer, expected: Option<&str>| {
            assert_eq!(parse(family, answer).map(|version| version.to_string()).as_deref(), expected);
        };
        check(Family::Python, "Python 3.11.2\n", Some("3.11.2"));
        check(Family::Python, "Python 3.10.14 (75b3de9d9035)\n[PyPy 7.3.16 with GCC 10.2.1]\n", None);
        check(Family::Nodejs, "v20.20.2\n", Some("20.20.2"));
        check(Family::Java, "openjdk version \"17.0.15\" 2025-04-15\n", Some("17.0.15"));
        check(Family::Java, "java version \"1.8.0_392\"\n", Some("8.0.392"));
        check(Family::Ruby, "ruby 3.3.5 (2024-09-03 revision ef084cc8f4) [x86_64-linux]\n", Some("3.3.5"));
        check(Family::Nodejs, "bad option: --version", None);
        check(Family::Python, "", None);
    }
}
