//! Everything together, in one binary: the gateway in this process over a real store, and the command as its users
//! run it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::allow_attributes,
    clippy::disallowed_methods,
    clippy::type_complexity,
    missing_docs,
    reason = "tests"
)]

mod cases;
mod command;
mod crash;
mod gateway;
mod intake;
mod invariants;
mod matrix;
mod support;
