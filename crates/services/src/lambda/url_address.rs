//! The address of a function URL: what a request's host says it is for, and what is shown to callers. Never serves one.
//!
//! The rule: `{scheme}://{url-id}.lambda-url.{region}.{domain}/`. Scheme and domain are those of `--public-endpoint`, else
//! `http` and the host and port the caller reached the server at. An IP address has no names below it, so that
//! `localhost` stands for one: every name below that is loopback (RFC 6761).

use std::net::{IpAddr, Ipv6Addr};

/// What stands between the id and the region.
const LABEL: &str = "lambda-url";
/// Characters of a URL id.
pub(super) const ID_LENGTH: usize = 32;

/// The URL of this id, for a caller who reached the server at `endpoint`: `http://host:port`.
pub(super) fn url(endpoint: &str, region: &str, id: &str) -> String {
    let (scheme, authority) = endpoint.split_once("://").unwrap_or(("http", endpoint));
    let (host, port) = split(authority);
    let domain = if is_nameless(host) { "localhost" } else { host };
    format!("{scheme}://{id}.{LABEL}.{region}.{domain}{port}/")
}

/// The id and the region of the function URL at this host and port, both lower case; none if it is none's. Whether there
/// is such a URL, and whether its id could be one, is not asked: AWS answers all unknown ones alike.
pub(crate) fn read(authority: &str) -> Option<(String, String)> {
    let mut labels = split(authority).0.split('.');
    let (id, label, region) = (labels.next()?, labels.next()?, labels.next()?);
    let is_url = !id.is_empty() && label.eq_ignore_ascii_case(LABEL) && labels.next().is_some();
    is_url.then(|| (id.to_ascii_lowercase(), region.to_ascii_lowercase()))
}

/// Host and `:port`; the port is empty where none is given.
pub(crate) fn split(authority: &str) -> (&str, &str) {
    let end = if authority.starts_with('[') { authority.find(']').map_or(0, |end| end + 1) } else { 0 };
    match authority[end..].find(':') {
        Some(colon) => authority.split_at(end + colon),
        None => (authority, ""),
    }
}

fn is_nameless(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.is_empty() || bare.parse::<IpAddr>().is_ok() || bare.parse::<Ipv6Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdefghijklmnopqrstuv";

    #[track_caller]
    fn check(endpoint: &str, rest: &str) {
        let shown = url(endpoint, "us-east-1", ID);
        assert_eq!(shown.replace(ID, "ID"), rest);
        let host = shown.split_once("://").unwrap().1.trim_end_matches('/');
        for host in [host, &host.to_uppercase()] {
            assert_eq!(read(host), Some((ID.to_owned(), "us-east-1".to_owned())), "{host}");
        }
    }

    #[test]
    fn a_url_is_below_the_host_the_caller_knows() {
        check("http://localhost:4566", "http://ID.lambda-url.us-east-1.localhost:4566/");
        check("http://127.0.0.1:4566", "http://ID.lambda-url.us-east-1.localhost:4566/");
        check("http://[::1]:4566", "http://ID.lambda-url.us-east-1.localhost:4566/");
        check("http://lambda.example:80", "http://ID.lambda-url.us-east-1.lambda.example:80/");
        check("https://lambda.example", "https://ID.lambda-url.us-east-1.lambda.example/");
        check("http://", "http://ID.lambda-url.us-east-1.localhost/");
    }

    #[test]
    fn other_hosts_are_not_function_urls() {
        for host in [
            "localhost:4566",
            "lambda.us-east-1.amazonaws.com",
            "lambda-url.us-east-1.on.aws",
            ".lambda-url.us-east-1.on.aws",
            "x.lambda-url.localhost:4566",
            "[::1]:4566",
            "",
            ID,
        ] {
            assert_eq!(read(host), None, "{host}");
        }
        assert!(read("x.lambda-url.us-east-1.on.aws").is_some(), "one that cannot be is one all the same");
    }
}
