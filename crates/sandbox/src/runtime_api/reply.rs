//! The bytes of every reply. Decides nothing.

use bytes::Bytes;
use lambent_core::limits;

use super::exchange::{Refusal, platform_error};
use super::routes::Route;
use super::state::Refused;
use crate::spec::{Answer, Event, Reported};

/// The reply to what was taken.
const ACCEPTED: &[u8] = br#"{"status":"OK"}"#;

/// A whole reply but for `next`'s.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reply {
    status: &'static str,
    content_type: &'static str,
    field: Option<(&'static str, String)>,
    body: Bytes,
}

impl Reply {
    /// 202 `{"status":"OK"}`
    pub(crate) const fn accepted() -> Self {
        let body = Bytes::from_static(ACCEPTED);
        Self { status: "202 Accepted", content_type: "application/json", field: None, body }
    }

    /// 200 with nothing in it.
    pub(crate) const fn restored() -> Self {
        Self { status: "200 OK", content_type: "application/json", field: None, body: Bytes::new() }
    }

    /// 200 `pong`
    pub(crate) const fn pong() -> Self {
        Self {
            status: "200 OK",
            content_type: "text/plain; charset=utf-8",
            field: None,
            body: Bytes::from_static(b"pong"),
        }
    }

    /// An error as AWS words it.
    pub(crate) fn error(status: &'static str, error_type: &str, message: &str) -> Self {
        let body = serde_json::json!({ "errorMessage": message, "errorType": error_type }).to_string();
        Self::json(status, body)
    }

    /// A body that is JSON.
    pub(crate) fn json(status: &'static str, body: String) -> Self {
        Self { status, content_type: "application/json", field: None, body: Bytes::from(body) }
    }

    /// With a field of its own. `value` holds no control characters.
    pub(crate) fn with(self, name: &'static str, value: String) -> Self {
        Self { field: Some((name, value)), ..self }
    }

    /// All of it. `head_only`: the client asked by HEAD, so no body may follow.
    pub(crate) fn bytes(&self, close: bool, head_only: bool) -> Vec<u8> {
        let mut out = Vec::with_capacity(160 + self.body.len());
        let length = itoa(self.body.len());
        for part in
            ["HTTP/1.1 ", self.status, "\r\nContent-Type: ", self.content_type, "\r\nContent-Length: "]
        {
            out.extend_from_slice(part.as_bytes());
        }
        out.extend_from_slice(length.as_bytes());
        if let Some((name, value)) = &self.field {
            field(&mut out, name, value);
        }
        out.extend_from_slice(if close { b"\r\nConnection: close\r\n\r\n" } else { b"\r\n\r\n" });
        if !head_only {
            out.extend_from_slice(&self.body);
        }
        out
    }
}

fn itoa(number: usize) -> String {
    number.to_string()
}

/// The head of `next`'s reply; the payload follows it.
pub(crate) fn event_head(event: &Event) -> Vec<u8> {
    let mut head = Vec::with_capacity(512);
    head.extend_from_slice(b"HTTP/1.1 200 OK\r\nContent-Type: application/json");
    field(&mut head, "Lambda-Runtime-Aws-Request-Id", &event.request_id);
    field(&mut head, "Lambda-Runtime-Deadline-Ms", &event.deadline.as_millis().to_string());
    field(&mut head, "Lambda-Runtime-Invoked-Function-Arn", &event.invoked_function_arn);
    let optional = [
        ("Lambda-Runtime-Trace-Id", &event.trace_id),
        ("Lambda-Runtime-Client-Context", &event.client_context),
        ("Lambda-Runtime-Cognito-Identity", &event.cognito_identity),
    ];
    for (name, value) in optional {
        field(&mut head, name, value.as_deref().unwrap_or_default());
    }
    field(&mut head, "Content-Length", &itoa(event.payload.len()));
    head.extend_from_slice(b"\r\n\r\n");
    head
}

/// An empty value is no field at all.
fn field(head: &mut Vec<u8>, name: &str, value: &str) {
    if value.is_empty() {
        return;
    }
    for part in ["\r\n", name, ": "] {
        head.extend_from_slice(part.as_bytes());
    }
    // A client context may be pretty-printed JSON: a newline in it must not begin another field.
    head.extend(value.bytes().map(|byte| if byte.is_ascii_control() { b' ' } else { byte }));
}

/// What the caller gets when an answer ended early and the runtime went on as if nothing had happened.
pub(crate) fn truncated_answer() -> Answer {
    platform_error(
        "Runtime.TruncatedResponse",
        br#"{"errorMessage":"Response ended before it was complete","errorType":"Runtime.TruncatedResponse"}"#,
    )
}

