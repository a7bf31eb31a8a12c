//! A certificate authority of the server's own, for who gives it no certificate. It certifies each name that a client asks
//! for, so that `https://localhost` and every function URL have theirs. Its key is kept: whoever trusts `ca.pem` trusts this
//! server from then on. Never certifies another key than the server's.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use anyhow::{Context as _, Result};
use lambent_core::limits::CERTIFICATES_KEPT_MAX;
use lambent_core::time::{RealClock as _, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tracing::{error, info};

use crate::system::SystemClock;

/// How long a certificate is good. Clients take none that is longer.
const GOOD_DAYS: u32 = 397;

/// When another is made.
const RENEWED_AFTER_DAYS: u32 = 30;

const DAY: std::time::Duration = std::time::Duration::from_secs(86_400);

/// Where clients are that give no name.
const HERE: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// The authority, and what it has certified.
#[derive(Debug)]
pub(super) struct Own {
    folder: PathBuf,
    authority: OnceLock<Option<Issuer<'static, KeyPair>>>,
    kept: Mutex<BTreeMap<String, (Timestamp, Arc<CertifiedKey>)>>,
    clock: SystemClock,
}

impl Own {
    /// With its files in this folder, which is made when it is needed.
    pub(super) fn beside(folder: PathBuf) -> Self {
        Self { folder, authority: OnceLock::new(), kept: Mutex::default(), clock: SystemClock::new() }
    }

    /// The authority, made where there is none; nothing where that failed.
    pub(super) fn prepare(&self) -> Option<&Issuer<'static, KeyPair>> {
        let opened = self.authority.get_or_init(|| {
            let opened = open(&self.folder);
            opened.inspect_err(|fault| error!(fault = format!("{fault:#}"), "there is no TLS")).ok()
        });
        opened.as_ref()
    }

    fn certified(&self, name: &str) -> Option<Arc<CertifiedKey>> {
        let now = self.clock.wall();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((made, certified)) = kept.get(name)
            && now.since(*made) < DAY * RENEWED_AFTER_DAYS
        {
            return Some(Arc::clone(certified));
        }
        let certified = certify(self.prepare()?, name, now);
        let certified = certified
            .inspect_err(|fault| error!(name, fault = format!("{fault:#}"), "no certificate"))
            .ok()?;
        if kept.len() >= CERTIFICATES_KEPT_MAX {
            kept.clear();
        }
        kept.insert(name.to_owned(), (now, Arc::clone(&certified)));
        Some(certified)
    }
}

impl ResolvesServerCert for Own {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.certified(hello.server_name().unwrap_or(HERE[0]))
    }
}

/// The authority whose key is in this folder, or a new one.
fn open(folder: &Path) -> Result<Issuer<'static, KeyPair>> {
    let (secret, public) = (folder.join("ca.key"), folder.join("ca.pem"));
    let key = match fs::read_to_string(&secret) {
        Ok(text) => KeyPair::from_pem(&text).with_context(|| format!("{} is no key", secret.display()))?,
        Err(none) if none.kind() == io::ErrorKind::NotFound => {
            let key = KeyPair::generate()?;
            fs::create_dir_all(folder)?;
            let mut file = fs::File::options().write(true).create_new(true).mode(0o600).open(&secret)?;
            file.write_all(key.serialize_pem().as_bytes())?;
            file.sync_all()?;
            key
        }
        Err(fault) => return Err(fault).with_context(|| format!("cannot read {}", secret.display())),
    };
    let params = of_authority();
    if !public.exists() {
        fs::write(&public, params.self_signed(&key)?.pem())?;
    }
    info!("clients that check certificates need {}", public.display());
    Ok(Issuer::new(params, key))
}

/// What the authority says of itself, always the same, so that its key is all of it.
fn of_authority() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named("Lambent, for this host only");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2076, 1, 1);
    params
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

/// A certificate of a key of its own for a name; that for `localhost` is good for its addresses, too.
fn certify(authority: &Issuer<'static, KeyPair>, name: &str, now: Timestamp) -> Result<Arc<CertifiedKey>> {
    let names = if name == HERE[0] { HERE.map(str::to_owned).to_vec() } else { vec![name.to_owned()] };
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name = named("Lambent");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let ((y, m, d), (year, month, day)) = (date(now.minus(DAY))?, date(now.plus(DAY * (GOOD_DAYS - 1)))?);
    params.not_before = date_time_ymd(y, m, d);
    params.not_after = date_time_ymd(year, month, day);
    let key = KeyPair::generate()?;
    let certificate = params.signed_by(&key, authority)?;
    let secret = PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
    let secret = ring::sign::any_supported_type(&secret)?;
    Ok(Arc::new(CertifiedKey::new(vec![certificate.der().clone()], secret)))
}

/// Year, month and day.
fn date(moment: Timestamp) -> Result<(i32, u8, u8)> {
    let part = |pattern| moment.format(pattern);
    Ok((part("%Y").parse()?, part("%m").parse()?, part("%d").parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_made_once_and_certifies_each_name_once() {
        let folder = tempfile::tempdir().unwrap();
        let own = Own::beside(folder.path().join("tls"));
        assert!(!folder.path().join("tls").exists(), "nobody has asked");
        let first = own.certified("localhost").unwrap();
        assert!(Arc::ptr_eq(&first, &own.certified("localhost").unwrap()));
        assert!(!Arc::ptr_eq(&first, &own.certified("x.lambda-url.us-east-1.localhost").unwrap()));
        let read = || fs::read(folder.path().join("tls/ca.pem")).unwrap();
        let public = read();
        assert!(Own::beside(folder.path().join("tls")).certified("localhost").is_some());
        assert_eq!(read(), public);
    }
}
