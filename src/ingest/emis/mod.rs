//! EMIS Web bulk extract: a batch of CSV files, one per table, versions 5.4 to 8.2.
//!
//! `files` tells the files by their names, [`crate::delimited`] reads them row by row; each table has a file that declares
//! its columns and turns one row into one fact. What decides who may see an entry is in `entry`. Nothing here knows FHIR,
//! or what becomes of a fact.

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
mod row;
mod sharing;
#[cfg(test)]
mod tests;
mod user_in_role;
mod value;

pub use batch::Batch;
pub(crate) use files::is_read;

use crate::delimited::{Dialect, Feed, Told};

/// The feed.
#[derive(Debug)]
struct Emis;

impl Feed for Emis {
    type File = row::Span;
    type Learnt = organisation::Practice;
    const DIALECT: Dialect = Dialect { separator: b',', encoding: Told::Utf8 };
}
