//! Patterns as AWS documents them, and texts nobody would write.

use proptest::prelude::*;

use super::test::fits;
use super::*;

#[track_caller]
fn check(pattern: &str, wanted: &[&str], unwanted: &[&str]) {
    let read = Pattern::read(pattern).unwrap_or_else(|fault| panic!("{pattern}: {fault}"));
    for text in wanted {
        assert!(read.wants(text), "{pattern} wants {text}");
    }
    for text in unwanted {
        assert!(!read.wants(text), "{pattern} does not want {text}");
    }
}

#[test]
fn terms_are_needed_banned_or_alternatives() {
    let events = [
        "[ERROR 400] BAD REQUEST",
        "[ERROR 401] UNAUTHORIZED REQUEST",
        "[ERROR 419] MISSING ARGUMENTS",
        "[ERROR 420] INVALID ARGUMENTS",
    ];
    check("", &events, &[]);
    check("  ", &events, &[]);
    check("ERROR", &events, &["error"]);
    check("ERROR ARGUMENTS", &events[2..], &events[..2]);
    check("\"INVALID ARGUMENTS\"", &events[3..], &events[..3]);
    check("?BAD ?MISSING", &["[ERROR 400] BAD REQUEST", "[ERROR 419] MISSING ARGUMENTS"], &events[3..]);
    check("ERROR -ARGUMENTS", &events[..2], &events[2..]);
    check("-ERROR", &["fine"], &events);
    // With others, a question mark counts for nothing.
    check("?BAD REQUEST", &events[..2], &events[2..]);
    check("%ERR.*4(19|20)%", &events[2..], &events[..2]);
    check(r#""say \"hi\"""#, &[r#"they say "hi""#], &["say hi"]);
}

#[test]
fn json_conditions_look_into_objects() {
    let event = r#"{"eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111", "n": 123.4, "yes": true,
        "arrayKey": ["value", "another"], "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
        "SomeObject": null, "a.b": "dot", "ThisFlag": false}"#;
    for holds in [
        r#"{ $.eventType = "UpdateTrail" }"#,
        "{ $.eventType = UpdateTrail }",
        r#"{ $.eventType = "Update*" && $.sourceIPAddress != 123.123.* }"#,
        "{ $.sourceIPAddress = 111.111.* }",
        r#"{ $.arrayKey[0] = "value" }"#,
        r#"{ $.arrayKey[*] = "another" }"#,
        "{ $.objectList[1].id = 2 }",
        "{ $.SomeObject IS NULL }",
        "{ $.SomeOtherObject NOT EXISTS }",
        "{ $.yes IS TRUE && $.ThisFlag IS FALSE }",
        "{ $.n = 123.4 && $.n > 100 && $.n <= 1.234e2 }",
        r#"{ ($.n < 1 || $.n >= 123) && $['a.b'] = "dot" }"#,
        "{ $.eventType = %^Up.*l$% }",
        "{ $.yes = true }",
    ] {
        check(holds, &[event], &["not JSON", "{}\u{0}", "7"]);
    }
    for fails in [
        r#"{ $.eventType = "updatetrail" }"#,
        "{ $.gone != 1 }",
        "{ $.gone IS NULL }",
        "{ $.n < 1 && $.n = 123.4 || $.n > 200 }",
        "{ $.objectList[7].id = 2 }",
        "{ $.eventType > 5 }",
    ] {
        check(fails, &[], &[event]);
    }
}

#[test]
fn fields_stand_between_spaces_quotes_and_brackets() {
    let event = r#"127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#;
    for holds in [
        "[ip, id, user, timestamp, request, status, size]",
        "[ip, id, user, timestamp, request, status_code = 4*, bytes]",
        "[ip, id, user, timestamp, request = *.html*, status_code = 4*, bytes > 1000]",
        "[ip, ..., bytes > 1000]",
        "[..., size, bytes]",
        "[ip != 10.*, user, username, timestamp, request, status = 404 || status = 410, bytes]",
        "[ip, ...]",
        "[w1=127.0.0.1&&w1!=%x%, ...]",
    ] {
        check(holds, &[event, &format!("{event}\n")], &[""]);
    }
    for fails in ["[ip, user]", "[ip, ..., bytes < 1000]", "[ip = 10.*, ...]"] {
        check(fails, &[], &[event]);
    }
}

#[test]
fn what_is_no_pattern_is_refused() {
    let term = |term: &str| Err(PatternError::Term { term: term.to_owned() });
    let read = |text: &str| Pattern::read(text).map(drop);
    assert_eq!(read("a-b"), term("a-b"));
    assert_eq!(read("a b: c"), term("b:"));
    for text in [
        "\"open",
        "{",
        "{ $.a",
        "{ $.a = }",
        "{ a = 1 }",
        "{ $.a = 1 } x",
        "{ $.a > b }",
        "[a, ",
        "[a] b",
        "[..., ...]",
        "%(%",
        "?",
        "-",
        "{ $.a IS NOTHING }",
        "{ ($.a = 1 }",
        "{}",
        "[a = ]",
    ] {
        assert_eq!(read(text), Err(PatternError::Malformed), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(pattern in "\\PC{0,60}", event in "\\PC{0,60}") {
        for pattern in [pattern.clone(), format!("{{ $.{pattern} }}"), format!("[{pattern}]")] {
            if let Ok(read) = Pattern::read(&pattern) {
                _ = read.wants(&event);
            }
        }
    }

    #[test]
    fn a_quoted_term_wants_what_contains_it(term in "[a-z \\\\\"]{1,5}", event in "[a-z \\\\\"]{0,20}") {
        let quoted = format!("\"{}\"", term.replace('\\', "\\\\").replace('"', "\\\""));
        prop_assert_eq!(Pattern::read(&quoted).unwrap().wants(&event), event.contains(&term));
        prop_assert_eq!(Pattern::read(&format!("-{quoted}")).unwrap().wants(&event), !event.contains(&term));
    }

    #[test]
    fn stars_stand_for_any_letters(wanted in "[ab*]{0,8}", text in "[ab]{0,10}") {
        let expression = format!("^{}$", wanted.replace('*', ".*"));
        prop_assert_eq!(fits(&wanted, &text), regex::Regex::new(&expression).unwrap().is_match(&text));
    }
}
