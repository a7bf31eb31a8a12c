//! Messages to the kernel's network stack and its answers, for interfaces (`rtnetlink`) and filters (`nf_tables`). Never
//! knows what one means.
//!
//! Written by hand: what is asked for is a dozen messages, and the crates that would do it either need a C library or
//! bring an asynchronous client for all of it. Source: <https://docs.kernel.org/userspace-api/netlink/intro.html>

use std::io;
use std::os::fd::OwnedFd;
use std::time::Duration;

use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, Protocol, RecvFlags, SendFlags, SocketFlags, SocketType, recv, send, socket_with,
};

/// Asks for something.
const REQUEST: u16 = 0x1;
/// Asks for an answer even if all went well.
pub(super) const ACK: u16 = 0x4;
/// Of what makes something: it may not be there yet.
pub(super) const EXCLUSIVE: u16 = 0x200;
/// Of what makes something.
pub(super) const CREATE: u16 = 0x400;
/// Of a rule: behind the others.
pub(super) const APPEND: u16 = 0x800;
/// Asks for all there are.
pub(super) const DUMP: u16 = 0x300;
/// An attribute that holds attributes.
const NESTED: u16 = 0x8000;
/// The kind of an answer that says how it went.
const OUTCOME: u16 = 0x2;
/// The kind of the last of a list.
const DONE: u16 = 0x3;
const HEADER_BYTES: usize = 16;
/// The kernel answers at once: what takes longer never comes.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// The kernel sends no more at once.
const ANSWERS_MAX_BYTES: usize = 32 * 1024;

/// One message: a header, a fixed part, attributes.
#[derive(Debug, Clone)]
pub(super) struct Message(Vec<u8>);

impl Message {
    /// One of a kind, with flags, [`ACK`] among them if an answer is wanted, and its fixed part.
    pub(super) fn new(kind: u16, flags: u16, fixed: &[u8]) -> Self {
        let mut bytes = vec![0; 4];
        bytes.extend(kind.to_ne_bytes());
        bytes.extend((flags | REQUEST).to_ne_bytes());
        bytes.extend([0; 8]);
        bytes.extend(fixed);
        Self(bytes)
    }

    /// With one more attribute.
    pub(super) fn with(mut self, kind: u16, value: &[u8]) -> Self {
        self.0.extend(attribute(kind, value));
        self
    }

    /// With one more attribute that is a text.
    pub(super) fn with_text(self, kind: u16, text: &str) -> Self {
        self.with(kind, &terminated(text))
    }

    /// With one more attribute that holds others.
    pub(super) fn with_all(mut self, kind: u16, inner: &[Vec<u8>]) -> Self {
        self.0.extend(attributes(kind, inner));
        self
    }

    fn wants_answer(&self) -> bool {
        let flags = self.0.get(6..8).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
        u16::from_ne_bytes(flags) & ACK != 0
    }

