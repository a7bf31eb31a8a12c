//! What a program writes: in order, whole, and no faster than its budget.

use std::io::Write;
use std::time::Duration;

use lambent_core::limits;

use super::{LIMIT, Program};
use crate::runtime_api::rig::{NEXT, event, request, response};
use crate::spec::{Answer, Exit, Sandbox, Settled, ShutdownReason};

#[tokio::test]
async fn all_that_was_written_before_the_next_question_arrives_before_settle_returns() {
    let (mut program, mut environment) = Program::start();
    let mut client = Program::ready(&mut environment, &program).await;
    for round in 0..20 {
        let id = format!("r-{round}");
        let (answer, ()) = tokio::join!(environment.invoke(event(&id), LIMIT), async {
            assert_eq!(client.got().await.unwrap().status, 200);
            program.print(&format!("{round}: one\n{round}: two"));
            client
                .send(&[request("POST", &response(&id), "", b"1"), request("GET", NEXT, "", b"")].concat())
                .await;
            assert_eq!(client.got().await.unwrap().status, 202);
        });
        assert!(matches!(answer, Answer::Response { .. }), "{answer:?}");
        assert_eq!(environment.settle(LIMIT).await, Settled::Ready);
        assert_eq!(program.lines().split_off(round * 2), [format!("{round}: one"), format!("{round}: two")]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_output_neither_blocks_settle_nor_is_lost() {
    let (program, mut environment) = Program::start();
    let _client = Program::ready(&mut environment, &program).await;
    let mut output = program.output.try_clone().unwrap();
    let flood = tokio::task::spawn_blocking(move || {
        for _ in 0..5_000 {
            output.write_all(&[b'x'; 999]).unwrap();
            output.write_all(b"\n").unwrap();
        }
    });
    // Counted in bytes: a line that is not complete when the environment settles comes in two pieces.
    while program.lines().concat().len() < 5_000 * 999 {
        assert_eq!(environment.settle(LIMIT).await, Settled::Ready);
        tokio::task::yield_now().await;
    }
    flood.await.unwrap();
    assert_eq!(program.lines().concat().len(), 5_000 * 999);
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_read_no_faster_than_its_budget_and_comes_whole() {
    const WRITTEN: usize = 30_000;
    let budget = usize::try_from(limits::OUTPUT_PER_SECOND_MAX_LINES).unwrap();
    let (mut program, mut environment) = Program::start();
    let _client = Program::ready(&mut environment, &program).await;
    program.print(&"x\n".repeat(WRITTEN));
    // No time passes meanwhile: it does only while all wait.
    for _ in 0..5000 {
        tokio::task::yield_now().await;
    }
    let got = program.lines().len();
    assert!((budget..budget + 4097).contains(&got), "{got} lines");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(program.lines().len(), WRITTEN);
}

#[tokio::test(start_paused = true)]
async fn settling_again_and_again_is_no_way_round_the_budget() {
    const WRITTEN: usize = 30_000;
    let budget = usize::try_from(limits::OUTPUT_PER_SECOND_MAX_LINES).unwrap();
    let (mut program, mut environment) = Program::start();
    let _client = Program::ready(&mut environment, &program).await;
    program.print(&"x\n".repeat(WRITTEN));
    assert_eq!(environment.settle(LIMIT).await, Settled::Ready);
    assert_eq!(program.lines().len(), WRITTEN, "a burst is there at once");
    program.print(&"x\n".repeat(WRITTEN));
    for _ in 0..3 {
        assert_eq!(environment.settle(LIMIT).await, Settled::Ready);
    }
    let got = program.lines().len();
    assert!((2 * budget..2 * budget + 4097).contains(&got), "{got} lines");
    program.end(Exit::Code(0));
    assert_eq!(environment.exited().await, Exit::Code(0));
    assert_eq!(program.lines().len(), 2 * WRITTEN, "its end brings the rest at once");
}

/// A record that says that it is so long.
fn frame(length: u8, text: &[u8]) -> Vec<u8> {
    [&[0xA5, 0x5A, 0, 3, 0, 0, 0, length][..], &[0; 8], text].concat()
}

#[tokio::test]
async fn records_come_whole_beside_lines_and_each_says_who_wrote() {
    let (mut program, mut environment) = Program::start();
    let _client = Program::ready(&mut environment, &program).await;
    program.framed.write_all(&frame(3, b"a\nb")).unwrap();
    program.extension_output.write_all(b"ext\n").unwrap();
    program.print("line\n");
    assert_eq!(environment.settle(LIMIT).await, Settled::Ready);
    assert_eq!(program.lines(), ["a\nb", "line"]);
    assert_eq!(*program.kept.extension_lines.lock().unwrap(), ["ext"]);
}

#[tokio::test]
async fn what_was_left_unfinished_at_a_reset_is_not_ended_by_what_is_started_then() {
    for unfinished in [&frame(200, b"cut")[..], &frame(0, b"")[..9]] {
        let (mut program, mut environment) = Program::start();
        let _client = Program::ready(&mut environment, &program).await;
        program.framed.write_all(unfinished).unwrap();
        program.print("cut");
        environment.reset(ShutdownReason::Timeout).await;
        assert_eq!(program.kept.lines.lock().unwrap().drain(..).next_back().unwrap(), "cut");
        program.framed.write_all(&frame(3, b"new")).unwrap();
        program.print("\nline\n");
        environment.reset(ShutdownReason::Timeout).await;
        assert_eq!(program.lines(), ["new", "", "line"]);
    }
}
