//! Makes signatures: for `lambent demo`, for presigned URLs, and for tests of what verifies them. Never keeps
//! the secret longer than the call.

use std::fmt;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest, Sha256};

use super::canonical::encode_text;
use super::instant::stamp;
use super::key::{derive, mac};
use super::{ALGORITHM, Head, Place, Presented, Refusal, Scope};

/// Headers that change on the way, so nobody signs them.
const NOT_SIGNED: [&str; 9] = [
    "authorization",
    "connection",
    "expect",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];

/// Signs requests with one key, for one region and service.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// The access key id.
    pub access_key_id: &'a str,
    /// Its secret.
    pub secret: &'a str,
    /// The session token of temporary credentials.
    pub session_token: Option<&'a str>,
    /// The region the request is for.
    pub region: &'a str,
    /// The service's signing name.
    pub service: &'a str,
}

impl fmt::Debug for Signer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { access_key_id, region, service, .. } = self;
        f.debug_struct("Signer")
            .field("key", access_key_id)
            .field("region", region)
            .field("service", service)
            .finish()
    }
}

impl Signer<'_> {
    /// Adds `X-Amz-Date`, `X-Amz-Security-Token` and `Authorization` to headers that are otherwise complete.
    ///
    /// # Errors
    /// [`Refusal::HostNotSigned`] if there is no `Host` header.
    ///
    /// # Panics
    /// If key id, region, service or token hold what no header may hold.
    pub fn authorize(
        &self,
        method: &str,
        (path, query): (&str, &str),
        headers: &mut HeaderMap,
        body: &Bytes,
        now_s: i64,
    ) -> Result<(), Refusal> {
        if !headers.contains_key("host") {
            return Err(Refusal::HostNotSigned);
        }
        headers.remove("date");
        set(headers, HeaderName::from_static("x-amz-date"), &stamp(now_s));
        if let Some(token) = self.session_token {
            set(headers, HeaderName::from_static("x-amz-security-token"), token);
        }
        if self.scope(now_s).is_s3() && !headers.contains_key("x-amz-content-sha256") {
            let hash = hex::encode(Sha256::digest(body));
            set(headers, HeaderName::from_static("x-amz-content-sha256"), &hash);
        }
        let presented = self.presented(Place::Header, signed_headers(headers), now_s);
        let signature =
            self.sign(&Head { method, path, query, authority: None, headers }, &presented, body)?;
        let Presented { scope, signed_headers, .. } = &presented;
        let credential = [&scope.access_key_id, "/", &presented.scope_text()].concat();
        let value = format!(
            "{ALGORITHM} Credential={credential}, SignedHeaders={signed_headers}, Signature={signature}"
        );
        set(headers, AUTHORIZATION, &value);
        Ok(())
    }

    /// The query that lets anyone send this request without a body for `expires_s` seconds, and `query` in it.
    #[must_use]
    #[expect(
        clippy::missing_panics_doc,
        reason = "only a host that no header may hold panics: a caller's bug"
    )]
    pub fn presign(
        &self,
        method: &str,
        host: &str,
        (path, query): (&str, &str),
        expires_s: i64,
        now_s: i64,
    ) -> String {
        let place = Place::Query { expires_s: Some(expires_s) };
        let presented = self.presented(place, "host".to_owned(), now_s);
        let credential = [&presented.scope.access_key_id, "/", &presented.scope_text()].concat();
        let token = self.session_token.map(|token| ("X-Amz-Security-Token", token.to_owned()));
        let fields = [
            ("X-Amz-Algorithm", ALGORITHM.to_owned()),
            ("X-Amz-Credential", credential),
            ("X-Amz-Date", presented.stamp.clone()),
            ("X-Amz-Expires", expires_s.to_string()),
            ("X-Amz-SignedHeaders", presented.signed_headers.clone()),
        ];
        let mut signed = query.to_owned();
        for (name, value) in fields.into_iter().chain(token) {
            if !signed.is_empty() {
                signed.push('&');
            }
            signed += &[name, "=", &encode_text(&value)].concat();
        }
        let mut headers = HeaderMap::new();
        set(&mut headers, http::header::HOST, host);
        let head = Head { method, path, query: &signed, authority: None, headers: &headers };
        let signature = self.sign(&head, &presented, &Bytes::new()).expect("the one signed header is there");
        signed + "&X-Amz-Signature=" + &signature
    }

    fn scope(&self, now_s: i64) -> Scope {
        Scope {
            access_key_id: self.access_key_id.to_owned(),
            date: stamp(now_s)[..8].to_owned(),
            region: self.region.to_owned(),
            service: self.service.to_owned(),
        }
    }

    fn presented(&self, place: Place, signed_headers: String, now_s: i64) -> Presented {
        Presented {
            scope: self.scope(now_s),
            signed_headers,
            place,
            signed_at_s: now_s,
            terminator: "aws4_request".to_owned(),
            signature: String::new(),
            stamp: stamp(now_s),
            session_token: None,
        }
    }

    fn sign(&self, head: &Head<'_>, presented: &Presented, body: &Bytes) -> Result<String, Refusal> {
        let text = presented.string_to_sign(head, body)?;
        let key = derive(self.secret, &presented.scope.date, self.region, self.service);
        Ok(hex::encode(mac(key, &text)))
    }
}

fn signed_headers(headers: &HeaderMap) -> String {
    let mut names: Vec<&str> =
        headers.keys().map(HeaderName::as_str).filter(|name| !NOT_SIGNED.contains(name)).collect();
    names.sort_unstable();
    names.join(";")
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    headers.insert(
        name,
        HeaderValue::from_str(value).expect("keys, regions, services and tokens are plain text"),
    );
}
