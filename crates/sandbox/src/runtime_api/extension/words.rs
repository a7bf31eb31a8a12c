//! The bytes of the Extensions API: fields of requests, events, refusals. Decides nothing.

use lambent_core::time::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::roster::{Kind, Refused};
use crate::runtime_api::reply::Reply;
use crate::spec::{Event, Registered, ShutdownReason};

/// What the fields of a request say of an extension, as they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Given<'b> {
    /// `Lambda-Extension-Name`
    pub(crate) name: Option<&'b [u8]>,
    /// `Lambda-Extension-Identifier`
    pub(crate) id: Option<&'b [u8]>,
    /// `Lambda-Extension-Accept-Feature`
    pub(crate) features: Option<&'b [u8]>,
    /// `Lambda-Extension-Function-Error-Type`
    pub(crate) error_type: Option<&'b [u8]>,
}

/// The same, kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Fields {
    pub(crate) name: String,
    pub(crate) id: Option<String>,
    pub(crate) features: String,
    pub(crate) error_type: Option<String>,
}

impl<'b> Given<'b> {
    /// Keeps a field that is one of these.
    pub(crate) fn read(&mut self, name: &str, value: &'b [u8]) {
        let Some(rest) = name.get(..17).filter(|start| start.eq_ignore_ascii_case("lambda-extension-"))
        else {
            return;
        };
        let place = match name[rest.len()..].to_ascii_lowercase().as_str() {
            "name" => &mut self.name,
            "identifier" => &mut self.id,
            "accept-feature" => &mut self.features,
            "function-error-type" => &mut self.error_type,
            _ => return,
        };
        *place = Some(value);
    }

    pub(crate) fn keep(self) -> Fields {
        let text = |value: Option<&[u8]>| value.map(|value| String::from_utf8_lossy(value).trim().to_owned());
        Fields {
            name: text(self.name).unwrap_or_default(),
            id: text(self.id).filter(|id| !id.is_empty()),
            features: text(self.features).unwrap_or_default(),
            error_type: text(self.error_type).filter(|given| !given.is_empty()),
        }
    }
}

impl Fields {
    /// The id it was given when it registered.
    pub(crate) fn id(&self) -> Result<Uuid, Reply> {
        let refuse = |kind, message| Reply::error("403 Forbidden", kind, message);
        let id = self.id.as_deref().ok_or_else(|| {
            refuse("Extension.MissingExtensionIdentifier", "Missing Lambda-Extension-Identifier header")
        })?;
        Uuid::parse_str(id).map_err(|_| {
            refuse("Extension.InvalidExtensionIdentifier", "Invalid Lambda-Extension-Identifier")
        })
    }

    fn wants_account(&self) -> bool {
        self.features.split(',').any(|feature| feature.trim().eq_ignore_ascii_case("accountId"))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registration {
    #[serde(default)]
    events: Option<Vec<String>>,
    /// Asked for once, never served to the public.
    #[serde(default)]
    configuration_keys: Option<Value>,
}

/// What the body of a registration asks for.
pub(super) fn kinds(body: &[u8]) -> Result<Vec<Kind>, Reply> {
    let refuse = |kind, message: &str| Reply::error("403 Forbidden", kind, message);
    let registration: Registration = serde_json::from_slice(body)
        .map_err(|error| refuse("InvalidRequestFormat", &format!("could not parse the request: {error}")))?;
    if registration.configuration_keys.is_some() {
        return Err(refuse(
            "InvalidRequestFormat",
            "configurationKeys are deprecated; use environment variables",
        ));
    }
    let mut kinds = Vec::new();
    for name in registration.events.unwrap_or_default() {
        let unknown = || refuse("Extension.InvalidEventType", &format!("{name}: invalid event type"));
        let kind = Kind::named(&name).ok_or_else(unknown)?;
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    Ok(kinds)
}

/// What an extension is told when it has registered.
pub(super) fn registered(fields: &Fields, function: &Registered, id: Uuid) -> Reply {
    let mut body = json!({
        "functionName": function.name, "functionVersion": function.version, "handler": function.handler,
    });
    if fields.wants_account() {
        body["accountId"] = json!(function.account_id);
    }
    Reply::json("200 OK", body.to_string()).with("Lambda-Extension-Identifier", id.to_string())
}

/// The event of an invocation.
pub(crate) fn invoke_event(event: &Event) -> String {
    json!({
        "eventType": "INVOKE",
        "deadlineMs": event.deadline.as_millis(),
        "requestId": event.request_id,
        "invokedFunctionArn": event.invoked_function_arn,
        "tracing": { "type": "X-Amzn-Trace-Id", "value": event.trace_id.as_deref().unwrap_or_default() },
    })
    .to_string()
}

/// The event of the Shutdown phase.
pub(crate) fn shutdown_event(reason: ShutdownReason, deadline: Timestamp) -> String {
    let reason = match reason {
        ShutdownReason::Spindown => "spindown",
        ShutdownReason::Timeout => "timeout",
        ShutdownReason::Failure => "failure",
    };
    json!({ "eventType": "SHUTDOWN", "deadlineMs": deadline.as_millis(), "shutdownReason": reason })
        .to_string()
}

/// The head of the reply that carries an event of `length` bytes.
pub(super) fn event_head(id: Uuid, length: usize) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nLambda-Extension-Event-Identifier: {id}\r\n\
         Content-Length: {length}\r\n\r\n"
    )
    .into_bytes()
}

impl Refused {
    /// 403 with AWS's words.
    pub(crate) fn reply(&self) -> Reply {
        let kind = match self {
            Self::Closed => "Extension.RegistrationClosed",
            Self::TooMany => "Extension.TooManyExtensions",
            Self::Event(_) => "Extension.InvalidEventType",
            Self::Unknown(_) => "Extension.UnknownExtensionIdentifier",
            Self::State { .. } => "Extension.InvalidExtensionState",
        };
        Reply::error("403 Forbidden", kind, &self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime_api::rig::event;

    #[test]
    fn events_are_as_aws_documents_them() {
        let mut event = event("r-1");
        event.trace_id = Some("Root=1-2-3".to_owned());
        assert_eq!(
            invoke_event(&event),
            "{\"eventType\":\"INVOKE\",\"deadlineMs\":1700000003000,\"requestId\":\"r-1\",\
             \"invokedFunctionArn\":\"arn:aws:lambda:us-east-1:000000000000:function:f\",\
             \"tracing\":{\"type\":\"X-Amzn-Trace-Id\",\"value\":\"Root=1-2-3\"}}"
        );
        assert_eq!(
            shutdown_event(ShutdownReason::Spindown, Timestamp::from_millis(5)),
            "{\"eventType\":\"SHUTDOWN\",\"deadlineMs\":5,\"shutdownReason\":\"spindown\"}"
        );
    }

    #[test]
    fn fields_are_found_whatever_their_case() {
        let mut given = Given::default();
        for (name, value) in [
            ("LAMBDA-Extension-Name", &b"a"[..]),
            ("lambda-extension-identifier", b" x "),
            ("Lambda-Extension-Other", b"o"),
            ("Lambda-Exte\u{131}", b"o"),
            ("Lambda-Extension-Accept-Feature", b"other, accountid"),
        ] {
            given.read(name, value);
        }
        let fields = given.keep();
        assert_eq!(
            (fields.name.as_str(), fields.id.as_deref(), fields.error_type.as_deref()),
            ("a", Some("x"), None)
        );
        assert!(fields.wants_account());
        assert!(!Fields::default().wants_account());
    }
}
