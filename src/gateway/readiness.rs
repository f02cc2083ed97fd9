//! Whether requests can be answered: records can be read, and lately no write has failed. Without writes nobody signs in
//! and nothing is loaded, so that whoever looks at `/readyz` must see it; a minute without another failure ends it.

use jiff::{SignedDuration, Timestamp};
use store::Failures;

/// How long after the last write that failed the service is not ready. Loads are tried again sooner than that.
const AFTER_FAILURE: SignedDuration = SignedDuration::from_mins(1);

/// What was seen of the store's failures.
#[derive(Debug, Default)]
pub(crate) struct Readiness {
    count: u64,
    since: Option<Timestamp>,
}

impl Readiness {
    /// Why the service is not ready, if it is not.
    pub(crate) fn doubt(&mut self, failures: Failures, now: Timestamp) -> Option<&'static str> {
        if failures.count != self.count {
            *self = Self { count: failures.count, since: Some(now) };
        }
        self.since = self.since.filter(|since| now.duration_since(*since) < AFTER_FAILURE);
        self.since?;
        Some(match failures.cause {
            "disk-full" => "The store cannot be written: its disk is full.",
            "map-full" => "The store cannot be written: it is as large as store.max_gib lets it become.",
            _ => "The store cannot be written: its disk fails.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_failed_is_told_for_a_minute_after_the_last_one() {
        let at = |seconds: i64| Timestamp::from_second(1_790_000_000 + seconds).unwrap();
        let failed = |count| Failures { count, cause: "disk-full" };
        let mut readiness = Readiness::default();
        assert_eq!(readiness.doubt(Failures::default(), at(0)), None);
        assert!(readiness.doubt(failed(1), at(10)).unwrap().contains("disk is full"));
        assert!(readiness.doubt(failed(1), at(69)).is_some());
        assert!(readiness.doubt(failed(2), at(69)).is_some());
        assert!(readiness.doubt(failed(2), at(128)).is_some(), "the minute began anew");
        assert_eq!(readiness.doubt(failed(2), at(129)), None, "it recovers by itself");
        assert_eq!(readiness.doubt(failed(2), at(9_999)), None);
        assert!(
            readiness.doubt(Failures { count: 3, cause: "io" }, at(9_999)).unwrap().contains("disk fails")
        );
    }
}
