//! The smallest function of one's own runtime: it sends each event back. Never parses what it need not.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

const API: &str = "/2018-06-01/runtime/invocation";

fn main() -> std::io::Result<()> {
    // The floor of a cold start: the same program, started and ended.
    if std::env::args().nth(1).as_deref() == Some("exit") {
        return Ok(());
    }
    #[expect(clippy::disallowed_methods, reason = "the Runtime API's address comes by the environment")]
    let address = std::env::var("AWS_LAMBDA_RUNTIME_API").expect("a sandbox sets it");
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    let next = format!("GET {API}/next HTTP/1.1\r\nHost: x\r\n\r\n");
    writer.write_all(next.as_bytes())?;
    loop {
        let (request_id, event) = answer(&mut reader)?;
        // The response and the next question in one write: one wake-up of the server less.
        let head = format!(
            "POST {API}/{request_id}/response HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
            event.len()
        );
        writer.write_all(&[head.as_bytes(), &event, next.as_bytes()].concat())?;
        answer(&mut reader)?;
    }
}

/// One answer of the Runtime API: the request id, if it names one, and the body.
fn answer(reader: &mut BufReader<TcpStream>) -> std::io::Result<(String, Vec<u8>)> {
    let (mut request_id, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let Some((name, value)) = line.split_once(':') else { continue };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().unwrap_or(0),
            "lambda-runtime-aws-request-id" => value.trim().clone_into(&mut request_id),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((request_id, body))
}
