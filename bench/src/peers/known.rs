//! The peers: where each is installed, how it is started, and how its function is called. Never measures.

use std::path::{Path, PathBuf};
use std::pin::Pin;

use anyhow::{Result, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::process::{Seat, Start};
use crate::connection::Connection;

const EVENT: &str = r#"{"hello":"world"}"#;

type Deployed<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// How a function comes to run for the first time.
pub(super) enum Cold {
    /// The server has one function, and starts with it.
    Start,
    /// The server runs, and has a function for each round: this makes it.
    Deploy(for<'a> fn(&'a Seat, usize) -> Deployed<'a>),
}

/// One server with one language.
pub(super) struct Peer {
    name: &'static str,
    pub(super) language: &'static str,
    pub(super) cold: Cold,
    /// Whether it is installed; writes what its folder needs for so many rounds.
    pub(super) prepare: fn(&Seat, usize) -> Result<()>,
    pub(super) command: fn(&Seat) -> Start,
    /// A call of the function of a round.
    pub(super) request: fn(&Seat, usize) -> Vec<u8>,
}

impl Peer {
    pub(super) fn key(&self) -> String {
        format!("{}.{}", self.name, self.language)
    }
}

/// All of them.
pub(super) fn all() -> Vec<Peer> {
    vec![
        ministack("python", |seat, round| Box::pin(create(seat, round, "python3.12", "app.py"))),
        ministack("nodejs", |seat, round| Box::pin(create(seat, round, "nodejs20.x", "app.mjs"))),
        offline("python", |seat, round| call(seat, "python", round)),
        offline("nodejs", |seat, round| call(seat, "nodejs", round)),
        Peer {
            name: "functions_framework",
            language: "python",
            cold: Cold::Start,
            prepare: |_, _| there(&installed("python/bin/functions-framework")),
            command: |seat| {
                let program = installed("python/bin/functions-framework");
                start(
                    seat,
                    program,
                    &["--target=handler", "--source=main.py", "--host=127.0.0.1", "--port=PORT"],
                )
            },
            request: |seat, _| seat.post("/", EVENT),
        },
        Peer {
            name: "functions_framework",
            language: "nodejs",
            cold: Cold::Start,
            prepare: link_modules,
            command: |seat| {
                let main = "node_modules/@google-cloud/functions-framework/build/src/main.js";
                let mut start = start(seat, "node".into(), &[main, "--target=handler"]);
                start.environment.push(("PORT", seat.address.port().to_string()));
                start
            },
            request: |seat, _| seat.post("/", EVENT),
        },
        Peer {
            name: "lambda_rie",
            language: "python",
            cold: Cold::Start,
            prepare: |_, _| there(&installed("python/bin/python")).and_then(|()| there(&emulator())),
            command: |seat| {
                let python = installed("python/bin/python").to_string_lossy().into_owned();
                let at = ["--runtime-interface-emulator-address", "127.0.0.1:PORT"];
                start(seat, emulator(), &[at[0], at[1], &python, "-m", "awslambdaric", "app.handler"])
            },
            request: |seat, _| seat.post("/2015-03-31/functions/function/invocations", EVENT),
        },
        Peer {
            name: "workerd",
            language: "nodejs",
            cold: Cold::Start,
            prepare: |_, _| there(&installed("nodejs/node_modules/workerd/bin/workerd")),
            command: |seat| {
                let program = installed("nodejs/node_modules/workerd/bin/workerd");
                start(seat, program, &["serve", "workerd.capnp", "--socket-addr=http=127.0.0.1:PORT"])
            },
            request: |seat, _| seat.post("/", EVENT),
        },
    ]
}

fn ministack(language: &'static str, deploy: for<'a> fn(&'a Seat, usize) -> Deployed<'a>) -> Peer {
    Peer {
        name: "ministack",
        language,
        cold: Cold::Deploy(deploy),
        prepare: |_, _| there(&installed("python/bin/ministack")),
        command: |seat| {
            let mut start = start(seat, installed("python/bin/ministack"), &[]);
            // Functions in processes, not in containers.
            start.environment.push(("LAMBDA_EXECUTOR", "local".to_owned()));
            start.environment.push(("BIND_HOST", "127.0.0.1".to_owned()));
            start.environment.push(("GATEWAY_PORT", seat.address.port().to_string()));
            start.environment.push(("SERVICES", "lambda".to_owned()));
            start
        },
        request: |seat, round| seat.post(&format!("/2015-03-31/functions/bench-{round}/invocations"), EVENT),
    }
}

/// A function of ministack.
async fn create(seat: &Seat, round: usize, runtime: &str, file: &str) -> Result<()> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file(file, zip::write::SimpleFileOptions::default())?;
    std::io::Write::write_all(&mut zip, &std::fs::read(seat.folder.join(file))?)?;
    let body = json!({
        "FunctionName": format!("bench-{round}"), "Runtime": runtime, "Handler": "app.handler",
        "Role": "arn:aws:iam::000000000000:role/bench", "Timeout": 30, "MemorySize": 1769,
        "Code": { "ZipFile": STANDARD.encode(zip.finish()?.into_inner()) },
    });
    let request = seat.post("/2015-03-31/functions", &body.to_string());
    Connection::open(seat.address).await?.succeed(&request).await.map(drop)
}

fn offline(language: &'static str, request: fn(&Seat, usize) -> Vec<u8>) -> Peer {
    Peer {
        name: "serverless_offline",
        language,
        // They are all in the file it starts with, and start when they are first called.
        cold: Cold::Deploy(|_, _| Box::pin(async { Ok(()) })),
        prepare: offline_file,
        command: |seat| {
            let program = "node_modules/serverless/bin/serverless.js";
            let lambda = ["--host=127.0.0.1", "--lambdaPort=PORT", "--httpPort=0"];
            let mut start =
                start(seat, "node".into(), &[program, "offline", "start", lambda[0], lambda[1], lambda[2]]);
            start.environment.push(("SLS_TELEMETRY_DISABLED", "1".to_owned()));
            start.environment.push(("SLS_NOTIFICATIONS_MODE", "off".to_owned()));
            start
        },
        request,
    }
}

fn call(seat: &Seat, language: &str, round: usize) -> Vec<u8> {
    seat.post(&format!("/2015-03-31/functions/bench-dev-{language}-{round}/invocations"), EVENT)
}

/// `serverless.yml` with a function of each language for each round.
fn offline_file(seat: &Seat, rounds: usize) -> Result<()> {
    link_modules(seat, rounds)?;
    let mut text = "service: bench\nframeworkVersion: '3'\nplugins: [serverless-offline]\n\
                    provider: {name: aws}\nfunctions:\n"
        .to_owned();
    for round in 0..rounds {
        text += &format!("  python-{round}: {{handler: app.handler, runtime: python3.11}}\n");
        text += &format!("  nodejs-{round}: {{handler: app.handler, runtime: nodejs20.x}}\n");
    }
    Ok(std::fs::write(seat.folder.join("serverless.yml"), text)?)
}

fn link_modules(seat: &Seat, _rounds: usize) -> Result<()> {
    let modules = installed("nodejs/node_modules");
    there(&modules)?;
    Ok(std::os::unix::fs::symlink(modules, seat.folder.join("node_modules"))?)
}

/// A program in the peer's folder, with its port where `PORT` stands.
fn start(seat: &Seat, program: PathBuf, args: &[&str]) -> Start {
    let port = seat.address.port().to_string();
    let args = args.iter().map(|arg| arg.replace("PORT", &port)).collect();
    Start { program, args, environment: Vec::new(), folder: seat.folder.clone() }
}

/// AWS's emulator of the Runtime API, as aws-sam-cli has it in its package.
fn emulator() -> PathBuf {
    let name = if cfg!(target_arch = "aarch64") { "aws-lambda-rie-arm64" } else { "aws-lambda-rie-x86_64" };
    installed("emulator/samcli/local/rapid").join(name)
}

fn installed(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/peers").join(path)
}

fn there(path: &Path) -> Result<()> {
    ensure!(path.exists(), "{} is missing", path.display());
    Ok(())
}
