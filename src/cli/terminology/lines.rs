//! A file of lines with a header, read a line at a time, with the place of each for whoever must mend it.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use record::SnomedId;

use crate::Failure;

/// No line of a release comes near it.
const LONGEST: usize = 1 << 16;
/// Nor does any file of one.
const MOST_LINES: u64 = 50_000_000;

/// An open file whose header has been read.
pub(super) struct Lines {
    name: String,
    file: BufReader<File>,
    line: u64,
    buffer: Vec<u8>,
    separator: u8,
    columns: usize,
}

impl Lines {
    /// Opens a file and reads its header.
    pub(super) fn open(path: &Path, separator: u8) -> Result<(Self, Vec<String>), Failure> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|error| Failure(format!("cannot read {name}: {error}")))?;
        let file = BufReader::with_capacity(1 << 16, file);
        let mut lines = Self { name, file, line: 0, buffer: Vec::new(), separator, columns: 0 };
        if !lines.read()? {
            return Err(lines.wrong("the file is empty"));
        }
        let header = lines.text()?.trim_start_matches('\u{feff}').to_owned();
        let header: Vec<String> =
            header.split(char::from(separator)).map(|name| bare(name).to_owned()).collect();
        lines.columns = header.len();
        Ok((lines, header))
    }

    /// The fields of the next line.
    pub(super) fn next(&mut self) -> Result<Option<Vec<&str>>, Failure> {
        loop {
            if !self.read()? {
                return Ok(None);
            }
            if !self.buffer.is_empty() {
                break;
            }
        }
        let found = self.buffer.iter().filter(|byte| **byte == self.separator).count() + 1;
        if found != self.columns {
            return Err(self.wrong(&format!("{found} fields, the header has {}", self.columns)));
        }
        let separator = char::from(self.separator);
        Ok(Some(self.text()?.split(separator).map(bare).collect()))
    }

    /// What is wrong with the line that was read last.
    pub(super) fn wrong(&self, what: &str) -> Failure {
        Failure(format!("{}:{}: {what}; nothing was written", self.name, self.line))
    }

    fn text(&self) -> Result<&str, Failure> {
        std::str::from_utf8(&self.buffer).map_err(|_| self.wrong("it is not UTF-8"))
    }

    fn read(&mut self) -> Result<bool, Failure> {
        self.buffer.clear();
        self.line += 1;
        if self.line > MOST_LINES {
            return Err(self.wrong("no release has as many lines"));
        }
        let mut limited = std::io::Read::take(&mut self.file, LONGEST as u64);
        let read = limited.read_until(b'\n', &mut self.buffer);
        let read = read.map_err(|error| Failure(format!("cannot read {}: {error}", self.name)))?;
        if read >= LONGEST {
            return Err(self.wrong("no release has as long a line"));
        }
        while matches!(self.buffer.last(), Some(b'\n' | b'\r')) {
            self.buffer.pop();
        }
        Ok(read > 0)
    }
}

/// A field without the quotes that spreadsheets put round it. RF2 has none but inside terms.
fn bare(field: &str) -> &str {
    let field = field.trim();
    field.strip_prefix('"').and_then(|field| field.strip_suffix('"')).unwrap_or(field)
}

/// A concept id.
pub(super) fn concept(text: &str) -> Result<u64, String> {
    match SnomedId::parse(text) {
        Some(SnomedId::Concept(id)) => Ok(id),
        _ => Err("is not the id of a SNOMED CT concept".to_owned()),
    }
}

/// A description id.
pub(super) fn description(text: &str) -> Result<u64, String> {
    match SnomedId::parse(text) {
        Some(SnomedId::Description(id)) => Ok(id),
        _ => Err("is not the id of a SNOMED CT description".to_owned()),
    }
}

/// A date as RF2 writes it.
pub(super) fn date(text: &str) -> Result<u32, String> {
    let date = text.parse().ok().filter(|_| text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()));
    date.ok_or_else(|| "is not a date such as 20260401".to_owned())
}
