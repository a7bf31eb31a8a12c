//! The runtimes a function may ask for, as a table: family, version, and whether AWS still creates functions with it.
//! Never says what is installed on the host.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html>

use serde::{Deserialize, Serialize};

/// A language, by the interpreter it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Family {
    /// CPython.
    Python,
    /// Node.js.
    Node,
    /// A Java virtual machine.
    Java,
    /// CRuby.
    Ruby,
    /// .NET.
    DotNet,
    /// The function brings its own `bootstrap`.
    Provided,
}

/// One runtime of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runtime {
    /// The identifier, such as `python3.12`.
    pub id: &'static str,
    /// What runs it.
    pub family: Family,
    /// The language version: `3.12`, `22`, `21`; empty for `provided`.
    pub version: &'static str,
    /// Whether AWS refuses to create or update functions with it.
    pub blocked: bool,
}

impl Runtime {
    /// The runtime of this identifier, if AWS knows it.
    #[must_use]
    pub fn find(id: &str) -> Option<&'static Self> {
        TABLE.iter().find(|r| r.id == id)
    }

    /// Whether AWS makes snapshots of functions with it.
    ///
    /// Source: <https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html>
    #[must_use]
    pub fn has_snap_start(&self) -> bool {
        let since = match self.family {
            Family::Python => (3, 12),
            Family::Java => (11, 0),
            Family::DotNet => (8, 0),
            Family::Node | Family::Ruby | Family::Provided => return false,
        };
        let mut numbers = self.version.split('.').map(|number| number.parse::<u32>().unwrap_or(0));
        let number = numbers.next().unwrap_or(0);
        !self.blocked && (number, numbers.next().unwrap_or(0)) >= since
    }

    /// `AWS_EXECUTION_ENV`: none for runtimes that bring their own bootstrap.
    #[must_use]
    pub fn execution_env(&self) -> Option<String> {
        (self.family != Family::Provided).then(|| format!("AWS_Lambda_{}", self.id))
    }
}

const fn current(id: &'static str, family: Family, version: &'static str) -> Runtime {
    Runtime { id, family, version, blocked: false }
}

const fn blocked(id: &'static str, family: Family, version: &'static str) -> Runtime {
    Runtime { id, family, version, blocked: true }
}

/// In the order in which AWS's refusals were seen to print them, which follows no rule.
static SEEN: [&str; 26] = [
    "nodejs20.x",
    "python3.14",
    "provided.al2023",
    "python3.12",
    "python3.13",
    "nodejs24.x",
    "nodejs22.x",
    "java17",
    "java25",
    "nodejs16.x",
    "dotnet8",
    "python3.10",
    "java11",
    "python3.11",
    "dotnet6",
    "dotnet10",
    "java21",
    "nodejs18.x",
    "provided.al2",
    "ruby3.3",
    "ruby3.4",
    "java8.al2",
    "ruby3.2",
    "python3.8",
    "python3.9",
    "ruby4.0",
];

/// Every runtime a function may be created with, as refusals list them: those AWS was seen to print first.
#[must_use]
pub fn listed() -> Vec<&'static str> {
    let open = TABLE.iter().filter(|runtime| !runtime.blocked).map(|runtime| runtime.id);
    SEEN.into_iter().chain(open.filter(|id| !SEEN.contains(id))).collect()
}

