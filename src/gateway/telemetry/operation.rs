//! What whoever operates the gateway must know of before it hurts: what the store cannot write, reports that went before
//! their time, revocation lists that end.

use opentelemetry::{
    KeyValue,
    metrics::{Counter, Gauge, Meter},
};

use record::OdsCode;
use tracing::{Span, field::Empty};

use super::{ERROR, INSTRUMENTS, LIST_ENDS, REPORTS_DELETED, STORE_FAILED, WHY};

pub(super) struct Instruments {
    reports_deleted: Counter<u64>,
    store_failed: Counter<u64>,
    list_ends: Gauge<i64>,
}

impl Instruments {
    #[rustfmt::skip]
    pub(super) fn new(meter: &Meter) -> Self {
        let counter = |name, unit, about| meter.u64_counter(name).with_unit(unit).with_description(about).build();
        Self {
            reports_deleted: counter(REPORTS_DELETED, "{batch}", "Reports row by row that were deleted, for their age or for want of room."),
            store_failed: counter(STORE_FAILED, "{operation}", "What the store could not do, by cause."),
            list_ends: meter.i64_gauge(LIST_ENDS).with_unit("s")
                .with_description("Seconds until the first revocation list is out of date.").build(),
        }
    }
}

/// What stands in each line that is logged while a supplier's request is answered: whose it is, and once that is known,
/// which practice's and which batch. It is never exported, and it is there at every level.
pub(crate) fn of_supplier(supplier: &str) -> Span {
    tracing::error_span!(target: "intake", "intake", supplier, practice = Empty, batch = Empty)
}

/// Adds the practice and the batch that a request is about.
pub(crate) fn of_batch(practice: &OdsCode, batch: &str) {
    Span::current().record("practice", practice.as_str()).record("batch", batch);
}

/// Counts reports that were deleted, for their `age` or to make `room`.
pub(crate) fn reports_deleted(why: &'static str, count: u64) {
    if count > 0
        && let Some(instruments) = INSTRUMENTS.get()
    {
        instruments.operation.reports_deleted.add(count, &[KeyValue::new(WHY, why)]);
    }
}

/// Counts what the store could not do; the cause is a word of a closed list.
pub(crate) fn store_failed(cause: &'static str) {
    if let Some(instruments) = INSTRUMENTS.get() {
        instruments.operation.store_failed.add(1, &[KeyValue::new(ERROR, cause)]);
    }
}

/// Says in how many seconds the first revocation list is out of date; it is so already if they are less than none.
pub(crate) fn list_ends_in(seconds: i64) {
    if let Some(instruments) = INSTRUMENTS.get() {
        instruments.operation.list_ends.record(seconds, &[]);
    }
}
