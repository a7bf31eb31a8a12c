//! One kept-alive HTTP/1.1 connection, as little as a load generator needs. Never follows, retries or decodes.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// An open connection with what was read beyond the last answer.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// One answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) function_error: bool,
    pub(crate) body: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024) })
    }

    /// Sends a whole request and reads its answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).await?;
        loop {
            if let Some(answer) = self.parse()? {
                return Ok(answer);
            }
            let read = self.stream.read_buf(&mut self.buffer).await?;
            ensure!(read > 0, "the server closed the connection: {}", String::from_utf8_lossy(&self.buffer));
        }
    }

    /// As [`Self::exchange`], for an answer that must be a success.
    pub(crate) async fn succeed(&mut self, request: &[u8]) -> Result<Answer> {
        let answer = self.exchange(request).await?;
        if answer.status >= 300 || answer.function_error {
            bail!("the server answered {}: {}", answer.status, String::from_utf8_lossy(&answer.body));
        }
        Ok(answer)
    }

    fn parse(&mut self) -> Result<Option<Answer>> {
        let mut headers = [httparse::EMPTY_HEADER; 32];
        let mut head = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(start) = head.parse(&self.buffer)? else { return Ok(None) };
        let status = head.code.context("an answer has a status")?;
        let find = |name: &str| head.headers.iter().find(|h| h.name.eq_ignore_ascii_case(name));
        let length = match find("content-length") {
            Some(header) => std::str::from_utf8(header.value)?.trim().parse()?,
            None if status == 204 => 0,
            None => bail!("an answer without a length"),
        };
        let function_error = find("x-amz-function-error").is_some();
        let end = start + length;
        if self.buffer.len() < end {
            return Ok(None);
        }
        let body = self.buffer[start..end].to_vec();
        self.buffer.drain(..end);
        Ok(Some(Answer { status, function_error, body }))
    }
}
