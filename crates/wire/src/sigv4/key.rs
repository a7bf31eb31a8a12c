//! Secrets, and the signing keys derived from them, of which the latest are kept. Never tells anyone a key.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::Scope;

/// How many derived keys are kept; another day, region, service or secret pushes one out.
pub const KEYS_CACHED_MAX: usize = 64;

/// An HMAC ready to take a message: the key is already worked in.
pub(super) type Key = Hmac<Sha256>;

/// Where access keys are looked up.
pub trait Keys {
    /// The credential behind an access key id, if there is one and it is active.
    fn find(&self, access_key_id: &str) -> Option<Credential>;
}

/// What the server knows about an access key.
#[derive(Clone)]
pub struct Credential {
    /// The secret access key.
    pub secret: String,
    /// The session token that must come along; `None` for a long-lived key, which must come without.
    pub session_token: Option<String>,
    /// When the session is over, in seconds since the epoch.
    pub expires_at_s: Option<i64>,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("expires_at_s", &self.expires_at_s).finish_non_exhaustive()
    }
}

/// The signing keys in use.
#[derive(Default)]
pub(super) struct Cache {
    entries: Mutex<Vec<Entry>>,
}

struct Entry {
    secret: String,
    date: String,
    region: String,
    service: String,
    key: Key,
}

impl Cache {
    /// The signing key for a scope, derived if it is not there yet.
    pub(super) fn key(&self, secret: &str, scope: &Scope) -> Key {
        // A panic while the lock is held cannot leave an entry half written, so poison means nothing here.
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = entries.iter().position(|entry| entry.fits(secret, scope)) {
            entries.swap(0, at);
            return entries[0].key.clone();
        }
        let key = derive(secret, &scope.date, &scope.region, &scope.service);
        entries.truncate(KEYS_CACHED_MAX - 1);
        entries.push(Entry::new(secret, scope, key.clone()));
        let last = entries.len() - 1;
        entries.swap(0, last);
        key
    }

    #[cfg(test)]
    fn len(&self) -> usize {
        self.entries.lock().unwrap().len()
    }
}

impl Entry {
    fn new(secret: &str, scope: &Scope, key: Key) -> Self {
        let Scope { access_key_id: _, date, region, service } = scope.clone();
        Self { secret: secret.to_owned(), date, region, service, key }
    }

    fn fits(&self, secret: &str, scope: &Scope) -> bool {
        self.date == scope.date
            && self.service == scope.service
            && self.region == scope.region
            && self.secret == secret
    }
}

/// The chain AWS4+secret, date, region, service, `aws4_request`.
pub(super) fn derive(secret: &str, date: &str, region: &str, service: &str) -> Key {
    let seed = [b"AWS4", secret.as_bytes()].concat();
    [date, region, service, "aws4_request"]
        .iter()
        .fold(keyed(&seed), |key, step| keyed(&mac(key, step.as_bytes())))
}

/// The MAC of a message.
pub(super) fn mac(mut key: Key, message: &[u8]) -> [u8; 32] {
    key.update(message);
    key.finalize().into_bytes().into()
}

/// Whether `hex` is the MAC of a message, in time that does not depend on where they differ.
pub(super) fn is_mac(mut key: Key, message: &[u8], hex: &str) -> bool {
    let mut given = [0; 32];
    // Capitals would decode to the same bytes, but the text is what is compared, and chained, elsewhere.
    let plain = hex.len() == 64 && !hex.bytes().any(|b| b.is_ascii_uppercase());
    if !plain || hex::decode_to_slice(hex, &mut given).is_err() {
        return false;
    }
    key.update(message);
    key.verify_slice(&given).is_ok()
}

fn keyed(key: &[u8]) -> Key {
    Key::new_from_slice(key).expect("an HMAC key may have any length")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(day: usize) -> Scope {
        Scope {
            access_key_id: "AKID".into(),
            date: format!("{day:08}"),
            region: "us-east-1".into(),
            service: "iam".into(),
        }
    }

    /// The example of AWS's documentation of key derivation.
    #[test]
    fn the_documented_key_is_derived() {
        let key = derive("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830", "us-east-1", "iam");
        let same =
            keyed(&hex::decode("c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9").unwrap());
        assert_eq!(mac(key, b"message"), mac(same, b"message"));
    }

    #[test]
    fn the_cache_is_bounded_and_tells_secrets_apart() {
        let cache = Cache::default();
        for day in 0..3 * KEYS_CACHED_MAX {
            let fresh = derive("secret", &scope(day).date, "us-east-1", "iam");
            assert_eq!(mac(cache.key("secret", &scope(day)), b"m"), mac(fresh.clone(), b"m"));
            assert_eq!(mac(cache.key("secret", &scope(day)), b"m"), mac(fresh, b"m"));
            assert!(cache.len() <= KEYS_CACHED_MAX);
        }
        assert_ne!(mac(cache.key("secret", &scope(1)), b"m"), mac(cache.key("other", &scope(1)), b"m"));
    }

    #[test]
    fn a_mac_is_known_by_its_exact_text_only() {
        let key = keyed(b"k");
        let hex = hex::encode(mac(key.clone(), b"m"));
        assert!(is_mac(key.clone(), b"m", &hex));
        assert!(!is_mac(key.clone(), b"m", &hex.to_uppercase()));
        assert!(!is_mac(key.clone(), b"m", &hex[1..]));
        assert!(!is_mac(key, b"n", &hex));
    }
}
