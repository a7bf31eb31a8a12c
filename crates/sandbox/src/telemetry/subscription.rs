//! What an extension asks for when it subscribes. Pure; knows no connection.

use std::ops::RangeInclusive;
use std::time::Duration;

use hyper::Uri;
use lambent_core::limits;
use serde::Deserialize;

use super::Stream;

/// By which API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    /// `PUT /2022-07-01/telemetry`
    Telemetry,
    /// `PUT /2020-08-15/logs`
    Logs,
}

/// How events are worded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// By the schema of the Telemetry API.
    Telemetry {
        /// A line that is a JSON object is one in the record too.
        objects: bool,
    },
    /// By that of the Logs API.
    Logs {
        /// With `platform.runtimeDone`.
        runtime_done: bool,
    },
}

/// Where events go, inside the sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Destination {
    /// As the body of a request.
    Http {
        port: u16,
        /// With the query, if there is one.
        path: String,
        /// `PUT`, else `POST`.
        put: bool,
    },
    /// As lines.
    Tcp { port: u16 },
}

/// When events are brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Buffering {
    pub(super) items_max: usize,
    pub(super) bytes_max: usize,
    pub(super) timeout: Duration,
}

/// A subscription that is in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subscription {
    pub(crate) api: Api,
    pub(crate) types: Vec<Stream>,
    pub(super) form: Form,
    pub(super) buffering: Buffering,
    pub(super) destination: Destination,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked {
    schema_version: Option<String>,
    types: Option<Vec<String>>,
    #[serde(default)]
    buffering: Option<AskedBuffering>,
    destination: Option<AskedDestination>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct AskedBuffering {
    max_items: Option<i64>,
    max_bytes: Option<i64>,
    timeout_ms: Option<i64>,
}

#[derive(Deserialize)]
struct AskedDestination {
    protocol: Option<String>,
    #[serde(rename = "URI", alias = "uri")]
    uri: Option<String>,
    port: Option<i64>,
    method: Option<String>,
    encoding: Option<String>,
}

/// Reads the body of a request.
///
/// # Errors
/// All that is wrong with it, in AWS's manner.
pub(crate) fn parse(api: Api, body: &[u8]) -> Result<Subscription, String> {
    let asked: Asked =
        serde_json::from_slice(body).map_err(|error| format!("request body is not valid JSON: {error}"))?;
    let mut wrong = Vec::new();
    let mut ok = |result: Result<(), String>| wrong.extend(result.err());
    let mut form = None;
    ok(schema(api, asked.schema_version.as_deref()).map(|found| form = Some(found)));
    let mut destination = None;
    ok(place(api, asked.destination).map(|found| destination = Some(found)));
    let mut types = Vec::new();
    ok(streams(asked.types.unwrap_or_default()).map(|found| types = found));
    let mut buffering = None;
    ok(buffer(&asked.buffering.unwrap_or_default()).map(|found| buffering = Some(found)));
    match (form, destination, buffering) {
        (Some(form), Some(destination), Some(buffering)) if wrong.is_empty() => {
            Ok(Subscription { api, types, form, buffering, destination })
        }
        _ => Err(wrong.join("; ")),
    }
}

fn schema(api: Api, version: Option<&str>) -> Result<Form, String> {
    match (api, version) {
        (Api::Telemetry, None | Some("2022-07-01")) => Ok(Form::Telemetry { objects: false }),
        (Api::Telemetry, Some("2022-12-13" | "2025-01-29")) => Ok(Form::Telemetry { objects: true }),
        (Api::Logs, None | Some("2020-08-15")) => Ok(Form::Logs { runtime_done: false }),
        (Api::Logs, Some("2021-03-18")) => Ok(Form::Logs { runtime_done: true }),
        (Api::Telemetry | Api::Logs, Some(other)) => Err(format!("schemaVersion {other} is not supported")),
    }
}

fn streams(names: Vec<String>) -> Result<Vec<Stream>, String> {
    if names.is_empty() {
        return Err("types should not be empty".to_owned());
    }
    let mut types = Vec::new();
    for name in names {
        let known = Stream::ALL.into_iter().find(|stream| stream.name() == name);
        let stream = known.ok_or_else(|| format!("type {name} is not supported"))?;
        if !types.contains(&stream) {
            types.push(stream);
        }
    }
    Ok(types)
}

fn buffer(asked: &AskedBuffering) -> Result<Buffering, String> {
    let within = |name: &str, asked: Option<i64>, range: RangeInclusive<u32>, default: u32| {
        let given = asked.unwrap_or_else(|| i64::from(default));
        u32::try_from(given).ok().filter(|given| range.contains(given)).ok_or_else(|| {
            format!("buffering.{name} should be between {} and {}", range.start(), range.end())
        })
    };
    let items = within("maxItems", asked.max_items, limits::TELEMETRY_ITEMS, *limits::TELEMETRY_ITEMS.end())?;
    let bytes =
        within("maxBytes", asked.max_bytes, limits::TELEMETRY_BYTES, *limits::TELEMETRY_BYTES.start())?;
    let timeout_ms = within("timeoutMs", asked.timeout_ms, limits::TELEMETRY_TIMEOUT_MS, 1000)?;
    Ok(Buffering {
        items_max: items as usize,
        bytes_max: bytes as usize,
        timeout: Duration::from_millis(u64::from(timeout_ms)),
    })
}

fn place(api: Api, asked: Option<AskedDestination>) -> Result<Destination, String> {
    let asked = asked.ok_or("destination should not be empty")?;
    if asked.encoding.is_some_and(|encoding| encoding != "JSON") {
        return Err("encoding should be JSON".to_owned());
    }
    match asked.protocol.as_deref() {
        Some("HTTP") => http(api, &asked.uri.unwrap_or_default(), asked.method.as_deref()),
        Some("TCP") => {
            let given = asked.port.ok_or("port is not provided")?;
            Ok(Destination::Tcp { port: port(u16::try_from(given).ok())? })
        }
        Some(_) | None => Err("protocol should be HTTP or TCP".to_owned()),
    }
}

fn http(api: Api, uri: &str, method: Option<&str>) -> Result<Destination, String> {
    if uri.is_empty() {
        return Err("URI is not provided".to_owned());
    }
    let uri: Uri = uri.parse().map_err(|_| "URI is not valid")?;
    if uri.scheme_str() != Some("http") {
        return Err("URI scheme should be http".to_owned());
    }
    // The short name is that of the Logs API's first documents.
    if !matches!(uri.host(), Some("sandbox.localdomain" | "sandbox")) {
        return Err("URI host should be sandbox.localdomain".to_owned());
    }
    let given = uri.port_u16().ok_or("URI port is not provided")?;
    let put = match (api, method) {
        (_, None | Some("POST")) => false,
        (Api::Logs, Some("PUT")) => true,
        _ => return Err("method is not supported".to_owned()),
    };
    let path = uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    Ok(Destination::Http { port: port(Some(given))?, path, put })
}

fn port(given: Option<u16>) -> Result<u16, String> {
    match given {
        None | Some(0) => Err("port should be between 1 and 65535".to_owned()),
        Some(9001) => Err("port 9001 is reserved".to_owned()),
        Some(port) => Ok(port),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(api: Api, body: &str) -> String {
        parse(api, body.as_bytes()).unwrap_err()
    }

    #[test]
    fn defaults_are_those_of_aws() {
        let body = r#"{"schemaVersion":"2022-12-13","types":["platform","function","function"],
            "destination":{"protocol":"HTTP","URI":"http://sandbox.localdomain:8080/a?b=c"}}"#;
        let expected = Subscription {
            api: Api::Telemetry,
            types: vec![Stream::Platform, Stream::Function],
            form: Form::Telemetry { objects: true },
            buffering: Buffering { items_max: 10_000, bytes_max: 262_144, timeout: Duration::from_secs(1) },
            destination: Destination::Http { port: 8080, path: "/a?b=c".to_owned(), put: false },
        };
        assert_eq!(parse(Api::Telemetry, body.as_bytes()), Ok(expected));
        let body = r#"{"schemaVersion":"2021-03-18","types":["extension"],
            "buffering":{"maxItems":1000,"maxBytes":1048576,"timeoutMs":25},
            "destination":{"protocol":"TCP","port":4243}}"#;
        let expected = Subscription {
            api: Api::Logs,
            types: vec![Stream::Extension],
            form: Form::Logs { runtime_done: true },
            buffering: Buffering {
                items_max: 1000,
                bytes_max: 1_048_576,
                timeout: Duration::from_millis(25),
            },
            destination: Destination::Tcp { port: 4243 },
        };
        assert_eq!(parse(Api::Logs, body.as_bytes()), Ok(expected));
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let body = r#"{"schemaVersion":"2022-07-01","types":[],
            "destination":{"protocol":"HTTP","URI":"http://sandbox.localdomain/"}}"#;
        assert_eq!(wrong(Api::Telemetry, body), "URI port is not provided; types should not be empty");
        assert!(wrong(Api::Logs, "[").starts_with("request body is not valid JSON"));
    }

    #[test]
    fn only_the_sandbox_itself_is_a_destination() {
        let check = |destination: &str| {
            let body = format!(r#"{{"types":["platform"],"destination":{destination}}}"#);
            parse(Api::Telemetry, body.as_bytes()).err().unwrap_or_default()
        };
        let http = |uri: &str| check(&format!(r#"{{"protocol":"HTTP","URI":"{uri}"}}"#));
        assert_eq!(http("http://sandbox.localdomain:80"), "");
        assert_eq!(http("http://sandbox:80"), "");
        for host in ["localhost", "127.0.0.1", "169.254.169.254", "example.com", "a@example.com"] {
            assert_eq!(http(&format!("http://{host}:80")), "URI host should be sandbox.localdomain");
        }
        assert_eq!(http("https://sandbox.localdomain:80"), "URI scheme should be http");
        assert_eq!(http("http://sandbox.localdomain:9001"), "port 9001 is reserved");
        assert_eq!(http("http://sandbox.localdomain:0"), "port should be between 1 and 65535");
        assert_eq!(http(""), "URI is not provided");
        assert_eq!(check(r#"{"protocol":"TCP","port":9001}"#), "port 9001 is reserved");
        assert_eq!(check(r#"{"protocol":"TCP","port":65536}"#), "port should be between 1 and 65535");
        assert_eq!(check(r#"{"protocol":"TCP"}"#), "port is not provided");
        assert_eq!(check(r#"{"protocol":"UDP"}"#), "protocol should be HTTP or TCP");
        assert_eq!(check("null"), "destination should not be empty");
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        for (name, value) in [("maxItems", 999), ("maxBytes", 262_143), ("timeoutMs", 24), ("timeoutMs", -1)]
        {
            let body = format!(
                r#"{{"types":["platform"],"buffering":{{"{name}":{value}}},
                "destination":{{"protocol":"TCP","port":1}}}}"#
            );
            assert!(wrong(Api::Telemetry, &body).starts_with(&format!("buffering.{name} should be between")));
        }
        let body =
            r#"{"types":["logs"],"schemaVersion":"2019-01-01","destination":{"protocol":"TCP","port":1}}"#;
        assert_eq!(
            wrong(Api::Logs, body),
            "schemaVersion 2019-01-01 is not supported; type logs is not supported"
        );
    }
}
