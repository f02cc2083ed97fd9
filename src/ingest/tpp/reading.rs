//! Reading one file: encoding, header, rows, facts, issues, progress.

use std::{
    fs::File,
    io::{Read, Seek},
};

use record::{Issue, IssueCode, Place, Severity, Sink};

use super::{
    files::{TableFile, other_format, whole},
    practice::Practice,
    row::Row,
    table::Table,
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

/// Where a file stands in its batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    /// How many bytes of the batch were read before it.
    pub(super) before: u64,
    /// The moment of its extraction.
    pub(super) extracted: u64,
}

/// Reads a file's rows into the sink. The header is read again: the file may have changed since it was checked.
///
/// # Errors
/// [`Stop::Refused`] if the file cannot be trusted, [`Stop::Sink`] if the sink can take no more.
pub(super) fn read_table<T: Table>(
    file: &TableFile,
    turn: Turn,
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
                let row = Row::new(records.record(), &place, turn.extracted);
                take(&table, row, practice, sink)?;
            }
            Ok(Next::Unreadable(why)) => {
                sink.reject(Issue::new(Severity::Error, IssueCode::Encoding, &place).detail(why));
            }
            Ok(Next::End) => break,
            Err(broken) => return Err(Stop::Refused(vec![broken_at(&broken, &place)])),
        }
        if records.offset() - told >= STEP {
            told = records.offset();
            sink.progress(turn.before + told);
        }
    }
    sink.progress(turn.before + records.offset());
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
        Err(issue) => sink.reject(issue),
    }
    Ok(())
}

type Opened = (Records<File>, Header, Vec<Issue>);

/// Opens a file and reads its header.
///
/// # Errors
/// The fatal issues for which the file is refused.
pub(super) fn open(file: &TableFile, spec: &Spec) -> Result<Opened, Vec<Issue>> {
    let place = Place { file: file.name.clone(), line: 1 };
    let (input, encoding) = decoded(file).map_err(|error| {
        vec![fatal(IssueCode::FileUnreadable, &whole(&file.name), &error.kind().to_string())]
    })?;
    let mut records = Records::new(input, encoding);
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

/// The file from its start, and what its bytes are: UTF-8 if a byte order mark says so.
fn decoded(file: &TableFile) -> std::io::Result<(File, Encoding)> {
    let mut input = File::open(&file.path)?;
    let mut start = Vec::new();
    input.by_ref().take(3).read_to_end(&mut start)?;
    input.rewind()?;
    let marked = start == "\u{feff}".as_bytes();
    Ok((input, if marked { Encoding::Utf8 } else { Encoding::Windows1252 }))
}

fn fatal(code: IssueCode, place: &Place, detail: &str) -> Issue {
    Issue::new(Severity::Fatal, code, place).detail(detail)
}

fn broken_at(broken: &Broken, place: &Place) -> Issue {
    fatal(broken.code, place, &broken.detail)
}
