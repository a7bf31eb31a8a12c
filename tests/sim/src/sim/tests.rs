//! What the reference says of single happenings.

use super::*;
use crate::invokes::Wish;
use crate::ledger::Kind;
use crate::order::Way;

/// An event that was taken and whose program was ended: whether it may run again a second later.
fn again(as_server_ends: bool) -> Option<String> {
    let sim = Sim::new(0, crate::packages(), false);
    let order = Order::new("n1".to_owned(), std::time::Duration::ZERO, vec![Way::Well]);
    let wish = Wish {
        kind: Kind::Event,
        function: "f0".to_owned(),
        qualifier: "$LATEST".to_owned(),
        takes: order.takes(),
        ways: Vec::new(),
    };
    sim.register("id", &wish, &order, &sim.moment("f0"));
    let taking = |now| Taking { id: "id", nonce: order.nonce.as_deref(), sandbox: 1, retries: 2, now };
    let now = sim.clock.now();
    sim.ledger().take(taking(now)).unwrap();
    sim.ends(as_server_ends);
    sim.dealt("id", "f0", false, &Answer::Exited(lambent_sandbox::Exit::Signal(9)));
    sim.ends(false);
    let taken = sim.ledger().take(taking(now.plus(std::time::Duration::from_secs(1))));
    taken.err()
}

/// Seed 4407 met it: the next server runs it at once.
#[test]
fn what_the_end_of_a_server_cuts_off_is_no_attempt() {
    assert_eq!(again(true), None);
    let fault = again(false).unwrap();
    assert!(fault.contains("runs again at"), "{fault}");
}
