//! What an API looks like: shapes, members, operations, services. Holds descriptions only; reads no bytes.
//!
//! The same types serve as `static` data in generated files and, through [`model`], as descriptions
//! built at run time from an API model, because the protocol tests bring models of their own.

pub mod model;
mod service;
mod traits;

use std::fmt;
use std::sync::OnceLock;

pub use self::service::{Known, Manners, Operation, Service};
pub use self::traits::{ErrorTraits, Location, Namespace, TimestampFormat};

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
            .field("flattened", &self.flattened)
            .field("xml_attribute", &self.xml_attribute)
            .field("xml_namespace", &self.xml_namespace)
            .field("timestamp_format", &self.timestamp_format)
            .field("json_value", &self.json_value)
            .field("idempotency_token", &self.idempotency_token)
            .field("host_label", &self.host_label)
            .field("streaming", &self.streaming)
            .field("boxed", &self.boxed)
            .field("event_payload", &self.event_payload)
            .finish()
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

/// The structure without members, for operations without input or output.
pub static EMPTY: Shape = Shape::of("Empty", Kind::Structure { members: &[], payload: None });
