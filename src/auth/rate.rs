//! How often somebody may do something: so many at once, and then one after another at an even pace (the generic cell
//! rate algorithm). Time is an argument, and what is remembered is bounded.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use crate::token::until;

/// So many in a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// How many at once, if there was none for long.
    pub burst: u32,
    /// After which there may be as many again.
    pub per: SignedDuration,
}

impl Rate {
    fn pace(self) -> SignedDuration {
        self.per / i32::try_from(self.burst.max(1)).unwrap_or(i32::MAX)
    }
}

/// Who has done it, and until when that counts.
#[derive(Debug)]
pub struct Limiter<K> {
    most: usize,
    seen: Mutex<HashMap<K, Timestamp>>,
}

impl<K: Eq + Hash> Limiter<K> {
    /// Remembers so many at the most. When there are more who have all done it lately, nobody new may.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, seen: Mutex::default() }
    }

    /// Notes that somebody does it.
    ///
    /// # Errors
    /// If it is too often: how long to wait.
    pub fn allow(&self, who: K, rate: Rate, now: Timestamp) -> Result<(), SignedDuration> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= self.most && !seen.contains_key(&who) {
            seen.retain(|_, counts| *counts > now);
            if seen.len() >= self.most {
                return Err(rate.pace());
            }
        }
        // A clock that was put back must not shut anybody out for as long as that.
        let latest = until(now, rate.per);
        let counts = seen.get(&who).map_or(now, |counts| (*counts).clamp(now, latest));
        if let Some(known) = seen.get_mut(&who) {
            *known = counts;
        }
        let next = until(counts, rate.pace());
        if next > latest {
            return Err(next.duration_since(latest));
        }
        seen.insert(who, next);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::now;

    const RATE: Rate = Rate { burst: 3, per: SignedDuration::from_secs(60) };

    fn at(seconds: i64) -> Timestamp {
        until(now(), SignedDuration::from_secs(seconds))
    }

    #[test]
    fn so_many_at_once_and_then_at_an_even_pace() {
        let limiter = Limiter::new(9);
        for _ in 0..3 {
            assert_eq!(limiter.allow("a", RATE, at(0)), Ok(()));
        }
        assert_eq!(limiter.allow("a", RATE, at(0)), Err(SignedDuration::from_secs(20)));
        assert_eq!(limiter.allow("b", RATE, at(0)), Ok(()), "somebody else");
        assert_eq!(limiter.allow("a", RATE, at(19)), Err(SignedDuration::from_secs(1)));
        assert_eq!(limiter.allow("a", RATE, at(20)), Ok(()));
        assert!(limiter.allow("a", RATE, at(20)).is_err(), "refusals cost nothing, and one is one");
        let within_an_hour =
            (0..3600).filter(|&second| limiter.allow("a", RATE, at(100 + second)).is_ok()).count();
        assert_eq!(within_an_hour, 3 + 179);
    }

    #[test]
    fn a_clock_that_is_put_back_shuts_nobody_out_for_long() {
        let limiter = Limiter::new(9);
        assert_eq!(limiter.allow("a", RATE, at(3600)), Ok(()));
        assert!(limiter.allow("a", RATE, at(0)).is_err());
        assert_eq!(limiter.allow("a", RATE, at(60)), Ok(()));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let limiter = Limiter::new(2);
        for who in ["a", "b"] {
            assert_eq!(limiter.allow(who, RATE, at(0)), Ok(()));
        }
        assert!(limiter.allow("c", RATE, at(0)).is_err());
        assert_eq!(limiter.allow("a", RATE, at(0)), Ok(()), "who is known goes on");
        assert_eq!(limiter.allow("c", RATE, at(20)), Ok(()), "b is forgotten");
    }
}
