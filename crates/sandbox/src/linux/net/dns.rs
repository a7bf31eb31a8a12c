//! Answers a sandbox's questions about names by asking the host's own name servers, which may listen where no sandbox can
//! reach them. Never looks into a question, and keeps no answer.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use lambent_core::limits::{DNS_ANSWER_MAX, DNS_MESSAGE_MAX_BYTES, DNS_QUESTIONS_MAX, DNS_SERVERS_MAX};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::namespace::Resolver;

/// Where the host says who its name servers are. Read anew for each question: it changes as the host moves.
const SERVERS: &str = "/etc/resolv.conf";
const PORT: u16 = 53;
/// How long accepting rests after the system refused.
const REST: Duration = Duration::from_millis(50);
/// What a message begins with.
const HEADER_BYTES: usize = 12;

/// Answers until the sandbox is gone.
pub(super) async fn serve(resolver: Resolver, gone: CancellationToken) {
    let sockets = UdpSocket::from_std(resolver.udp)
        .and_then(|udp| Ok((Arc::new(udp), TcpListener::from_std(resolver.tcp)?)));
    match sockets {
        Ok((udp, tcp)) => {
            _ = gone.run_until_cancelled(async { tokio::join!(serve_udp(udp), serve_tcp(&tcp)) }).await;
        }
        Err(error) => tracing::warn!(%error, "a sandbox has no name server"),
    }
}

async fn serve_udp(socket: Arc<UdpSocket>) {
    let (room, mut running) = (Arc::new(Semaphore::new(DNS_QUESTIONS_MAX)), JoinSet::new());
    let mut buffer = vec![0; DNS_MESSAGE_MAX_BYTES];
    loop {
        let Ok((length, from)) = socket.recv_from(&mut buffer).await else {
            sleep(REST).await;
            continue;
        };
        while running.try_join_next().is_some() {}
        // Too many at once: as lost on the way, and asked again.
        let Ok(place) = Arc::clone(&room).try_acquire_owned() else { continue };
        let question = buffer.get(..length).unwrap_or_default().to_vec();
        let socket = Arc::clone(&socket);
        running.spawn(async move {
            if let Some(answer) = answer(&question, false).await {
                // Whoever asked may be gone.
                let _ = socket.send_to(&answer, from).await;
            }
            drop(place);
        });
    }
}

async fn serve_tcp(listener: &TcpListener) {
    let (room, mut running) = (Arc::new(Semaphore::new(DNS_QUESTIONS_MAX)), JoinSet::new());
    loop {
        let place = Arc::clone(&room).acquire_owned().await.expect("nobody closes the semaphore");
        while running.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, _)) => {
                running.spawn(async move {
                    // It ends as its client wants, or when it says nothing.
                    let _ = converse(stream).await;
                    drop(place);
                });
            }
            Err(_) => sleep(REST).await,
        }
    }
}

async fn converse(mut stream: TcpStream) -> io::Result<()> {
    loop {
        let question = timeout(DNS_ANSWER_MAX, receive(&mut stream)).await??;
        let Some(answer) = answer(&question, true).await else { return Ok(()) };
        send(&mut stream, &answer).await?;
    }
}

/// What the first name server says that says something; none for what is no question.
async fn answer(question: &[u8], by_tcp: bool) -> Option<Vec<u8>> {
    if question.len() < HEADER_BYTES {
        return None;
    }
    for server in servers(&tokio::fs::read_to_string(SERVERS).await.unwrap_or_default()) {
        let asked =
            async { if by_tcp { ask_tcp(server, question).await } else { ask_udp(server, question).await } };
        if let Ok(Ok(answer)) = timeout(DNS_ANSWER_MAX / 2, asked).await {
            return Some(answer);
        }
    }
    failure(question)
}

async fn ask_udp(server: IpAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let any: IpAddr = match server {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).await?;
    socket.connect((server, PORT)).await?;
    socket.send(question).await?;
    let mut answer = vec![0; DNS_MESSAGE_MAX_BYTES];
    loop {
        let length = socket.recv(&mut answer).await?;
        if answer.get(..2) == question.get(..2) {
            answer.truncate(length);
            return Ok(answer);
        }
    }
}

async fn ask_tcp(server: IpAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect((server, PORT)).await?;
    send(&mut stream, question).await?;
    receive(&mut stream).await
}

async fn send(stream: &mut TcpStream, message: &[u8]) -> io::Result<()> {
    let length = u16::try_from(message.len()).map_err(|_| io::ErrorKind::InvalidData)?;
    stream.write_all(&[&length.to_be_bytes(), message].concat()).await
}

async fn receive(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut message = vec![0; stream.read_u16().await?.into()];
    stream.read_exact(&mut message).await?;
    Ok(message)
}

/// The name servers in a `resolv.conf`; as the C library does, the host itself if it names none.
fn servers(text: &str) -> Vec<IpAddr> {
    let named = text.lines().filter_map(|line| line.trim().strip_prefix("nameserver")?.trim().parse().ok());
    let named: Vec<_> = named.take(DNS_SERVERS_MAX).collect();
    if named.is_empty() { vec![Ipv4Addr::LOCALHOST.into()] } else { named }
}

/// SERVFAIL to a question, so that nobody waits for longer.
fn failure(question: &[u8]) -> Option<Vec<u8>> {
    const ANSWER: u8 = 0x80;
    const SERVER_FAILURE: u8 = 2;
    let mut answer = question.get(..question_end(question)?)?.to_vec();
    *answer.get_mut(2)? |= ANSWER;
    *answer.get_mut(3)? = SERVER_FAILURE;
    answer.get_mut(6..HEADER_BYTES)?.fill(0);
    Some(answer)
}

/// Where the first question ends: a name of labels, a type, a class.
fn question_end(message: &[u8]) -> Option<usize> {
    let mut at = HEADER_BYTES;
    loop {
        match *message.get(at)? {
            0 => return Some(at + 5),
            length @ 1..=63 => at += usize::from(length) + 1,
            64.. => return None,
        }
    }
}

/// The `resolv.conf` of a sandbox: we answer; where names are searched is the host's matter.
pub(super) fn resolv_conf(of_host: &str) -> String {
    let kept = of_host.lines().filter(|line| line.starts_with("search ") || line.starts_with("options "));
    let own = format!("nameserver {}", super::namespace::RESOLVER);
    [own.as_str()].into_iter().chain(kept).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_servers_are_read_as_the_c_library_does() {
        let text =
            "# local\nnameserver 127.0.0.53\nnameserver ::1\noptions edns0\nnameserver x\nsearch lan\n";
        let found: Vec<_> = servers(text).iter().map(ToString::to_string).collect();
        assert_eq!(found, ["127.0.0.53", "::1"]);
        assert_eq!(servers(""), [IpAddr::from([127, 0, 0, 1])]);
        assert_eq!(resolv_conf(text), "nameserver 169.254.78.1\noptions edns0\nsearch lan\n");
    }

    #[test]
    fn a_failure_repeats_the_question_and_nothing_else() {
        let question =
            b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01\x01a\x04test\x00\x00\x01\x00\x01OPT";
        let answer = failure(question).unwrap();
        assert_eq!(
            answer,
            b"\x12\x34\x81\x02\x00\x01\x00\x00\x00\x00\x00\x00\x01a\x04test\x00\x00\x01\x00\x01"
        );
        assert_eq!(failure(&question[..14]), None);
        assert_eq!(failure(b""), None);
    }
}
