//! The machine of an event, by tables.

use std::time::Duration;

use super::*;
use crate::lambda::function::tests::function;
use crate::lambda::settings::EventInvoke;

const START_MS: i64 = 1_573_755_365_568;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_millis(START_MS).plus(Duration::from_secs(seconds))
}

fn event() -> Event {
    let function = function();
    Event {
        invoked_function_arn: function.id.arn(),
        function: function.id,
        qualifier: Qualifier::Latest,
        incarnation: Uuid::nil(),
        request_id: "r".into(),
        payload: "{\"a\": 1.0}".into(),
        trace_id: None,
        received: at(0),
        attempts: 0,
        turned_away: 0,
        last: None,
        ended: None,
    }
}

fn handling() -> Handling {
    Handling::of(&function(), &Qualifier::Latest)
}

fn ran(failed: bool) -> Outcome {
    Outcome::Ran(Response { version: "$LATEST".into(), failed, payload: "null".into() })
}

/// Lets all that comes happen at once when it is due; gives the times of the attempts and how it ended.
fn live(handling: &Handling, mut outcome: impl FnMut(u32) -> Outcome) -> (Vec<u64>, Ended) {
    let (mut event, mut now, mut times) = (event(), at(0), Vec::new());
    for turn in 0.. {
        if let Some(condition) = event.expired(handling, now) {
            return (times, event.end(condition, handling, now).ended.unwrap());
        }
        times.push(now.since(at(0)).as_secs());
        match event.step(outcome(turn), handling, now) {
            Step::Again(next, due) => (event, now) = (next, due),
            Step::Ended(event) => return (times, event.ended.unwrap()),
        }
    }
    unreachable!("every event ends")
}

#[track_caller]
fn check(retries: u32, age_s: u64, fails: &[bool], times: &[u64], condition: Condition) {
    let handling = Handling { retries, age_max: Duration::from_secs(age_s), ..handling() };
    let (seen, ended) = live(&handling, |turn| ran(fails[turn as usize]));
    assert_eq!((seen.as_slice(), ended.condition), (times, condition));
    assert!(ended.response.is_some());
}

#[test]
fn a_function_that_fails_runs_again_after_one_minute_and_two() {
    use Condition::{EventAgeExceeded, RetriesExhausted, Success};
    check(2, 21_600, &[false], &[0], Success);
    check(2, 21_600, &[true, false], &[0, 60], Success);
    check(2, 21_600, &[true, true, false], &[0, 60, 180], Success);
    check(2, 21_600, &[true; 3], &[0, 60, 180], RetriesExhausted);
    check(1, 21_600, &[true; 3], &[0, 60], RetriesExhausted);
    check(0, 21_600, &[true; 3], &[0], RetriesExhausted);
    check(2, 60, &[true; 3], &[0, 60], EventAgeExceeded);
    check(2, 179, &[true; 3], &[0, 60], EventAgeExceeded);
}

#[test]
fn what_cannot_be_run_comes_again_until_it_is_too_old() {
    let (times, ended) = live(&handling(), |_| Outcome::TurnedAway);
    assert_eq!(times[..11], [0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811]);
    assert_eq!(times.last(), Some(&21_600));
    assert_eq!((ended.condition, ended.response), (Condition::EventAgeExceeded, None));
}

#[test]
fn being_turned_away_is_no_attempt() {
    let outcome = |turn| if turn % 2 == 0 { Outcome::TurnedAway } else { ran(true) };
    let (times, ended) = live(&handling(), outcome);
    assert_eq!(times, [0, 1, 61, 62, 182, 183]);
    assert_eq!(ended.condition, Condition::RetriesExhausted);
}

#[test]
fn reserved_concurrency_of_zero_ends_it_at_once() {
    let handling = Handling { is_stopped: true, ..handling() };
    let (times, ended) = live(&handling, |_| unreachable!("it never runs"));
    assert_eq!((times.len(), ended.condition), (0, Condition::ZeroReservedConcurrency));
}

#[test]
fn the_settings_of_the_qualifier_that_was_invoked_hold() {
    let mut function = function();
    function.settings_mut(&Qualifier::read("live")).event_invoke = Some(EventInvoke {
        maximum_retry_attempts: Some(0),
        maximum_event_age_s: Some(60),
        on_success: Some("s".into()),
        on_failure: None,
        last_modified: at(0),
    });
    function.latest.configuration.dead_letter = Some("d".into());
    let live = Handling::of(&function, &Qualifier::read("live"));
    assert_eq!((live.retries, live.age_max.as_secs()), (0, 60));
    let latest = Handling::of(&function, &Qualifier::Latest);
    assert_eq!((latest.retries, latest.age_max.as_secs(), latest.on_success), (2, 21_600, None));
    assert_eq!(latest.dead_letter.as_deref(), Some("d"));
}

