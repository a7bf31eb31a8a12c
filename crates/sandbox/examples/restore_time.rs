//! Prints how long a Python program takes that has imported modules: started anew, and from a snapshot of it.
//!
//! `cargo run --release -p lambent-sandbox --example restore_time [rounds [modules [packages]]]`, as root. `modules` are
//! separated by commas, `packages` is the folder of those that are not the interpreter's own.
#![expect(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a measuring program: it prints and reads clocks"
)]

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use lambent_core::dice::Dice;
use lambent_sandbox::linux::{Launched, Launcher, Options, spawner};
use lambent_sandbox::{Extensions, Mount, Network, SnapStart, Spec};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, unix::pipe};

/// Says that it has begun; then, where it is restored, that it goes on.
const PROGRAM: &str = "
import os, socket, sys
sys.path.insert(0, '/var/task')
for name in os.environ['MODULES'].split(','):
    __import__(name)
host, port = os.environ['AWS_LAMBDA_RUNTIME_API'].split(':')
waiting = socket.create_connection((host, int(port)))
os.write(1, b'x')
try:
    waiting.recv(1)
except OSError:
    os.write(1, b'x')
";

#[derive(Debug, Default)]
struct Counting(AtomicU64);

impl Dice for Counting {
    fn bits(&self) -> u64 {
        self.0.fetch_add(1, Ordering::Relaxed)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let rounds = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(50);
    let modules = arguments.next().unwrap_or_else(|| "json".to_owned());
    let packages = arguments.next();
    let folder = std::env::temp_dir().join(format!("lambent-restore-{}", std::process::id()));
    let options = Options::new(folder.clone());
    let spawner = spawner::split(&options)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let file = folder.join("snapshot");
    runtime.block_on(async {
        let launcher = Launcher::new(spawner, options, Arc::new(Counting::default())).await?;
        let measured = measure(&launcher, &spec(&modules, packages), file, rounds).await;
        launcher.close().await;
        measured
    })?;
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

fn spec(modules: &str, packages: Option<String>) -> Spec {
    let packages = packages.map(|source| Mount { source: source.into(), target: "/var/task".into() });
    Spec {
        argv: ["/usr/bin/python3", "-I", "-c", PROGRAM].map(str::to_owned).into(),
        working_directory: "/tmp".into(),
        environment: [("MODULES".to_owned(), modules.to_owned())].into(),
        mounts: packages.into_iter().collect(),
        shared: Vec::new(),
        memory_mib: 1769,
        tmp_mib: 512,
        network: Network::None,
        extensions: Extensions::default(),
        framed_log: false,
        snap_start: SnapStart::Off,
        early: None,
    }
}

async fn measure(
    launcher: &Launcher,
    spec: &Spec,
    file: PathBuf,
    rounds: usize,
) -> Result<(), Box<dyn Error>> {
    let source = begun(launcher, spec).await?;
    let accepted = TcpListener::from_std(source.listener.try_clone()?)?.accept().await?;
    let started = Instant::now();
    source.control.snapshot(file.clone()).await?;
    println!("snapshot taken in {:?}, {} KiB", started.elapsed(), disk_kib(&file)?);
    drop(accepted);
    source.control.removed().await;
    let restored = Spec { snap_start: SnapStart::Restored(file), ..spec.clone() };
    for (name, spec, rounds) in [("anew", spec, rounds.min(10)), ("restored", &restored, rounds)] {
        let mut times = Vec::with_capacity(rounds);
        for _ in 0..rounds {
            let started = Instant::now();
            let launched = begun(launcher, spec).await?;
            times.push(started.elapsed());
            launched.control.removed().await;
        }
        times.sort_unstable();
        let at = |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default();
        println!("{name}: best {:?}, p50 {:?}, p90 {:?}", at(0), at(50), at(90));
    }
    Ok(())
}

/// Launches and waits for the first byte the program writes.
async fn begun(launcher: &Launcher, spec: &Spec) -> Result<Launched, Box<dyn Error>> {
    let launched = launcher.launch(spec).await?;
    pipe::Receiver::from_owned_fd(launched.output.try_clone()?)?.read_u8().await?;
    Ok(launched)
}

fn disk_kib(file: &std::path::Path) -> Result<u64, Box<dyn Error>> {
    Ok(std::os::unix::fs::MetadataExt::blocks(&std::fs::metadata(file)?) / 2)
}
