//! What goes wrong, whatever the protocol: a code, a status, a message and what else the shape carries.
//! Chooses no codes but those of the protocols themselves; services choose theirs.

use std::borrow::Cow;

use crate::schema::{Service, Shape};
use crate::value::{Structure, Value};

/// An error answer before any protocol has written it.
#[derive(Debug, Clone)]
pub struct Fault {
    code: Cow<'static, str>,
    status: u16,
    message: String,
    shape: Option<&'static Shape>,
    members: Structure,
}

/// Why a request could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The bytes are not of the format: no JSON, no XML, no CBOR.
    #[error("{0}")]
    Syntax(String),
    /// The format is right and a value in it is not of its shape.
    #[error("{0}")]
    Data(String),
}

impl Fault {
    /// An error of the model.
    #[must_use]
    pub fn of(shape: &'static Shape, message: impl Into<String>) -> Self {
        Self {
            code: Cow::Borrowed(shape.name),
            status: status(shape),
            message: message.into(),
            shape: Some(shape),
            members: Structure::new(),
        }
    }

    /// An error outside the model, as ValidationException and those of signatures are.
    #[must_use]
    pub fn new(code: impl Into<Cow<'static, str>>, status: u16, message: impl Into<String>) -> Self {
        Self { code: code.into(), status, message: message.into(), shape: None, members: Structure::new() }
    }

    /// The same with one more member, by its name in the model.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Value) -> Self {
        self.members.set(name, value);
        self
    }

    /// The shape's name, or the code given.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The HTTP status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The message for people.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The shape, when the model has one.
    #[must_use]
    pub const fn shape(&self) -> Option<&'static Shape> {
        self.shape
    }

    /// The code query protocols write, which old services name differently.
    #[must_use]
    pub fn query_code(&self) -> &str {
        self.shape.and_then(|shape| shape.error?.code).unwrap_or(&self.code)
    }

    /// Whether the caller is to blame.
    #[must_use]
    pub fn is_senders(&self) -> bool {
        let told = self.shape.and_then(|shape| shape.error?.sender_fault);
        told.unwrap_or(self.status < 500)
    }

    /// The key of the message in the body: as the shape spells it, else as the service does.
    #[must_use]
    pub fn message_key(&self, service: &Service) -> &'static str {
        match self.shape {
            Some(shape) => message_member(shape).unwrap_or("message"),
            None if service.manners.capital_message.contains(&self.code()) => "Message",
            None if service.manners.code_member.is_some() => "Message",
            None => "message",
        }
    }

    /// Every member the body carries when the shape is known: those set, the message, and `Type`.
    pub(crate) fn members(&self, service: &Service) -> Structure {
        let mut members = self.members.clone();
        let Some(shape) = self.shape else { return members };
        if let Some(name) = message_member(shape)
            && members.get(name).is_none()
            && !self.message.is_empty()
        {
            members.set(name, Value::String(self.message.clone()));
        }
        if let Some(member) = service.manners.code_member.and_then(|name| shape.member(name)) {
            members.set(member.name, Value::String(self.code().to_owned()));
        }
        if service.manners.type_in_body
            && let Some(member) = shape.member("Type")
        {
            members.set(member.name, Value::String(self.blame().to_owned()));
        }
        members
    }

    /// The message where the shape has no member for it, as those of CodeDeploy have not: clients read it anyway.
    pub(crate) fn message_outside(&self, service: &Service) -> Option<(&'static str, &str)> {
        let inside = self.shape.is_some_and(|shape| message_member(shape).is_some());
        let none = self.shape.is_some() && self.message.is_empty();
        (!inside && !none).then(|| (self.message_key(service), self.message()))
    }

    /// The code where the service repeats it in the body and the shape has no member for it.
    pub(crate) fn code_outside(&self, service: &Service) -> Option<(&'static str, &str)> {
        let name = service.manners.code_member?;
        let inside = self.shape.is_some_and(|shape| shape.member(name).is_some());
        (!inside).then(|| (name, self.code()))
    }

    /// `User` or `Service`, as Lambda's bodies name who is to blame.
    pub(crate) fn blame(&self) -> &'static str {
        if self.is_senders() { "User" } else { "Service" }
    }

    /// The error for a request that could not be read, as the service names it.
    #[must_use]
    pub fn malformed(service: &Service, malformed: Malformed) -> Self {
        match (malformed, service.manners.not_json) {
            (Malformed::Syntax(words), Some(code)) => {
                let message = format!("{}{words}", service.manners.not_json_prefix);
                match service.error(code) {
                    Some(shape) => Self::of(shape, message),
                    None => Self::new(code, 400, message),
                }
            }
            (Malformed::Syntax(words) | Malformed::Data(words), _) => {
                Self::new("SerializationException", 400, words)
            }
        }
    }
}

fn status(shape: &Shape) -> u16 {
    let Some(error) = shape.error else { return 500 };
    error.status.unwrap_or(if error.fault { 500 } else { 400 })
}

fn message_member(shape: &Shape) -> Option<&'static str> {
    let member = shape.members().iter().find(|member| member.name.eq_ignore_ascii_case("message"));
    member.map(|member| member.name)
}
