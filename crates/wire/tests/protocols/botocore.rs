//! Where botocore is: its source package with the vectors, and the installed one.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;

/// The workspace's folder.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file of the vectors.
#[expect(clippy::disallowed_methods, reason = "where the vectors lie is the tester's choice")]
pub(crate) fn vectors(file: &str) -> Json {
    let given = std::env::var_os("LAMBENT_BOTOCORE_SOURCE").map(PathBuf::from);
    let source = given.unwrap_or_else(|| workspace().join("target/botocore-source"));
    let path = source.join("tests/unit/protocols").join(file);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}. Get botocore's source: `pip download botocore --no-binary :all: --no-deps`, and \
             unpack it into target/botocore-source (or name its folder in LAMBENT_BOTOCORE_SOURCE); \
             `cargo xtask ci` does so",
            path.display()
        )
    });
    serde_json::from_str(&text).unwrap()
}

/// A Python that has botocore.
pub(crate) fn python() -> PathBuf {
    let python = workspace().join(".venv/bin/python");
    assert!(
        python.exists(),
        "{} is missing: `python3 -m venv .venv && .venv/bin/pip install botocore boto3`, as `cargo xtask ci` does",
        python.display()
    );
    python
}
