//! `/_lambent/clock`: tells the time, and moves it. Never moves it back.
//!
//! Anybody on this host may move it where signatures are not checked; else the root key must have signed the request.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Method, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use lambent_core::limits::{CLOCK_AHEAD_MAX, CLOCK_BODY_MAX_BYTES, CLOCK_SCALE_MAX};
use lambent_core::time::{Clock as _, RealClock as _, Timestamp};
use lambent_services::{Auth, Server, owner};
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::warn;

use super::{Change, MovableClock, REAL};
use crate::config;

/// What can be asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Asked {
    /// So much further, in seconds.
    advance_s: Option<f64>,
    /// The same as `6h`.
    advance: Option<String>,
    /// To this time.
    now: Option<String>,
    /// So many times as fast as the real time from now on.
    scale: Option<f64>,
}

/// Answers a request for the clock.
pub(crate) async fn answer(
    clock: &Arc<MovableClock>,
    server: &Server,
    (head, body): (Parts, Incoming),
    peer: IpAddr,
) -> (StatusCode, Value) {
    match head.method {
        Method::GET | Method::HEAD => (StatusCode::OK, clock.told()),
        Method::POST => match moved(clock, server, (head, body), peer).await {
            Ok(()) => (StatusCode::OK, clock.told()),
            Err((status, message)) => (status, json!({ "message": message })),
        },
        _ => (StatusCode::METHOD_NOT_ALLOWED, json!({ "message": "only GET and POST" })),
    }
}

async fn moved(
    clock: &Arc<MovableClock>,
    server: &Server,
    (head, body): (Parts, Incoming),
    peer: IpAddr,
) -> Result<(), (StatusCode, String)> {
    let bad = |message: String| (StatusCode::BAD_REQUEST, message);
    let body = Limited::new(body, CLOCK_BODY_MAX_BYTES).collect().await;
    let body: Bytes = body.map_err(|fault| bad(format!("the body cannot be read: {fault}")))?.to_bytes();
    if server.auth() == Auth::Verify || !peer.to_canonical().is_loopback() {
        owner::signed(server, &head, body.clone())
            .map_err(|refusal| (refusal.status(), refusal.to_string()))?;
    }
    let asked = serde_json::from_slice::<Asked>(&body).map_err(|fault| bad(fault.to_string()))?;
    let change = asked.change(clock.now()).map_err(bad)?;
    if clock.ahead() + change.advance > CLOCK_AHEAD_MAX {
        return Err(bad("AWS's time is at most a hundred years ahead of the real time".to_owned()));
    }
    let changer = Arc::clone(clock);
    let kept = tokio::task::spawn_blocking(move || changer.change(change)).await;
    match kept {
        Ok(Ok(())) => {}
        Ok(Err(fault)) => return Err((StatusCode::INTERNAL_SERVER_ERROR, format!("not moved: {fault}"))),
        Err(fault) => return Err((StatusCode::INTERNAL_SERVER_ERROR, fault.to_string())),
    }
    warn!(now = clock.now().to_iso_string(), scale = clock.pace().scale, "AWS's time was moved by request");
    server.waiter().moved();
    Ok(())
}

impl Asked {
    /// What is to be done, or what is wrong with it.
    fn change(self, now: Timestamp) -> Result<Change, String> {
        let spans = [self.advance_s.map(span).transpose()?, self.by_text()?, self.to(now)?];
        let mut spans = spans.into_iter().flatten();
        let advance = spans.next();
        if spans.next().is_some() {
            return Err("one of advance_s, advance and now says how far".to_owned());
        }
        if let Some(scale) = self.scale.filter(|scale| !(REAL..=CLOCK_SCALE_MAX).contains(scale)) {
            return Err(format!("scale {scale} is not between 1 and {CLOCK_SCALE_MAX}"));
        }
        if advance.is_none() && self.scale.is_none() {
            return Err("nothing is asked: give advance_s, advance, now or scale".to_owned());
        }
        Ok(Change { advance: advance.unwrap_or_default(), scale: self.scale })
    }

    fn by_text(&self) -> Result<Option<Duration>, String> {
        self.advance.as_deref().map(config::span).transpose()
    }

    fn to(&self, now: Timestamp) -> Result<Option<Duration>, String> {
        let Some(text) = &self.now else { return Ok(None) };
        let then = Timestamp::read_iso(text)
            .ok_or_else(|| format!("{text} is no time such as 2026-01-02T03:04:05Z"))?;
        if then < now {
            return Err(format!("time does not go back: it is {}", now.to_iso_string()));
        }
        Ok(Some(then.since(now)))
    }
}

fn span(seconds: f64) -> Result<Duration, String> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|_| format!("advance_s {seconds} is no span: time does not go back"))
}

impl MovableClock {
    fn told(&self) -> Value {
        let (ahead, pace) = (self.ahead(), self.pace());
        json!({
            "now": self.now().to_iso_string(),
            "real": self.wall().to_iso_string(),
            "ahead_s": ahead.as_secs_f64(),
            "scale": pace.scale,
            "moved": !ahead.is_zero(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(body: &str) -> Result<Change, String> {
        let now = Timestamp::read_iso("2026-01-02T00:00:00Z").unwrap();
        let asked: Asked = serde_json::from_str(body).map_err(|fault| fault.to_string())?;
        asked.change(now)
    }

    #[test]
    fn the_clock_is_moved_forward_in_several_words() {
        let hours = |count: u64| Ok(Change { advance: Duration::from_secs(count * 3600), scale: None });
        assert_eq!(change(r#"{"advance_s": 3600}"#), hours(1));
        assert_eq!(change(r#"{"advance": "6h"}"#), hours(6));
        assert_eq!(change(r#"{"now": "2026-01-02T02:00:00Z"}"#), hours(2));
        assert_eq!(change(r#"{"scale": 60}"#), Ok(Change { advance: Duration::ZERO, scale: Some(60.0) }));
    }

    #[test]
    fn what_is_no_move_forward_is_refused() {
        for wrong in [
            "{}",
            "[]",
            r#"{"advance_s": -1}"#,
            r#"{"advance": "soon"}"#,
            r#"{"advance": "1h", "advance_s": 3600}"#,
            r#"{"now": "2026-01-01T23:59:59Z"}"#,
            r#"{"now": "tomorrow"}"#,
            r#"{"scale": 0.5}"#,
            r#"{"scale": 86401}"#,
            r#"{"advanced": "1h"}"#,
        ] {
            assert!(change(wrong).is_err(), "{wrong}");
        }
    }
}
