//! The calls by which an extension subscribes to telemetry, by either API. Delivers nothing.

use lambent_core::limits;

use crate::runtime_api::connection::{Connection, Request};
use crate::runtime_api::http::Broken;
use crate::runtime_api::reply::Reply;
use crate::spec::Notice;
use crate::telemetry::{Api, Stream, Subscribed, Subscription, parse};

impl Connection {
    /// `PUT /2022-07-01/telemetry` or `PUT /2020-08-15/logs`
    pub(crate) async fn subscribe(&mut self, api: Api, request: &Request) -> Result<Reply, Broken> {
        self.stranger = None;
        let body = self.body(request, limits::EXTENSION_BODY_MAX_BYTES).await?;
        let name = request
            .extension
            .id()
            .and_then(|id| self.shared.lobby.name(id).map_err(|refused| refused.reply()));
        let name = match name {
            Ok(name) => name,
            Err(refusal) => return Ok(refusal),
        };
        if body.too_large {
            return Ok(invalid(api, "request body is too large"));
        }
        Ok(match parse(api, &body.bytes) {
            Ok(subscription) => self.take(name, subscription),
            Err(wrong) => invalid(api, &wrong),
        })
    }

    fn take(&self, name: String, subscription: Subscription) -> Reply {
        let (api, types) = (subscription.api, subscription.types.clone());
        let state = match self.shared.telemetry.subscribe(&name, subscription) {
            Subscribed::New => "Subscribed",
            Subscribed::Already => "Already subscribed",
            Subscribed::Other => return invalid(api, "the extension has subscribed by another API"),
            Subscribed::Closed => return closed(api),
        };
        let types = types.into_iter().map(Stream::name).collect();
        let logs = api == Api::Logs;
        self.shared.outlet.notice(Notice::Subscription { name, logs, state, types });
        Reply::json("200 OK", "\"OK\"".to_owned())
    }
}

fn invalid(api: Api, wrong: &str) -> Reply {
    let kind = match api {
        Api::Telemetry => "ValidationError",
        Api::Logs => "Logs.ValidationError",
    };
    Reply::error("400 Bad Request", kind, wrong)
}

fn closed(api: Api) -> Reply {
    let (kind, message) = match api {
        Api::Telemetry => ("Telemetry.ServiceClosed", "Telemetry API subscription is closed already"),
        Api::Logs => ("Logs.ServiceClosed", "Logs API subscription is closed already"),
    };
    Reply::error("403 Forbidden", kind, message)
}
