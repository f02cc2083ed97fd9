//! The keys that one app publishes, as they were last fetched: how long they are good, and when they may be fetched
//! again. Whoever sends nonsense in an app's name must not be able to make this server ask the app's over and over.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::{jwk::KeySet, token::until};

/// After an attempt, however it went, no other one is made for so long.
pub const COOL_DOWN: SignedDuration = SignedDuration::from_secs(10);
/// How long keys are good if their server does not say.
const UNSAID: SignedDuration = SignedDuration::from_mins(5);
/// How long they are good at the most, so that a key that was taken away is soon gone.
const LONGEST: SignedDuration = SignedDuration::from_mins(60);

/// What to do for a key.
#[derive(Clone, Debug)]
pub enum Next {
    /// These are good.
    Use(Arc<KeySet>),
    /// Fetch them. Whoever is told so does it; others are not told again before the cool-down is over.
    Fetch,
    /// There are none, and it is too early to ask again.
    NotNow,
}

/// What is known of the keys behind one URL.
#[derive(Debug, Default)]
pub struct KeptKeys {
    keys: Option<Fetched>,
    tried: Option<Timestamp>,
}

#[derive(Debug)]
struct Fetched {
    keys: Arc<KeySet>,
    at: Timestamp,
    until: Timestamp,
}

impl KeptKeys {
    /// What to do for a key of this name. Keys are never used for longer than their server allows (SMART App Launch
    /// 2.2); a name that is not among them may be a new one, but is asked for once in a cool-down.
    pub fn next(&mut self, key_id: &str, now: Timestamp) -> Next {
        let good = self.keys.as_ref().filter(|kept| kept.at <= now && now < kept.until);
        let cooling = self.tried.is_some_and(|tried| tried <= now && now < until(tried, COOL_DOWN));
        match good {
            Some(kept) if cooling || kept.keys.names(key_id) => Next::Use(Arc::clone(&kept.keys)),
            None if cooling => Next::NotNow,
            Some(_) | None => {
                self.tried = Some(now);
                Next::Fetch
            }
        }
    }

    /// Keeps what was fetched for as long as its server allows, if it says.
    pub fn keep(&mut self, keys: Arc<KeySet>, allowed: Option<SignedDuration>, now: Timestamp) {
        let kept_for = allowed.unwrap_or(UNSAID).min(LONGEST);
        self.keys = Some(Fetched { keys, at: now, until: until(now, kept_for) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{P384_SET, now};

    fn keys() -> Arc<KeySet> {
        Arc::new(KeySet::parse(P384_SET.as_bytes()).unwrap())
    }

    fn at(seconds: i64) -> Timestamp {
        until(now(), SignedDuration::from_secs(seconds))
    }

    fn word(next: &Next) -> &'static str {
        match next {
            Next::Use(_) => "use",
            Next::Fetch => "fetch",
            Next::NotNow => "not now",
        }
    }

    #[test]
    fn ten_thousand_unknown_names_are_one_question_in_a_cool_down() {
        let mut kept = KeptKeys::default();
        assert_eq!(word(&kept.next("p384", at(0))), "fetch");
        kept.keep(keys(), None, at(0));
        let mut fetches = 0;
        for number in 0..10_000 {
            match kept.next(&format!("unknown-{number}"), at(number / 1000)) {
                Next::Fetch => fetches += 1,
                Next::Use(_) => {}
                Next::NotNow => panic!("there are keys"),
            }
        }
        assert_eq!(fetches, 0, "all within ten seconds of the first");
        assert_eq!(word(&kept.next("unknown", at(10))), "fetch");
        assert_eq!(word(&kept.next("p384", at(10))), "use", "others do not wait for it");
    }

    #[test]
    fn keys_are_used_no_longer_than_their_server_allows_and_never_more_than_an_hour() {
        for (allowed, seconds) in [
            (None, 300),
            (Some(SignedDuration::from_secs(60)), 60),
            (Some(SignedDuration::from_hours(48)), 3600),
        ] {
            let mut kept = KeptKeys::default();
            assert_eq!(word(&kept.next("p384", at(0))), "fetch");
            kept.keep(keys(), allowed, at(0));
            assert_eq!(word(&kept.next("p384", at(seconds - 1))), "use");
            assert_eq!(word(&kept.next("p384", at(seconds))), "fetch");
            assert_eq!(word(&kept.next("p384", at(seconds))), "not now", "somebody is asking already");
        }
        let mut kept = KeptKeys::default();
        assert_eq!(word(&kept.next("p384", at(0))), "fetch");
        kept.keep(keys(), Some(SignedDuration::ZERO), at(0));
        assert_eq!(word(&kept.next("p384", at(1))), "not now");
        assert_eq!(word(&kept.next("p384", at(10))), "fetch");
    }

    #[test]
    fn a_clock_that_is_put_back_neither_keeps_old_keys_nor_locks_an_app_out() {
        let mut kept = KeptKeys::default();
        assert_eq!(word(&kept.next("p384", at(0))), "fetch");
        kept.keep(keys(), None, at(0));
        assert_eq!(word(&kept.next("p384", at(-3600))), "fetch");
        kept.keep(keys(), None, at(-3600));
        assert_eq!(word(&kept.next("p384", at(-3599))), "use");
    }
}
