//! The first fork of a request: a function URL, the server's own paths, a foreign service, or the pipeline. Never looks at signatures.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use lambent_services::lambda::code;
use lambent_services::{self as services, Server, pipeline, url};

use crate::activity;
use crate::clock::{self, MovableClock};
use crate::upstream::{Body, Upstream, whole};

/// Everything that answers requests.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) server: Arc<Server>,
    pub(crate) upstream: Option<Upstream>,
    pub(crate) clock: Arc<MovableClock>,
}

impl Front {
    /// Answers one request. `peer` is who sent it.
    pub(crate) async fn answer(
        &self,
        request: Request<Incoming>,
        running: activity::Request,
        peer: IpAddr,
    ) -> Response<Body> {
        // All paths below such a host are the function's.
        if url::is_for(&request) {
            return url::answer(&self.server, request, peer).await.map(|body| streamed(body, running));
        }
        if request.uri().path() == "/_lambent/clock" {
            let (status, told) = clock::answer(&self.clock, &self.server, request.into_parts(), peer).await;
            return text(status, "application/json", told.to_string()).map(whole);
        }
        if request.uri().path().starts_with("/_lambent/") {
            return self.own(request).await.map(whole);
        }
        match &self.upstream {
            Some(upstream) if Upstream::takes(&request) => {
                upstream.pass(request, running, self.server.published()).await
            }
            Some(_) | None => {
                pipeline::answer(&self.server, request).await.map(|body| streamed(body, running))
            }
        }
    }

    async fn own(&self, request: Request<Incoming>) -> Response<Bytes> {
        let (head, _) = request.into_parts();
        match head.method {
            Method::GET => self.page(&head).await,
            Method::HEAD => without_body(self.page(&head).await),
            _ => text(StatusCode::METHOD_NOT_ALLOWED, "text/plain", "only GET and HEAD"),
        }
    }

    async fn page(&self, head: &Parts) -> Response<Bytes> {
        match head.uri.path() {
            "/_lambent/health" => {
                let health = serde_json::json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") });
                text(StatusCode::OK, "application/json", health.to_string())
            }
            "/_lambent/metrics" => {
                let metrics = self.server.dispatcher().metrics() + &self.server.metrics().prometheus();
                text(StatusCode::OK, "text/plain; version=0.0.4", metrics)
            }
            path if path.starts_with(code::DOWNLOADS) => code::download(&self.server, head).await,
            _ => text(StatusCode::NOT_FOUND, "text/plain", "no such page"),
        }
    }
}

/// A body of the services; where it is streamed the request runs until its end.
fn streamed(body: services::Body, running: activity::Request) -> Body {
    match body {
        services::Body::Whole(bytes) => whole(bytes),
        stream @ services::Body::Stream(_) => {
            let held = move |frame| {
                let _running = &running;
                frame
            };
            stream.map_frame(held).map_err(Into::into).boxed_unsync()
        }
    }
}

/// The same answer as its head alone tells it.
fn without_body(mut response: Response<Bytes>) -> Response<Bytes> {
    let length_bytes = HeaderValue::from(response.body().len());
    response.headers_mut().insert(header::CONTENT_LENGTH, length_bytes);
    response.map(|_body| Bytes::new())
}

fn text(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_tells_the_length_of_what_it_leaves_out() {
        let head = without_body(text(StatusCode::OK, "text/plain", "four"));
        assert_eq!((&head.headers()["content-length"], head.body().len()), (&HeaderValue::from(4), 0));
    }
}
