//! What shapes and members may carry beside their type. Plain values, no behaviour.

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
