//! Whole messages with file descriptors over a SOCK_SEQPACKET pair. Never splits or joins messages.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg, sendmsg, socketpair,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The largest message. The kernel's default send buffer holds it.
pub(super) const MESSAGE_MAX_BYTES: usize = 128 * 1024;
/// The most descriptors with one message.
const DESCRIPTORS_MAX: usize = 16;

/// Two connected ends, closed on exec.
pub(super) fn pair() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?)
}

/// Sends one message with its descriptors.
///
/// # Errors
/// `InvalidInput` if it is too large, `BrokenPipe` if the other end is gone.
pub(super) fn send<T: Serialize>(socket: impl AsFd, message: &T, fds: &[BorrowedFd<'_>]) -> io::Result<()> {
    let bytes = serde_json::to_vec(message)?;
    if bytes.len() > MESSAGE_MAX_BYTES {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "arguments and environment are too large"));
    }
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "too many descriptors"));
    }
    loop {
        match sendmsg(&socket, &[IoSlice::new(&bytes)], &mut control, SendFlags::NOSIGNAL) {
            Err(rustix::io::Errno::INTR) => {}
            sent => return Ok(sent.map(|_| ())?),
        }
    }
}

/// Takes one message and its descriptors; `None` when the other end is gone. `buffer` bounds its size.
pub(super) fn receive<T: DeserializeOwned>(
    socket: impl AsFd,
    buffer: &mut [u8],
) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
    let Some((message, fds)) = receive_any(socket, buffer)? else { return Ok(None) };
    Ok(Some((message?, fds)))
}

/// As [`receive`], but the descriptors of a message that cannot be read come too, so that it can be answered.
pub(super) fn receive_any<T: DeserializeOwned>(
    socket: impl AsFd,
    buffer: &mut [u8],
) -> io::Result<Option<(io::Result<T>, Vec<OwnedFd>)>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MAX))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let length = loop {
        let into = &mut [IoSliceMut::new(buffer)];
        match recvmsg(&socket, into, &mut control, RecvFlags::CMSG_CLOEXEC) {
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::CONNRESET) => return Ok(None),
            received => break received?.bytes,
        }
    };
    if length == 0 {
        return Ok(None);
    }
    let fds = control.drain().filter_map(rights).flatten().collect();
    let message = serde_json::from_slice(buffer.get(..length).unwrap_or_default());
    Ok(Some((message.map_err(io::Error::from), fds)))
}

fn rights(message: RecvAncillaryMessage<'_>) -> Option<impl Iterator<Item = OwnedFd>> {
    if let RecvAncillaryMessage::ScmRights(fds) = message { Some(fds) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_keeps_its_descriptors_and_the_end_is_told() {
        let (left, right) = pair().unwrap();
        let (reader, writer) = io::pipe().unwrap();
        send(&left, &vec!["a".to_owned()], &[writer.as_fd()]).unwrap();
        drop(left);
        let mut buffer = vec![0; 64];
        let (message, fds) = receive::<Vec<String>>(&right, &mut buffer).unwrap().unwrap();
        assert_eq!((message, fds.len()), (vec!["a".to_owned()], 1));
        assert!(receive::<Vec<String>>(&right, &mut buffer).unwrap().is_none());
        drop((reader, writer));
    }

    #[test]
    fn a_message_above_the_limit_is_refused() {
        let (left, _right) = pair().unwrap();
        let error = send(&left, &"x".repeat(MESSAGE_MAX_BYTES), &[]).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }
}
