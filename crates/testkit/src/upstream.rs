//! Other services that answer what a test tells them to, and remember what they were asked. Never opens a socket.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{Request, Response};
use lambent_services::upstream::{Place, Sending, Transport, Upstream, UpstreamError};

type Answers = dyn Fn(&Request<Bytes>) -> Option<Response<Bytes>> + Send + Sync;

/// Other services in place of real ones.
#[derive(Clone)]
pub struct FakeUpstream {
    answers: Arc<Answers>,
    seen: Arc<Mutex<Vec<Request<Bytes>>>>,
}

impl fmt::Debug for FakeUpstream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeUpstream").finish_non_exhaustive()
    }
}

/// An answer with this status and body.
#[must_use]
pub fn answer(status: u16, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status.try_into().expect("tests give a status of HTTP");
    response
}

impl FakeUpstream {
    /// Services that answer so; none is one that cannot be reached.
    pub fn new(answers: impl Fn(&Request<Bytes>) -> Option<Response<Bytes>> + Send + Sync + 'static) -> Self {
        Self { answers: Arc::new(answers), seen: Arc::default() }
    }

    /// Services that know these answers: by the action or target of what is asked where it has one, else by method and
    /// path, such as `GetRole`, `TrentService.DescribeKey` or `GET /bucket/key`. What is not there is a 404.
    pub fn knowing(answers: impl IntoIterator<Item = (&'static str, Response<Bytes>)>) -> Self {
        let answers: BTreeMap<_, _> = answers.into_iter().collect();
        Self::new(move |request| {
            Some(answers.get(asked(request).as_str()).cloned().unwrap_or_else(|| answer(404, "")))
        })
    }

    /// What was asked so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Request<Bytes>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// As a server is given it.
    #[must_use]
    pub fn at(&self, place: Place) -> Upstream {
        let transport = Arc::new(self.clone());
        Upstream { place, credentials: None, transport, published: Arc::default() }
    }
}

/// What a request asks for, in one word or two.
#[must_use]
pub fn asked(request: &Request<Bytes>) -> String {
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
    let form = std::str::from_utf8(request.body()).unwrap_or_default();
    let action = form.strip_prefix("Action=").and_then(|form| form.split('&').next());
    target.or(action).map_or_else(|| format!("{} {}", request.method(), request.uri().path()), str::to_owned)
}

impl Transport for FakeUpstream {
    fn send(&self, request: Request<Bytes>, limit_bytes: usize) -> Sending<'_> {
        let answer = (self.answers)(&request);
        let host = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let answer = match answer {
            Some(answer) if answer.body().len() > limit_bytes => Err(UpstreamError::TooLarge { limit_bytes }),
            Some(answer) => Ok(answer),
            None => Err(UpstreamError::Late { host }),
        };
        Box::pin(std::future::ready(answer))
    }
}
