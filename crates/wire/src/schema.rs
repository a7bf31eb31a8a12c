//! What an API looks like: shapes, members, operations, services. Holds descriptions only; reads no bytes.
//!
//! The same types serve as `static` data in generated files and, through [`model`], as descriptions
//! built at run time from an API model, because the protocol tests bring models of their own.

pub mod model;

use std::fmt;
use std::sync::OnceLock;

use crate::protocol::Protocol;
use crate::route::Router;

/// One shape of a model: a type with its traits.
#[derive(Debug)]
pub struct Shape {
    /// The name in the model.
    pub name: &'static str,
    /// What it is made of.
    pub kind: Kind,
    /// The least length or value.
    pub min: Option<i64>,
    /// The greatest length or value.
    pub max: Option<i64>,
    /// The regular expression a string matches as a whole.
    pub pattern: Option<&'static str>,
    /// The values of an enumeration, in the model's order; empty when it is none.
    pub values: &'static [&'static str],
    /// A timestamp's form on the wire, when it is not the protocol's own.
    pub timestamp_format: Option<TimestampFormat>,
    /// A list or map without a wrapping element.
    pub flattened: bool,
    /// The XML element of this shape as a root or list item.
    pub location_name: Option<&'static str>,
    /// The XML namespace of this shape.
    pub xml_namespace: Option<Namespace>,
    /// May not appear in logs.
    pub sensitive: bool,
    /// A blob that is not held in memory by clients.
    pub streaming: bool,
    /// Absence differs from zero.
    pub boxed: bool,
    /// A list or map that may hold nulls.
    pub sparse: bool,
    /// A structure of which exactly one member is set.
    pub union: bool,
    /// A stream of events instead of one body.
    pub event_stream: bool,
    /// One event of an event stream.
    pub event: bool,
    /// What makes this shape an error; `None` when it is none.
    pub error: Option<ErrorTraits>,
}

/// What a shape is made of.
#[derive(Debug)]
pub enum Kind {
    /// Named members.
    Structure {
        /// The members in the model's order.
        members: &'static [Member],
        /// The member that is the whole body, if one is.
        payload: Option<&'static str>,
    },
    /// Items of one shape.
    List(Member),
    /// Keys to values.
    Map {
        /// The key, always a string.
        key: Member,
        /// The value.
        value: Member,
    },
    /// Text.
    String,
    /// Bytes.
    Blob,
    /// True or false.
    Boolean,
    /// A number of 32 bits.
    Integer,
    /// A number of 64 bits.
    Long,
    /// A number with a fraction.
    Double,
    /// A moment.
    Timestamp,
    /// Any JSON value.
    Document,
}

/// A shape in its place: the member of a structure, the item of a list, the key or value of a map.
pub struct Member {
    /// The name in the model; empty for items, `key` and `value` in maps.
    pub name: &'static str,
    /// The shape that stands here; read it with [`Member::shape`].
    pub target: Target,
    /// Where on the wire it stands.
    pub location: Location,
    /// The name on the wire, when it is not `name`.
    pub location_name: Option<&'static str>,
    /// Must be there.
    pub required: bool,
    /// A list or map without a wrapping element.
    pub flattened: bool,
    /// An attribute of the parent's XML element.
    pub xml_attribute: bool,
    /// The XML namespace of the element.
    pub xml_namespace: Option<Namespace>,
    /// A timestamp's form here.
    pub timestamp_format: Option<TimestampFormat>,
    /// In a header: base64 of JSON. In a body it is a plain string.
    pub json_value: bool,
    /// Clients fill it when the caller does not.
    pub idempotency_token: bool,
    /// Clients put it into the host name too.
    pub host_label: bool,
    /// Body of unknown length.
    pub streaming: bool,
    /// Absence differs from zero.
    pub boxed: bool,
    /// The payload of an event.
    pub event_payload: bool,
}

/// The way from a member to its shape.
pub enum Target {
    /// A shape in static data.
    Known(&'static Shape),
    /// A shape of a model built at run time, which may refer to itself.
    Late(&'static OnceLock<&'static Shape>),
}

/// Where on the wire a member stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// In the body.
    Body,
    /// In the path.
    Uri,
    /// In the query string.
    Query,
    /// In one header.
    Header,
    /// In all headers of a prefix.
    Headers,
    /// It is the status code.
    Status,
}

