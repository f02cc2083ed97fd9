//! Sign-in by an identity provider (OpenID Connect Core 1.0), as NHS login is one: what it says of a person, and what
//! of that is believed. Pure: fetching and the person's browser are the gateway's.
//!
//! An [`IdToken`] is read, proven with the issuer's keys for one attempt to sign in ([`Attempt`]), and only then may
//! [`Person::of`] be asked whether it identifies somebody well enough for a record to be opened.

mod id_token;
mod person;

pub use id_token::{Attempt, BadIdToken, IdToken, Proven};
pub use person::{NotIdentified, Person};

#[cfg(test)]
mod fixture;
