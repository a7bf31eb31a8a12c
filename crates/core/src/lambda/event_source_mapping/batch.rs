//! Batches of messages: how many fit into one invocation, and which of them a function says it failed on. Never reads a
//! queue.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>

use serde_json::Value;

use crate::limits::SYNC_PAYLOAD_MAX_BYTES;

/// What stands around the records of an event.
const AROUND: [&str; 2] = ["{\"Records\":[", "]}"];

/// Which messages of a batch come again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failed {
    /// These, by their ids; none if all went well.
    These(Vec<String>),
    /// All of them.
    All,
}

impl Failed {
    /// Whether a message comes again.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        match self {
            Self::These(ids) => ids.iter().any(|failed| failed == id),
            Self::All => true,
        }
    }

    /// What a function that reports failures (`ReportBatchItemFailures`) says of a batch with these ids. What it says of
    /// others, or so that nobody understands it, is said of all.
    #[must_use]
    pub fn reported(answer: &[u8], ids: &[&str]) -> Self {
        let none = Self::These(Vec::new());
        if answer.iter().all(u8::is_ascii_whitespace) {
            return none;
        }
        let Ok(answer) = serde_json::from_slice::<Value>(answer) else { return Self::All };
        let items = match &answer {
            Value::Null => return none,
            Value::String(text) if text.is_empty() => return none,
            Value::Array(items) if items.is_empty() => return none,
            Value::Object(object) => object.get("batchItemFailures"),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => return Self::All,
        };
        let items = match items {
            None | Some(Value::Null) => return none,
            Some(Value::Array(items)) => items,
            Some(Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_)) => {
                return Self::All;
            }
        };
        let known = |item: &Value| {
            let id = item.get("itemIdentifier")?.as_str()?;
            ids.contains(&id).then(|| id.to_owned())
        };
        items.iter().map(known).collect::<Option<_>>().map_or(Self::All, Self::These)
    }
}

/// How many of these records, from the first on, fit into one event: at least one.
#[must_use]
pub fn fitting(records: &[String]) -> usize {
    let mut left = usize::try_from(SYNC_PAYLOAD_MAX_BYTES).unwrap_or(usize::MAX) - AROUND.concat().len();
    let fits = |record: &&String| {
        let rest = left.checked_sub(record.len() + 1);
        left = rest.unwrap_or(0);
        rest.is_some()
    };
    records.iter().take_while(fits).count().clamp(1, records.len().max(1))
}

/// The event of these records.
#[must_use]
pub fn event(records: &[String]) -> String {
    [AROUND[0], &records.join(","), AROUND[1]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_read_as_aws_reads_them() {
        let ids = ["1", "2"];
        let these = |ids: &[&str]| Failed::These(ids.iter().map(|id| (*id).to_owned()).collect());
        for (answer, expected) in [
            ("", these(&[])),
            ("null", these(&[])),
            ("\"\"", these(&[])),
            ("[]", these(&[])),
            ("{}", these(&[])),
            (r#"{"statusCode":200}"#, these(&[])),
            (r#"{"batchItemFailures":null}"#, these(&[])),
            (r#"{"batchItemFailures":[]}"#, these(&[])),
            (r#"{"batchItemFailures":[{"itemIdentifier":"2"}]}"#, these(&["2"])),
            (r#"{"batchItemFailures":[{"itemIdentifier":"3"}]}"#, Failed::All),
            (r#"{"batchItemFailures":[{"itemIdentifier":"2"},{"itemIdentifier":""}]}"#, Failed::All),
            (r#"{"batchItemFailures":[{"itemIdentifier":null}]}"#, Failed::All),
            (r#"{"batchItemFailures":[{"foo":"2"}]}"#, Failed::All),
            (r#"{"batchItemFailures":"2"}"#, Failed::All),
            (r#"{"batchItemFailures":["#, Failed::All),
            ("\"2\"", Failed::All),
            ("[{}]", Failed::All),
            ("7", Failed::All),
        ] {
            assert_eq!(Failed::reported(answer.as_bytes(), &ids), expected, "{answer}");
        }
        assert!(these(&["2"]).has("2") && !these(&["2"]).has("1") && Failed::All.has("1"));
    }

    #[test]
    fn an_event_is_no_larger_than_an_invocation_may_be() {
        let max = usize::try_from(SYNC_PAYLOAD_MAX_BYTES).unwrap();
        let records: Vec<String> = [max / 2, max / 3, max / 3, 1].map(|length| "1".repeat(length)).into();
        assert_eq!(fitting(&records), 2);
        assert!(event(&records[..2]).len() <= max && event(&records[..3]).len() > max);
        assert_eq!(fitting(&records[2..]), 2);
        assert_eq!(fitting(&["1".repeat(max + 1)]), 1, "what fits nowhere is the function's to refuse");
        assert_eq!(event(&["1".to_owned(), "2".to_owned()]), r#"{"Records":[1,2]}"#);
    }
}
