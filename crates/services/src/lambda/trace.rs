//! The trace an invocation belongs to: the caller's, or a new one; and whether it is sampled. Never sends one anywhere.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html>

use http::HeaderMap;
use http::header::HeaderName;
use lambent_core::lambda::configuration::Tracing;

use crate::Server;

/// Where callers give theirs, and are told which it was.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// The caller's trace or a new one. A caller that has decided about sampling is obeyed; else `Active` samples every
/// invocation: AWS takes one a second and a twentieth of the rest, to bound what its users pay for.
pub(crate) fn id(server: &Server, headers: &HeaderMap, tracing: Tracing) -> String {
    let sampled = match tracing {
        Tracing::Active => "Sampled=1",
        Tracing::PassThrough => "Sampled=0",
    };
    let given = headers.get(HEADER).and_then(|value| value.to_str().ok()).filter(|given| !given.is_empty());
    match given {
        Some(given) if tracing == Tracing::PassThrough || decided(given) => given.to_owned(),
        Some(given) => format!("{};{sampled}", given.trim_end_matches(';')),
        None => {
            let (now_s, dice) = (server.clock.now().as_secs(), &server.dice);
            let (root, rest, parent) = (dice.bits(), dice.bits() >> 32, dice.bits());
            format!("Root=1-{now_s:08x}-{root:016x}{rest:08x};Parent={parent:016x};{sampled}")
        }
    }
}

fn decided(given: &str) -> bool {
    given.split(';').any(|part| matches!(part.trim(), "Sampled=0" | "Sampled=1"))
}
