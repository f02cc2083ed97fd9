//! The one reader of tables: a batch's files, row by row, to facts, issues and progress.

use std::{fmt, path::Path};

use record::{Fact, Issue, IssueCode, Place, Severity, Sink};

use super::{
    column::{Columns, Spec},
    dialect::Dialect,
    file::{Opened, TableFile},
    records::{Broken, Next},
    row::Row,
};
use crate::{Nowhere, Stop};

/// How many bytes are read between two reports of progress.
const STEP: u64 = 256 * 1024;

/// A format whose batches are tables.
pub(crate) trait Feed: fmt::Debug + Sized + 'static {
    /// What each row has from its file.
    type File: Copy + fmt::Debug;
    /// What rows teach about those that come after them.
    type Learnt: fmt::Debug;
    /// How it is written.
    const DIALECT: Dialect;
}

/// A table whose rows become facts.
pub(crate) trait Table<F: Feed>: Columns {
    /// Whether the batch is refused if a row cannot be read: where without the row more would be shown than with it, and
    /// nothing else says so.
    const NO_ROW_MAY_BE_LOST: bool = false;

    /// Whether the batch is refused if a row is not in the format's encoding. So it is where rows are few and all others
    /// lean on them: what converted one of them on the way has converted the batch, and nobody's name can be trusted.
    const MUST_BE_TEXT: bool = false;

    /// What a row says.
    ///
    /// # Errors
    /// Why it cannot be used.
    fn fact(&self, row: &mut Row<'_, F::File>, learnt: &mut F::Learnt) -> Result<Fact, Unusable>;

    /// What [`Table::fact`] has against the batch, for tables with so many rows that it pays to look at nothing else.
    ///
    /// # Errors
    /// [`Unusable::Batch`] whenever that is what `fact` gives; anything else does not matter.
    fn vet(&self, row: &mut Row<'_, F::File>, learnt: &mut F::Learnt) -> Result<(), Unusable> {
        self.fact(row, learnt).map(drop)
    }
}

/// Why a row cannot be used.
#[derive(Debug)]
pub(crate) enum Unusable {
    /// The row is rejected.
    Row(Issue),
    /// The row shows that the batch is not what it was said to be.
    Batch(Issue),
}

impl From<Issue> for Unusable {
    fn from(issue: Issue) -> Self {
        Self::Row(issue)
    }
}

/// How much of a row is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    /// As much as can refuse the batch; the sink hears of no fact.
    Check,
    /// All of it.
    Read,
}

/// A table of a feed, and how its rows are read.
#[derive(Debug)]
pub(crate) struct Reader<F: Feed> {
    /// The table.
    pub(crate) spec: Spec,
    read: Read<F>,
}

/// Reads the rows of a file into the sink.
type Read<F> = fn(Source<'_, F>, &mut <F as Feed>::Learnt, &mut dyn Sink) -> Result<(), Stop>;

impl<F: Feed> Reader<F> {
    /// The reader of a table.
    pub(crate) const fn of<T: Table<F>>() -> Self {
        Self { spec: T::SPEC, read: read_rows::<F, T> }
    }
}

/// The files of a batch, looked at and fit to be read.
#[derive(Debug)]
pub(crate) struct Tables<F: Feed> {
    files: Vec<(&'static Reader<F>, TableFile, F::File)>,
    warnings: Vec<Issue>,
}

impl<F: Feed> Tables<F> {
    /// Looks at the columns of each file, and puts the files into the order of their tables; those of one table stay as
    /// they are. `warnings` are those there already were.
    ///
    /// # Errors
    /// The fatal issues for which the batch is refused, those there already were among them.
    pub(crate) fn open(
        readers: &'static [Reader<F>],
        files: Vec<(TableFile, F::File)>,
        mut warnings: Vec<Issue>,
        mut fatal: Vec<Issue>,
    ) -> Result<Self, Vec<Issue>> {
        let mut known = Vec::new();
        for (file, of_file) in files {
            let Some(reader) = readers.iter().find(|reader| reader.spec.name == file.table) else { continue };
            match file.open(&reader.spec) {
                Ok(opened) => warnings.extend(opened.warnings),
                Err(issues) => fatal.extend(issues),
            }
            known.push((reader, file, of_file));
        }
        known.sort_by_key(|(of, ..)| readers.iter().position(|reader| reader.spec.name == of.spec.name));
        if fatal.is_empty() { Ok(Self { files: known, warnings }) } else { Err(fatal) }
    }

    /// The size of all files in bytes.
    pub(crate) fn total_bytes(&self) -> u64 {
        self.files.iter().map(|(_, file, _)| file.bytes).sum()
    }

    /// Where the files are.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|(_, file, _)| file.path.as_path())
    }

    /// Reads every row into the sink.
    ///
    /// # Errors
    /// [`Stop::Refused`] if a file cannot be trusted, [`Stop::Sink`] if the sink can take no more.
    pub(crate) fn read(&self, learnt: &mut F::Learnt, sink: &mut dyn Sink) -> Result<(), Stop> {
        self.warnings.iter().for_each(|warning| sink.warn(warning.clone()));
        self.pass(Pass::Read, learnt, sink)
    }

    /// Looks for whatever would refuse the batch; `progress` hears how many bytes are done.
    ///
    /// # Errors
    /// [`Stop::Refused`].
    pub(crate) fn check(&self, learnt: &mut F::Learnt, progress: &mut dyn FnMut(u64)) -> Result<(), Stop> {
        self.pass(Pass::Check, learnt, &mut Nowhere(progress))
    }

    fn pass(&self, pass: Pass, learnt: &mut F::Learnt, sink: &mut dyn Sink) -> Result<(), Stop> {
        let mut before = 0;
        for (reader, file, of_file) in &self.files {
            let opened = file.open(&reader.spec).map_err(Stop::Refused)?;
            let source = Source { file, opened, of_file: *of_file, pass, before };
            (reader.read)(source, learnt, sink)?;
            before += file.bytes;
        }
        Ok(())
    }
}

/// One file on its way into the sink.
struct Source<'f, F: Feed> {
    file: &'f TableFile,
    opened: Opened,
    of_file: F::File,
    pass: Pass,
    /// How many bytes of the batch were read before this file.
    before: u64,
}

