//! An environment over a program that is played by the test: its end, its output and its calls come on cue.

mod extensions;
mod output;
mod rig;
mod shutdown;
mod telemetry;
mod waking;

use crate::runtime_api::rig::{Client, NEXT, event, request, response};
use crate::spec::{Answer, Exit, Init, Reported, Sandbox, Settled, ShutdownReason};
use rig::{LIMIT, Program};

#[tokio::test]
async fn init_ends_as_the_program_lets_it() {
    let (mut program, mut environment) = Program::start();
    program.print("importing\n");
    let _client = Program::ready(&mut environment, &program).await;
    assert_eq!(program.lines(), ["importing"]);
    assert_eq!(program.count("initialised"), 1);

    let (mut program, mut environment) = Program::start();
    program.print("Traceback");
    program.end(Exit::Code(3));
    assert_eq!(environment.init(LIMIT).await, Init::Exited(Exit::Code(3)));
    assert_eq!((program.lines(), program.count("clear")), (vec!["Traceback".to_owned()], 1));

    let (program, mut environment) = Program::start();
    program.say_and_go(&[request("POST", "/2018-06-01/runtime/init/error", "", b"{}")]);
    program.end(Exit::Code(1));
    let reported = Reported { error_type: None, content_type: None, body: b"{}"[..].into() };
    assert_eq!(environment.init(LIMIT).await, Init::Reported(reported));
}

#[tokio::test(start_paused = true)]
async fn who_never_asks_is_given_up_when_the_limit_passes_and_what_it_wrote_is_there() {
    let (mut program, mut environment) = Program::start();
    program.print("looping");
    assert_eq!(environment.init(LIMIT).await, Init::TimedOut);
    assert_eq!((program.lines(), program.count("clear")), (vec!["looping".to_owned()], 0));
}

#[tokio::test(start_paused = true)]
async fn who_never_answers_is_given_up_when_the_limit_passes() {
    let (program, mut environment) = Program::start();
    assert_eq!(environment.invoke(event("a"), LIMIT).await, Answer::TimedOut);
    assert_eq!(environment.settle(LIMIT).await, Settled::TimedOut);
    assert_eq!(program.done(), ["initialised"], "whoever called decides what follows");
}

#[tokio::test]
async fn a_program_that_ends_before_its_answer_is_noticed_at_once() {
    for exit in [Exit::Code(0), Exit::Signal(11), Exit::OutOfMemory] {
        let (program, mut environment) = Program::start();
        let client = Program::ready(&mut environment, &program).await;
        program.end(exit);
        drop(client);
        assert_eq!(environment.invoke(event("a"), LIMIT).await, Answer::Exited(exit));
        assert_eq!(environment.settle(LIMIT).await, Settled::Exited(exit));
        assert_eq!(environment.exited().await, exit);
    }
}

#[tokio::test]
async fn an_answer_sent_just_before_the_end_is_still_an_answer() {
    let (program, mut environment) = Program::start();
    program.say_and_go(&[request("GET", NEXT, "", b""), request("POST", &response("a"), "", b"last words")]);
    program.end(Exit::Code(0));
    let answer = environment.invoke(event("a"), LIMIT).await;
    assert_eq!(answer, Answer::Response { content_type: None, body: b"last words"[..].into() });
    assert_eq!(environment.settle(LIMIT).await, Settled::Exited(Exit::Code(0)));
}

#[tokio::test]
async fn a_program_that_dies_in_the_middle_of_its_answer_has_exited() {
    let (program, mut environment) = Program::start();
    let half = format!("POST {} HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf", response("a")).into_bytes();
    program.say_and_go(&[request("GET", NEXT, "", b""), half]);
    program.end(Exit::OutOfMemory);
    assert_eq!(environment.invoke(event("a"), LIMIT).await, Answer::Exited(Exit::OutOfMemory));
}

#[tokio::test]
async fn a_dropped_environment_is_removed_and_leaves_no_task() {
    let (program, environment) = Program::start();
    let client = Client::connect(program.address).await;
    drop(environment);
    drop(client);
    program.tasks.close();
    program.tasks.wait().await;
    assert_eq!(program.done(), ["removed"]);
}

#[tokio::test]
async fn stop_returns_when_all_is_gone() {
    let (mut program, mut environment) = Program::start();
    let _client = Program::ready(&mut environment, &program).await;
    environment.freeze();
    environment.thaw();
    assert_eq!(environment.memory_peak_bytes(), 7);
    program.print("bye");
    environment.stop(ShutdownReason::Spindown).await;
    assert_eq!(program.lines(), ["bye"]);
    assert_eq!(program.done(), ["initialised", "freeze", "thaw", "removed"]);
}
