//! The archive of a new layer version: where it comes from, checked, unpacked and kept. Never writes the version.

use lambent_wire::lambda::layer::LayerVersionContentInput;

use super::super::source::Source;
use super::super::{Error, code};
use crate::Server;
use crate::caller::Caller;

/// Takes in what a request brings or points to.
pub(super) async fn take_in(
    server: &Server,
    caller: &Caller,
    given: &LayerVersionContentInput,
) -> Result<code::TakenIn, Error> {
    if *given == LayerVersionContentInput::default() {
        return Err(Error::InvalidParameter("Missing Content".to_owned()));
    }
    Source::read(given)?.take_in(server, caller).await
}
