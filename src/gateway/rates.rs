//! How often requests are answered: of one address whatever it brings, of one app as it is registered, and of one app in
//! one record. `auth::rate` and not the crate `governor`, whose limiters have one quota for all keys and no bound on how
//! many they remember.

use std::net::IpAddr;

use auth::{
    Session,
    rate::{Limiter, Rate},
};
use jiff::{SignedDuration, Timestamp};
use store::Subject;

use crate::outcome::Outcome;

/// Most apps that are remembered.
const MOST_APPS: usize = 100_000;
/// Most addresses, and records in use, that are remembered: about 100 MB at worst.
const MOST: usize = 500_000;

/// Requests in a minute; as many may come at once if there were none for long. None: as many as will.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerMinute {
    /// Of one IPv4 address or IPv6 /64.
    pub address: Option<u32>,
    /// Of one app in one patient's record.
    pub record: Option<u32>,
}

/// Who has asked how often.
pub(crate) struct Rates {
    limits: PerMinute,
    addresses: Limiter<IpAddr>,
    apps: Limiter<String>,
    records: Limiter<(String, Subject)>,
}

impl Rates {
    pub(crate) fn new(limits: PerMinute) -> Self {
        let (addresses, apps, records) = (Limiter::new(MOST), Limiter::new(MOST_APPS), Limiter::new(MOST));
        Self { limits, addresses, apps, records }
    }

    /// Before anything else is looked at.
    pub(crate) fn address(&self, address: IpAddr, now: Timestamp) -> Result<(), Outcome> {
        within(&self.addresses, self.limits.address, || address, now)
            .map_err(|wait| Outcome::TooOften("Too many requests come from this address", wait))
    }

    /// Once it is known who asks.
    pub(crate) fn session(&self, session: &Session, now: Timestamp) -> Result<(), Outcome> {
        within(&self.apps, session.per_minute, || session.client_id.clone(), now)
            .map_err(|wait| Outcome::TooOften("The app asks more often than it is registered for", wait))?;
        let record = || (session.client_id.clone(), session.subject.clone());
        within(&self.records, self.limits.record, record, now)
            .map_err(|wait| Outcome::TooOften("The app asks too often for one patient's record", wait))
    }
}

/// Seconds to wait, if it is too often.
fn within<K: Eq + std::hash::Hash>(
    limiter: &Limiter<K>,
    burst: Option<u32>,
    who: impl FnOnce() -> K,
    now: Timestamp,
) -> Result<(), i64> {
    let Some(burst) = burst else { return Ok(()) };
    let rate = Rate { burst, per: SignedDuration::from_mins(1) };
    limiter.allow(who(), rate, now).map_err(|wait| wait.as_secs() + 1)
}
