//! Whose connection it is: asked where others than the sandbox reach its Runtime API, in the network of the host.
//! Never guesses: a connection nobody can be found behind is a stranger's.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::net::{SocketAddr, SocketAddrV4};

use tokio::net::TcpStream;
use tokio::task::spawn_blocking;

/// Whether the client's end of `stream` belongs to the user `uid` of this host.
///
/// A client that closed its end already belongs to nobody.
pub(crate) async fn is(uid: u32, stream: &TcpStream) -> bool {
    let (Ok(SocketAddr::V4(theirs)), Ok(SocketAddr::V4(ours))) = (stream.peer_addr(), stream.local_addr())
    else {
        return false;
    };
    // The table is as long as the host has connections.
    let found = spawn_blocking(move || find(theirs, ours)).await;
    matches!(found, Ok(Ok(Some(owner))) if owner == uid)
}

/// Clients that speak IPv6 by default, as Java's, are in the second table.
fn find(theirs: SocketAddrV4, ours: SocketAddrV4) -> io::Result<Option<u32>> {
    for (table, prefix) in [("/proc/net/tcp", String::new()), ("/proc/net/tcp6", mapped())] {
        let (local, remote) = (written(&prefix, theirs), written(&prefix, ours));
        for line in BufReader::new(File::open(table)?).lines() {
            if let Some(uid) = uid(&line?, &local, &remote) {
                return Ok(Some(uid));
            }
        }
    }
    Ok(None)
}

/// The user in a line of the table, if it is this connection's and somebody still has it open.
fn uid(line: &str, local: &str, remote: &str) -> Option<u32> {
    let mut fields = line.split_ascii_whitespace().skip(1);
    if fields.next()? != local || fields.next()? != remote {
        return None;
    }
    let uid = fields.nth(4)?.parse().ok()?;
    // A connection without an inode has no process: its user reads as 0, whoever it was.
    (fields.nth(1)? != "0").then_some(uid)
}

/// As the kernel writes it: the address as the machine's own integer.
fn written(prefix: &str, address: SocketAddrV4) -> String {
    format!("{prefix}{:08X}:{:04X}", u32::from_ne_bytes(address.ip().octets()), address.port())
}

/// What an IPv4 address begins with where IPv6 ones are written: `::ffff:`.
fn mapped() -> String {
    format!("{:016X}{:08X}", 0, u32::from_ne_bytes([0, 0, 0xFF, 0xFF]))
}

#[cfg(test)]
mod tests {
    use super::uid;

    #[test]
    fn only_the_exact_connection_counts_and_only_while_it_is_open() {
        let line = |tuple: &str, inode: &str| {
            format!(
                "  12: {tuple} 01 00000000:00000000 00:00000000 00000000 200007        0 {inode} 1 0 20 4 30 10 -1"
            )
        };
        let check = |line: &str| uid(line, "0100007F:D2F0", "0100007F:2329");
        assert_eq!(check(&line("0100007F:D2F0 0100007F:2329", "4711")), Some(200_007));
        assert_eq!(check(&line("0100007F:2329 0100007F:D2F0", "4711")), None, "our own end");
        assert_eq!(check(&line("0100007F:D2F0 0100007F:2328", "4711")), None);
        assert_eq!(check(&line("0100007F:D2F0 0100007F:2329", "0")), None);
        assert_eq!(check("  sl  local_address rem_address   st"), None);
    }
}