/// Every runtime identifier: newest first within a family.
///
/// AWS blocks a runtime some time after it deprecates it, and often later than announced; only those whose block has
/// come stand as blocked here.
pub static TABLE: [Runtime; 50] = [
    current("nodejs26.x", Family::Node, "26"),
    current("nodejs24.x", Family::Node, "24"),
    current("nodejs22.x", Family::Node, "22"),
    current("nodejs20.x", Family::Node, "20"),
    current("nodejs18.x", Family::Node, "18"),
    current("nodejs16.x", Family::Node, "16"),
    blocked("nodejs14.x", Family::Node, "14"),
    blocked("nodejs12.x", Family::Node, "12"),
    blocked("nodejs10.x", Family::Node, "10"),
    blocked("nodejs8.10", Family::Node, "8"),
    blocked("nodejs6.10", Family::Node, "6"),
    blocked("nodejs4.3", Family::Node, "4"),
    blocked("nodejs4.3-edge", Family::Node, "4"),
    blocked("nodejs", Family::Node, "0"),
    current("python3.15", Family::Python, "3.15"),
    current("python3.14", Family::Python, "3.14"),
    current("python3.13", Family::Python, "3.13"),
    current("python3.12", Family::Python, "3.12"),
    current("python3.11", Family::Python, "3.11"),
    current("python3.10", Family::Python, "3.10"),
    current("python3.9", Family::Python, "3.9"),
    current("python3.8", Family::Python, "3.8"),
    blocked("python3.7", Family::Python, "3.7"),
    blocked("python3.6", Family::Python, "3.6"),
    blocked("python2.7", Family::Python, "2.7"),
    current("java25", Family::Java, "25"),
    current("java21", Family::Java, "21"),
    current("java17", Family::Java, "17"),
    current("java17.al2023", Family::Java, "17"),
    current("java11", Family::Java, "11"),
    current("java11.al2023", Family::Java, "11"),
    current("java8.al2", Family::Java, "8"),
    current("java8.al2023", Family::Java, "8"),
    blocked("java8", Family::Java, "8"),
    current("ruby4.0", Family::Ruby, "4.0"),
    current("ruby3.4", Family::Ruby, "3.4"),
    current("ruby3.3", Family::Ruby, "3.3"),
    current("ruby3.2", Family::Ruby, "3.2"),
    blocked("ruby2.7", Family::Ruby, "2.7"),
    blocked("ruby2.5", Family::Ruby, "2.5"),
    current("dotnet10", Family::DotNet, "10"),
    current("dotnet8", Family::DotNet, "8"),
    current("dotnet6", Family::DotNet, "6"),
    blocked("dotnetcore3.1", Family::DotNet, "3.1"),
    blocked("dotnetcore2.1", Family::DotNet, "2.1"),
    blocked("dotnetcore1.0", Family::DotNet, "1.0"),
    current("provided.al2023", Family::Provided, ""),
    current("provided.al2", Family::Provided, ""),
    blocked("provided", Family::Provided, ""),
    blocked("go1.x", Family::Provided, ""),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_unique_and_found() {
        for r in &TABLE {
            assert_eq!(Runtime::find(r.id), Some(r));
        }
        assert_eq!(Runtime::find("python3.12").unwrap().version, "3.12");
        assert_eq!(Runtime::find("cobol"), None);
    }

    #[test]
    fn every_open_runtime_is_listed_once() {
        let mut listed = listed();
        assert!(listed.iter().all(|id| Runtime::find(id).is_some_and(|runtime| !runtime.blocked)));
        listed.sort_unstable();
        listed.dedup();
        assert_eq!(listed.len(), TABLE.iter().filter(|runtime| !runtime.blocked).count());
    }

    #[test]
    fn snapshots_are_made_of_newer_managed_runtimes() {
        let with: Vec<_> = TABLE.iter().filter(|runtime| runtime.has_snap_start()).map(|r| r.id).collect();
        for id in ["python3.12", "python3.14", "java11", "java21", "dotnet8"] {
            assert!(with.contains(&id), "{id}");
        }
        for id in ["python3.11", "java8.al2", "dotnet6", "nodejs22.x", "provided.al2023", "ruby3.4"] {
            assert!(!with.contains(&id), "{id}");
        }
    }

    #[test]
    fn only_managed_runtimes_have_an_execution_env() {
        assert_eq!(
            Runtime::find("nodejs22.x").unwrap().execution_env().as_deref(),
            Some("AWS_Lambda_nodejs22.x")
        );
        assert_eq!(Runtime::find("provided.al2023").unwrap().execution_env(), None);
    }
}
