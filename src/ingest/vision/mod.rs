//! Vision (Cegedim) CSV extract: files without a header, whose table is told by their name and whose version by the
//! number of their fields. No column says anything of who may see an entry, so everything from it is unreviewed.

mod batch;
mod code;
mod encounter;
mod journal;
mod layout;
mod name;
mod organisation;
mod patient;
mod row;
mod staff;
#[cfg(test)]
mod tests;
mod vaccination;
mod value;

pub use batch::Batch;

use crate::delimited::{Dialect, Feed, Told};

/// The feed.
#[derive(Debug)]
struct Vision;

impl Feed for Vision {
    type File = row::Made;
    type Learnt = ();
    const DIALECT: Dialect = Dialect { separator: b',', encoding: Told::ByContent };
}
