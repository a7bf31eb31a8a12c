//! The URLs of the configuration, checked and in the form that clients sign. Never connects to one.

use anyhow::{Context as _, Result, bail, ensure};
use http::Uri;
use lambent_services::upstream::Place;

/// A URL of scheme, host and port only, the port left out where it is the scheme's own: that is what a client writes into
/// `Host` and signs.
pub(super) fn read(option: &str, url: &str) -> Result<Uri> {
    let uri: Uri = url.parse().with_context(|| format!("--{option} {url:?} is not a URL"))?;
    let (Some(scheme @ ("http" | "https")), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        bail!("--{option} {url:?} is not of the form http://host:port");
    };
    let bare = matches!(uri.path(), "" | "/") && uri.query().is_none() && !url.contains('#');
    ensure!(bare, "--{option} {url:?} has a path or a query, which requests would lose");
    ensure!(
        !authority.as_str().contains('@'),
        "--{option} {url:?} names a user, which nothing would be told"
    );
    let own = if scheme == "http" { ":80" } else { ":443" };
    let host = authority.as_str().strip_suffix(own).unwrap_or(authority.as_str());
    Ok(format!("{scheme}://{host}").parse()?)
}

/// The same as text, without a slash at its end.
pub(super) fn text(option: &str, url: &str) -> Result<String> {
    Ok(read(option, url)?.to_string().trim_end_matches('/').to_owned())
}

/// Where the other services are: `aws`, or the URL of an emulator.
pub(super) fn upstream(given: &str) -> Result<Place> {
    match given {
        "aws" => Ok(Place::Aws),
        url => Ok(Place::Emulator(text("upstream-endpoint", url)?)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_what_clients_sign() {
        let check = |url, expected: Option<&str>| {
            assert_eq!(text("public-endpoint", url).ok().as_deref(), expected, "{url}");
        };
        check("http://a.test:8080/", Some("http://a.test:8080"));
        check("http://a.test:80", Some("http://a.test"));
        check("https://a.test:443/", Some("https://a.test"));
        check("https://a.test:80", Some("https://a.test:80"));
        check("http://[::1]:80", Some("http://[::1]"));
        for wrong in [
            "a.test:1",
            "ftp://a",
            "http://a/b",
            "http://a/?b",
            "http://a?b",
            "http://u:p@a",
            "http://a/#b",
            "",
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn an_upstream_is_an_emulator_without_a_path_or_aws() {
        let emulator = |url: &str| Place::Emulator(url.to_owned());
        assert_eq!(upstream("http://127.0.0.1:9/").unwrap(), emulator("http://127.0.0.1:9"));
        assert_eq!(upstream("https://a.test:443").unwrap(), emulator("https://a.test"));
        assert_eq!(upstream("aws").unwrap(), Place::Aws);
        assert!(upstream("http://127.0.0.1:9/base").is_err());
        assert!(upstream("AWS").is_err());
    }
}
