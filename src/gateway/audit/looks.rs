//! Who has looked at one patient's record, newest first, so much at a time: days are gone through until there is enough to
//! show. There is no index that could be wrong: a line is found by the patient's id in it.

use std::{
    collections::VecDeque,
    fs,
    io::{self, BufRead, BufReader},
    path::Path,
};

use jiff::civil::Date;
use memchr::memmem::Finder;

use super::{Row, chain::files, trail::named_day};

/// After so many lines no earlier day is opened.
const ENOUGH: usize = 50;
/// The most lines of a day that are shown: the last ones.
const OF_A_DAY: usize = 500;
/// After so many bytes no earlier day is opened.
const BYTES: u64 = 256 << 20;

/// Some of the looks at a record.
#[derive(Debug, Default)]
pub struct Looks {
    /// The newest first.
    pub rows: Vec<Row>,
    /// Lines of days that had more than can be shown.
    pub left_out: usize,
    /// There may be others before this day (UTC).
    pub earlier: Option<Date>,
}

/// The looks at a patient's record on the days before one, or up to now, of which `counts` says yes.
///
/// # Errors
/// As the trail is read.
pub fn looks(
    dir: &Path,
    (practice, patient): (&str, &str),
    before: Option<Date>,
    counts: impl Fn(&Row) -> bool,
) -> io::Result<Looks> {
    let mut found = Looks::default();
    let mut read = 0;
    let finder = Finder::new(patient.as_bytes());
    let counts =
        |row: &Row| row.practice == practice && row.patient.as_deref() == Some(patient) && counts(row);
    let days = files(dir)?.into_iter().rev().filter_map(|file| Some((named_day(&file)?, file)));
    let mut days = days.filter(|(day, _)| before.is_none_or(|before| *day < before));
    for (day, file) in days.by_ref() {
        read += fs::metadata(&file)?.len();
        let (rows, left_out) = of_day(&file, &finder, &counts)?;
        found.rows.extend(rows.into_iter().rev());
        found.left_out += left_out;
        found.earlier = Some(day);
        if found.rows.len() >= ENOUGH || read >= BYTES {
            break;
        }
    }
    if days.next().is_none() {
        found.earlier = None;
    }
    Ok(found)
}

fn of_day(
    file: &Path,
    finder: &Finder<'_>,
    counts: &impl Fn(&Row) -> bool,
) -> io::Result<(VecDeque<Row>, usize)> {
    let mut reader = BufReader::with_capacity(1 << 18, fs::File::open(file)?);
    let (mut rows, mut left_out) = (VecDeque::new(), 0);
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line)? > 0 {
        // Of a line that is being written there is only a part yet.
        if finder.find(&line).is_some()
            && let Ok(row) = serde_json::from_slice::<Row>(&line)
            && counts(&row)
        {
            rows.push_back(row);
            if rows.len() > OF_A_DAY {
                rows.pop_front();
                left_out += 1;
            }
        }
        line.clear();
    }
    Ok((rows, left_out))
}
