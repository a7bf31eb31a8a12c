//! A request as a client would send it, and the check that verifies it. Never signs.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use lambent_wire::sigv4::{Credential, Expected, Head, Keys, Presented, Refusal, Verified, Verifier};

pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
pub(crate) const KEY_ID: &str = "AKIDEXAMPLE";

/// A request taken apart, owned, so that tests can change it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Request {
    pub(crate) fn head(&self) -> Head<'_> {
        let Self { method, path, query, headers, body: _ } = self;
        Head { method, path, query, authority: None, headers }
    }

    pub(crate) fn add_header(&mut self, name: &str, value: &[u8]) {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        self.headers.append(name, HeaderValue::from_bytes(value).unwrap());
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        self.headers.insert(name, HeaderValue::from_str(value).unwrap());
        self
    }

    pub(crate) fn header_text(&self, name: &str) -> String {
        self.headers[name].to_str().unwrap().to_owned()
    }

    /// Verifies with one key that has `session_token`, at `now_s`.
    pub(crate) fn verify(&self, session_token: Option<&str>, now_s: i64) -> Result<Verified, Refusal> {
        let key = OneKey { session_token: session_token.map(str::to_owned), expires_at_s: None };
        self.verify_with(&key, Expected::default(), now_s)
    }

    pub(crate) fn verify_with(
        &self,
        keys: &dyn Keys,
        expected: Expected<'_>,
        now_s: i64,
    ) -> Result<Verified, Refusal> {
        let presented = Presented::read(&self.head())?;
        Verifier::default().verify(&self.head(), self.body.clone(), presented, keys, expected, now_s)
    }
}

/// An account with the one key of AWS's examples.
#[derive(Default)]
pub(crate) struct OneKey {
    pub(crate) session_token: Option<String>,
    pub(crate) expires_at_s: Option<i64>,
}

impl Keys for OneKey {
    fn find(&self, access_key_id: &str) -> Option<Credential> {
        let Self { session_token, expires_at_s } = self;
        (access_key_id == KEY_ID).then(|| Credential {
            secret: SECRET.to_owned(),
            session_token: session_token.clone(),
            expires_at_s: *expires_at_s,
        })
    }
}
