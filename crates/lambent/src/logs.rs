//! `lambent logs`: what a function logged, read through the server's own API as any client would. Never reads its files.

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use http::Method;
use lambent_core::time::{RealClock as _, Timestamp};
use serde_json::{Value, json};

use crate::client::Client;
use crate::config::Logs;
use crate::system::SystemClock;
use crate::{output, serve};

/// How often the server is asked for more.
const ROUND: Duration = Duration::from_millis(300);

/// How far back each round looks again: an event may come later than one that happened after it.
const LATE_MAX_MS: i64 = 5000;

/// What is read, and how far it was printed.
struct Reader<'a> {
    client: Client,
    wanted: &'a Logs,
    group: String,
    /// What the streams of the function have in their names, in a group that others write to as well.
    mark: String,
    from_ms: i64,
    /// Events since then that were printed: times and ids.
    printed: BTreeSet<(i64, String)>,
}

/// Prints what was logged.
pub(crate) fn main(wanted: &Logs) -> Result<ExitCode> {
    serve::runtime()?.block_on(async {
        let mut reader = Reader::of(wanted).await?;
        loop {
            reader.round().await?;
            if !wanted.follow {
                return Ok(ExitCode::SUCCESS);
            }
            tokio::time::sleep(ROUND).await;
        }
    })
}

impl<'a> Reader<'a> {
    async fn of(wanted: &'a Logs) -> Result<Self> {
        let client = Client::new(wanted.endpoint.trim_end_matches('/').to_owned(), wanted.region.clone());
        let name = &wanted.function;
        let own = format!("/aws/lambda/{name}");
        let group = if name.contains('/') {
            name.clone()
        } else {
            group_of(&client, name).await.unwrap_or_else(|| own.clone())
        };
        let mark = if name.contains('/') || group == own { String::new() } else { format!("/{name}[") };
        let since_ms = i64::try_from(wanted.since.as_millis()).unwrap_or(i64::MAX);
        let from_ms = now(&client).await.as_millis().saturating_sub(since_ms).max(0);
        Ok(Self { client, wanted, group, mark, from_ms, printed: BTreeSet::new() })
    }

    /// Prints what there is and was not printed yet.
    async fn round(&mut self) -> Result<()> {
        let mut token = Value::Null;
        loop {
            let mut asked = json!({ "logGroupName": self.group, "startTime": self.from_ms });
            if let Some(pattern) = &self.wanted.filter {
                asked["filterPattern"] = json!(pattern);
            }
            if !token.is_null() {
                asked["nextToken"] = token;
            }
            let page = self.client.filter_log_events(&asked).await;
            let mut page = match page {
                // A function that has not run yet has no group, but may soon have.
                Err(_) if self.wanted.follow => return Ok(()),
                page => page?,
            };
            page["events"].as_array().into_iter().flatten().for_each(|event| self.event(event));
            token = page["nextToken"].take();
            if token.is_null() {
                break;
            }
        }
        let last_ms = self.printed.last().map_or(0, |(at_ms, _)| *at_ms);
        self.from_ms = self.from_ms.max(last_ms - LATE_MAX_MS);
        self.printed = self.printed.split_off(&(self.from_ms, String::new()));
        Ok(())
    }

    fn event(&mut self, event: &Value) {
        let text = |member: &str| event[member].as_str().unwrap_or_default();
        let at_ms = event["timestamp"].as_i64().unwrap_or_default();
        if !text("logStreamName").contains(&self.mark)
            || !self.printed.insert((at_ms, text("eventId").to_owned()))
        {
            return;
        }
        let at = Timestamp::from_millis(at_ms).to_iso_string();
        if self.wanted.json {
            let event = json!({ "time": at, "stream": text("logStreamName"), "message": text("message") });
            return output::line(&event.to_string());
        }
        // Runtimes join the lines of one event by carriage returns, which a terminal would print over each other.
        let message = text("message").trim_end_matches('\n').replace('\r', "\n");
        output::line(&format!("{at} {message}"));
    }
}

/// What time it is for the server, which may be ahead of the real one; the real one where the server does not say.
async fn now(client: &Client) -> Timestamp {
    let told = client.call(Method::GET, "/_lambent/clock", None).await.ok();
    let told = told.and_then(|told| Timestamp::read_iso(told["now"].as_str()?));
    told.unwrap_or_else(|| SystemClock::new().wall())
}

/// The log group of a function; nothing for one that is gone, whose log may still be there.
async fn group_of(client: &Client, name: &str) -> Option<String> {
    let path = format!("/2015-03-31/functions/{name}/configuration");
    let found = client.call(Method::GET, &path, None).await.ok()?;
    Some(found["LoggingConfig"]["LogGroup"].as_str()?.to_owned())
}
