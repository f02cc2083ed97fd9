//! One file: its name, its encoding, its header and its rows.

use std::{fs::File, path::PathBuf};

use record::{Issue, IssueCode, Place, Severity, Sink};

use super::{row::Row, vaccination::Vaccinations, value};
use crate::{
    Stop,
    delimited::{Broken, Columns, Encoding, Header, Next, Records},
    folder,
};

/// How many bytes are read between two reports of progress.
const STEP: u64 = 256 * 1024;

/// A file that has been looked at.
#[derive(Debug)]
pub(super) struct VaccinationFile {
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) bytes: u64,
    /// When it was made, as digits that can be compared.
    pub(super) made: u64,
    encoding: Encoding,
    warnings: Vec<Issue>,
}

impl VaccinationFile {
    /// Looks at a file. Its name ends in the time at which it was made (`…_v5_<ODS>_<yyyyMMddTHHmmss>.csv`): without
    /// that nobody could say which of two files corrects the other.
    ///
    /// # Errors
    /// The fatal issues for which it is refused.
    pub(super) fn open(path: PathBuf) -> Result<Self, Vec<Issue>> {
        let name = folder::name(&path);
        let (file, bytes) = folder::open(&path, &name).map_err(|issue| vec![*issue])?;
        let whole = Place { file: name.clone(), line: 0 };
        let fatal = |code, detail: &str| vec![Issue::new(Severity::Fatal, code, &whole).detail(detail)];
        let made = value::made_at(&name).ok_or_else(|| {
            fatal(
                IssueCode::WrongFormat,
                "its name does not end in the time at which it was made: \
                 <vaccine>_Vaccinations_v5_<ODS>_<yyyyMMddTHHmmss>.csv",
            )
        })?;
        let encoding = Encoding::of(file)
            .map_err(|error| fatal(IssueCode::FileUnreadable, &error.kind().to_string()))?;
        let mut looked = Self { path, name, bytes, made, encoding, warnings: Vec::new() };
        (_, _, looked.warnings) = looked.begin()?;
        Ok(looked)
    }

    /// Reads the rows into the sink. `before` is how many bytes of the batch were read before this file.
    pub(super) fn read(&self, before: u64, sink: &mut dyn Sink) -> Result<(), Stop> {
        let (mut records, header, _) = self.begin().map_err(Stop::Refused)?;
        self.warnings.iter().for_each(|warning| sink.warn(warning.clone()));
        let table = Vaccinations::bind(&header);
        let mut place = Place { file: self.name.clone(), line: 0 };
        let mut told = 0;
        loop {
            let next = records.next(header.width());
            place.line = records.line();
            match next {
                Ok(Next::Record) if records.record().len() != header.width() => {
                    let detail = format!("{} fields instead of {}", records.record().len(), header.width());
                    sink.reject(Issue::new(Severity::Error, IssueCode::FieldCount, &place).detail(detail));
                }
                Ok(Next::Record) => {
                    let mut row = Row::new(records.record(), &place, self.made);
                    match table.fact(&mut row) {
                        Ok(fact) => {
                            sink.fact(&place, fact)?;
                            row.into_warnings().into_iter().for_each(|warning| sink.warn(warning));
                        }
                        Err(issue) => sink.reject(issue),
                    }
                }
                Ok(Next::Unreadable(why)) => {
                    sink.reject(Issue::new(Severity::Error, IssueCode::Encoding, &place).detail(why));
                }
                Ok(Next::End) => break,
                Err(broken) => return Err(Stop::Refused(vec![broken_at(&broken, &place)])),
            }
            if records.offset() - told >= STEP {
                told = records.offset();
                sink.progress(before + told);
            }
        }
        sink.progress(before + records.offset());
        Ok(())
    }

    /// Opens the file and reads its header; it may have changed since it was looked at.
    fn begin(&self) -> Result<(Records<File>, Header, Vec<Issue>), Vec<Issue>> {
        let place = Place { file: self.name.clone(), line: 1 };
        let (file, _) = folder::open(&self.path, &self.name).map_err(|issue| vec![*issue])?;
        let mut records = Records::separated(file, self.encoding, b'|');
        let fatal = |code, detail: &str| vec![Issue::new(Severity::Fatal, code, &place).detail(detail)];
        match records.next(0) {
            Ok(Next::Record) => {}
            Ok(Next::Unreadable(why)) => return Err(fatal(IssueCode::Encoding, why)),
            Ok(Next::End) => {
                return Err(fatal(IssueCode::WrongFormat, "it is empty: even a header is missing"));
            }
            Err(broken) => return Err(vec![broken_at(&broken, &place)]),
        }
        let (header, warnings) = Header::read(records.record(), &Vaccinations::SPEC, &place)?;
        Ok((records, header, warnings))
    }
}

fn broken_at(broken: &Broken, place: &Place) -> Issue {
    Issue::new(Severity::Fatal, broken.code, place).detail(broken.detail.clone())
}
