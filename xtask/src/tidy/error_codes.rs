//! AWS's error codes are chosen in few places, so that the status always comes with the code: one file a service,
//! and the wire and the pipeline for what no service decides (signatures, parsing, unknown operations).

use super::Fault;
use crate::project::Project;

const PLACES: &[&str] = &[
    "crates/services/src/*/errors.rs",
    "crates/services/src/pipeline.rs",
    "crates/services/src/operations.rs",
];

/// Fault: a string that is an error code, in the code of a crate outside those places.
pub(super) fn check(project: &Project) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (path, text) in project.ending(".rs") {
        let judged =
            path.starts_with("crates/") && path.contains("/src/") && !path.starts_with("crates/wire/");
        if !judged || PLACES.iter().any(|place| is_place(place, path)) {
            continue;
        }
        // A test may expect any code.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for (index, line) in code.lines().enumerate() {
            if line.split('"').skip(1).step_by(2).any(is_code) {
                faults.push(Fault::at(
                    format!("{path}:{}", index + 1),
                    "an error code is chosen outside a service's errors.rs",
                ));
            }
        }
    }
    faults
}

fn is_place(place: &str, path: &str) -> bool {
    match place.split_once('*') {
        None => place == path,
        Some((head, tail)) => path
            .strip_prefix(head)
            .and_then(|rest| rest.strip_suffix(tail))
            .is_some_and(|noun| !noun.contains('/')),
    }
}

fn is_code(text: &str) -> bool {
    text.strip_suffix("Exception").is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_uppercase()) && name.chars().all(|c| c.is_ascii_alphanumeric())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_in_the_wrong_place_is_found() {
        let text = "fn f() { fail(\"ResourceNotFoundException\") }\n#[cfg(test)]\nmod t { \"AException\" }";
        for (path, count) in [
            ("crates/dispatch/src/run.rs", 1),
            ("crates/services/src/lambda/function.rs", 1),
            ("crates/services/src/lambda/errors.rs", 0),
            ("crates/services/src/pipeline.rs", 0),
            ("crates/wire/src/error.rs", 0),
            ("crates/dispatch/tests/a.rs", 0),
        ] {
            assert_eq!(check(&Project::of(&[(path, text)])).len(), count, "{path}");
        }
    }
}
