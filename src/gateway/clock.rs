//! The one place that asks what time it is.

use jiff::{Timestamp, civil::Date};

/// What time it is; a test has its own.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;

    /// Today in London.
    fn today(&self) -> Date {
        record::london().to_datetime(self.now()).date()
    }
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}
