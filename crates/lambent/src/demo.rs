//! `lambent demo`: the main job on a temporary folder. A Python, a Node.js and a custom-runtime function are deployed
//! through the server's own HTTP API, called cold and warm, and what that took is printed.

use std::io::{Cursor, Write as _};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Method;
use lambent_core::time::RealClock as _;
use serde_json::{Value, json};

use crate::client::Client;
use crate::clock::MovableClock;
use crate::config::{Command, Config, Raw};
use crate::output::{self, Log};
use crate::serve::{self, Running};
use crate::system::SystemClock;

/// One virtual CPU, so that what is shown is the server's time and not a share of a processor.
const MEMORY_MIB: u32 = 1769;

/// A function of the demo.
struct Sample {
    name: &'static str,
    runtime: &'static str,
    handler: &'static str,
    file: &'static str,
    source: &'static str,
}

const SAMPLES: [Sample; 3] = [
    Sample {
        name: "hello-python",
        runtime: "python3.12",
        handler: "app.handler",
        file: "app.py",
        source: include_str!("../../../examples/python/app.py"),
    },
    Sample {
        name: "hello-nodejs",
        runtime: "nodejs22.x",
        handler: "index.handler",
        file: "index.mjs",
        source: include_str!("../../../examples/nodejs/index.mjs"),
    },
    Sample {
        name: "hello-provided",
        runtime: "provided.al2023",
        handler: "unused",
        file: "bootstrap",
        source: include_str!("../../../examples/provided/bootstrap"),
    },
];

/// What one function took.
struct Measured {
    init: String,
    cold: Duration,
    warm_p50: Duration,
    warm_p99: Duration,
    memory: String,
}

/// Runs the demo.
pub(crate) fn main(raw: &Raw) -> Result<()> {
    let Command::Demo(demo) = &raw.command else { unreachable!("main chose by the command") };
    let folder = tempfile::Builder::new().prefix("lambent-demo-").tempdir()?;
    let config = Config::demo(folder.path(), demo.isolation)?;
    let spawner = serve::split(&config)?;
    let clock = MovableClock::open(folder.path(), config.time_scale)?;
    let _log = Log::start(config.log_format, &config.log, Arc::clone(&clock));
    serve::runtime()?.block_on(async {
        let running = Running::start(config, spawner, clock).await?;
        let result = show(&running, demo.calls).await;
        running.stop().await;
        result
    })
}

async fn show(running: &Running, calls: u32) -> Result<()> {
    let client = Client::new(running.endpoint(), running.config.region.to_string());
    output::line(&format!("server   {}", running.endpoint()));
    output::line(&format!("isolated {}", running.host.report().summary));
    output::line(&format!("each     {MEMORY_MIB} MB, {calls} warm calls, signed, one after the other"));
    output::line("");
    output::line(&row(["function", "runtime", "init", "cold", "warm p50", "warm p99", "memory"]));
    let mut ran = 0;
    for sample in &SAMPLES {
        deploy(&client, sample).await?;
        match measure(&client, sample, calls).await {
            Ok(m) => {
                ran += 1;
                let (cold, p50, p99) = (shown(m.cold), shown(m.warm_p50), shown(m.warm_p99));
                output::line(&row([sample.name, sample.runtime, &m.init, &cold, &p50, &p99, &m.memory]));
            }
            Err(fault) => {
                output::line(&format!("{:<16}{:<17}skipped: {fault:#}", sample.name, sample.runtime))
            }
        }
    }
    anyhow::ensure!(ran > 0, "no function ran");
    output::line(GO_ON);
    Ok(())
}

const GO_ON: &str = "
Go on with a server that stays, and the AWS CLI:

  lambent serve
  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
  export AWS_ENDPOINT_URL=http://127.0.0.1:4566
  zip app.zip app.py
  aws lambda create-function --function-name hello --runtime python3.12 --handler app.handler \\
      --role arn:aws:iam::000000000000:role/any --zip-file fileb://app.zip
  aws lambda invoke --function-name hello --cli-binary-format raw-in-base64-out --payload '{\"name\":\"you\"}' out.json";

fn row(cells: [&str; 7]) -> String {
    let widths = [16, 17, 13, 11, 11, 11, 0];
    cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!("{cell:<width$}"))
        .collect::<String>()
        .trim_end()
        .to_owned()
}

fn shown(span: Duration) -> String {
    let us = span.as_micros();
    if us < 10_000 { format!("{us} us") } else { format!("{:.1} ms", span.as_secs_f64() * 1000.0) }
}

async fn deploy(client: &Client, sample: &Sample) -> Result<()> {
    let function = json!({
        "FunctionName": sample.name,
        "Runtime": sample.runtime,
        "Handler": sample.handler,
        "Role": "arn:aws:iam::000000000000:role/demo",
        "MemorySize": MEMORY_MIB,
        "Code": { "ZipFile": STANDARD.encode(zip(sample)?) },
    });
    client.call(Method::POST, "/2015-03-31/functions", Some(&function)).await.context("create-function")?;
    Ok(())
}

fn zip(sample: &Sample) -> Result<Vec<u8>> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(sample.file, zip::write::SimpleFileOptions::default().unix_permissions(0o755))?;
    zip.write_all(sample.source.as_bytes())?;
    Ok(zip.finish()?.into_inner())
}

async fn measure(client: &Client, sample: &Sample, calls: u32) -> Result<Measured> {
    let clock = SystemClock::new();
    let started = clock.monotonic();
    let log = invoke(client, sample, &[("x-amz-log-type", "Tail")]).await?;
    let cold = clock.monotonic().saturating_sub(started);
    let mut warm = Vec::new();
    for _ in 0..calls {
        let started = clock.monotonic();
        invoke(client, sample, &[]).await?;
        warm.push(clock.monotonic().saturating_sub(started));
    }
    warm.sort_unstable();
    Ok(Measured {
        init: field(&log, "Init Duration: "),
        cold,
        warm_p50: warm[warm.len() / 2],
        warm_p99: warm[warm.len() * 99 / 100],
        memory: field(&log, "Max Memory Used: "),
    })
}

/// Calls a function; gives back the end of its log, where asked for.
async fn invoke(
    client: &Client,
    sample: &Sample,
    headers: &[(&'static str, &'static str)],
) -> Result<String> {
    let path = format!("/2015-03-31/functions/{}/invocations", sample.name);
    let response =
        client.send(Method::POST, &path, headers, Bytes::from_static(b"{\"name\":\"demo\"}")).await?;
    let body = String::from_utf8_lossy(response.body()).into_owned();
    if !response.status().is_success() {
        let value: Value = serde_json::from_str(&body).unwrap_or_default();
        let words = value.get("message").or_else(|| value.get("Message")).and_then(Value::as_str);
        anyhow::bail!("{}", words.unwrap_or(&body));
    }
    anyhow::ensure!(response.headers().get("x-amz-function-error").is_none(), "the function failed: {body}");
    let log = response.headers().get("x-amz-log-result").map(|log| STANDARD.decode(log)).transpose()?;
    Ok(String::from_utf8_lossy(&log.unwrap_or_default()).into_owned())
}

/// A field of the REPORT line.
fn field(log: &str, name: &str) -> String {
    let value = log.split_once(name).and_then(|(_, rest)| rest.split('\t').next());
    value.unwrap_or("-").trim().to_owned()
}
