//! Runtimes and versions as they are written: `python3.12`, `nodejs22.x`, `3.11.7`. Never looks at the host.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html>

use std::fmt;

/// A language that Lambda runs on an interpreter or a virtual machine of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// CPython.
    Python,
    /// Node.js.
    Nodejs,
    /// A Java virtual machine.
    Java,
    /// CRuby.
    Ruby,
}

impl Family {
    /// Every family there is.
    pub const ALL: [Self; 4] = [Self::Python, Self::Nodejs, Self::Java, Self::Ruby];

    /// As runtime identifiers start: `python`, `nodejs`, `java`, `ruby`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Python => "python",
            Self::Nodejs => "nodejs",
            Self::Java => "java",
            Self::Ruby => "ruby",
        }
    }
}

/// A version with as many parts as are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The first number.
    pub major: u32,
    /// The second.
    pub minor: Option<u32>,
    /// The third.
    pub patch: Option<u32>,
}

impl Version {
    /// The version at the start of `text`: `3.12`, `v22.1.0`, `17.0.15+6`, Java's old `1.8.0_392` as 8.0.392.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_').unwrap_or(text.len());
        let mut parts = text[..end].split(['.', '_']).map_while(|part| part.parse().ok());
        let major = parts.next()?;
        let version = Self { major, minor: parts.next(), patch: parts.next() };
        match (version, parts.next()) {
            (Self { major: 1, minor: Some(major), patch }, update @ Some(_)) => {
                Some(Self { major, minor: patch, patch: update })
            }
            _ => Some(version),
        }
    }

    /// Whether `other` is this version, in the parts that this one has.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        self.major == other.major
            && (self.minor.is_none() || self.minor == other.minor)
            && (self.patch.is_none() || self.patch == other.patch)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.major)?;
        for part in [self.minor, self.patch].into_iter().map_while(|part| part) {
            write!(f, ".{part}")?;
        }
        Ok(())
    }
}

/// The runtime a function asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuntimeWanted {
    /// The language.
    pub family: Family,
    /// Its version, as exact as the identifier is.
    pub version: Version,
}

impl RuntimeWanted {
    /// From a runtime identifier; `None` for those that need no interpreter (`provided.*`) or none of these.
    #[must_use]
    pub fn parse(identifier: &str) -> Option<Self> {
        let family = Family::ALL.into_iter().find(|family| identifier.starts_with(family.as_str()))?;
        let version = &identifier[family.as_str().len()..];
        if !version.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        Some(Self { family, version: Version::parse(version)? })
    }
}

impl fmt::Display for RuntimeWanted {
    /// As the identifier, without what follows the version (`java8` for `java8.al2`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let suffix = if self.family == Family::Nodejs { ".x" } else { "" };
        write!(f, "{}{}{suffix}", self.family.as_str(), self.version)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runtime_identifiers_name_family_and_version() {
        let check = |identifier, family, version| {
            let wanted = RuntimeWanted::parse(identifier).unwrap();
            assert_eq!((wanted.family, wanted.version.to_string().as_str()), (family, version));
        };
        check("python3.12", Family::Python, "3.12");
        check("nodejs22.x", Family::Nodejs, "22");
        check("java8.al2", Family::Java, "8");
        check("java21", Family::Java, "21");
        check("ruby3.3", Family::Ruby, "3.3");
        for other in ["provided.al2023", "dotnet8", "python", "javascript", ""] {
            assert_eq!(RuntimeWanted::parse(other), None, "{other}");
        }
        assert_eq!(RuntimeWanted::parse("nodejs22.x").unwrap().to_string(), "nodejs22.x");
        assert_eq!(RuntimeWanted::parse("python3.12").unwrap().to_string(), "python3.12");
    }

    #[test]
    fn versions_are_read_as_tools_write_them() {
        let check = |text, expected: &str| assert_eq!(Version::parse(text).unwrap().to_string(), expected);
        check("3.12.1", "3.12.1");
        check("v20.20.2", "20.20.2");
        check("3.14.0rc1", "3.14.0");
        check("17.0.15+6", "17.0.15");
        check("25.0.3", "25.0.3");
        check("1.8.0_392", "8.0.392");
        check("21", "21");
        assert_eq!(Version::parse("system"), None);
    }

    #[test]
    fn a_version_covers_what_agrees_in_its_parts() {
        let version = |text| Version::parse(text).unwrap();
        assert!(version("3.12").covers(version("3.12.1")));
        assert!(version("22").covers(version("22.1.0")));
        assert!(!version("3.12").covers(version("3.11.9")));
        assert!(!version("3.12").covers(version("3")));
    }
}
