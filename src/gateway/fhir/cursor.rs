//! Page cursors: sealed, so that they can be neither read nor changed nor used by anybody else.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand::{SecureRandom, SystemRandom},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How long a page link is good.
const GOOD_FOR_SECONDS: i64 = 24 * 3600;

/// Where the next page begins, and for which search.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// The search, encoded as it was understood.
    pub(crate) query: String,
    /// The sort key of the last resource that was shown: a time in nanoseconds, if the sort has one…
    pub(crate) at: Option<i128>,
    /// …and its id.
    pub(crate) id: String,
    /// When it was made, in seconds.
    pub(crate) made: i64,
}

/// The secret that seals cursors.
pub struct CursorKey(LessSafeKey);

impl CursorKey {
    /// From 32 secret bytes.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Option<Self> {
        UnboundKey::new(&AES_256_GCM, secret).ok().map(|key| Self(LessSafeKey::new(key)))
    }

    /// Seals a cursor for one app, patient and resource type.
    pub(crate) fn seal(&self, cursor: &Cursor, bound_to: &str) -> Option<String> {
        let mut nonce = [0u8; NONCE_LEN];
        SystemRandom::new().fill(&mut nonce).ok()?;
        let mut text = serde_json::to_vec(cursor).ok()?;
        let aad = Aad::from(bound_to.as_bytes());
        self.0.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut text).ok()?;
        let mut sealed = nonce.to_vec();
        sealed.extend_from_slice(&text);
        Some(URL_SAFE_NO_PAD.encode(sealed))
    }

    /// Opens a cursor that was sealed for the same, and is not too old.
    pub(crate) fn open(&self, sealed: &str, bound_to: &str, now: Timestamp) -> Option<Cursor> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, text) = bytes.split_first_chunk::<NONCE_LEN>()?;
        let mut text = text.to_vec();
        let aad = Aad::from(bound_to.as_bytes());
        let plain = self.0.open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut text).ok()?;
        let cursor: Cursor = serde_json::from_slice(plain).ok()?;
        let age = now.as_second().saturating_sub(cursor.made);
        (-60..=GOOD_FOR_SECONDS).contains(&age).then_some(cursor)
    }
}

impl std::fmt::Debug for CursorKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CursorKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_only_unchanged_for_whom_it_was_sealed_and_for_a_day() {
        let key = CursorKey::new(&[7; 32]).unwrap();
        let now = Timestamp::from_second(1_000_000).unwrap();
        let cursor = Cursor { query: "code=1".into(), at: Some(5), id: "x".into(), made: 1_000_000 };
        let sealed = key.seal(&cursor, "app/patient").unwrap();
        assert_eq!(key.open(&sealed, "app/patient", now), Some(cursor));
        assert_eq!(key.open(&sealed, "other/patient", now), None);
        assert_eq!(key.open(&sealed, "app/patient", Timestamp::from_second(1_090_000).unwrap()), None);
        assert_eq!(CursorKey::new(&[8; 32]).unwrap().open(&sealed, "app/patient", now), None);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            // The last character of base64 can hold spare bits; a changed one is then refused as not canonical.
            assert_eq!(key.open(&changed, "app/patient", now), None, "{at}");
        }
    }
}