/// How a timestamp is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimestampFormat {
    /// `2026-11-23T13:09:00Z`
    Iso8601,
    /// `Mon, 23 Nov 2026 13:09:00 GMT`
    HttpDate,
    /// Seconds since 1970, with a fraction.
    Epoch,
}

/// An XML namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Namespace {
    /// The prefix it is bound to; `None` for the default one.
    pub prefix: Option<&'static str>,
    /// The URI.
    pub uri: &'static str,
}

/// What makes a shape an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorTraits {
    /// The code on the wire where it is not the shape's name (query protocols).
    pub code: Option<&'static str>,
    /// The HTTP status; `None` means 400, or 500 for faults.
    pub status: Option<u16>,
    /// The caller is to blame; `None` when the model does not say.
    pub sender_fault: Option<bool>,
    /// The service is to blame.
    pub fault: bool,
}

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
}

impl Manners {
    /// The protocol's own form, unchanged.
    pub const PLAIN: Self = Self {
        not_json: None,
        not_json_prefix: "",
        type_in_body: false,
        capital_message: &[],
        bare_xml_errors: false,
    };
}

impl Shape {
    /// A shape without traits.
    #[must_use]
    pub const fn of(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            min: None,
            max: None,
            pattern: None,
            values: &[],
            timestamp_format: None,
            flattened: false,
            location_name: None,
            xml_namespace: None,
            sensitive: false,
            streaming: false,
            boxed: false,
            sparse: false,
            union: false,
            event_stream: false,
            event: false,
            error: None,
        }
    }

    /// The members of a structure; none for any other kind.
    #[must_use]
    pub fn members(&self) -> &'static [Member] {
        if let Kind::Structure { members, .. } = &self.kind { members } else { &[] }
    }

    /// The member of that name.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&'static Member> {
        self.members().iter().find(|member| member.name == name)
    }

    /// The member that is the whole body.
    #[must_use]
    pub fn payload(&self) -> Option<&'static Member> {
        let Kind::Structure { payload: Some(name), .. } = &self.kind else { return None };
        self.member(name)
    }

    /// The members that stand in the body.
    pub fn body_members(&self) -> impl Iterator<Item = &'static Member> {
        self.members().iter().filter(|member| member.location == Location::Body)
    }
}

impl Member {
    /// A member of the body without traits.
    #[must_use]
    pub const fn of(name: &'static str, shape: &'static Shape) -> Self {
        Self::to(name, Target::Known(shape))
    }

    /// The same with any way to its shape.
    #[must_use]
    pub const fn to(name: &'static str, target: Target) -> Self {
        Self {
            name,
            target,
            location: Location::Body,
            location_name: None,
            required: false,
            flattened: false,
            xml_attribute: false,
            xml_namespace: None,
            timestamp_format: None,
            json_value: false,
            idempotency_token: false,
            host_label: false,
            streaming: false,
            boxed: false,
            event_payload: false,
        }
    }

    /// The shape that stands here.
    #[must_use]
    pub fn shape(&self) -> &'static Shape {
        match &self.target {
            Target::Known(shape) => shape,
            Target::Late(cell) => cell.get().expect("a model sets every cell before it is handed out"),
        }
    }

    /// The name on the wire.
    #[must_use]
    pub fn wire_name(&self) -> &'static str {
        self.location_name.unwrap_or(self.name)
    }

    /// How a timestamp is written here, unless the protocol decides.
    #[must_use]
    pub fn timestamp_format(&self) -> Option<TimestampFormat> {
        self.timestamp_format.or_else(|| self.shape().timestamp_format)
    }

    /// Whether a list or map stands here without a wrapping element.
    #[must_use]
    pub fn is_flattened(&self) -> bool {
        self.flattened || self.shape().flattened
    }
}

// Only the name of the shape: shapes may contain themselves.
impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member")
            .field("name", &self.name)
            .field("shape", &self.shape().name)
            .field("location", &self.location)
            .field("location_name", &self.location_name)
            .field("required", &self.required)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(shape) => f.write_str(shape.name),
            Self::Late(cell) => f.write_str(cell.get().map_or("(unset)", |shape| shape.name)),
        }
    }
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

/// The structure without members, for operations without input or output.
pub static EMPTY: Shape = Shape::of("Empty", Kind::Structure { members: &[], payload: None });
