//! What an operation answers: its output and the headers beside it. Never the protocol's bytes.

use http::header::{HeaderMap, HeaderName, HeaderValue};
use lambent_wire::shaped::Field;
use lambent_wire::value::Value;

use crate::Body;

/// A successful answer.
#[derive(Debug)]
pub struct Reply {
    /// The output, shaped.
    pub output: Value,
    /// Headers that the model does not describe.
    pub headers: HeaderMap,
    /// What comes after the head, where the output is streamed.
    pub stream: Option<Body>,
}

impl Reply {
    /// An answer with just this output.
    #[must_use]
    pub fn of(output: impl Field) -> Self {
        Self { output: output.into_value(), headers: HeaderMap::new(), stream: None }
    }

    /// The same with a body that comes after the head.
    #[must_use]
    pub fn streamed(self, stream: Body) -> Self {
        Self { stream: Some(stream), ..self }
    }

    /// The same with one more header. A value no header can carry is left out.
    #[must_use]
    pub fn with(mut self, name: HeaderName, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.insert(name, value);
        }
        self
    }
}
