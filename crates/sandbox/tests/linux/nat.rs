//! Sandboxes with a way out, on a host of their own: what they reach, what they do not, and that nothing of it is left.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use lambent_sandbox::linux::{Launcher, Options, Reception, spawner};
use lambent_sandbox::{Network, Spec};
use tokio::io::AsyncWriteExt;

use crate::host::{Counting, line, reader, run, shell};
use crate::internet::{self, HOST, HOST_IPV6, NAMED, WORLD, WORLD_IPV6};

const FORWARDING: &str = "/proc/sys/net/ipv4/ip_forward";

/// What the server's endpoint is inside.
const ENDPOINT_PORT: u16 = 4566;

/// Beginning of a Python program: what connecting somewhere leads to.
const TRY: &str = "
import socket, sys
def ask(host, port):
    try:
        with socket.create_connection((host, port), timeout=20) as s:
            return s.recv(100).decode()
    except OSError as error:
        return type(error).__name__
";

fn python(code: &str) -> Spec {
    let mut spec = shell("");
    spec.argv = ["/usr/bin/python3", "-I", "-S", "-c", &format!("{TRY}{code}")].map(str::to_owned).into();
    spec.network = Network::Nat;
    spec
}

fn is_on() -> bool {
    std::fs::read_to_string(FORWARDING).unwrap().trim() == "1"
}

/// The interfaces of sandboxes on this thread's host.
fn interfaces() -> Vec<String> {
    let table = std::fs::read_to_string("/proc/thread-self/net/dev").unwrap();
    let names = table.lines().filter_map(|line| Some(line.split_once(':')?.0.trim().to_owned()));
    names.filter(|name| name.starts_with("lambent")).collect()
}

fn options(folder: &Path, name: &str) -> Options {
    Options { endpoint_port: Some(ENDPOINT_PORT), nat: true, ..Options::new(folder.join(name)) }
}

/// Runs a test with as many servers on this thread's host, and closes them.
fn serve<const N: usize, F: Future<Output = ()>>(folder: &Path, test: impl FnOnce([Launcher; N]) -> F) {
    let servers: [_; N] = std::array::from_fn(|n| {
        let options = options(folder, &format!("run{n}"));
        (spawner::split(&options).unwrap(), options)
    });
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let mut launchers = Vec::new();
        for (spawner, options) in servers {
            launchers.push(Launcher::new(spawner, options, Arc::new(Counting::default())).await.unwrap());
        }
        test(launchers.clone().try_into().unwrap()).await;
        for launcher in launchers {
            launcher.close().await;
        }
    });
    assert_eq!(interfaces(), Vec::<String>::new());
}

/// On a host of its own, with a server.
fn on_host<F: Future<Output = ()>>(test: impl FnOnce(Launcher) -> F) {
    let folder = tempfile::tempdir().unwrap();
    internet::enter(folder.path());
    serve(folder.path(), |[launcher]| test(launcher));
    assert!(!is_on(), "as it was before");
}

#[test]
fn the_world_is_reached_under_the_hosts_address() {
    on_host(|launcher| async move {
        assert!(is_on());
        let (_, told) = run(
            &launcher,
            &python(&format!(
                "
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.sendto(b'x', ('{WORLD}', 81))
print(ask('{WORLD}', 80), ask('{WORLD_IPV6}', 80), udp.recv(100).decode())
"
            )),
        )
        .await;
        assert_eq!(told, format!("{HOST} {HOST_IPV6} {HOST}\n"));
    });
}

#[test]
fn names_are_asked_of_the_hosts_own_server() {
    on_host(|launcher| async move {
        let code = "
question = b'\\x12\\x34\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\5world\\4test\\0\\0\\1\\0\\1'
tcp = socket.create_connection(('169.254.78.1', 53), timeout=20)
answers = []
for _ in range(2):
    tcp.sendall(len(question).to_bytes(2, 'big') + question)
    answers.append(tcp.recv(1000)[-4:])
print(socket.gethostbyname('world.test'), *map(socket.inet_ntoa, answers))
print(open('/etc/resolv.conf').read().split())
";
        let (_, told) = run(&launcher, &python(code)).await;
        let conf = "['nameserver', '169.254.78.1', 'options', 'timeout:5']";
        assert_eq!(told, format!("{NAMED} {NAMED} {NAMED}\n{conf}\n"));
    });
}

