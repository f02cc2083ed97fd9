//! TPP SystmOne Strategic Reporting extract: a folder of CSV files, one for each table, versions 87 to 93 (which differ
//! from file to file inside one delivery, and only by their columns).
//!
//! `files` tells the files by their names, `manifest` whether they are all there, [`crate::delimited`] reads them row by
//! row; each table has a file that declares its columns and turns one row into one fact. What decides whose a row is stands in `practice`, what all
//! patients' rows have in common in `entry`. Nothing here knows FHIR, or what becomes of a fact.
//!
//! Decisions that the format leaves open:
//! - text is Windows-1252, in which every byte is a character; a file is UTF-8 only if it begins with a byte order mark,
//!   since two accented letters of Windows-1252 can look like one of UTF-8;
//! - a batch is complete when its manifest is there and every table that the manifest names has its file; the manifest's
//!   "extracted to" is the order of rows, in which a removal comes after anything else of the same moment;
//! - "bulk" and "delta" in the manifest are not relied on (bulks come unmarked): nothing is ever deleted by absence;
//! - a row is the practice's own only if every organisation that it names is the practice.

mod address;
mod batch;
mod clinical;
mod code;
mod consent;
mod contact;
mod entry;
mod event;
mod files;
mod immunisation;
mod lists;
mod manifest;
mod online;
mod organisation;
mod patient;
mod practice;
mod registration;
mod relationship;
mod row;
#[cfg(test)]
mod tests;
mod value;

pub use batch::Batch;
pub(crate) use files::is_read;

use crate::delimited::{Dialect, Feed, Told};

/// The feed.
#[derive(Debug)]
struct Tpp;

impl Feed for Tpp {
    type File = row::Extracted;
    type Learnt = practice::Practice;
    const DIALECT: Dialect = Dialect { separator: b',', encoding: Told::ByMark };
}
