//! Who may do what, through the pipeline of a whole server with fake sandboxes.

mod all_named;
mod looked_up;
mod policies;
mod roles;
mod sts;
mod whose;

use lambent_sandbox::{Event, Spec};
use lambent_testkit::one_function::{said, settled, with_function};
use lambent_testkit::{FakeHost, TestServer};

const F: &str = "/2015-03-31/functions/f";

/// A server with one function that is ready.
async fn server() -> TestServer {
    let server = with_function(FakeHost::new(|_: &Spec, _: &Event| said("1"))).await;
    settled(&server).await;
    server
}
