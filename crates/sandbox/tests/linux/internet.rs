//! A host of its own for one test: a network namespace with one neighbour, which plays the whole internet. Both vanish with
//! the test's threads, and nothing of the real host's network is used.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use rustix::mount::{MountPropagationFlags, mount_bind, mount_change};
use rustix::thread::UnshareFlags;

/// This host's address on the way out.
pub(crate) const HOST: &str = "203.0.113.1";
/// The internet's. It tells who asks, on port 80 over TCP and 81 over UDP.
pub(crate) const WORLD: &str = "203.0.113.2";
pub(crate) const HOST_IPV6: &str = "2001:db8:1::1";
pub(crate) const WORLD_IPV6: &str = "2001:db8:1::2";
/// What every name means.
pub(crate) const NAMED: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 2);
/// Everything ends by then.
const LIMIT: Duration = Duration::from_secs(60);

/// Moves this thread, and all it starts, onto such a host. Its name server is the host itself, as with systemd's.
pub(crate) fn enter(folder: &Path) {
    unshare(UnshareFlags::NEWNET | UnshareFlags::NEWNS);
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC).unwrap();
    let resolv_conf = folder.join("host-resolv.conf");
    std::fs::write(&resolv_conf, "nameserver 127.0.0.53\noptions timeout:5\n").unwrap();
    mount_bind(&resolv_conf, std::fs::canonicalize("/etc/resolv.conf").unwrap()).unwrap();
    let world = start_world();
    for command in [
        "link set lo up".to_owned(),
        format!("link add uplink0 type veth peer name eth0 netns {world}"),
        format!("addr add {HOST}/24 dev uplink0"),
        format!("addr add {HOST_IPV6}/64 dev uplink0 nodad"),
        "link set uplink0 up".to_owned(),
        format!("route add default via {WORLD}"),
        format!("route add default via {WORLD_IPV6}"),
    ] {
        ip(&command);
    }
    std::fs::write("/proc/sys/net/ipv6/conf/all/forwarding", "1").unwrap();
    // A new namespace begins as the real host is.
    std::fs::write("/proc/sys/net/ipv4/ip_forward", "0").unwrap();
    answer_names("127.0.0.53");
}

pub(crate) fn ip(command: &str) {
    let output = Command::new("ip").args(command.split(' ')).output().unwrap();
    assert!(output.status.success(), "ip {command}: {}", String::from_utf8_lossy(&output.stderr));
}

fn unshare(what: UnshareFlags) {
    #[expect(deprecated, reason = "unsafe only for CLONE_FILES, which is not asked for")]
    rustix::thread::unshare(what).unwrap();
}

/// Starts the internet; answers the id of the thread that is there.
fn start_world() -> u32 {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        unshare(UnshareFlags::NEWNET);
        tell.send(rustix::thread::gettid().as_raw_pid().cast_unsigned()).unwrap();
        while !std::fs::read_to_string("/proc/thread-self/net/dev").unwrap().contains("eth0") {
            std::thread::yield_now();
        }
        for command in [
            format!("addr add {WORLD}/24 dev eth0"),
            format!("addr add {WORLD_IPV6}/64 dev eth0 nodad"),
            "link set eth0 up".to_owned(),
        ] {
            ip(&command);
        }
        let listener = TcpListener::bind("[::]:80").unwrap();
        let socket = UdpSocket::bind("[::]:81").unwrap();
        std::thread::spawn(move || {
            let mut buffer = [0; 64];
            while let Ok((_, from)) = socket.recv_from(&mut buffer) {
                socket.send_to(from.ip().to_canonical().to_string().as_bytes(), from).unwrap();
            }
        });
        for stream in listener.incoming().flatten() {
            let from = stream.peer_addr().unwrap().ip().to_canonical().to_string();
            let _ = (&stream).write_all(from.as_bytes());
        }
    });
    told.recv_timeout(LIMIT).unwrap()
}

/// A name server that knows one address.
fn answer_names(address: &'static str) {
    let udp = UdpSocket::bind((address, 53)).unwrap();
    std::thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((length, from)) = udp.recv_from(&mut buffer) {
            udp.send_to(&answer(&buffer[..length]), from).unwrap();
        }
    });
    let tcp = TcpListener::bind((address, 53)).unwrap();
    std::thread::spawn(move || tcp.incoming().flatten().for_each(|stream| answer_one(&stream)));
}

fn answer_one(mut stream: &TcpStream) {
    let mut length = [0; 2];
    stream.read_exact(&mut length).unwrap();
    let mut question = vec![0; u16::from_be_bytes(length).into()];
    stream.read_exact(&mut question).unwrap();
    let answer = answer(&question);
    let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
    stream.write_all(&[&length[..], &answer].concat()).unwrap();
}

fn answer(question: &[u8]) -> Vec<u8> {
    let end = 12 + question[12..].iter().position(|byte| *byte == 0).unwrap() + 5;
    let is_a = question[end - 3] == 1;
    let mut answer = question[..end].to_vec();
    answer[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, u8::from(is_a), 0, 0, 0, 0]);
    if is_a {
        answer.extend([0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        answer.extend(NAMED.octets());
    }
    answer
}
