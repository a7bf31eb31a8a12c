//! The version of a runtime as this server has it: its name in `INIT_START`, and its ARN. Never one of AWS's own: those are
//! built from other bootstraps.

use sha2::{Digest as _, Sha256};

use crate::account::Region;

/// A version of a runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuntimeVersion {
    /// `Runtime Version`, such as `python:3.12.v0.1.0`: the runtime, and the version of this server, which brings the
    /// bootstrap.
    pub name: String,
    /// `Runtime Version ARN`: the same for the same runtime, as long as this server's bootstrap is the same.
    pub arn: String,
}

impl RuntimeVersion {
    /// That of a runtime such as `python3.12` in a region.
    #[must_use]
    pub fn of(runtime: &str, region: &Region) -> Self {
        let version = env!("CARGO_PKG_VERSION");
        let hash = hex::encode(Sha256::digest(format!("lambent {version} {runtime}")));
        Self {
            name: format!("{}.v{version}", family(runtime)),
            arn: format!("arn:{}:lambda:{region}::runtime:{hash}", region.partition()),
        }
    }
}

/// `python3.12` as `python:3.12`, `nodejs22.x` as `nodejs:22`, `provided.al2023` as `provided:al2023`.
fn family(runtime: &str) -> String {
    if let Some((family, system)) = runtime.split_once('.').filter(|(family, _)| *family == "provided") {
        return format!("{family}:{system}");
    }
    let runtime = runtime.trim_end_matches(".x");
    let digit = runtime.find(|c: char| c.is_ascii_digit()).unwrap_or(runtime.len());
    let (family, version) = runtime.split_at(digit);
    if version.is_empty() { family.to_owned() } else { format!("{family}:{version}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_named_as_on_aws_with_this_servers_version() {
        for (runtime, expected) in [
            ("python3.12", "python:3.12"),
            ("nodejs22.x", "nodejs:22"),
            ("java8.al2", "java:8.al2"),
            ("provided.al2023", "provided:al2023"),
            ("provided", "provided"),
        ] {
            let version = RuntimeVersion::of(runtime, &Region::default_region());
            assert_eq!(version.name, format!("{expected}.v{}", env!("CARGO_PKG_VERSION")));
            let hash = version.arn.strip_prefix("arn:aws:lambda:us-east-1::runtime:").unwrap();
            assert!(hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()), "{hash}");
        }
    }
}
