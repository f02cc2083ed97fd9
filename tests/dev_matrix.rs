//! Temporary root for building one part of the integration tests alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::type_complexity, missing_docs, dead_code, unused_imports, reason = "tests")]
mod support;
mod matrix;
mod invariants;
