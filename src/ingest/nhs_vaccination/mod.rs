//! NHS vaccination batches, version 5: files delimited by `|` that name each patient by NHS number and date of birth
//! (NHSDigital/immunisation-fhir-api, `lambdas/recordprocessor`). Every row is about a vaccination, and becomes a guest
//! ([`record::Fact::Guest`]) of whoever has that number in the practice.

mod batch;
mod file;
mod row;
#[cfg(test)]
mod tests;
mod vaccination;
mod value;

pub use batch::Batch;
