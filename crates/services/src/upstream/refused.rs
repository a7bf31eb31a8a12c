//! What a service answers when it refuses, in any protocol. Never says what Lambda makes of it.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde::Deserialize;

use super::UpstreamError;

/// A service's refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    /// The HTTP status.
    pub(crate) status: StatusCode,
    /// Its error code.
    pub(crate) code: String,
    /// Its words.
    pub(crate) message: String,
    /// The region in which what was asked for is, where S3 says so.
    pub(crate) region: Option<String>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The service refuses.
    Refused(Refused),
    /// There is no such service: an emulator may have some and not others.
    NotServed(Refused),
    /// It could not be asked.
    Upstream(UpstreamError),
}

impl From<UpstreamError> for Fault {
    fn from(error: UpstreamError) -> Self {
        Self::Upstream(error)
    }
}

impl Refused {
    /// Whether whoever asks may not ask.
    pub(crate) fn is_denial(&self) -> bool {
        self.status == StatusCode::FORBIDDEN || self.code == "UnauthorizedOperation"
    }

    /// Whether the key is not taken any more, or not yet.
    pub(crate) fn is_of_key(&self) -> bool {
        let codes = ["ExpiredToken", "InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClient"];
        codes.contains(&self.code.trim_end_matches("Exception"))
    }

    /// Whether the same may be taken a little later: asked too often, or by a key that ends.
    pub(crate) fn is_of_now(&self) -> bool {
        let throttled = ["Throttl", "RequestLimitExceeded", "TooManyRequests", "SlowDown"];
        self.is_of_key() || throttled.iter().any(|word| self.code.contains(word))
    }

    /// Whether whoever answers knows no such service or operation.
    fn is_of_nobody(&self) -> bool {
        let code = self.code.trim_end_matches("Exception");
        let unknown = ["InvalidAction", "UnknownOperation", "UnknownAction", "NotImplemented"];
        self.status == StatusCode::NOT_IMPLEMENTED || unknown.contains(&code)
    }
}

/// The same for an answer that is good to have: none where there is no such service.
pub(crate) fn if_served<T: Default>(answer: Result<T, Fault>) -> Result<T, Fault> {
    match answer {
        Err(Fault::NotServed(_)) => Ok(T::default()),
        answer @ (Ok(_) | Err(Fault::Refused(_) | Fault::Upstream(_))) => answer,
    }
}

/// The answer if the service did what it was asked for.
pub(super) fn done(service: &'static str, response: Response<Bytes>) -> Result<Bytes, Fault> {
    let status = response.status();
    if status.is_success() {
        return Ok(response.into_body());
    }
    let refused = read(&response);
    if refused.is_of_nobody() {
        return Err(Fault::NotServed(refused));
    }
    // Asked too often is no fault of what was asked for.
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        let Refused { code, message, .. } = refused;
        return Err(UpstreamError::Failed { service, status: status.as_u16(), code, message }.into());
    }
    Err(Fault::Refused(refused))
}

fn read(response: &Response<Bytes>) -> Refused {
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
    let (code, message) = words(response.body());
    let code = header("x-amzn-errortype").map(plain_code).or(code);
    Refused {
        status: response.status(),
        code: code.unwrap_or_else(|| response.status().as_u16().to_string()),
        message: message.unwrap_or_default(),
        region: header("x-amz-bucket-region").map(str::to_owned),
    }
}

/// Code and message: of JSON, or of XML as S3, EC2 and the query protocol each write it.
fn words(body: &Bytes) -> (Option<String>, Option<String>) {
    if let Ok(json) = serde_json::from_slice::<serde_json::Value>(body) {
        let text = |names: [&str; 2]| names.iter().find_map(|name| json.get(name)?.as_str());
        return (
            text(["__type", "ErrorCode"]).map(plain_code),
            text(["message", "Message"]).map(str::to_owned),
        );
    }
    let document = std::str::from_utf8(body).ok().and_then(|text| quick_xml::de::from_str(text).ok());
    let document: Document = document.unwrap_or_default();
    let listed = document.errors.and_then(|errors| errors.error);
    let Words { code, message } = listed.or(document.error).unwrap_or_default();
    (code.or(document.code), message.or(document.message))
}

/// `QueueDoesNotExist` of `com.amazonaws.sqs#QueueDoesNotExist:http://…`.
fn plain_code(text: &str) -> String {
    let code = text.rsplit_once('#').map_or(text, |(_, code)| code);
    code.split(':').next().unwrap_or(code).to_owned()
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Document {
    code: Option<String>,
    message: Option<String>,
    error: Option<Words>,
    errors: Option<Errors>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Errors {
    error: Option<Words>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Words {
    code: Option<String>,
    message: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &'static str, code: &str, message: &str) {
        let response = Response::builder().status(400).body(Bytes::from_static(body.as_bytes())).unwrap();
        let refused = read(&response);
        assert_eq!((refused.code.as_str(), refused.message.as_str()), (code, message), "{body}");
    }

    #[test]
    fn every_protocols_refusals_are_read() {
        check(
            "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>It&apos;s not there.</Message></Error>",
            "NoSuchKey",
            "It's not there.",
        );
        check(
            "<Response><Errors><Error><Code>InvalidGroup.NotFound</Code><Message>m</Message></Error></Errors></Response>",
            "InvalidGroup.NotFound",
            "m",
        );
        check(
            "<ErrorResponse xmlns=\"https://iam.amazonaws.com/\"><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>m</Message></Error></ErrorResponse>",
            "NoSuchEntity",
            "m",
        );
        check(r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"m"}"#, "QueueDoesNotExist", "m");
        check("<html>", "400", "");
        check("", "400", "");
    }

    #[test]
    fn a_service_that_fails_is_not_one_that_refuses() {
        for (status, failed) in
            [(500, true), (501, false), (503, true), (429, true), (400, false), (301, false)]
        {
            let response = Response::builder().status(status).body(Bytes::new()).unwrap();
            let fault = done("s3", response).unwrap_err();
            assert_eq!(matches!(fault, Fault::Upstream(UpstreamError::Failed { .. })), failed, "{status}");
        }
    }
}
