//! What a function must not be able to do, proved from inside real sandboxes.
//!
//! A probe runs in a sandbox and tries; each attempt must fail with the expected error, and afterwards the server
//! must still boot another. Needs root; says so and fails where it is missing.

mod files;
mod kernel;
mod limits;
mod network;
mod processes;
mod stage;

use stage::Actor;

/// Each attempt is a Python expression; it must fail with the error named beside it, `ok` for none.
async fn attempts(probe: &mut Actor, table: &[(&str, &str)]) {
    for (expression, expected) in table {
        let code = format!("result = attempt(lambda: {expression})");
        assert_eq!(probe.value(&code).await, *expected, "{expression}");
    }
}
