//! Why a request is not believed, in AWS's words, with AWS's codes. Never reveals the signature expected.

use super::instant::stamp;

/// Which family of codes a service speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// JSON and CBOR services, like Lambda: `InvalidSignatureException`.
    Json,
    /// Query and XML services, like IAM and STS: `SignatureDoesNotMatch`.
    Query,
}

/// Why a request is not believed; `Display` is the message for the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request is not signed at all.
    #[error("Missing Authentication Token")]
    MissingAuthenticationToken,
    /// The signature's own form is wrong; the text lists every fault found.
    #[error("{message}")]
    IncompleteSignature {
        /// What is wrong, as AWS says it.
        message: String,
    },
    /// Signature, or the hash of the body, is not what the key and the request give.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret \
         Access Key and signing method. Consult the service documentation for details."
    )]
    SignatureDoesNotMatch,
    /// The host is not among the signed headers, so anyone could send the request elsewhere.
    #[error("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")]
    HostNotSigned,
    /// Signed too long ago.
    #[error(
        "Signature expired: {} is now earlier than {} ({} - {}.)",
        stamp(*signed_at_s), stamp(*now_s - *window_s), stamp(*now_s), span(*window_s)
    )]
    SignatureExpired {
        /// When it was signed, in seconds since the epoch.
        signed_at_s: i64,
        /// The server's time.
        now_s: i64,
        /// How long it was good for.
        window_s: i64,
    },
    /// Signed in the future.
    #[error(
        "Signature not yet current: {} is still later than {} ({} + {}.)",
        stamp(*signed_at_s), stamp(*now_s + *window_s), stamp(*now_s), span(*window_s)
    )]
    NotYetCurrent {
        /// When it was signed, in seconds since the epoch.
        signed_at_s: i64,
        /// The server's time.
        now_s: i64,
        /// How far ahead a client's clock may be.
        window_s: i64,
    },
    /// No such access key, or the session token is not the key's.
    #[error("The security token included in the request is invalid.")]
    UnrecognizedClient,
    /// The temporary credentials are over.
    #[error("The security token included in the request is expired")]
    ExpiredToken,
    /// The scope names another service than the one asked.
    #[error("Credential should be scoped to correct service: '{service}'. ")]
    WrongService {
        /// The service asked.
        service: String,
    },
    /// The scope names no region, or another than the one asked.
    #[error("Credential should be scoped to a valid region. ")]
    WrongRegion,
    /// The scope does not end in `aws4_request`.
    #[error("Credential should be scoped with a valid terminator: 'aws4_request', not '{found}'. ")]
    WrongTerminator {
        /// What it ends in.
        found: String,
    },
    /// The scope's day is not the day of the request's date.
    #[error(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{scope}' != \
         '{}', from '{stamp}'.", &stamp[..8]
    )]
    WrongDate {
        /// The day in the scope.
        scope: String,
        /// The request's date, `YYYYMMDDTHHMMSSZ`.
        stamp: String,
    },
    /// A chunked body that does not follow its own format, or is not as long as promised.
    #[error("{reason}")]
    MalformedChunks {
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Refusal {
    /// The error code in a service's dialect.
    #[must_use]
    pub fn code(&self, dialect: Dialect) -> &'static str {
        let (json, query) = match self {
            Self::MissingAuthenticationToken => {
                ("MissingAuthenticationTokenException", "MissingAuthenticationToken")
            }
            Self::IncompleteSignature { .. } => ("IncompleteSignatureException", "IncompleteSignature"),
            Self::SignatureDoesNotMatch
            | Self::HostNotSigned
            | Self::SignatureExpired { .. }
            | Self::NotYetCurrent { .. }
            | Self::WrongService { .. }
            | Self::WrongRegion
            | Self::WrongTerminator { .. }
            | Self::WrongDate { .. } => ("InvalidSignatureException", "SignatureDoesNotMatch"),
            Self::UnrecognizedClient => ("UnrecognizedClientException", "InvalidClientTokenId"),
            Self::ExpiredToken => ("ExpiredTokenException", "ExpiredToken"),
            Self::MalformedChunks { .. } => ("IncompleteBody", "IncompleteBody"),
        };
        match dialect {
            Dialect::Json => json,
            Dialect::Query => query,
        }
    }

    /// The HTTP status: 403, or 400 for a body that is broken rather than forged.
    #[must_use]
    pub fn status(&self) -> http::StatusCode {
        if matches!(self, Self::MalformedChunks { .. }) {
            http::StatusCode::BAD_REQUEST
        } else {
            http::StatusCode::FORBIDDEN
        }
    }
}

/// `5 min` where it is whole minutes, else `90 sec`.
fn span(seconds: i64) -> String {
    if seconds % 60 == 0 { format!("{} min", seconds / 60) } else { format!("{seconds} sec") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_aws_tells_them() {
        let now_s = super::super::instant::parse_stamp("20260101T001500Z").unwrap();
        let old = Refusal::SignatureExpired { signed_at_s: now_s - 900, now_s, window_s: 300 };
        assert_eq!(
            old.to_string(),
            "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z (20260101T001500Z - 5 min.)"
        );
        let early = Refusal::NotYetCurrent { signed_at_s: now_s + 900, now_s, window_s: 300 };
        assert_eq!(
            early.to_string(),
            "Signature not yet current: 20260101T003000Z is still later than 20260101T002000Z (20260101T001500Z + 5 min.)"
        );
    }

    #[test]
    fn each_dialect_has_its_code() {
        let mismatch = Refusal::SignatureDoesNotMatch;
        assert_eq!(mismatch.code(Dialect::Json), "InvalidSignatureException");
        assert_eq!(mismatch.code(Dialect::Query), "SignatureDoesNotMatch");
        assert_eq!(mismatch.status(), 403);
    }
}
