//! The floor of running: the same sandbox and bootstrap in this process, without HTTP, signature or dispatcher.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, ensure};
use bytes::Bytes;
use lambent_core::time::Timestamp;
use lambent_sandbox::linux::spawner::SpawnerHandle;
use lambent_sandbox::linux::{Launcher, Options};
use lambent_sandbox::{
    Answer, Event, Extensions, Host as _, Init, LinuxHost, Mount, Network, Sandbox, Settled, SnapStart, Spec,
};
use tokio_util::task::TaskTracker;

use crate::host::{self, KernelDice, WallClock};
use crate::kind::Kind;
use crate::lambent::MEMORY_MIB;
use crate::load::Figures;

const LIMIT: Duration = Duration::from_secs(30);

/// What was prepared before this process had threads.
#[derive(Debug)]
pub(crate) struct Parts {
    pub(crate) spawner: SpawnerHandle,
    pub(crate) options: Options,
}

/// Makes sandboxes in this process.
#[derive(Debug)]
pub(crate) struct Floor {
    host: LinuxHost,
    folder: PathBuf,
}

/// One sandbox with its program waiting for events.
#[derive(Debug)]
pub(crate) struct Seat {
    sandbox: Box<dyn Sandbox>,
}

impl Floor {
    /// Takes over the spawner that was split off at the start.
    pub(crate) async fn start(parts: Parts, folder: &Path) -> Result<Self> {
        let Parts { spawner, options } = parts;
        let launcher = Launcher::new(spawner, options, Arc::new(KernelDice)).await?;
        Ok(Self {
            host: LinuxHost::new(launcher, TaskTracker::new(), Arc::new(WallClock), Arc::new(KernelDice)),
            folder: folder.to_owned(),
        })
    }

    /// Boots a sandbox of this kind and initialises it.
    pub(crate) async fn boot(&self, kind: &Kind) -> Result<Seat> {
        let code = self.folder.join("floor").join(kind.name);
        kind.unpack(&code)?;
        let mount = |source: PathBuf, target: &str| Mount { source, target: PathBuf::from(target) };
        let mut mounts = vec![mount(code, "/var/task")];
        if let Some(bootstrap) = &kind.bootstrap {
            mounts.push(mount(std::fs::canonicalize(bootstrap)?, "/var/runtime"));
        }
        let environment = [
            ("_HANDLER", "app.handler"),
            ("LAMBDA_TASK_ROOT", "/var/task"),
            ("LAMBDA_RUNTIME_DIR", "/var/runtime"),
            ("PATH", "/usr/local/bin:/usr/bin:/bin"),
            ("AWS_LAMBDA_FUNCTION_NAME", "floor"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/floor"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "floor"),
            ("AWS_REGION", "us-east-1"),
        ];
        let spec = Spec {
            argv: kind.argv.clone(),
            working_directory: "/var/task".to_owned(),
            environment: environment
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .into_iter()
                .collect::<BTreeMap<_, _>>(),
            mounts,
            shared: Vec::new(),
            memory_mib: MEMORY_MIB,
            tmp_mib: 512,
            network: Network::None,
            extensions: Extensions::default(),
            framed_log: false,
            snap_start: SnapStart::Off,
            early: None,
        };
        let mut sandbox = self
            .host
            .boot(&spec, Arc::new(|line: &[u8]| host::say(&String::from_utf8_lossy(line))), Arc::default())
            .await?;
        let init = sandbox.init(LIMIT).await;
        ensure!(init == Init::Ready, "the sandbox of {} did not start: {init:?}", kind.name);
        Ok(Seat { sandbox })
    }

    /// Ends all sandboxes.
    pub(crate) async fn stop(self) {
        self.host.close().await;
    }
}

impl Seat {
    /// One round trip after the other for the given time.
    pub(crate) async fn run(&mut self, length: Duration) -> Result<Figures> {
        let start = host::now();
        let mut each_us = Vec::new();
        while start.elapsed() < length {
            let sent = host::now();
            let answer = self.sandbox.invoke(event(), LIMIT).await;
            each_us.push(sent.elapsed().as_secs_f64() * 1e6);
            ensure!(matches!(answer, Answer::Response { .. }), "the sandbox answered {answer:?}");
            let settled = self.sandbox.settle(LIMIT).await;
            ensure!(settled == Settled::Ready, "the sandbox settled as {settled:?}");
        }
        Figures::of(each_us, start.elapsed())
    }
}

fn event() -> Event {
    Event {
        request_id: "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned(),
        deadline: Timestamp::from_millis(host::epoch_s() * 1000 + 30_000),
        invoked_function_arn: "arn:aws:lambda:us-east-1:000000000000:function:floor".to_owned(),
        trace_id: None,
        client_context: None,
        cognito_identity: None,
        payload: Bytes::from_static(br#"{"hello":"world"}"#),
        stream: None,
    }
}
