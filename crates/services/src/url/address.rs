//! Where a request was sent: the id and the region in its host, and how clients reach the server. Never serves one.

use http::request::Parts;
use http::uri::{Authority, Uri};

use crate::caller::scheme;
use crate::lambda::url_address;

/// The host of a request to a function URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Address {
    /// Host and port as the client wrote them.
    pub(super) authority: String,
    /// Without the port.
    pub(super) host: String,
    /// The URL's id, lower case.
    pub(super) id: String,
    /// The region, lower case.
    pub(super) region: String,
    /// As the public endpoint says, else as the request came.
    pub(super) scheme: String,
    /// The port clients use.
    pub(super) port: u16,
}

impl Address {
    /// Reads the host of a request; none if it is no function URL's.
    pub(super) fn read(head: &Parts, public_endpoint: Option<&str>) -> Option<Self> {
        let authority = authority(&head.uri, &head.headers)?;
        let (id, region) = url_address::read(authority)?;
        let (host, port) = url_address::split(authority);
        let public = public_endpoint.and_then(|endpoint| endpoint.parse::<Uri>().ok());
        let came = scheme(&head.extensions);
        let scheme = public.as_ref().and_then(Uri::scheme_str).unwrap_or(came).to_owned();
        let usual = if scheme == "https" { 443 } else { 80 };
        let given = port.trim_start_matches(':').parse().ok();
        let port = match &public {
            Some(public) => public.port_u16().unwrap_or(usual),
            None => given.unwrap_or(usual),
        };
        Some(Self { authority: authority.to_owned(), host: host.to_owned(), id, region, scheme, port })
    }
}

/// Whether a request is for a function URL, known or not.
pub(super) fn is_url(uri: &Uri, headers: &http::HeaderMap) -> bool {
    authority(uri, headers).is_some_and(|authority| url_address::read(authority).is_some())
}

/// `:authority` of HTTP/2 or the host of an absolute request line, else `Host`.
fn authority<'a>(uri: &'a Uri, headers: &'a http::HeaderMap) -> Option<&'a str> {
    uri.authority().map(Authority::as_str).or_else(|| headers.get("host")?.to_str().ok())
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn read(host: &str, public: Option<&str>) -> Option<Address> {
        let request = Request::get("/").header("host", host).body(()).unwrap();
        Address::read(&request.into_parts().0, public)
    }

    #[test]
    fn the_host_tells_the_url_and_the_server_how_it_is_reached() {
        let found = read("ABC.lambda-url.EU-west-1.localhost:4566", None).unwrap();
        assert_eq!((found.id.as_str(), found.region.as_str()), ("abc", "eu-west-1"));
        assert_eq!(found.host, "ABC.lambda-url.EU-west-1.localhost");
        assert_eq!((found.scheme.as_str(), found.port), ("http", 4566));
        for (public, scheme, port) in [
            ("https://a.example", "https", 443),
            ("https://a.example:8443", "https", 8443),
            ("http://a.example", "http", 80),
        ] {
            let found = read("abc.lambda-url.eu-west-1.a.example:4566", Some(public)).unwrap();
            assert_eq!((found.scheme.as_str(), found.port), (scheme, port), "{public}");
        }
        assert_eq!(read("abc.lambda-url.eu-west-1.a.example", None).unwrap().port, 80);
    }

    #[test]
    fn other_hosts_are_none() {
        for host in ["localhost:4566", "lambda.us-east-1.amazonaws.com", "a.b.lambda-url.us-east-1.localhost"]
        {
            assert_eq!(read(host, None), None, "{host}");
        }
    }

    #[test]
    fn http_2_says_it_in_the_uri() {
        let request = Request::get("http://abc.lambda-url.us-east-1.localhost/x").body(()).unwrap();
        let (head, ()) = request.into_parts();
        assert!(is_url(&head.uri, &head.headers));
        assert_eq!(Address::read(&head, None).unwrap().id, "abc");
    }
}
