//! Delimited text, whoever's it is: bytes to records in bounded memory, encodings, a table's columns and its header.
//! It knows no table and no supplier.

mod column;
mod encoding;
mod header;
mod limited;
mod records;

pub(crate) use column::{Column, Columns, Spec, columns};
pub(crate) use header::Header;
pub(crate) use records::{Broken, Encoding, Next, Records};
