//! Which programs can be started before it is known for which function, and with what of their environment. Never starts one.

use std::collections::BTreeMap;

use lambent_core::lambda::runtime::Family;
use lambent_sandbox::Early;

/// Where a function's own mounts are: its code, its layers.
const PLACES: [&str; 2] = ["/var/task", "/opt"];

/// What an interpreter, the C library or the loader reads at its start only: names, or their beginnings.
const READ_AT_START: [&str; 18] = [
    "DYLD_",
    "GCONV_PATH",
    "GLIBC_TUNABLES",
    "ICU_",
    "LANG",
    "LC_",
    "LD_",
    "LOCPATH",
    "MALLOC_",
    "NLSPATH",
    "NODE_",
    "NO_COLOR",
    "FORCE_COLOR",
    "OPENSSL_",
    "PYTHON",
    "SSL_",
    "UV_",
    "V8_",
];

/// What our bootstraps can still follow afterwards, although it is read at the start; and `NODE_ENV`, which only libraries read.
const FOLLOWED: [&str; 3] = ["PYTHONPATH", "NODE_PATH", "NODE_ENV"];

/// What our bootstraps read while they are loaded.
const READ_BY_BOOTSTRAPS: [&str; 2] = ["AWS_EXECUTION_ENV", "AWS_LAMBDA_LOG_FORMAT"];

/// What of a function's program can be started early; nothing where it is another program, or where the function has set
/// what is read at the start: that might need its code. `set` is what it has set, `environment` is all it gets.
pub(crate) fn early(
    family: Family,
    set: Option<&BTreeMap<String, String>>,
    environment: &BTreeMap<String, String>,
) -> Option<Early> {
    let mut names = set.into_iter().flatten().map(|(name, _)| name.as_str());
    let waits = match family {
        Family::Python | Family::Node => true,
        Family::Ruby | Family::Java | Family::DotNet | Family::Provided => false,
    };
    if !waits || names.any(|name| read_at_start(name) || name == "AWS_LAMBDA_EXEC_WRAPPER") {
        return None;
    }
    let needed = |name: &str| read_at_start(name) || READ_BY_BOOTSTRAPS.contains(&name);
    let environment = environment.iter().filter(|(name, _)| needed(name));
    let environment = environment.map(|(name, value)| (name.clone(), value.clone())).collect();
    Some(Early { environment, places: PLACES.map(Into::into).to_vec() })
}

fn read_at_start(name: &str) -> bool {
    READ_AT_START.iter().any(|start| name.starts_with(start)) && !FOLLOWED.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(family: Family, set: &[(&str, &str)]) -> Option<Early> {
        let owned = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let mut all = owned(&[
            ("LANG", "en_US.UTF-8"),
            ("LD_LIBRARY_PATH", "/var/lang/lib"),
            ("PYTHONPATH", "/var/runtime"),
            ("AWS_EXECUTION_ENV", "AWS_Lambda_python3.12"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("_HANDLER", "app.handler"),
        ]);
        all.extend(owned(set));
        early(family, Some(&owned(set)), &all)
    }

    #[test]
    fn nothing_of_a_function_is_known_early() {
        let early = of(Family::Python, &[("TABLE", "t"), ("TZ", "Europe/Paris"), ("PYTHONPATH", "/opt/lib")]);
        let names: Vec<_> = early.unwrap().environment.into_keys().collect();
        assert_eq!(names, ["AWS_EXECUTION_ENV", "LANG", "LD_LIBRARY_PATH"]);
    }

    #[test]
    fn who_changes_how_its_interpreter_starts_has_it_started_for_itself() {
        for name in ["LD_PRELOAD", "PYTHONHASHSEED", "NODE_OPTIONS", "LC_ALL", "AWS_LAMBDA_EXEC_WRAPPER"] {
            assert_eq!(of(Family::Node, &[(name, "/opt/x")]), None, "{name}");
        }
        assert_eq!(of(Family::Java, &[]), None);
        assert!(of(Family::Node, &[("NODE_PATH", "/opt/x")]).is_some());
    }
}
