//! Sign-in by an identity provider (OpenID Connect Core 1.0), as NHS login is one: what it says of a person, and what
//! of that is believed. Pure but for the store: fetching and the person's browser are the gateway's.
//!
//! A person is sent away ([`trip`]) and comes back with a code, which this server redeems as itself ([`ClientKey`]). The
//! [`IdToken`] that it gets is read, proven with the issuer's keys for this one attempt ([`Attempt`]), and only then may
//! [`Person::of`] be asked whether it identifies somebody well enough for a record to be opened; [`matching`] says which.

mod client_key;
mod id_token;
pub mod matching;
mod metadata;
mod person;
pub mod trip;

pub use client_key::ClientKey;
pub use id_token::{Attempt, BadIdToken, IdToken, Proven};
pub use metadata::{BadMetadata, LONGEST, Metadata, is_endpoint};
pub use person::{NotIdentified, Person};

#[cfg(test)]
mod fixture;