/// What the caller gets at the end of a stream that is longer than one may be.
pub(crate) fn stream_too_large() -> Reported {
    let error_type = "Function.ResponseSizeTooLarge";
    let most = limits::STREAM_MAX_BYTES;
    let message = format!("Response payload size exceeded maximum allowed payload size ({most} bytes).");
    let body = serde_json::json!({ "errorMessage": message, "errorType": error_type }).to_string();
    Reported {
        error_type: Some(error_type.to_owned()),
        content_type: Some("application/json".to_owned()),
        body: body.into(),
    }
}

/// What the caller gets when the runtime wanted a response mode that does not exist.
pub(crate) fn invalid_mode_answer() -> Answer {
    platform_error(
        "Runtime.InvalidResponseModeHeader",
        br#"{"errorMessage":"Invalid response mode header","errorType":"Runtime.InvalidResponseModeHeader"}"#,
    )
}

/// The replies that depend on nothing.
pub(crate) fn other(route: &Route) -> Reply {
    let error = Reply::error;
    match route {
        Route::Ping => Reply::pong(),
        Route::WrongMethod => error("405 Method Not Allowed", "MethodNotAllowed", "Method Not Allowed"),
        Route::Unknown
        | Route::Restore
        | Route::RestoreError
        | Route::Next
        | Route::InitError
        | Route::Answer(..)
        | Route::Extension(_)
        | Route::Telemetry
        | Route::Logs => error("404 Not Found", "NotFound", "404 page not found"),
    }
}

/// 413 to an answer over the limit of so many bytes.
pub(crate) fn too_large(limit: u64) -> Reply {
    let message = format!("Exceeded maximum allowed payload size ({limit} bytes).");
    Reply::error("413 Request Entity Too Large", "RequestEntityTooLarge", &message)
}

impl Refused {
    /// 400 or 403 with AWS's words.
    pub(crate) fn reply(self) -> Reply {
        Reply::error("403 Forbidden", "InvalidStateTransition", &self.to_string())
    }
}

impl Refusal {
    /// 400 or 403 with AWS's words.
    pub(crate) fn reply(self) -> Reply {
        match self {
            Self::RequestId => Reply::error("400 Bad Request", "InvalidRequestID", &self.to_string()),
            Self::State(refused) => refused.reply(),
        }
    }
}

#[cfg(test)]
mod tests {
    use lambent_core::time::Timestamp;

    use super::*;

    #[test]
    fn empty_values_are_absent_and_newlines_stay_inside_their_field() {
        let mut event = Event {
            request_id: "r-1".to_owned(),
            deadline: Timestamp::from_millis(1_700_000_000_123),
            invoked_function_arn: "arn:aws:lambda:us-east-1:000000000000:function:f".to_owned(),
            trace_id: Some(String::new()),
            client_context: None,
            cognito_identity: None,
            payload: Bytes::from_static(b"{}"),
            stream: None,
        };
        let plain = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\
            Lambda-Runtime-Aws-Request-Id: r-1\r\nLambda-Runtime-Deadline-Ms: 1700000000123\r\n\
            Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:000000000000:function:f\r\n";
        assert_eq!(
            String::from_utf8(event_head(&event)).unwrap(),
            format!("{plain}Content-Length: 2\r\n\r\n")
        );
        event.trace_id = Some("Root=1-2-3;Parent=4;Sampled=0".to_owned());
        event.client_context = Some("{\r\n\"custom\": \"ü\"}".to_owned());
        event.cognito_identity = Some("{}".to_owned());
        let more = "Lambda-Runtime-Trace-Id: Root=1-2-3;Parent=4;Sampled=0\r\n\
            Lambda-Runtime-Client-Context: {  \"custom\": \"ü\"}\r\nLambda-Runtime-Cognito-Identity: {}\r\n";
        assert_eq!(
            String::from_utf8(event_head(&event)).unwrap(),
            format!("{plain}{more}Content-Length: 2\r\n\r\n")
        );
    }

    #[test]
    fn replies_are_whole_http() {
        assert_eq!(
            String::from_utf8(Reply::accepted().bytes(false, false)).unwrap(),
            "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"status\":\"OK\"}"
        );
        assert_eq!(
            String::from_utf8(Reply::pong().bytes(true, true)).unwrap(),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 4\r\n\
             Connection: close\r\n\r\n"
        );
    }
}
