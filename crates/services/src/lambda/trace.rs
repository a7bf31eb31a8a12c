//! The trace an invocation belongs to: the caller's, or a new one; whether it is sampled; and how often its chain of
//! requests has reached the function. Never sends one anywhere.
//!
//! Sources: <https://docs.aws.amazon.com/lambda/latest/dg/services-xray.html>,
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>

use http::HeaderMap;
use http::header::HeaderName;
use lambent_core::lambda::configuration::Tracing;
use lambent_core::lambda::lineage;
use lambent_dispatch::Resolved;

use crate::Server;

/// Where callers give theirs, and are told which it was.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// The trace of an invocation, now that its chain of requests has reached this function.
pub(crate) fn reached(server: &Server, headers: &HeaderMap, resolved: &Resolved) -> String {
    let trace_id = id(server, headers, resolved.configuration().tracing);
    lineage::reached(&trace_id, resolved.function())
}

/// The caller's trace or a new one. A caller that has decided about sampling is obeyed; else `Active` samples every
/// invocation: AWS takes one a second and a twentieth of the rest, to bound what its users pay for.
pub(crate) fn id(server: &Server, headers: &HeaderMap, tracing: Tracing) -> String {
    completed(server, headers.get(HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default(), tracing)
}

/// The same of a header by itself, with what it lacks.
pub(crate) fn completed(server: &Server, given: &str, tracing: Tracing) -> String {
    let mut parts: Vec<&str> = given.split(';').map(str::trim).filter(|part| !part.is_empty()).collect();
    let has = |parts: &[&str], member: &str| parts.iter().any(|part| part.starts_with(member));
    // Who asks whether to sample gets the answer in its place.
    parts.retain(|part| *part != "Sampled=?");
    let (root, parent);
    if !has(&parts, "Root=") {
        root = new_root(server);
        parts.insert(0, &root);
    }
    if !has(&parts, "Parent=") {
        parent = format!("Parent={:016x}", server.dice.bits());
        parts.insert(behind(&parts, "Root="), &parent);
    }
    if !parts.iter().any(|part| matches!(*part, "Sampled=0" | "Sampled=1")) {
        let sampled = if tracing == Tracing::Active { "Sampled=1" } else { "Sampled=0" };
        parts.insert(behind(&parts, "Parent="), sampled);
    }
    parts.join(";")
}

fn behind(parts: &[&str], member: &str) -> usize {
    parts.iter().position(|part| part.starts_with(member)).map_or(parts.len(), |index| index + 1)
}

fn new_root(server: &Server) -> String {
    let (now_s, dice) = (server.clock.now().as_secs(), &server.dice);
    let (root, rest) = (dice.bits(), dice.bits() >> 32);
    format!("Root=1-{now_s:08x}-{root:016x}{rest:08x}")
}
