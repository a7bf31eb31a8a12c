//! A certificate of the owner's, read from files. Never makes one.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::Files;

/// One certificate for every name.
#[derive(Debug)]
pub(super) struct One(Arc<CertifiedKey>);

impl ResolvesServerCert for One {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

/// Reads both files, and checks that they belong together.
pub(super) fn read(files: &Files) -> Result<One> {
    let Files { certificate, key } = files;
    let cannot = |path: &std::path::Path| format!("cannot read {}", path.display());
    let chain = CertificateDer::pem_file_iter(certificate).with_context(|| cannot(certificate))?;
    let chain = chain.collect::<Result<Vec<_>, _>>().with_context(|| cannot(certificate))?;
    ensure!(!chain.is_empty(), "{} has no certificate", certificate.display());
    let secret = PrivateKeyDer::from_pem_file(key).with_context(|| cannot(key))?;
    let secret = ring::sign::any_supported_type(&secret).with_context(|| cannot(key))?;
    let certified = CertifiedKey::new(chain, secret);
    certified
        .keys_match()
        .with_context(|| format!("the key in {} is not that of {}", key.display(), certificate.display()))?;
    Ok(One(Arc::new(certified)))
}
