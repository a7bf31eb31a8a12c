//! One kept-alive HTTP/1.1 connection, as little as a load generator needs. Never follows, retries or decodes.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// How much of a refusal is shown.
const SAID_MAX: usize = 400;

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
    /// `X-Amz-Log-Result`, as it came: base64.
    pub(crate) log: Option<String>,
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
            let said: String = String::from_utf8_lossy(&answer.body).chars().take(SAID_MAX).collect();
            bail!("the server answered {}: {said}", answer.status);
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
        let log = find("x-amz-log-result").map(|header| String::from_utf8_lossy(header.value).into_owned());
        let end = start + length;
        if self.buffer.len() < end {
            return Ok(None);
        }
        let body = self.buffer[start..end].to_vec();
        self.buffer.drain(..end);
        Ok(Some(Answer { status, function_error, log, body }))
    }
}
