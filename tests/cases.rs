//! Exports in, resources out: small cases with golden files, published extracts beside the project, and synthetic
//! practices. Nothing here goes through a listener.

mod defects;
mod disclosure;
pub mod emis;
mod feeds;
mod flat;
mod fragments;
mod golden;
mod grid;
mod guests;
mod interleaving;
mod message;
mod oracle;
mod overlay;
mod protected;
mod published;
mod published_vaccinations;
mod seen;
mod synthetic;
mod synthetic_tpp;
mod tpp;
