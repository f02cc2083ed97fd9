//! One file of a table: looked at once, then read as often as one likes.

use std::{
    fs::File,
    io::{self, Read, Seek},
    path::{Path, PathBuf},
};

use record::{Issue, IssueCode, Place, Severity};

use super::{
    column::Spec,
    dialect::Dialect,
    header::Header,
    records::{Broken, Encoding, Next, Records},
};
use crate::folder;

/// A file of a table that is read.
#[derive(Debug)]
pub(crate) struct TableFile {
    /// The table.
    pub(crate) table: &'static str,
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its name, for issues.
    pub(crate) name: String,
    /// Its size.
    pub(crate) bytes: u64,
    /// What its columns are where it has no header that says so: the columns of a version.
    pub(crate) columns: Option<Vec<&'static str>>,
    separator: u8,
    encoding: Encoding,
    /// What it is instead of a table.
    other: Option<&'static str>,
}

impl TableFile {
    /// Looks at a file's size, its first bytes and its encoding.
    ///
    /// # Errors
    /// The fatal issue of a file that cannot be read.
    pub(crate) fn look(path: &Path, table: &'static str, dialect: Dialect) -> Result<Self, Box<Issue>> {
        let name = folder::name(path);
        let (file, bytes) = folder::open(path)?;
        match told(file, dialect) {
            Ok((encoding, other)) => Ok(Self {
                table,
                path: path.to_owned(),
                name,
                bytes,
                columns: None,
                separator: dialect.separator,
                encoding,
                other,
            }),
            Err(error) => Err(Box::new(folder::unreadable(path, &error))),
        }
    }

    /// The file's records from the first on. It may have changed since it was looked at.
    ///
    /// # Errors
    /// The fatal issue for which the file is refused.
    pub(crate) fn records(&self) -> Result<Records<File>, Box<Issue>> {
        if let Some(what) = self.other {
            return Err(Box::new(self.fatal(IssueCode::WrongFormat, 0, what)));
        }
        let (file, _) = folder::open(&self.path)?;
        Ok(Records::new(file, self.encoding, self.separator))
    }

    /// The file's rows, which columns they have, and the warnings about those.
    ///
    /// # Errors
    /// The fatal issues for which the file is refused.
    pub(crate) fn open(&self, spec: &Spec) -> Result<Opened, Vec<Issue>> {
        let mut records = self.records().map_err(|issue| vec![*issue])?;
        if let Some(columns) = &self.columns {
            return Ok(Opened { records, header: Header::given(columns), warnings: Vec::new() });
        }
        let refused = |code, detail: &str| Err(vec![self.fatal(code, 1, detail)]);
        match records.next(0) {
            Ok(Next::Record) => {}
            Ok(Next::Unreadable(why)) => return refused(IssueCode::Encoding, why),
            Ok(Next::End) => return refused(IssueCode::WrongFormat, "it is empty: even a header is missing"),
            Err(Broken { code, detail }) => return refused(code, &detail),
        }
        let (header, warnings) = Header::read(records.record(), spec, &self.at(1))?;
        Ok(Opened { records, header, warnings })
    }

    /// A line of the file; 0 for all of it.
    pub(crate) fn at(&self, line: u64) -> Place {
        Place { file: self.name.clone(), line }
    }

    /// An issue for which the file is refused.
    pub(crate) fn fatal(&self, code: IssueCode, line: u64, detail: &str) -> Issue {
        Issue::new(Severity::Fatal, code, &self.at(line)).detail(detail)
    }
}

/// A file whose rows can be read.
#[derive(Debug)]
pub(crate) struct Opened {
    /// Its records, those of the header already taken.
    pub(crate) records: Records<File>,
    /// Which columns they have.
    pub(crate) header: Header,
    /// What is worth knowing about those.
    pub(crate) warnings: Vec<Issue>,
}

fn told(mut file: File, dialect: Dialect) -> io::Result<(Encoding, Option<&'static str>)> {
    let mut start = Vec::new();
    file.by_ref().take(64).read_to_end(&mut start)?;
    file.rewind()?;
    Ok((dialect.encoding.of(&mut file)?, other_format(&start)))
}

/// What a file is if its first bytes are those of something that is certainly no table.
pub(super) fn other_format(start: &[u8]) -> Option<&'static str> {
    let bare = start.strip_prefix("\u{feff}".as_bytes()).unwrap_or(start).trim_ascii_start();
    match start {
        _ if bare.starts_with(b"<") => Some("it is XML; GP2GP extracts are read as gp2gp"),
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Some("it is UTF-16, as no extract of this format is"),
        [b'P', b'K', 3, 4, ..] | [0x1f, 0x8b, ..] => Some("it is packed; unpack it first"),
        _ => None,
    }
}
