//! Who has looked at one patient's record, newest first, so many at a time. The index says where the lines are; a line that
//! is not about this patient is not told, whatever the index says.

use std::{
    fmt,
    fs::File,
    io::{self, BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom},
    path::Path,
    str::FromStr,
};

use jiff::civil::Date;

use super::{
    Row, Trail,
    index::{Index, file_of, key},
    trail::LONGEST_LINE,
};

/// So many days are gone through at most.
const DAYS: usize = 400;

/// Which looks.
#[derive(Clone, Copy, Debug)]
pub struct Of<'a> {
    /// ODS code.
    pub practice: &'a str,
    /// The logical id of the Patient.
    pub patient: &'a str,
    /// Those of one person alone…
    pub account: Option<&'a str>,
    /// …with one app.
    pub app: Option<&'a str>,
}

impl Of<'_> {
    fn key(&self) -> u64 {
        let names: Vec<&str> =
            [self.practice, self.patient].into_iter().chain(self.account).chain(self.app).collect();
        key(&names)
    }

    fn is(&self, row: &Row) -> bool {
        row.practice == self.practice
            && row.patient.as_deref() == Some(self.patient)
            && self.account.is_none_or(|account| row.account == account)
            && self.app.is_none_or(|app| row.app == app)
    }
}

/// How far somebody has read: before what is behind the first so many of a day (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    day: Date,
    first: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.day, self.first)
    }
}

impl FromStr for Place {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (day, first) = text.split_once('.').ok_or(())?;
        Ok(Self { day: day.parse().map_err(|_| ())?, first: first.parse().map_err(|_| ())? })
    }
}

/// Some of the looks at a record.
#[derive(Debug, Default)]
pub struct Looks {
    /// The newest first.
    pub rows: Vec<Row>,
    /// There may be others before this.
    pub earlier: Option<Place>,
    /// Nothing can be told yet: the index does not know all of the trail.
    pub behind: bool,
}

impl Trail {
    /// At most so many looks, before some place or up to now.
    ///
    /// # Errors
    /// As the trail is read.
    pub fn looks(&self, of: &Of<'_>, before: Option<Place>, most: usize) -> io::Result<Looks> {
        looks(self.index(), self.dir(), of, before, most)
    }
}

pub(super) fn looks(
    index: &Index,
    dir: &Path,
    of: &Of<'_>,
    before: Option<Place>,
    most: usize,
) -> io::Result<Looks> {
    let mut found = Looks::default();
    let Some((days, gone_through)) = index.places(of.key(), before.map(|place| place.day), DAYS)? else {
        return Ok(Looks { behind: true, ..found });
    };
    found.earlier = gone_through.map(|day| Place { day, first: 0 });
    let mut left = most;
    for (day, places) in days {
        let first = before.filter(|place| place.day == day).map_or(usize::MAX, |place| place.first);
        let places = places.get(..first).unwrap_or(&places);
        let mut lines = Lines::of(dir, day)?;
        for (position, at) in places.iter().enumerate().rev() {
            if left == 0 {
                found.earlier = Some(Place { day, first: position + 1 });
                return Ok(found);
            }
            left -= 1;
            found.rows.extend(lines.row(*at)?.filter(|row| of.is(row)));
        }
    }
    Ok(found)
}

/// The lines of a day, none if it was deleted by age.
struct Lines(Option<BufReader<File>>);

impl Lines {
    fn of(dir: &Path, day: Date) -> io::Result<Self> {
        match File::open(file_of(dir, day)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self(None)),
            file => Ok(Self(Some(BufReader::new(file?)))),
        }
    }

    /// The line that begins there, if one does.
    fn row(&mut self, at: u64) -> io::Result<Option<Row>> {
        let Some(reader) = &mut self.0 else { return Ok(None) };
        reader.seek(SeekFrom::Start(at.saturating_sub(1)))?;
        let mut line = Vec::new();
        reader.take(LONGEST_LINE + 1).read_until(b'\n', &mut line)?;
        if at > 0 {
            if line != b"\n" {
                return Ok(None);
            }
            line.clear();
            reader.take(LONGEST_LINE).read_until(b'\n', &mut line)?;
        }
        Ok(serde_json::from_slice(&line).ok())
    }
}
