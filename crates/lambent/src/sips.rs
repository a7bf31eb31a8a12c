//! A connection read in small pieces. hyper makes its buffer as large as the largest piece it was ever given, up to the
//! largest head it takes, and keeps it as long as the connection: a client that once sent a large body would hold a megabyte.
//! Never holds a byte itself.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf, Take};

/// How much is read at once: hyper's buffer becomes no larger than twice that.
const SIP_BYTES: u64 = 32 * 1024;

/// A stream of which no read gives more than [`SIP_BYTES`].
#[derive(Debug)]
pub(crate) struct Sips<S>(Take<S>);

impl<S: AsyncRead + Unpin> Sips<S> {
    pub(crate) fn of(stream: S) -> Self {
        Self(stream.take(SIP_BYTES))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Sips<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // What is left of the limit after a read would end the stream.
        self.0.set_limit(SIP_BYTES);
        Pin::new(&mut self.0).poll_read(context, buffer)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Sips<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(self.0.get_mut()).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(self.0.get_mut()).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.get_ref().is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.0.get_mut()).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.0.get_mut()).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_read_is_large_and_none_is_lost() {
        let sent = vec![7; 3 * 32 * 1024 + 1];
        let mut sips = Sips::of(sent.as_slice());
        let mut room = vec![0; sent.len()];
        assert_eq!(sips.read(&mut room).await.unwrap(), 32 * 1024);
        let mut rest = Vec::new();
        sips.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest.len(), sent.len() - 32 * 1024);
    }
}
