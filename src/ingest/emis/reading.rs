//! Reading one file: header, rows, facts, issues, progress.

use std::fs::File;

use record::{Issue, IssueCode, Place, Severity, Sink};

use super::{
    files::{TableFile, other_format, whole},
    organisation::Practice,
    row::{Row, Span},
    table::{Table, Unusable},
};
use crate::Stop;
use crate::delimited::{Broken, Encoding, Header, Next, Records, Spec};

/// How many bytes are read between two reports of progress.
const STEP: u64 = 256 * 1024;

/// Reads a file's header, and gives the warnings about it.
///
/// # Errors
/// The fatal issues for which the file is refused.
pub(super) fn check_header(file: &TableFile, spec: &Spec) -> Result<Vec<Issue>, Vec<Issue>> {
    if let Some(what) = other_format(&file.path) {
        return Err(vec![fatal(IssueCode::WrongFormat, &whole(&file.name), what)]);
    }
    open(file, spec).map(|(_, _, warnings)| warnings)
}

/// How much of a row is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pass {
    /// As much as can refuse the batch; the sink hears of no fact.
    Check,
    /// All of it.
    Read,
}

/// Reads a file's rows into the sink. The header is read again: the file may have changed since it was checked.
/// `before` is how many bytes of the batch were read before this file.
///
/// # Errors
/// [`Stop::Refused`] if the file cannot be trusted, [`Stop::Sink`] if the sink can take no more.
pub(super) fn read_table<T: Table>(
    file: &TableFile,
    before: u64,
    ids: Span,
    pass: Pass,
    practice: &mut Practice,
    sink: &mut dyn Sink,
) -> Result<(), Stop> {
    let (mut records, header, _) = open(file, &T::SPEC).map_err(Stop::Refused)?;
    let table = T::bind(&header);
    let mut place = Place { file: file.name.clone(), line: 0 };
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
                let row = Row::new(records.record(), &place, ids);
                match pass {
                    Pass::Check => vet(&table, row, practice)?,
                    Pass::Read => take(&table, row, practice, sink)?,
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

/// Answers one row: by exactly one fact or rejection.
fn take<T: Table>(
    table: &T,
    mut row: Row<'_>,
    practice: &mut Practice,
    sink: &mut dyn Sink,
) -> Result<(), Stop> {
    match table.fact(&mut row, practice) {
        Ok(fact) => {
            sink.fact(row.place(), fact)?;
            row.into_warnings().into_iter().for_each(|warning| sink.warn(warning));
        }
        Err(Unusable::Row(issue)) => sink.reject(issue),
        Err(Unusable::Batch(issue)) => return Err(Stop::Refused(vec![issue])),
    }
    Ok(())
}

/// Looks at one row for what would refuse the batch.
fn vet<T: Table>(table: &T, mut row: Row<'_>, practice: &mut Practice) -> Result<(), Stop> {
    match table.vet(&mut row, practice) {
        Err(Unusable::Batch(issue)) => Err(Stop::Refused(vec![issue])),
        Ok(()) | Err(Unusable::Row(_)) => Ok(()),
    }
}

type Opened = (Records<File>, Header, Vec<Issue>);

fn open(file: &TableFile, spec: &Spec) -> Result<Opened, Vec<Issue>> {
    let place = Place { file: file.name.clone(), line: 1 };
    let input = File::open(&file.path).map_err(|error| {
        vec![fatal(IssueCode::FileUnreadable, &whole(&file.name), &error.kind().to_string())]
    })?;
    let mut records = Records::new(input, Encoding::Utf8);
    match records.next(0) {
        Ok(Next::Record) => {}
        Ok(Next::Unreadable(why)) => return Err(vec![fatal(IssueCode::Encoding, &place, why)]),
        Ok(Next::End) => {
            return Err(vec![fatal(IssueCode::WrongFormat, &place, "it is empty: even a header is missing")]);
        }
        Err(broken) => return Err(vec![broken_at(&broken, &place)]),
    }
    let (header, warnings) = Header::read(records.record(), spec, &place)?;
    Ok((records, header, warnings))
}

fn fatal(code: IssueCode, place: &Place, detail: &str) -> Issue {
    Issue::new(Severity::Fatal, code, place).detail(detail)
}

fn broken_at(broken: &Broken, place: &Place) -> Issue {
    fatal(broken.code, place, &broken.detail)
}
