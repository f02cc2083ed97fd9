//! `[[sign_in]]` and `[letters]`: with whom or with what people sign in.

use std::{path::PathBuf, sync::Arc};

use auth::provider::{ClientKey, is_endpoint};
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use serde::Deserialize;

use super::{
    ConfigError, Finding,
    check::{error, private_key},
};
use crate::{
    fetch::Fetcher,
    oauth::{Heard, Provider},
};

/// `[[sign_in]]`
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// Its name in addresses: people come back to `/oauth/callback/` and this. It must stay.
    pub id: String,
    /// What people know it by.
    pub name: String,
    /// Its own name, to the letter, slash at the end and all. Accounts are made with it.
    pub issuer: String,
    /// What this service is called there.
    pub client_id: String,
    /// PEM file: an RSA key in PKCS#8 whose public part it knows.
    pub key: PathBuf,
    /// What it calls that key; without it, the key's thumbprint (RFC 7638).
    pub key_id: Option<String>,
    /// PEM file: the authorities that its server's certificate may come from.
    pub authorities: PathBuf,
}

/// `[letters]`
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Letters {
    /// People may sign in once with what their practice has given them in a letter (`recordgate admin linkage issue`).
    pub accept: bool,
}

impl SignIn {
    /// The paths in it.
    pub(super) fn paths(&mut self) -> [&mut PathBuf; 2] {
        [&mut self.key, &mut self.authorities]
    }

    /// What can be seen to be wrong without opening a file.
    pub(super) fn validate(all: &[Self]) -> Result<(), ConfigError> {
        for (at, one) in all.iter().enumerate() {
            let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            if !(1..=32).contains(&one.id.len()) || !one.id.bytes().all(fits) {
                let problem = format!("{:?} is not 1 to 32 small letters, digits and hyphens", one.id);
                return Err(wrong("sign_in.id", problem, "call it something like nhs-login"));
            }
            if one.name.trim().is_empty() || one.client_id.is_empty() {
                let problem = format!("{} has no name or no client_id", one.id);
                return Err(wrong("sign_in", problem, "write both"));
            }
            if !is_endpoint(&one.issuer) || one.issuer.contains('?') {
                let problem = format!("{:?} is not an https address without a query", one.issuer);
                return Err(wrong("sign_in.issuer", problem, "copy it from the provider's own document"));
            }
            if all.iter().take(at).any(|other| other.id == one.id || other.issuer == one.issuer) {
                let problem = format!("{} has the id or the issuer of another one", one.id);
                return Err(wrong("sign_in.id", problem, "each provider stands there once"));
            }
        }
        Ok(())
    }

    /// The provider.
    ///
    /// # Errors
    /// If a file cannot be used.
    pub fn provider(&self) -> Result<Provider, ConfigError> {
        let ask = Fetcher::new(&self.authorities).map_err(|problem| {
            let remedy = "name a PEM file such as /etc/ssl/certs/ca-certificates.crt";
            wrong("sign_in.authorities", problem.to_string(), remedy)
        })?;
        Ok(Provider {
            key: self.id.clone(),
            name: self.name.clone(),
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            client_key: self.client_key()?,
            ask: Arc::new(ask),
            heard: Heard::default(),
        })
    }

    /// The key by which the provider knows this service.
    ///
    /// # Errors
    /// If the file cannot be used.
    pub fn client_key(&self) -> Result<ClientKey, ConfigError> {
        let bad = |problem: String| {
            let remedy = "make one with: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048";
            wrong("sign_in.key", format!("{}: {problem}", self.key.display()), remedy)
        };
        let key = PrivatePkcs8KeyDer::from_pem_file(&self.key).map_err(|problem| bad(problem.to_string()))?;
        ClientKey::new(key.secret_pkcs8_der(), self.key_id.as_deref())
            .map_err(|problem| bad(problem.to_string()))
    }

    /// Everything that is wrong with what it names.
    pub(super) fn check(&self, found: &mut Vec<Finding>) {
        private_key("sign_in.key", &self.key, found);
        if let Err(ConfigError::Value { key, problem, remedy }) = self.provider() {
            found.push(error(key, format!("{problem}; {remedy}")));
        }
    }
}

fn wrong(key: &'static str, problem: String, remedy: &'static str) -> ConfigError {
    ConfigError::Value { key, problem, remedy }
}
