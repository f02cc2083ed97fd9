//! Delimited text, whoever's it is: files to rows in bounded memory, encodings, a table's columns and its header, and
//! the one loop in which rows become facts. It knows no table and no supplier: a format is a [`Feed`], each of its tables
//! a [`Table`] whose columns are declared once ([`columns`]).

mod column;
mod compared;
mod dialect;
mod file;
mod header;
mod limited;
mod records;
mod row;
mod search;
mod table;
mod value;

pub(crate) use column::{Column, Columns, Spec, columns};
pub(crate) use dialect::{Dialect, Told};
pub(crate) use file::TableFile;
pub(crate) use header::Header;
pub(crate) use records::{Broken, Next};
pub(crate) use row::Row;
pub(crate) use search::{Found, Named, search};
pub(crate) use table::{Feed, Reader, Table, Tables, Unusable};
pub(crate) use value::{Flag, compact_date, digits};
