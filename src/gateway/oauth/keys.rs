//! The keys that apps publish at a URL of their own: fetched when they are needed, kept as long as their server
//! allows. [`FetchKeys`] is the only way out of the authorization server.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use auth::{
    KeptKeys, Next,
    client::{NotNow, Published},
    jwk::KeySet,
};
use jiff::{SignedDuration, Timestamp};

use crate::clock::Clock;

/// What came from a URL.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The body.
    pub body: Vec<u8>,
    /// `Cache-Control`, if there was one.
    pub cache_control: Option<String>,
}

/// Fetches keys.
pub trait FetchKeys: Send + Sync {
    /// Gets what is at a URL of `https`. It may take some seconds.
    ///
    /// # Errors
    /// Why it cannot be had, for the log.
    fn fetch(&self, url: &str) -> Result<Fetched, String>;
}

/// The keys of every app that publishes them.
pub(super) struct PublishedKeys {
    fetch: Option<Arc<dyn FetchKeys>>,
    clock: Arc<dyn Clock>,
    kept: Mutex<HashMap<String, KeptKeys>>,
}

impl PublishedKeys {
    pub(super) fn new(fetch: Option<Arc<dyn FetchKeys>>, clock: Arc<dyn Clock>) -> Self {
        Self { fetch, clock, kept: Mutex::default() }
    }

    fn next(&self, url: &str, key_id: &str, now: Timestamp) -> Next {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.entry(url.to_owned()).or_default().next(key_id, now)
    }

    /// Without the lock: while one app's server is slow, other apps go on.
    fn fetched(&self, url: &str, now: Timestamp) -> Result<Arc<KeySet>, String> {
        let fetch = self.fetch.as_ref().ok_or("this server fetches no keys: set apps.key_authorities")?;
        let fetched = fetch.fetch(url)?;
        let keys = Arc::new(KeySet::parse(&fetched.body).map_err(|error| error.to_string())?);
        let allowed = fetched.cache_control.as_deref().and_then(allowed);
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.entry(url.to_owned()).or_default().keep(Arc::clone(&keys), allowed, now);
        Ok(keys)
    }
}

/// An app's URL is one that a person has approved, so that the number of them is theirs.
impl Published for PublishedKeys {
    fn keys(&self, url: &str, key_id: &str) -> Result<Arc<KeySet>, NotNow> {
        let now = self.clock.now();
        match self.next(url, key_id, now) {
            Next::Use(keys) => Ok(keys),
            Next::NotNow => Err(NotNow),
            Next::Fetch => self.fetched(url, now).map_err(|why| {
                tracing::warn!(url, why, "the keys of an app cannot be had");
                NotNow
            }),
        }
    }
}

/// How long something may be kept (RFC 9111 §5.2.2), if the header says; what cannot be read allows nothing.
pub(super) fn allowed(cache_control: &str) -> Option<SignedDuration> {
    let mut kept_for = None;
    for directive in cache_control.split(',').map(|part| part.trim().to_ascii_lowercase()) {
        match directive.split_once('=') {
            None if directive == "no-store" || directive == "no-cache" => return Some(SignedDuration::ZERO),
            Some(("max-age", seconds)) => {
                let seconds = seconds.trim_matches('"').parse().unwrap_or(0).max(0);
                let seconds = SignedDuration::from_secs(seconds);
                kept_for = Some(kept_for.map_or(seconds, |kept: SignedDuration| kept.min(seconds)));
            }
            _ => {}
        }
    }
    kept_for
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_allows_is_read_strictly() {
        let seconds = |text| allowed(text).map(|kept| kept.as_secs());
        assert_eq!(seconds("public, max-age=600"), Some(600));
        assert_eq!(seconds("Max-Age=\"60\", max-age=600"), Some(60));
        for nothing in ["no-store", "max-age=600, no-cache", "max-age=x", "max-age=-5", "max-age="] {
            assert_eq!(seconds(nothing), Some(0), "{nothing}");
        }
        for unsaid in ["", "public", "s-maxage=5"] {
            assert_eq!(seconds(unsaid), None, "{unsaid}");
        }
    }
}
