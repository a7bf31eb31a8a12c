//! Event streams: answers that come as messages, one after the other, each checked by itself. Writes them only; knows no
//! event by name.
//!
//! Source: <https://smithy.io/2.0/aws/amazon-eventstream.html>

use bytes::{BufMut, Bytes, BytesMut};

use super::json;
use crate::schema::{Member, Shape};
use crate::shaped::Shaped;
use crate::value::{Structure, Value};

/// The content type of a whole stream.
pub const CONTENT_TYPE: &str = "application/vnd.amazon.eventstream";
/// Lengths of the message and of its headers, and the checksum over both.
const PRELUDE_BYTES: usize = 12;
/// The checksum over all before it.
const CHECKSUM_BYTES: usize = 4;
/// The type of a header's value: text.
const TEXT: u8 = 7;

/// One event as a message: the one member of the stream's union that is set.
///
/// # Panics
/// If none is set: an event is made with one.
#[must_use]
pub fn event<S: Shaped>(event: S) -> Bytes {
    let Value::Structure(mut given) = event.into_value() else {
        unreachable!("a shaped value is a structure")
    };
    let set = |member: &&Member| given.get(member.name).is_some();
    let member = S::SHAPE.members().iter().find(set).expect("an event is made with one member set");
    let Some(Value::Structure(members)) = given.take(member.name) else {
        unreachable!("events are structures")
    };
    let (content_type, payload) = payload(member.shape(), members);
    let headers = [(":event-type", member.name), (":content-type", content_type), (":message-type", "event")];
    message(&headers, &payload)
}

/// The payload of an event: its payload member, else all its members as JSON.
fn payload(shape: &Shape, mut members: Structure) -> (&'static str, Bytes) {
    let given = shape.members().iter().find(|member| member.event_payload);
    match given.and_then(|member| members.take(member.name)) {
        Some(Value::Blob(bytes)) => return ("application/octet-stream", bytes),
        Some(Value::String(text)) => return ("text/plain", text.into()),
        Some(_) | None => {}
    }
    let mut body = Vec::new();
    json::write_structure(&mut body, shape, &members, &[]);
    ("application/json", body.into())
}

/// A message with headers of text.
fn message(headers: &[(&str, &str)], payload: &[u8]) -> Bytes {
    let headers_bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    let total = PRELUDE_BYTES + headers_bytes + payload.len() + CHECKSUM_BYTES;
    let mut out = BytesMut::with_capacity(total);
    out.put_u32(length(total));
    out.put_u32(length(headers_bytes));
    out.put_u32(crc32fast::hash(&out));
    for (name, value) in headers {
        out.put_u8(u8::try_from(name.len()).expect("names of headers are short"));
        out.put_slice(name.as_bytes());
        out.put_u8(TEXT);
        out.put_u16(u16::try_from(value.len()).expect("values of headers are short"));
        out.put_slice(value.as_bytes());
    }
    out.put_slice(payload);
    out.put_u32(crc32fast::hash(&out));
    out.freeze()
}

fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).expect("a message is far below 4 GiB")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::invocation::{
        InvokeResponseStreamUpdate, InvokeWithResponseStreamCompleteEvent,
        InvokeWithResponseStreamResponseEvent,
    };

    /// The vectors that AWS's clients test their readers with.
    #[test]
    fn messages_are_those_of_awss_own_vectors() {
        let empty = "000000100000000005c248eb7d98c8ff";
        assert_eq!(hex::encode(message(&[], b"")), empty);
        let plain = "0000001d00000000fd528c5a7b27666f6f273a27626172277dc3653936";
        assert_eq!(hex::encode(message(&[], b"{'foo':'bar'}")), plain);
        let with_header = "0000003d0000002007fd83960c636f6e74656e742d747970650700106170706c69636174696f6e2f6a736f6e\
            7b27666f6f273a27626172277d8d9c08b1";
        let header = [("content-type", "application/json")];
        assert_eq!(hex::encode(message(&header, b"{'foo':'bar'}")), with_header);
    }

    #[track_caller]
    fn check(event: InvokeWithResponseStreamResponseEvent, name: &str, content_type: &str, payload: &[u8]) {
        let headers = [(":event-type", name), (":content-type", content_type), (":message-type", "event")];
        assert_eq!(super::event(event), message(&headers, payload));
    }

    #[test]
    fn an_event_is_its_payload_or_json() {
        let none = InvokeWithResponseStreamResponseEvent::default;
        let update = InvokeResponseStreamUpdate { payload: Some("chunk".into()) };
        let chunk = InvokeWithResponseStreamResponseEvent { payload_chunk: Some(update), ..none() };
        check(chunk, "PayloadChunk", "application/octet-stream", b"chunk");
        let mut end = InvokeWithResponseStreamCompleteEvent::default();
        let complete = |end| InvokeWithResponseStreamResponseEvent { invoke_complete: Some(end), ..none() };
        check(complete(end.clone()), "InvokeComplete", "application/json", b"{}");
        end.error_code = Some("E".to_owned());
        check(complete(end), "InvokeComplete", "application/json", br#"{"ErrorCode":"E"}"#);
    }
}
