//! The SMART authorization server as pure logic: apps, scopes, sign-in, codes, tokens and the sessions that they open.
//! It knows the store, and neither HTTP nor the clock: time is an argument everywhere, and only `secret` draws
//! random numbers.
//!
//! A person signs in and approves an app ([`authorize`]), the app redeems a code ([`token`]), and each request to the
//! FHIR side is judged anew from its access token ([`bearer`]): what was approved an hour ago may have been stopped.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests"))]

pub mod app;
mod assertion;
pub mod authorize;
pub mod binding;
pub mod client;
pub mod code;
pub mod connections;
pub mod dpop;
mod failure;
mod grammar;
pub mod identity;
pub mod introspect;
pub mod jwk;
mod kept_keys;
pub mod linkage;
pub mod presence;
pub mod provider;
pub mod pushed;
pub mod rate;
pub mod register;
pub mod registration;
mod sandbox;
mod scope;
mod secret;
mod session;
pub mod sign_in;
pub mod token;

#[cfg(test)]
mod fixture;

pub use assertion::BadAssertion;
pub use client::{Client, authenticate};
pub use failure::Failure;
pub use kept_keys::{COOL_DOWN, KeptKeys, Next};
pub use sandbox::{SandboxError, SandboxToken, issue_sandbox_token};
pub use scope::{Categories, ScopeError, Scopes};
pub use session::{AuthError, Presented, Session, bearer, entitled};
pub use sign_in::SignIn;
