//! The owner of the server itself, who alone may do what AWS has no operation for. Never an answer of AWS's.

use bytes::Bytes;
use http::request::Parts;
use lambent_wire::sigv4::{Expected, Head, Presented, Refusal};

use crate::Server;
use crate::keys::ROOT_KEY;

/// Whether the root key signed a request, for whatever service and region.
///
/// # Errors
/// [`Refusal`] if it did not.
pub fn signed(server: &Server, head: &Parts, body: Bytes) -> Result<(), Refusal> {
    let head = Head::of(head);
    let presented = Presented::read(&head)?;
    let now_s = server.clock.wall().as_secs();
    let keys = &*server.keys;
    let verified = server.verifier.verify(&head, body, presented, keys, Expected::default(), now_s)?;
    if verified.scope.access_key_id == ROOT_KEY.0 { Ok(()) } else { Err(Refusal::UnrecognizedClient) }
}
