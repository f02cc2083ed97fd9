//! `[apps]`: what apps are offered.

use std::path::{Path, PathBuf};

use auth::identity::IdentityKeys;
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use serde::Deserialize;

use super::{
    ConfigError, Finding, Secret,
    check::{error, private_key},
};
use crate::fetch::Fetcher;

/// `[apps]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Apps {
    /// PEM file: the authorities of the servers at which apps publish their keys. Without it no keys are fetched, so
    /// that this service asks nobody for anything, and apps are registered with their keys.
    pub key_authorities: Option<PathBuf>,
    /// Apps may propose themselves at `/oauth/register` (RFC 7591). A proposed app gets nothing until it is approved.
    pub registration: bool,
    /// PEM files: RSA keys in PKCS#8, of which the first signs ID tokens; the others are published as well. Without one,
    /// apps are not told who signed in.
    pub identity_keys: Vec<PathBuf>,
}

impl Apps {
    /// The paths in it.
    pub(super) fn paths(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        self.key_authorities.iter_mut().chain(&mut self.identity_keys)
    }

    /// The keys of ID tokens, if there are any.
    ///
    /// # Errors
    /// If a file cannot be used.
    pub fn identity(&self, secret: &Secret) -> Result<Option<IdentityKeys>, ConfigError> {
        let keys: Vec<_> = self.identity_keys.iter().map(|file| read(file)).collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Ok(None);
        }
        let keys: Vec<&[u8]> = keys.iter().map(PrivatePkcs8KeyDer::secret_pkcs8_der).collect();
        let keys = IdentityKeys::new(&keys, secret.expose());
        keys.map(Some).map_err(|problem| wrong(problem.to_string()))
    }

    /// Everything that is wrong with what it names.
    pub(super) fn check(&self, found: &mut Vec<Finding>) {
        if let Some(file) = &self.key_authorities
            && let Err(problem) = Fetcher::new(file)
        {
            found.push(error("apps.key_authorities", problem.to_string()));
        }
        for file in &self.identity_keys {
            private_key("apps.identity_keys", file, found);
            let one = Self { identity_keys: vec![file.clone()], ..Self::default() };
            if let Err(problem) = one.identity(&Secret::unused()) {
                found.push(error("apps.identity_keys", format!("{}: {problem}", file.display())));
            }
        }
    }
}

fn read(file: &Path) -> Result<PrivatePkcs8KeyDer<'static>, ConfigError> {
    PrivatePkcs8KeyDer::from_pem_file(file).map_err(|problem| wrong(format!("{}: {problem}", file.display())))
}

fn wrong(problem: String) -> ConfigError {
    let remedy = "make one with: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048";
    ConfigError::Value { key: "apps.identity_keys", problem, remedy }
}