fn read_rows<F: Feed, T: Table<F>>(
    source: Source<'_, F>,
    learnt: &mut F::Learnt,
    sink: &mut dyn Sink,
) -> Result<(), Stop> {
    let Source { file, opened: Opened { mut records, header, .. }, of_file, pass, before } = source;
    let table = T::bind(&header);
    let mut place = file.at(0);
    let mut told = 0;
    loop {
        let next = records.next(header.width());
        place.line = records.line();
        match next {
            Ok(Next::Record) if records.record().len() != header.width() => {
                let detail = format!("{} fields instead of {}", records.record().len(), header.width());
                lost::<F, T>(IssueCode::FieldCount, &place, &detail, sink)?;
            }
            Ok(Next::Record) => {
                let row = Row::new(records.record(), &place, of_file);
                match pass {
                    Pass::Check => vet(&table, row, learnt)?,
                    Pass::Read => take(&table, row, learnt, sink)?,
                }
            }
            Ok(Next::Unreadable(why)) => {
                lost::<F, T>(IssueCode::Encoding, &place, why, sink)?;
            }
            Ok(Next::End) => break,
            Err(Broken { code, detail }) => {
                return Err(Stop::Refused(vec![file.fatal(code, place.line, &detail)]));
            }
        }
        if records.offset() - told >= STEP {
            told = records.offset();
            sink.progress(before + told);
        }
    }
    sink.progress(before + records.offset());
    Ok(())
}

/// Rejects what is no row of the table, or the batch with it.
fn lost<F: Feed, T: Table<F>>(
    code: IssueCode,
    place: &Place,
    detail: &str,
    sink: &mut dyn Sink,
) -> Result<(), Stop> {
    if T::NO_ROW_MAY_BE_LOST || (T::MUST_BE_TEXT && code == IssueCode::Encoding) {
        return Err(Stop::Refused(vec![Issue::new(Severity::Fatal, code, place).detail(detail)]));
    }
    sink.reject(Issue::new(Severity::Error, code, place).detail(detail));
    Ok(())
}

/// Answers one row: by exactly one fact or rejection.
fn take<F: Feed, T: Table<F>>(
    table: &T,
    mut row: Row<'_, F::File>,
    learnt: &mut F::Learnt,
    sink: &mut dyn Sink,
) -> Result<(), Stop> {
    match table.fact(&mut row, learnt) {
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
fn vet<F: Feed, T: Table<F>>(
    table: &T,
    mut row: Row<'_, F::File>,
    learnt: &mut F::Learnt,
) -> Result<(), Stop> {
    match table.vet(&mut row, learnt) {
        Err(Unusable::Batch(issue)) => Err(Stop::Refused(vec![issue])),
        Ok(()) | Err(Unusable::Row(_)) => Ok(()),
    }
}
