//! SnapStart: the first invocation of a version whose function imports pandas, beside the same without SnapStart.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

use crate::connection::{Answer, Connection};
use crate::host;
use crate::kind::Kind;
use crate::lambent::{FUNCTIONS, Lambent, MEMORY_MIB, definition};
use crate::report::{Report, median};
use crate::row::Row;

const KEY: &str = "snapstart.pandas";
/// Where pandas and what it needs may be: for a Python that may have SnapStart, or as the tests use it.
const PANDAS: [&str; 2] = ["target/peers/pandas", "target/programs/layer"];
/// How pandas for another Python gets there.
const MISSING: &str = "pandas is missing for this Python: with it, run \
    `python3.12 -m pip install --target target/peers/pandas -r tests/programs/python/layer.txt`";
const CODE: &str =
    "import pandas\n\ndef handler(event, context):\n    return {'rows': len(pandas.DataFrame([event]))}\n";

/// The first Python 3 that may have SnapStart.
const MINOR_MIN: u32 = 12;

/// How a version was first answered.
struct First {
    took_ms: f64,
    /// Whether it was restored: AWS says so in the REPORT line.
    is_restored: bool,
}

/// Publishes so many versions with SnapStart and as many without, and invokes each once.
pub(crate) async fn measure(
    server: &Lambent,
    python: Option<&Kind>,
    count: usize,
    report: &mut Report,
) -> Result<()> {
    let Some(python) = python else { return skip(report, "this host has no Python") };
    let mut kind = python.with_code(CODE);
    let minor: Option<u32> = kind.runtime.rsplit('.').next().and_then(|minor| minor.parse().ok());
    if minor.is_none_or(|minor| minor < MINOR_MIN) {
        // The server runs the nearest version there is.
        kind.runtime = format!("python3.{MINOR_MIN}");
    }
    let Some(pandas) = pandas(&kind.runtime) else { return skip(report, MISSING) };
    let mut control = Connection::open(server.address).await?;
    let layer = publish_layer(server, &mut control, &pandas).await?;
    let (mut restored_ms, mut plain_ms, mut bare_ms) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..count {
        let name = format!("snapstart-{number}");
        let first = first(server, &kind, &name, &layer, "PublishedVersions").await?;
        if !first.is_restored {
            return skip(
                report,
                "not there yet: the version was initialised anew, its REPORT has no Restore Duration",
            );
        }
        restored_ms.push(first.took_ms);
        plain_ms.push(self::first(server, &kind, &format!("{name}-plain"), &layer, "None").await?.took_ms);
        bare_ms.push(host::time_of(&python.bare)? / 1e3);
    }
    let row = Row::new(KEY, median(restored_ms), "ms").with("without_snapstart_ms", median(plain_ms));
    report.add(row.beside(python.bare_words(), median(bare_ms)));
    Ok(())
}

fn skip(report: &mut Report, why: &str) -> Result<()> {
    report.skip(KEY, why);
    Ok(())
}

/// The folder whose extension modules are for this runtime.
fn pandas(runtime: &str) -> Option<PathBuf> {
    let tag = format!("cpython-{}-", runtime.trim_start_matches("python").replace('.', ""));
    let fits = |folder: &PathBuf| {
        let modules = std::fs::read_dir(folder.join("numpy/_core"));
        modules.is_ok_and(|all| all.flatten().any(|file| file.file_name().to_string_lossy().contains(&tag)))
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    PANDAS.iter().map(|folder| root.join(folder)).find(fits)
}

/// The first invocation of the first version of a new function.
async fn first(server: &Lambent, kind: &Kind, name: &str, layer: &str, apply_on: &str) -> Result<First> {
    // Publishing may take longer than the server keeps a silent connection.
    let mut control = Connection::open(server.address).await?;
    let mut body = definition(name, kind, &kind.package(name)?, MEMORY_MIB);
    body["Layers"] = json!([layer]);
    body["SnapStart"] = json!({ "ApplyOn": apply_on });
    control.succeed(&server.request("POST", FUNCTIONS, body.to_string())?).await?;
    server.active(&mut control, name).await?;
    let path = format!("{FUNCTIONS}/{name}/versions");
    control.succeed(&server.request("POST", &path, "{}".to_owned())?).await?;
    server.active(&mut control, &format!("{name}:1")).await?;
    let request = server.request_with(
        "POST",
        &format!("{FUNCTIONS}/{name}:1/invocations"),
        &[("x-amz-log-type", "Tail")],
        r#"{"hello":"world"}"#.to_owned(),
    )?;
    let start = host::now();
    let answer = control.succeed(&request).await?;
    let took_ms = host::ms_since(start);
    server.delete(&mut control, name).await?;
    Ok(First { took_ms, is_restored: is_restored(&answer)? })
}

fn is_restored(answer: &Answer) -> Result<bool> {
    let log = answer.log.as_deref().context("the tail of the log was asked for")?;
    let log = String::from_utf8(STANDARD.decode(log)?)?;
    ensure!(log.contains("REPORT RequestId:"), "a log without a REPORT line: {log}");
    Ok(log.contains("Restore Duration:"))
}

/// A layer of a folder's files; its ARN.
async fn publish_layer(server: &Lambent, control: &mut Connection, folder: &Path) -> Result<String> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    add(&mut zip, folder, "python")?;
    let content = STANDARD.encode(zip.finish()?.into_inner());
    let body = json!({ "Content": { "ZipFile": content } }).to_string();
    let request = server.request("POST", "/2018-10-31/layers/bench-pandas/versions", body)?;
    let made: Value = serde_json::from_slice(&control.succeed(&request).await?.body)?;
    Ok(made["LayerVersionArn"].as_str().context("the ARN of the layer's version")?.to_owned())
}

fn add(zip: &mut zip::ZipWriter<Cursor<Vec<u8>>>, folder: &Path, under: &str) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{under}/{}", entry.file_name().to_string_lossy());
        // Much of it is caches and tests, and a layer has its limits. numpy needs its own tests to be imported.
        if name.ends_with("__pycache__") || name.ends_with("pandas/tests") {
            continue;
        }
        if entry.file_type()?.is_dir() {
            add(zip, &entry.path(), &name)?;
        } else {
            zip.start_file(name, SimpleFileOptions::default().unix_permissions(0o755))?;
            zip.write_all(&std::fs::read(entry.path())?)?;
        }
    }
    Ok(())
}
