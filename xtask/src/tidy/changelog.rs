//! The changelog has a place for what comes next.

use super::Fault;
use crate::project::Project;

/// Fault: CHANGELOG.md is missing or has no `## [Unreleased]`.
pub(super) fn check(project: &Project) -> Vec<Fault> {
    let there = project
        .text("CHANGELOG.md")
        .is_some_and(|text| text.lines().any(|line| line.trim_end() == "## [Unreleased]"));
    if there { Vec::new() } else { vec![Fault::at("CHANGELOG.md", "there is no `## [Unreleased]`")] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changelog_without_unreleased_is_found() {
        assert_eq!(check(&Project::default()).len(), 1);
        assert_eq!(check(&Project::of(&[("CHANGELOG.md", "# Changelog\n## [0.1.0]\n")])).len(), 1);
        assert_eq!(check(&Project::of(&[("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n")])), []);
    }
}
