//! The other services of AWS, which operations ask: those of an emulator, or AWS's own. Only what the service says is
//! told here; what Lambda makes of it is told in `lambda/lookups.rs` and `lambda/source.rs`. Never keeps an answer, never
//! follows a redirect, never asks for more than was asked of it.

mod ask;
pub(crate) mod dynamodb;
pub(crate) mod ec2;
pub(crate) mod events;
pub(crate) mod iam;
mod json;
pub(crate) mod kinesis;
pub(crate) mod kms;
pub(crate) mod messages;
mod place;
mod published;
mod query;
mod refused;
mod roles;
pub(crate) mod s3;
pub(crate) mod sns;
pub(crate) mod sqs;
mod sts;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};

pub(crate) use ask::Session;
pub use place::Place;
pub use published::{Published, Publishing};
pub(crate) use refused::{Fault, Refused, if_served};
pub(crate) use roles::Roles;

/// The other services: where they are, who asks, and how.
#[derive(Debug, Clone)]
pub struct Upstream {
    /// Where they are.
    pub place: Place,
    /// Who asks. None asks with the caller's account as the access key id and the secret `test`, as emulators of
    /// several accounts expect.
    pub credentials: Option<Credentials>,
    /// How.
    pub transport: Arc<dyn Transport>,
    /// What was published to topics as part of a trace.
    pub published: Arc<Published>,
}

/// An attribute of a message: its name, type and value.
pub(crate) type Attribute = (&'static str, &'static str, String);

/// An access key.
#[derive(Clone)]
pub struct Credentials {
    /// The access key id.
    pub access_key_id: String,
    /// Its secret.
    pub secret: String,
    /// The token of temporary credentials.
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

/// An answer on its way.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<Response<Bytes>, UpstreamError>> + Send + 'a>>;

/// What carries requests to another service.
pub trait Transport: fmt::Debug + Send + Sync {
    /// Sends a request, which is complete and signed and names its host in its URI, and gives the whole answer, whatever
    /// its status. A body above `limit_bytes` is an error.
    fn send(&self, request: Request<Bytes>, limit_bytes: usize) -> Sending<'_>;
}

/// Why a service could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// No connection, or a broken one.
    #[error("{host} cannot be reached")]
    Unreachable {
        /// Where it should be.
        host: String,
        /// What happened.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It began no answer in time, or stopped in the middle of one.
    #[error("{host} does not answer in time")]
    Late {
        /// Where it is.
        host: String,
    },
    /// The answer is larger than any should be.
    #[error("the answer is larger than {limit_bytes} bytes")]
    TooLarge {
        /// The limit.
        limit_bytes: usize,
    },
    /// The answer is not in the service's form.
    #[error("the answer of {service} cannot be read: {detail}")]
    Unreadable {
        /// Who answered.
        service: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// The service failed, or told that it is asked too often.
    #[error("{service} answers {status}: {code}: {message}")]
    Failed {
        /// Who answered.
        service: &'static str,
        /// The HTTP status.
        status: u16,
        /// Its error code.
        code: String,
        /// Its words.
        message: String,
    },
}