#[test]
fn neither_the_host_nor_a_cloud_it_runs_in_is_reached() {
    on_host(|launcher| async move {
        let listener = TcpListener::bind("[::]:8080").unwrap();
        listener.set_nonblocking(true).unwrap();
        internet::ip("addr add 169.254.169.254/32 dev lo");
        let (_, told) = run(
            &launcher,
            &python(&format!(
                "
for host, port in [('{HOST}', 8080), ('{HOST_IPV6}', 8080), ('127.0.0.1', 8080), ('127.0.0.53', 53), ('::1', 8080),
    ('169.254.169.254', 8080), ('169.254.1.1', 8080), ('100.100.100.200', 80), ('fd00:ec2::254', 80)]:
    print(ask(host, port))
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.connect(('{HOST}', 8080))
udp.send(b'x')
udp.settimeout(20)
try:
    udp.recv(10)
except OSError as error:
    print(type(error).__name__)
"
            )),
        )
        .await;
        assert_eq!(told, "ConnectionRefusedError\n".repeat(10));
        assert!(listener.accept().is_err(), "nobody came");
    });
}

/// A sandbox that listens on port 8080 of all it has, and its IPv4 address.
async fn listening(launcher: &Launcher) -> (lambent_sandbox::linux::Launched, String) {
    let code = format!(
        "
s = socket.socket(socket.AF_INET6)
s.bind(('::', 8080))
s.listen()
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
u.connect(('{WORLD}', 81))
print(u.getsockname()[0], flush=True)
while True: s.accept()
"
    );
    let mut launched = launcher.launch(&python(&code)).await.unwrap();
    let address = line(&mut reader(&mut launched)).await;
    (launched, address)
}

#[test]
fn no_other_sandbox_is_reached_of_whatever_server() {
    let folder = tempfile::tempdir().unwrap();
    internet::enter(folder.path());
    serve(folder.path(), |[one, other]| async move {
        let (_held, mine) = listening(&one).await;
        let (_held, foreign) = listening(&other).await;
        let code = format!("print(ask('{mine}', 8080), ask('{foreign}', 8080), ask('{WORLD}', 80))");
        let (_, told) = run(&one, &python(&code)).await;
        assert_eq!(told, format!("ConnectionRefusedError ConnectionRefusedError {HOST}\n"));
    });
    assert!(!is_on());
}

#[test]
fn two_dozen_at_once_have_addresses_of_their_own() {
    on_host(|launcher| async move {
        let code = format!(
            "
s = socket.create_connection(('{WORLD}', 80))
print(s.getsockname()[0], s.recv(100).decode(), socket.gethostbyname('a.test'))
"
        );
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..24 {
            let (launcher, spec) = (launcher.clone(), python(&code));
            tasks.spawn(async move { run(&launcher, &spec).await.1 });
        }
        let mut told = tasks.join_all().await;
        told.sort();
        told.dedup();
        assert_eq!(told.len(), 24);
        assert!(told.iter().all(|line| line.ends_with(&format!(" {HOST} {NAMED}\n"))), "{told:?}");
    });
}

#[test]
fn without_a_way_out_there_is_only_the_endpoint() {
    on_host(|launcher| async move {
        launcher.receive(Reception::new(|visit| {
            let mut visit = visit;
            let served = async move { visit.stream.write_all(b"served").await };
            drop(tokio::runtime::Handle::current().spawn(served));
        }));
        for network in [Network::None, Network::None, Network::None, Network::Nat] {
            let code = format!("print(ask('127.0.0.1', {ENDPOINT_PORT}), ask('{WORLD}', 80))");
            let (_, told) = run(&launcher, &Spec { network, ..python(&code) }).await;
            let outside = if network == Network::Nat { HOST } else { "OSError" };
            assert_eq!(told, format!("served {outside}\n"));
        }
    });
}

#[test]
fn forwarding_stays_on_where_somebody_may_need_it() {
    let folder = tempfile::tempdir().unwrap();
    internet::enter(folder.path());
    serve(folder.path(), |[_launcher]| async { internet::ip("link add bridge0 type bridge") });
    assert!(is_on());
}

/// Run as a process of its own by the next test: a server on the same host that waits to be killed.
#[test]
fn a_server_with_a_way_out_to_be_killed() {
    let Ok(folder) = std::env::var("LAMBENT_TEST_SERVER") else { return };
    serve(&PathBuf::from(folder), |[launcher]| async move {
        let _held = listening(&launcher).await;
        println!("ready");
        std::future::pending::<()>().await;
    });
}

fn start_server(folder: &Path) -> Child {
    let mut server = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "nat::a_server_with_a_way_out_to_be_killed", "--nocapture"])
        .env("LAMBENT_TEST_SERVER", folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("ready")), "the server started its sandbox");
    server
}

#[test]
fn the_next_server_finds_nothing_of_a_killed_one_and_turns_forwarding_off() {
    let folder = tempfile::tempdir().unwrap();
    internet::enter(folder.path());
    let mut server = start_server(folder.path());
    assert!(is_on() && !interfaces().is_empty());
    server.kill().unwrap();
    server.wait().unwrap();
    while !interfaces().is_empty() {
        std::thread::yield_now();
    }
    assert!(is_on(), "nobody was there to turn it off");
    serve(folder.path(), |[launcher]| async move {
        let (_held, address) = listening(&launcher).await;
        assert!(!address.is_empty());
    });
    assert!(!is_on());
}
