//! What became of the program since its last event, and of the event it was given.

use super::{LIMIT, Program};
use crate::runtime_api::rig::{Client, NEXT, event, request};
use crate::spec::{Answer, Exit, Sandbox};

#[tokio::test(start_paused = true)]
async fn an_end_while_frozen_is_noticed_before_the_next_event() {
    let (program, mut environment) = Program::start();
    let client = Program::ready(&mut environment, &program).await;
    assert!(environment.awake().await);
    environment.freeze();
    drop(client);
    // The server hears of the connection at once, of the end only when all go on.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    environment.thaw();
    let (awake, ()) = tokio::join!(environment.awake(), async {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        program.end(Exit::Signal(9));
    });
    assert!(!awake);
    assert_eq!(environment.exited().await, Exit::Signal(9));
}

#[tokio::test(start_paused = true)]
async fn a_runtime_that_asks_anew_is_waited_for_and_a_silent_one_is_not_for_long() {
    let (program, mut environment) = Program::start();
    drop(Program::ready(&mut environment, &program).await);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(environment.awake().await, "it runs, whatever it does");
    let mut client = Client::connect(program.address).await;
    let asking = async {
        client.send(&request("GET", NEXT, "", b"")).await;
        std::future::pending::<()>().await;
    };
    tokio::select! {
        awake = environment.awake() => assert!(awake),
        () = asking => {}
    }
}

#[tokio::test]
async fn an_event_the_program_never_read_may_go_to_another() {
    for asked in [true, false] {
        let (program, mut environment) = Program::start();
        let client = Program::ready(&mut environment, &program).await;
        if !asked {
            drop(client);
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            program.end(Exit::Signal(9));
            assert_eq!(environment.invoke(event("a"), LIMIT).await, Answer::Exited(Exit::Signal(9)));
        } else {
            let (answer, ()) = tokio::join!(biased; environment.invoke(event("a"), LIMIT), async {
                drop(client);
                program.end(Exit::Signal(9));
            });
            assert_eq!(answer, Answer::Exited(Exit::Signal(9)));
        }
        assert!(environment.untaken());
    }
    let (program, mut environment) = Program::start();
    let mut client = Program::ready(&mut environment, &program).await;
    let (answer, ()) = tokio::join!(environment.invoke(event("a"), LIMIT), async {
        assert_eq!(client.got().await.unwrap().status, 200);
        drop(client);
        program.end(Exit::Signal(9));
    });
    assert_eq!(answer, Answer::Exited(Exit::Signal(9)));
    assert!(!environment.untaken(), "it had read it");
}
