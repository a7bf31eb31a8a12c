//! What patterns let through and what they do not.

use super::super::is_pattern;
use super::*;

#[track_caller]
fn check(pattern: &str, event: &str, expected: bool) {
    assert!(is_pattern(pattern), "{pattern}");
    let (asked, given) = (serde_json::from_str(pattern).unwrap(), serde_json::from_str(event).unwrap());
    assert_eq!(matches(&asked, &given), expected, "{pattern} {event}");
}

#[test]
fn values_are_the_same_or_one_of_a_list() {
    check(r#"{"a":["x","y"]}"#, r#"{"a":"y","b":1}"#, true);
    check(r#"{"a":["x"]}"#, r#"{"a":"X"}"#, false);
    check(r#"{"a":[1]}"#, r#"{"a":1.0}"#, true);
    check(r#"{"a":[1]}"#, r#"{"a":"1"}"#, false);
    check(r#"{"a":[null]}"#, r#"{"a":null}"#, true);
    check(r#"{"a":[null]}"#, "{}", false);
    check(r#"{"a":[true]}"#, r#"{"a":[false,true]}"#, true);
    check(r#"{"a":["x"],"b":["y"]}"#, r#"{"a":"x"}"#, false);
    check(r#"{"body":{"a":["x"]}}"#, r#"{"body":{"a":"x"}}"#, true);
    check(r#"{"body":{"a":["x"]}}"#, r#"{"body":"x"}"#, false);
    check(r#"{"body":["x"]}"#, r#"{"body":{"a":"x"}}"#, false);
}

#[test]
fn one_object_of_a_list_must_fulfil_all() {
    let pattern = r#"{"a":{"b":[1],"c":[2]}}"#;
    check(pattern, r#"{"a":[{"b":1,"c":3},{"b":1,"c":2}]}"#, true);
    check(pattern, r#"{"a":[{"b":1},{"c":2}]}"#, false);
}

#[test]
fn what_is_there_is_told_from_what_is_not() {
    check(r#"{"a":[{"exists":true}]}"#, r#"{"a":null}"#, true);
    check(r#"{"a":[{"exists":true}]}"#, r#"{"b":1}"#, false);
    check(r#"{"a":[{"exists":false}]}"#, r#"{"b":1}"#, true);
    check(r#"{"a":{"b":[{"exists":false}]}}"#, r#"{"c":1}"#, true);
    check(r#"{"a":[{"exists":true}]}"#, r#"{"a":{"b":1}}"#, false);
}

#[test]
fn texts_have_prefixes_suffixes_and_stars() {
    check(r#"{"a":[{"prefix":"ab"}]}"#, r#"{"a":"abc"}"#, true);
    check(r#"{"a":[{"prefix":{"equals-ignore-case":"AB"}}]}"#, r#"{"a":"abc"}"#, true);
    check(r#"{"a":[{"suffix":"c"}]}"#, r#"{"a":"abc"}"#, true);
    check(r#"{"a":[{"equals-ignore-case":"aBc"}]}"#, r#"{"a":"AbC"}"#, true);
    for (pattern, text, expected) in [
        ("*.png", "a.png", true),
        ("*.png", "a.png.", false),
        ("a*b*c", "abc", true),
        ("a*b*c", "a-c-b", false),
        ("aba*ba", "aba", false),
        ("abc", "abc", true),
        ("abc", "abcd", false),
        ("*", "", true),
        ("a\\\\*", "a*", true),
        ("a\\\\*", "ab", false),
    ] {
        check(
            &format!("{{\"a\":[{{\"wildcard\":\"{pattern}\"}}]}}"),
            &format!("{{\"a\":\"{text}\"}}"),
            expected,
        );
    }
}

#[test]
fn numbers_have_bounds() {
    check(r#"{"a":[{"numeric":[">",0,"<=",5]}]}"#, r#"{"a":5}"#, true);
    check(r#"{"a":[{"numeric":[">",0,"<=",5]}]}"#, r#"{"a":0}"#, false);
    check(r#"{"a":[{"numeric":["=",100]}]}"#, r#"{"a":1e2}"#, true);
    check(r#"{"a":[{"numeric":["<",3]}]}"#, r#"{"a":"2"}"#, false);
}

#[test]
fn anything_else_must_be_there_and_be_something_else() {
    check(r#"{"a":[{"anything-but":["x","y"]}]}"#, r#"{"a":"z"}"#, true);
    check(r#"{"a":[{"anything-but":["x","y"]}]}"#, r#"{"a":"y"}"#, false);
    check(r#"{"a":[{"anything-but":"x"}]}"#, "{}", false);
    check(r#"{"a":[{"anything-but":[1]}]}"#, r#"{"a":2}"#, true);
    check(r#"{"a":[{"anything-but":{"prefix":"x"}}]}"#, r#"{"a":"xy"}"#, false);
    check(r#"{"a":[{"anything-but":{"wildcard":["*x","*y"]}}]}"#, r#"{"a":"ay"}"#, false);
    check(r#"{"a":[{"anything-but":{"suffix":"x"}}]}"#, r#"{"a":"xy"}"#, true);
}

#[test]
fn addresses_are_in_blocks() {
    check(r#"{"a":[{"cidr":"10.0.0.0/24"}]}"#, r#"{"a":"10.0.0.255"}"#, true);
    check(r#"{"a":[{"cidr":"10.0.0.0/24"}]}"#, r#"{"a":"10.0.1.0"}"#, false);
    check(r#"{"a":[{"cidr":"0.0.0.0/0"}]}"#, r#"{"a":"1.2.3.4"}"#, true);
    check(r#"{"a":[{"cidr":"10.0.0.0/33"}]}"#, r#"{"a":"10.0.0.0"}"#, false);
    check(r#"{"a":[{"cidr":"fd00::/8"}]}"#, r#"{"a":"fd12::1"}"#, true);
    check(r#"{"a":[{"cidr":"10.0.0.0/24"}]}"#, r#"{"a":"no address"}"#, false);
}

#[test]
fn one_of_several_patterns_is_enough() {
    let pattern = r#"{"c":[1],"$or":[{"a":["x"]},{"b":["y"]}]}"#;
    check(pattern, r#"{"c":1,"b":"y"}"#, true);
    check(pattern, r#"{"c":1,"b":"x"}"#, false);
    check(pattern, r#"{"c":2,"b":"y"}"#, false);
}
