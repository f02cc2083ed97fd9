//! NHS vaccination batches, version 5: files delimited by `|` that name each patient by NHS number and date of birth
//! (NHSDigital/immunisation-fhir-api, `lambdas/recordprocessor`). Every row is about a vaccination, and becomes a guest
//! ([`record::Fact::Guest`]) of whoever has that number in the practice.

mod batch;
#[cfg(test)]
mod tests;
mod vaccination;
mod value;

pub use batch::Batch;

/// Whether a file has a name as those that are read.
pub(crate) fn is_one(name: &str) -> bool {
    name.to_ascii_lowercase().contains("_vaccinations_v5_") && value::made_at(name).is_some()
}

use crate::delimited::{Dialect, Feed, Told};

/// The feed.
#[derive(Debug)]
struct NhsVaccination;

impl Feed for NhsVaccination {
    type File = Made;
    type Learnt = ();
    const DIALECT: Dialect = Dialect { separator: b'|', encoding: Told::ByContent };
}

/// When a file was made, as digits that can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Made(u64);
