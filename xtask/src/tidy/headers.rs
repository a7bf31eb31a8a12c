//! Each source file starts by saying what it is for.

use super::Fault;
use crate::project::Project;

/// Fault: a `.rs` without `//!`, a script without a docstring or comment at its head.
pub(super) fn check(project: &Project) -> Vec<Fault> {
    project
        .files()
        .filter_map(|(path, text)| {
            let wanted = heads(path)?;
            let first = text.lines().map(str::trim).find(|line| !is_before_the_head(line)).unwrap_or("");
            let there = wanted.iter().any(|head| first.starts_with(head));
            (!there)
                .then(|| Fault::at(path, format!("does not start with `{}`: say what it is for", wanted[0])))
        })
        .collect()
}

fn heads(path: &str) -> Option<&'static [&'static str]> {
    let (_, suffix) = path.rsplit_once('.')?;
    match suffix {
        "rs" => Some(&["//!"]),
        "py" => Some(&["\"\"\"", "r\"\"\"", "#"]),
        "mjs" | "js" | "cjs" => Some(&["//", "/*"]),
        "sh" => Some(&["#"]),
        _ => None,
    }
}

fn is_before_the_head(line: &str) -> bool {
    let directive = matches!(line, "'use strict';" | "\"use strict\";");
    line.is_empty() || directive || line.starts_with("#!/") || line.starts_with(concat!("// @", "generated"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_a_head_is_found() {
        for (path, text) in [
            ("a.rs", "// A.\nfn a() {}"),
            ("a.rs", ""),
            ("a.py", "import os"),
            ("a.mjs", "import x from 'y'"),
        ] {
            assert_eq!(check(&Project::of(&[(path, text)])).len(), 1, "{path}: {text}");
        }
    }

    #[test]
    fn a_head_may_follow_the_interpreter() {
        for (path, text) in [
            ("a.rs", "//! A."),
            ("a.py", "#!/usr/bin/env python3\n\"\"\"A.\"\"\""),
            ("a.sh", "#!/bin/sh\n# A."),
            ("a.mjs", "// A."),
            ("a.cjs", "'use strict';\n\n// A."),
            ("a.txt", "anything"),
        ] {
            assert_eq!(check(&Project::of(&[(path, text)])), [], "{path}: {text}");
        }
    }
}