#[test]
fn a_failure_is_told_to_its_destination_and_the_dead_letter_queue() {
    let handling = Handling {
        on_success: Some("s".into()),
        on_failure: Some("f".into()),
        dead_letter: Some("d".into()),
        ..handling()
    };
    let told = |condition| event().end(condition, &handling, at(0)).ended.unwrap().deliveries;
    let (destination, dead) =
        (|arn: &str| Delivery::Destination(arn.into()), Delivery::DeadLetter("d".into()));
    assert_eq!(told(Condition::Success), [destination("s")]);
    assert_eq!(told(Condition::EventAgeExceeded), [destination("f"), dead]);
}

fn ended(condition: Condition, response: Option<Response>) -> Ended {
    Ended { condition, response, role: String::new(), at: at(0), deliveries: Vec::new(), failures: 0 }
}

#[test]
fn the_record_is_as_aws_writes_it() {
    let failed = Response { version: "7".into(), failed: true, payload: "{\"errorMessage\":\"no\"}".into() };
    let event = Event { attempts: 3, ..event() };
    assert_eq!(
        event.record(&ended(Condition::RetriesExhausted, Some(failed)), true),
        "{\"version\":\"1.0\",\"timestamp\":\"2019-11-14T18:16:05.568Z\",\"requestContext\":{\"requestId\":\"r\",\
         \"functionArn\":\"arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST\",\
         \"condition\":\"RetriesExhausted\",\"approximateInvokeCount\":3},\"requestPayload\":{\"a\": 1.0},\
         \"responseContext\":{\"statusCode\":200,\"executedVersion\":\"7\",\"functionError\":\"Unhandled\"},\
         \"responsePayload\":{\"errorMessage\":\"no\"}}"
    );
    let never = event.record(&ended(Condition::ZeroReservedConcurrency, None), true);
    assert!(never.ends_with("\"requestPayload\":{\"a\": 1.0}}"), "{never}");
}

#[test]
fn an_answer_that_is_not_json_stands_in_the_record_as_text() {
    let said = |payload: &str| Some(Response { version: "1".into(), failed: false, payload: payload.into() });
    let record = event().record(&ended(Condition::Success, said("a\"b")), true);
    assert!(record.ends_with("\"responsePayload\":\"a\\\"b\"}"), "{record}");
    assert!(record.contains("\"approximateInvokeCount\":1"), "{record}");
    let record = event().record(&ended(Condition::Success, said("a\"b")), false);
    assert!(
        record.ends_with("\"responseContext\":{\"statusCode\":200,\"executedVersion\":\"1\"}}"),
        "{record}"
    );
}

#[test]
fn a_dead_letter_says_what_failed() {
    let message = |condition, payload: Option<&str>| {
        let response = payload.map(|p| Response { version: "1".into(), failed: true, payload: p.into() });
        let [request, (_, kind, code), (_, _, message)] =
            event().dead_letter_attributes(&ended(condition, response));
        assert_eq!((request, kind), (("RequestID", "String", "r".to_owned()), "Number"));
        format!("{code} {message}")
    };
    let exhausted = Condition::RetriesExhausted;
    assert_eq!(message(exhausted, Some("{\"errorMessage\":\"no\"}")), "200 no");
    assert_eq!(message(exhausted, Some("broken")), "200 broken");
    assert_eq!(message(exhausted, Some("")), "200 Unhandled");
    assert_eq!(message(exhausted, Some(&"é".repeat(600))).len(), 1024 + 4);
    assert_eq!(message(Condition::ZeroReservedConcurrency, None), "429 Rate Exceeded.");
    assert_eq!(
        message(Condition::EventAgeExceeded, None),
        "429 Rate Exceeded.",
        "nothing else was in its way"
    );
}

#[test]
fn a_loop_ends_without_a_retry_and_is_told() {
    let handling = Handling { dead_letter: Some("d".into()), ..handling() };
    let Step::Ended(event) = event().step(Outcome::Loop, &handling, at(0)) else { panic!("it comes again") };
    let ended = event.ended.clone().unwrap();
    assert_eq!((ended.condition.as_str(), ended.deliveries.len()), ("RecursiveInvocation", 1));
    let [_, (.., code), (.., message)] = event.dead_letter_attributes(&ended);
    assert_eq!((code.as_str(), message.contains("recursive loop")), ("400", true));
}

#[test]
fn what_ends_between_two_attempts_tells_of_the_last() {
    let Step::Again(event, _) = event().step(ran(true), &handling(), at(0)) else { panic!("it ended") };
    let kept = event.clone().end(Condition::EventAgeExceeded, &handling(), at(99)).ended.unwrap();
    assert_eq!(kept.response.map(|response| response.failed), Some(true));
    let stopped = event.end(Condition::ZeroReservedConcurrency, &handling(), at(99));
    assert_eq!(stopped.dead_letter_attributes(&stopped.ended.clone().unwrap())[1].2, "200");
}

#[test]
fn an_event_is_read_as_it_was_kept() {
    let kept = event().end(Condition::Success, &handling(), at(1));
    let text = serde_json::to_string(&kept).unwrap();
    assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), kept);
}
