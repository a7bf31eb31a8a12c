//! The codes of what no service decides: bodies, request ids, permissions, operations that are not there. Never says
//! anything about a function.

use http::StatusCode;
use lambent_core::limits::REQUEST_BODY_MAX_BYTES;
use lambent_wire::error::Fault;
use lambent_wire::protocol::Protocol;
use lambent_wire::schema::Service;

use super::read::Unread;
use crate::upstream::Place;

/// Why a body could not be taken.
pub(crate) fn unread(why: &Unread, operation: &str) -> Fault {
    match why {
        Unread::TooLarge => too_large(REQUEST_BODY_MAX_BYTES, operation),
        Unread::Stalled => fault(
            "RequestTimeoutException",
            StatusCode::REQUEST_TIMEOUT,
            "Your socket connection to the server was not read from or written to within the timeout period.",
        ),
        Unread::NoRoom => fault(
            "ServiceUnavailableException",
            StatusCode::SERVICE_UNAVAILABLE,
            "The server holds too many request bodies at once. Please try again.",
        ),
        Unread::Broken(cause) => {
            fault("IncompleteBody", StatusCode::BAD_REQUEST, format!("the body ended early: {cause}"))
        }
    }
}

/// A body above the limit of its operation.
pub(super) fn too_large(limit: u64, operation: &str) -> Fault {
    let message = format!("Request must be smaller than {limit} bytes for the {operation} operation");
    fault("RequestEntityTooLargeException", StatusCode::PAYLOAD_TOO_LARGE, message)
}

/// A request id that a client gave and that is none.
pub(super) fn request_id() -> Fault {
    let message = "The x-amzn-RequestId header is not a valid UUID string.";
    fault("InvalidRequestContentException", StatusCode::BAD_REQUEST, message)
}

/// A service or an operation that is not built.
pub(super) fn unknown(message: String) -> Fault {
    fault("UnknownOperationException", StatusCode::NOT_FOUND, message)
}

/// A service that is not built, told as its protocol tells of an operation that is not there.
///
/// AWS itself is asked by the server, not by its clients: what they send is signed for the server with its own keys, and
/// signing it anew would lend the server's rights to whoever can reach it.
pub(super) fn foreign(protocol: Protocol, service: &str, place: Option<&Place>) -> Fault {
    let message = match place {
        Some(Place::Aws) => format!(
            "Lambent does not serve the service {service} and passes no request on to AWS: send it to AWS itself."
        ),
        Some(Place::Emulator(_)) | None => format!("Lambent does not serve the service {service} yet."),
    };
    match protocol {
        Protocol::Query => fault("InvalidAction", StatusCode::BAD_REQUEST, message),
        Protocol::AwsJson10 | Protocol::AwsJson11 => {
            fault("UnknownOperationException", StatusCode::BAD_REQUEST, message)
        }
        Protocol::RestJson | Protocol::RestXml | Protocol::RpcV2Cbor => unknown(message),
    }
}

/// What the caller may not do. Services of old name it without `Exception`, whatever they speak today.
pub(super) fn denied(service: &Service, protocol: Protocol, message: String) -> Fault {
    if service.query_compatible || service.protocols.contains(&Protocol::Query) {
        return fault("AccessDenied", StatusCode::FORBIDDEN, message);
    }
    let status = match protocol {
        Protocol::AwsJson10 | Protocol::AwsJson11 => StatusCode::BAD_REQUEST,
        Protocol::Query | Protocol::RestJson | Protocol::RestXml | Protocol::RpcV2Cbor => {
            StatusCode::FORBIDDEN
        }
    };
    fault("AccessDeniedException", status, message)
}

/// Members that the model does not allow, as the service calls them.
pub(super) fn invalid(service: &Service, message: String) -> Fault {
    let code = match service.signing_name {
        "logs" => "InvalidParameterException",
        "iam" | "monitoring" | "sts" => "ValidationError",
        _ => "ValidationException",
    };
    if let Some(shape) = service.error(code) {
        return Fault::of(shape, message);
    }
    fault(code, StatusCode::BAD_REQUEST, message)
}

/// The drain is over and the answer is not there.
pub(super) fn closing() -> Fault {
    let message = "The server is shutting down. Please try again.";
    fault("ServiceException", StatusCode::INTERNAL_SERVER_ERROR, message)
}

fn fault(code: &'static str, status: StatusCode, message: impl Into<String>) -> Fault {
    Fault::new(code, status.as_u16(), message.into())
}
