//! The ways a runtime tells of an error besides a plain body. Changes nothing it does not understand.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::body::Body;
use crate::spec::Reported;

/// A body that carries the error's cause for X-Ray beside the error.
const WITH_CAUSE: &str = "application/vnd.aws.lambda.error.cause+json";

/// The error as the caller sees it: a cause for X-Ray is taken out of it.
pub(crate) fn without_cause(reported: Reported) -> Reported {
    if !reported.content_type.as_deref().is_some_and(|given| given.eq_ignore_ascii_case(WITH_CAUSE)) {
        return reported;
    }
    let (content_type, body) = match serde_json::from_slice::<Map<String, Value>>(&reported.body) {
        Ok(mut error) => {
            error.retain(|key, _| matches!(key.as_str(), "errorMessage" | "errorType" | "stackTrace"));
            ("application/json", Bytes::from(Value::Object(error).to_string()))
        }
        Err(_) => ("application/octet-stream", Bytes::from_static(b"Invalid error body")),
    };
    Reported { error_type: reported.error_type, content_type: Some(content_type.to_owned()), body }
}

/// The error at the end of a streamed response, if its trailers tell of one.
pub(crate) fn in_trailers(body: &Body) -> Option<Reported> {
    if body.error_type.is_none() && body.error_body.is_none() {
        return None;
    }
    let given = body.error_body.as_deref().unwrap_or_default();
    let error = STANDARD.decode(given).unwrap_or_else(|_| given.as_bytes().to_vec());
    Some(Reported {
        error_type: body.error_type.clone(),
        content_type: Some("application/json".to_owned()),
        body: Bytes::from(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_goes_and_the_error_stays() {
        let check = |content_type: &str, body: &'static str| {
            let reported = without_cause(Reported {
                error_type: Some("Function.X".to_owned()),
                content_type: Some(content_type.to_owned()),
                body: Bytes::from_static(body.as_bytes()),
            });
            (reported.content_type.unwrap(), String::from_utf8(reported.body.to_vec()).unwrap())
        };
        let error = r#"{"errorMessage":"m","errorType":"t","stackTrace":["s"],"errorCause":{"paths":[]}}"#;
        let shown = r#"{"errorMessage":"m","errorType":"t","stackTrace":["s"]}"#;
        assert_eq!(check(WITH_CAUSE, error), ("application/json".to_owned(), shown.to_owned()));
        assert_eq!(
            check(WITH_CAUSE, "{"),
            ("application/octet-stream".to_owned(), "Invalid error body".to_owned())
        );
        assert_eq!(check("application/json", error), ("application/json".to_owned(), error.to_owned()));
    }
}
