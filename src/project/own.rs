//! Tables that an operator gives beside the built-in ones: more sensitive codes, more first names. They only add: with them
//! no more is shown than without.

use std::fmt;

use aws_lc_rs::digest::{Context, SHA256};
use policy::{SensitiveCodes, TableError};
use redact::{BadRow, Lexicon};

/// The tables, read; and what tells them from any others. The default is none.
#[derive(Default)]
pub struct OwnTables {
    sensitive: Option<SensitiveCodes>,
    names: Option<Lexicon>,
    print: Option<[u8; 16]>,
}

/// Which of an operator's tables cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OwnTableError {
    /// That of sensitive codes.
    Sensitive(TableError),
    /// That of first names.
    Names(BadRow),
}

impl fmt::Display for OwnTableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sensitive(error) => write!(f, "{error}"),
            Self::Names(error) => write!(f, "{error}"),
        }
    }
}

impl std::error::Error for OwnTableError {}

impl OwnTables {
    /// Reads the texts of the tables that there are: sensitive codes as in `profiles/codes/sensitive.csv`, first names as
    /// `recordgate lexicon` writes them.
    ///
    /// # Errors
    /// The first row of either that is not of its shape.
    pub fn parse(sensitive: Option<&str>, names: Option<&str>) -> Result<Self, OwnTableError> {
        let codes = sensitive.map(SensitiveCodes::with).transpose().map_err(OwnTableError::Sensitive)?;
        let lexicon = names.map(Lexicon::with_names).transpose().map_err(OwnTableError::Names)?;
        Ok(Self { sensitive: codes, names: lexicon, print: print([sensitive, names]) })
    }

    /// What records are made with beside the built-in tables; nothing without any.
    pub(crate) fn print(&self) -> Option<&[u8; 16]> {
        self.print.as_ref()
    }

    pub(crate) fn sensitive(&self) -> &SensitiveCodes {
        self.sensitive.as_ref().unwrap_or_else(|| SensitiveCodes::built_in())
    }

    pub(crate) fn lexicon(&self) -> &Lexicon {
        self.names.as_ref().unwrap_or_else(|| Lexicon::built_in())
    }
}

impl fmt::Debug for OwnTables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OwnTables({}, {})", self.sensitive.is_some(), self.names.is_some())
    }
}

fn print(tables: [Option<&str>; 2]) -> Option<[u8; 16]> {
    if tables.iter().all(Option::is_none) {
        return None;
    }
    let mut sum = Context::new(&SHA256);
    for table in tables {
        // No table is not an empty one.
        sum.update(&table.map_or(u64::MAX, |text| text.len() as u64).to_le_bytes());
        sum.update(table.unwrap_or_default().as_bytes());
    }
    sum.finish().as_ref().first_chunk::<16>().copied()
}
