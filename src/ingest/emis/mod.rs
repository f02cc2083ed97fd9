//! EMIS Web bulk extract: a batch of CSV files, one per table, versions 5.4 to 8.2.
//!
//! `batch` finds the files, [`crate::delimited`] binds their columns and splits bytes into rows; then each table has a
//! file that turns one row into one fact. What decides who may see an entry is in
//! `entry`. Nothing here knows FHIR, or what becomes of a fact.

mod batch;
mod category;
mod clinical_code;
mod consultation;
mod entry;
mod files;
mod name;
mod observation;
mod organisation;
mod patient;
mod problem;
mod qualifiers;
mod read_code;
mod reading;
mod row;
mod sharing;
mod table;
#[cfg(test)]
mod tests;
mod user_in_role;
mod value;

pub use batch::Batch;
