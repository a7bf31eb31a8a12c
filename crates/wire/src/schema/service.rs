//! Operations and services: what an API can do and how it speaks. Holds descriptions only.

use std::sync::OnceLock;

use super::Shape;
use crate::protocol::Protocol;
use crate::route::Router;

/// One operation of a service.
#[derive(Debug)]
pub struct Operation {
    /// The name in the model.
    pub name: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The template of path and query.
    pub uri: &'static str,
    /// The status of success.
    pub status: u16,
    /// The structure of the input, if any.
    pub input: Option<&'static Shape>,
    /// The structure of the output, if any.
    pub output: Option<&'static Shape>,
    /// The names of the error shapes it may answer.
    pub errors: &'static [&'static str],
    /// The root element of an XML output, when it is not the shape's name.
    pub output_name: Option<&'static str>,
}

/// An operation the model has, whether it is built or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The name in the model.
    pub name: &'static str,
    /// The HTTP method.
    pub method: &'static str,
    /// The template of path and query.
    pub uri: &'static str,
    /// The query parameters it requires: they tell operations with one template apart.
    pub query: &'static [&'static str],
    /// The headers it requires, likewise.
    pub headers: &'static [&'static str],
}

/// One API of AWS.
#[derive(Debug)]
pub struct Service {
    /// The name in a SigV4 credential scope.
    pub signing_name: &'static str,
    /// The version of the API.
    pub api_version: &'static str,
    /// The protocols clients may speak, preferred first.
    pub protocols: &'static [Protocol],
    /// What stands before the operation in `X-Amz-Target`, without the dot.
    pub target_prefix: Option<&'static str>,
    /// The XML namespace of its answers.
    pub xml_namespace: Option<&'static str>,
    /// It once spoke query, and errors carry the old code too.
    pub query_compatible: bool,
    /// The operations that are built.
    pub operations: &'static [&'static Operation],
    /// Every error shape of the model.
    pub errors: &'static [&'static Shape],
    /// Every operation of the model.
    pub known: &'static [Known],
    /// How its error answers differ from the protocol's.
    pub manners: Manners,
    /// The compiled routes.
    pub router: OnceLock<Router>,
}

/// How a service's error answers differ from the protocol's own form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manners {
    /// The error for a body that is not JSON; `None` means SerializationException.
    pub not_json: Option<&'static str>,
    /// What stands before the parser's words in that error.
    pub not_json_prefix: &'static str,
    /// Bodies carry `Type`: `User` or `Service`.
    pub type_in_body: bool,
    /// Codes outside the model whose message key is `Message`.
    pub capital_message: &'static [&'static str],
    /// XML errors have no `ErrorResponse` around them: S3.
    pub bare_xml_errors: bool,
    /// The member of error bodies that repeats the code: EFS's `ErrorCode`. Where it is named, codes outside the model
    /// have it too, and spell `Message` as the model's do.
    pub code_member: Option<&'static str>,
}

impl Manners {
    /// The protocol's own form, unchanged.
    pub const PLAIN: Self = Self {
        not_json: None,
        not_json_prefix: "",
        type_in_body: false,
        capital_message: &[],
        bare_xml_errors: false,
        code_member: None,
    };
}

impl Service {
    /// The operation of that name, if it is built.
    #[must_use]
    pub fn operation(&self, name: &str) -> Option<&'static Operation> {
        self.operations.iter().copied().find(|operation| operation.name == name)
    }

    /// The error shape of that name.
    #[must_use]
    pub fn error(&self, name: &str) -> Option<&'static Shape> {
        self.errors.iter().copied().find(|shape| shape.name == name)
    }

    /// Whether the model has an operation of that name, built or not.
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.known.iter().any(|known| known.name == name)
    }
}
