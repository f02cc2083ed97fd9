//! Exports in, resources out: small cases with golden files, published extracts beside the project, and synthetic
//! practices. Nothing here goes through a listener.

mod disclosure;
mod emis;
mod fragments;
mod golden;
mod published;
mod seen;
mod synthetic;
mod synthetic_tpp;
mod tpp;
