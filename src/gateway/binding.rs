//! What comes with a request beside its token: the DPoP proof in its header (RFC 9449), the certificate of its connection
//! (RFC 8705). And which proofs were used on the FHIR side, which nobody may show twice.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use auth::dpop::{BadProof, LEEWAY, Proven};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use http::HeaderMap;
use jiff::Timestamp;

use crate::{ClientCertificates, Request, outcome::Outcome};

/// The header of proofs.
pub(crate) const HEADER: &str = "dpop";
/// Proofs that are remembered: at two minutes each, 8,000 requests a second.
const MOST: usize = 1_000_000;

/// The proof that came along, if one did.
///
/// # Errors
/// If there are several (RFC 9449 §4.3).
pub(crate) fn proof(headers: &HeaderMap) -> Result<Option<&str>, BadProof> {
    let mut all = headers.get_all(HEADER).iter();
    let Some(one) = all.next() else { return Ok(None) };
    match all.next() {
        None => one.to_str().map(Some).map_err(|_| BadProof::Malformed),
        Some(_) => Err(BadProof::Malformed),
    }
}

/// SHA-256 of the certificate that the client showed, in base64url (RFC 8705 §3.1), if it showed one.
pub(crate) fn thumbprint(request: &Request) -> Option<String> {
    let ClientCertificates(chain) = request.extensions().get()?;
    Some(BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, chain.first()?)))
}

/// The proofs that were used since this process began. It cannot know of those before: what was made then is not taken.
pub(crate) struct Used {
    since: Timestamp,
    until: Mutex<HashMap<[u8; 32], Timestamp>>,
}

impl Used {
    pub(crate) fn since(now: Timestamp) -> Self {
        // Proofs tell the second in which they were made.
        let since = Timestamp::from_second(now.as_second()).unwrap_or(now);
        Self { since, until: Mutex::default() }
    }

    /// Takes a proof, the first time that it is shown.
    pub(crate) fn take(&self, proven: &Proven, now: Timestamp) -> Result<(), Outcome> {
        if proven.made < self.since {
            return Err(Outcome::BadProof(BadProof::Time.words()));
        }
        let mut until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if until.len() >= MOST {
            // The clock may have been put back meanwhile.
            until.retain(|_, until| *until > now && *until <= now + LEEWAY + LEEWAY);
        }
        if until.len() >= MOST {
            return Err(Outcome::Unavailable(
                "Too many DPoP proofs were used in the last two minutes. Try again.",
            ));
        }
        match until.insert(proven.once, proven.remember) {
            Some(before) if before > now => Err(Outcome::BadProof(BadProof::Replayed.words())),
            Some(_) | None => Ok(()),
        }
    }
}
