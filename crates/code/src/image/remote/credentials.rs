//! What a registry is shown of who asks, and where it comes from: Docker's `config.json`. Never reads a file, and never runs
//! a credential helper.
//!
//! Source: <https://docs.docker.com/reference/cli/docker/login/>

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

/// What Docker calls its own registry.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// What a registry is shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Credentials {
    /// Nothing.
    #[default]
    Anonymous,
    /// A name and a password. What `ecr get-login-password` gives is the password of `AWS`.
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
    /// A token that the registry itself takes.
    Bearer(String),
}

impl std::fmt::Debug for Credentials {
    /// Without the secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Anonymous => f.write_str("Anonymous"),
            Self::Basic { user, .. } => f.debug_struct("Basic").field("user", user).finish_non_exhaustive(),
            Self::Bearer(_) => f.write_str("Bearer(..)"),
        }
    }
}

/// A `config.json` that is not Docker's, or an entry of it that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("not Docker's config.json: {detail}")]
pub struct NotDockersConfig {
    /// What the reader met.
    pub detail: String,
}

#[derive(Deserialize)]
struct Config {
    #[serde(default)]
    auths: BTreeMap<String, Auth>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Auth {
    auth: String,
    username: String,
    password: String,
    registrytoken: String,
}

impl Credentials {
    /// Those that Docker's `config.json` has in `auths` for a registry, as `docker login` leaves them without a helper.
    /// Nothing if it has none.
    ///
    /// # Errors
    /// [`NotDockersConfig`] if it is something else.
    pub fn of_docker(config: &[u8], registry: &str) -> Result<Self, NotDockersConfig> {
        let fail = |detail: String| NotDockersConfig { detail };
        let config: Config = serde_json::from_slice(config).map_err(|error| fail(error.to_string()))?;
        let Some((name, auth)) = config.auths.iter().find(|(name, _)| is_of(name, registry)) else {
            return Ok(Self::Anonymous);
        };
        if !auth.registrytoken.is_empty() {
            return Ok(Self::Bearer(auth.registrytoken.clone()));
        }
        if auth.auth.is_empty() {
            let basic = Self::Basic { user: auth.username.clone(), password: auth.password.clone() };
            return Ok(if auth.username.is_empty() { Self::Anonymous } else { basic });
        }
        let text = STANDARD.decode(&auth.auth).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        let pair = text.as_deref().and_then(|text| text.split_once(':'));
        let (user, password) =
            pair.ok_or_else(|| fail(format!("the auth of {name:?} is no user and password")))?;
        Ok(Self::Basic { user: user.to_owned(), password: password.trim_end_matches('\0').to_owned() })
    }

    /// As HTTP's `Authorization`, if there is a password.
    pub(super) fn basic(&self) -> Option<String> {
        let Self::Basic { user, password } = self else { return None };
        Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
    }
}

/// Old entries have a scheme and a path.
fn is_of(name: &str, registry: &str) -> bool {
    if registry == "docker.io" && name == DOCKER_HUB {
        return true;
    }
    let name = name.strip_prefix("https://").or_else(|| name.strip_prefix("http://")).unwrap_or(name);
    name.split('/').next().is_some_and(|host| host.eq_ignore_ascii_case(registry))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockers_configuration_is_read() {
        let config = br#"{"auths": {
            "r.io": {"auth": "dXNlcjpwYTpzcw=="},
            "https://old.io/v2/": {"username": "u", "password": "p"},
            "token.io": {"registrytoken": "t"},
            "helper.io": {},
            "bad.io": {"auth": "!"},
            "https://index.docker.io/v1/": {"username": "hub", "password": "p"}
        }, "credsStore": "desktop"}"#;
        let get = |registry: &str| Credentials::of_docker(config, registry).unwrap();
        let basic =
            |user: &str, password: &str| Credentials::Basic { user: user.into(), password: password.into() };
        assert_eq!(get("r.io"), basic("user", "pa:ss"));
        assert_eq!(get("r.io").basic().as_deref(), Some("Basic dXNlcjpwYTpzcw=="));
        assert_eq!(get("old.io"), basic("u", "p"));
        assert_eq!(get("docker.io"), basic("hub", "p"));
        assert_eq!(get("token.io"), Credentials::Bearer("t".into()));
        assert_eq!(get("helper.io"), Credentials::Anonymous);
        assert_eq!(get("elsewhere.io"), Credentials::Anonymous);
        assert!(Credentials::of_docker(config, "bad.io").is_err());
        assert!(Credentials::of_docker(b"no JSON", "r.io").is_err());
        assert_eq!(
            format!("{:?} {:?}", get("r.io"), get("token.io")),
            "Basic { user: \"user\", .. } Bearer(..)"
        );
    }
}
