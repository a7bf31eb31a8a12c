//! How a function URL is shown and read. Never stores one.

use lambent_core::lambda::settings::{Cors, FunctionUrl};
use lambent_wire::lambda::function_url::{Cors as CorsView, FunctionUrlConfig};

use super::names::Target;
use super::url_address;
use crate::Server;
use crate::caller::Context;

/// What it takes to show the URLs of one request.
pub(super) struct Viewer {
    endpoint: String,
}

impl Viewer {
    /// For a caller who reached the server as the request says.
    pub(super) fn of(server: &Server, context: &Context) -> Self {
        let public = server.options.public_endpoint.as_ref();
        Self { endpoint: public.unwrap_or(&context.endpoint).clone() }
    }

    /// A URL of this function or alias.
    pub(super) fn view(&self, target: &Target, url: &FunctionUrl) -> FunctionUrlConfig {
        FunctionUrlConfig {
            function_url: url_address::url(&self.endpoint, target.id.region.as_str(), &url.url_id),
            function_arn: target.arn(),
            creation_time: url.created.to_iso_string(),
            last_modified_time: url.last_modified.to_iso_string(),
            cors: url.cors.clone().map(shown),
            auth_type: url.auth_type.clone(),
            invoke_mode: Some(url.invoke_mode.clone()),
        }
    }
}

/// What was given; nothing where no member was.
pub(super) fn cors(given: Option<CorsView>) -> Option<Cors> {
    let given = given?;
    let cors = Cors {
        allow_credentials: given.allow_credentials,
        allow_headers: given.allow_headers,
        allow_methods: given.allow_methods,
        allow_origins: given.allow_origins,
        expose_headers: given.expose_headers,
        max_age_s: given.max_age.and_then(|seconds| u32::try_from(seconds).ok()),
    };
    (cors != Cors::default()).then_some(cors)
}

fn shown(cors: Cors) -> CorsView {
    CorsView {
        allow_credentials: cors.allow_credentials,
        allow_headers: cors.allow_headers,
        allow_methods: cors.allow_methods,
        allow_origins: cors.allow_origins,
        expose_headers: cors.expose_headers,
        max_age: cors.max_age_s.and_then(|seconds| i32::try_from(seconds).ok()),
    }
}