    fn sealed(mut self, sequence: u32) -> io::Result<Vec<u8>> {
        let length = u32::try_from(self.0.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
        self.0[..4].copy_from_slice(&length.to_ne_bytes());
        self.0[8..12].copy_from_slice(&sequence.to_ne_bytes());
        self.0.resize(self.0.len().next_multiple_of(4), 0);
        Ok(self.0)
    }
}

/// An attribute, padded.
pub(super) fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len() + 4).expect("no attribute of ours is large");
    let mut bytes = Vec::with_capacity(usize::from(length).next_multiple_of(4));
    bytes.extend(length.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// An attribute that holds others.
pub(super) fn attributes(kind: u16, inner: &[Vec<u8>]) -> Vec<u8> {
    attribute(kind | NESTED, &inner.concat())
}

/// A text as C has it.
pub(super) fn terminated(text: &str) -> Vec<u8> {
    [text.as_bytes(), b"\0"].concat()
}

/// A socket to the network stack of the namespace it was opened in.
#[derive(Debug)]
pub(super) struct Socket {
    socket: OwnedFd,
    sequence: u32,
}

impl Socket {
    /// One for this part of the stack, interfaces and routes for none, in the network namespace of this thread.
    pub(super) fn open(part: Option<Protocol>) -> io::Result<Self> {
        let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, SocketFlags::CLOEXEC, part)?;
        set_socket_timeout(&socket, Timeout::Recv, Some(ANSWER_MAX))?;
        Ok(Self { socket, sequence: 0 })
    }

    /// Sends messages and waits for the answers of those that want one. The kernel does them in their order.
    ///
    /// # Errors
    /// The first that was refused. Of a batch of `nf_tables` nothing is done then; of others the rest may be.
    pub(super) fn ask(&mut self, messages: Vec<Message>) -> io::Result<()> {
        let first = self.sequence.wrapping_add(1);
        let (mut bytes, mut awaited) = (Vec::new(), 0_usize);
        for message in messages {
            self.sequence = self.sequence.wrapping_add(1);
            awaited += usize::from(message.wants_answer());
            bytes.extend(message.sealed(self.sequence)?);
        }
        send(&self.socket, &bytes, SendFlags::empty())?;
        while awaited > 0 {
            for (sequence, errno) in self.outcomes()? {
                // An older one belongs to a request that failed before.
                if sequence.wrapping_sub(first) > self.sequence.wrapping_sub(first) {
                    continue;
                }
                if errno != 0 {
                    return Err(io::Error::from_raw_os_error(errno));
                }
                awaited = awaited.saturating_sub(1);
            }
        }
        Ok(())
    }

    /// Asks for a list; answers what is behind the header of each that there is.
    pub(super) fn list(&mut self, question: Message) -> io::Result<Vec<Vec<u8>>> {
        self.sequence = self.sequence.wrapping_add(1);
        send(&self.socket, &question.sealed(self.sequence)?, SendFlags::empty())?;
        let (mut all, mut buffer) = (Vec::new(), vec![0; ANSWERS_MAX_BYTES]);
        loop {
            let (length, _) = recv(&self.socket, &mut buffer[..], RecvFlags::empty())?;
            for (kind, _, value) in messages(buffer.get(..length).unwrap_or_default()) {
                match (kind, value.first_chunk()) {
                    (DONE, _) => return Ok(all),
                    (OUTCOME, Some(errno)) => return Err(refusal(*errno)),
                    _ => all.push(value.to_vec()),
                }
            }
        }
    }

    /// What the next answers say: which message, and the system's error or 0.
    fn outcomes(&self) -> io::Result<Vec<(u32, i32)>> {
        let mut buffer = vec![0; ANSWERS_MAX_BYTES];
        let (length, _) = recv(&self.socket, &mut buffer[..], RecvFlags::empty())?;
        Ok(parse(buffer.get(..length).unwrap_or_default()))
    }
}

fn parse(answers: &[u8]) -> Vec<(u32, i32)> {
    let outcome = |(kind, sequence, value): (u16, u32, &[u8])| {
        let errno = value.first_chunk().filter(|_| kind == OUTCOME)?;
        Some((sequence, -i32::from_ne_bytes(*errno)))
    };
    messages(answers).into_iter().filter_map(outcome).collect()
}

fn refusal(errno: [u8; 4]) -> io::Error {
    io::Error::from_raw_os_error(-i32::from_ne_bytes(errno))
}

/// The kind and number of each message, and what is behind its header.
fn messages(mut answers: &[u8]) -> Vec<(u16, u32, &[u8])> {
    let mut found = Vec::new();
    while let Some(header) = answers.first_chunk::<HEADER_BYTES>() {
        let length = u32::from_ne_bytes([header[0], header[1], header[2], header[3]]) as usize;
        let kind = u16::from_ne_bytes([header[4], header[5]]);
        let sequence = u32::from_ne_bytes([header[8], header[9], header[10], header[11]]);
        found.push((kind, sequence, answers.get(HEADER_BYTES..length).unwrap_or_default()));
        let step = length.max(HEADER_BYTES).next_multiple_of(4);
        answers = answers.get(step..).unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_its_length_and_its_attributes_are_padded() {
        let message =
            Message::new(16, ACK, &[1, 2, 3, 4]).with(3, b"abc\0").with_all(18, &[attribute(1, b"x")]);
        assert!(message.wants_answer());
        let bytes = message.sealed(7).unwrap();
        assert_eq!(bytes.len(), 16 + 4 + 8 + 4 + 8);
        assert_eq!(bytes[..4], 40_u32.to_ne_bytes());
        assert_eq!(bytes[28..32], [12_u16.to_ne_bytes(), (18 | NESTED).to_ne_bytes()].concat()[..]);
    }

    #[test]
    fn answers_tell_message_and_error() {
        let mut bytes = Message::new(OUTCOME, 0, &(-17_i32).to_ne_bytes()).sealed(5).unwrap();
        bytes.extend(Message::new(OUTCOME, 0, &0_i32.to_ne_bytes()).sealed(6).unwrap());
        bytes.extend(Message::new(3, 0, &[0; 4]).sealed(7).unwrap());
        bytes.push(0);
        assert_eq!(parse(&bytes), [(5, 17), (6, 0)]);
    }
}
