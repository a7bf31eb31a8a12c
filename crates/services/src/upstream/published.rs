//! Traces of what was published to topics, by the ids that SNS gives messages. SNS hands the trace header of who publishes
//! on to the queues behind a topic; emulators do not, and no message has a place for it that functions would not see. So it
//! is kept here, for the queue's reader to find by the id in the notification. Never sends a trace anywhere.
//!
//! Source: <https://docs.aws.amazon.com/sns/latest/dg/sns-active-tracing.html>

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use lambent_core::limits::{PUBLISHED_KEPT_MAX, PUBLISHED_WAIT_MAX};
use serde::Deserialize;
use tokio::sync::Notify;

/// Traces by the ids of messages, of which the newest are kept.
#[derive(Debug, Default)]
pub struct Published {
    kept: Mutex<Kept>,
    /// Questions to topics that are not answered yet.
    asking: AtomicUsize,
    answered: Notify,
}

/// A question to a topic; it is answered when this is dropped.
#[derive(Debug)]
pub struct Publishing<'a>(&'a Published);

#[derive(Debug, Default)]
struct Kept {
    traces: HashMap<String, String>,
    /// The oldest first.
    ids: VecDeque<String>,
}

impl Published {
    /// A question to a topic begins whose answer will be noted: the message may come out of a queue before that.
    #[must_use]
    pub fn publishing(&self) -> Publishing<'_> {
        self.asking.fetch_add(1, Ordering::SeqCst);
        Publishing(self)
    }

    /// Notes the trace of each message that an answer of SNS, in XML, gives an id.
    pub fn note(&self, answer: &str, trace: &str) {
        let ids = answer.split("<MessageId>").skip(1).filter_map(|rest| rest.split('<').next());
        ids.for_each(|id| self.note_one(id.trim(), trace));
    }

    /// Notes the trace of one message.
    pub(super) fn note_one(&self, id: &str, trace: &str) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let Kept { traces, ids } = &mut *kept;
        if traces.insert(id.to_owned(), trace.to_owned()).is_none() {
            ids.push_back(id.to_owned());
        }
        if ids.len() > PUBLISHED_KEPT_MAX {
            ids.pop_front().and_then(|oldest| traces.remove(&oldest));
        }
    }

    /// The trace of a message of a queue whose body is the notification of a topic. It is waited for while topics are asked.
    pub async fn trace(&self, body: &str) -> Option<String> {
        if !body.starts_with('{') || !body.contains("Notification") {
            return None;
        }
        let notification: Notification = serde_json::from_str(body).ok()?;
        if notification.kind != "Notification" {
            return None;
        }
        let found = async {
            loop {
                let answered = self.answered.notified();
                let asked = self.asking.load(Ordering::SeqCst) > 0;
                match self.find(&notification.message_id) {
                    None if asked => answered.await,
                    found => return found,
                }
            }
        };
        tokio::time::timeout(PUBLISHED_WAIT_MAX, found).await.ok().flatten()
    }

    fn find(&self, id: &str) -> Option<String> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).traces.get(id).cloned()
    }
}

impl Drop for Publishing<'_> {
    fn drop(&mut self) {
        self.0.asking.fetch_sub(1, Ordering::SeqCst);
        self.0.answered.notify_waiters();
    }
}

#[derive(Deserialize)]
struct Notification {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(rename = "MessageId")]
    message_id: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notification(id: usize) -> String {
        format!(r#"{{"Type":"Notification","MessageId":"{id}","Message":"m"}}"#)
    }

    #[tokio::test(start_paused = true)]
    async fn a_notification_has_the_trace_of_its_message() {
        let published = Published::default();
        published.note("<PublishResult><MessageId>1</MessageId></PublishResult>", "t");
        published
            .note("<member><MessageId>2</MessageId></member><member><MessageId>3</MessageId></member>", "u");
        for (id, expected) in [(1, Some("t")), (2, Some("u")), (3, Some("u")), (4, None)] {
            assert_eq!(published.trace(&notification(id)).await.as_deref(), expected);
        }
        for other in ["1", "{}", r#"{"Type":"Other","MessageId":"1","Message":"Notification"}"#] {
            assert_eq!(published.trace(other).await, None, "{other}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_that_is_faster_than_its_answer_waits_for_it() {
        let published = Published::default();
        let publishing = published.publishing();
        let answer = async {
            tokio::time::sleep(PUBLISHED_WAIT_MAX / 2).await;
            published.note("<MessageId>1</MessageId>", "t");
            drop(publishing);
        };
        let notification = notification(1);
        let (trace, ()) = tokio::join!(published.trace(&notification), answer);
        assert_eq!(trace.as_deref(), Some("t"));
        let _never_answered = published.publishing();
        assert_eq!(published.trace(&self::notification(2)).await, None);
    }

    #[tokio::test]
    async fn the_oldest_is_forgotten() {
        let published = Published::default();
        for id in 0..=PUBLISHED_KEPT_MAX {
            published.note(&format!("<MessageId>{id}</MessageId>"), "t");
        }
        assert_eq!(published.trace(&notification(0)).await, None);
        assert!(published.trace(&notification(1)).await.is_some());
    }
}
