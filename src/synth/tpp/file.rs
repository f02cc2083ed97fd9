//! One file of the extract: Windows-1252, everything quoted, rows given by column name and numbered as they come.

use std::{
    fs,
    io::{self, BufWriter},
    path::Path,
};

use encoding_rs::WINDOWS_1252;

use super::columns::{Table, columns};

/// A value for a column.
pub type Field = (&'static str, String);

/// A text as the extract's encoding can hold it: what it has no character for is a question mark.
pub fn writable(text: &str) -> String {
    let fits = |c: char| !WINDOWS_1252.encode(c.encode_utf8(&mut [0; 4])).2;
    text.chars().map(|c| if fits(c) { c } else { '?' }).collect()
}

/// A file that is being written.
pub struct File {
    name: String,
    writer: csv::Writer<BufWriter<fs::File>>,
    columns: Vec<&'static str>,
    /// The number of the last row that was numbered here.
    last: u64,
    rows: u64,
}

impl File {
    /// Makes the file of a table and writes its header. Its rows are numbered from `first` on.
    pub fn create(table: Table, first: u64, out: &Path) -> io::Result<Self> {
        let name = format!("{}.csv", table.0);
        let columns = columns(table);
        let mut writer = csv::WriterBuilder::new()
            .quote_style(csv::QuoteStyle::Always)
            .terminator(csv::Terminator::CRLF)
            .from_writer(BufWriter::new(fs::File::create_new(out.join(&name))?));
        writer.write_record(&columns)?;
        Ok(Self { name, writer, columns, last: first - 1, rows: 0 })
    }

    /// Writes a row and gives its number. A column of an id without a value gets `-1`, the supplier's way to write none.
    pub fn row(&mut self, fields: &[Field]) -> io::Result<u64> {
        let number = fields.iter().find(|(name, _)| *name == "RowIdentifier");
        let number = number.and_then(|(_, number)| number.parse().ok()).unwrap_or(self.last + 1);
        self.last = self.last.max(number);
        let mut next = 0;
        for column in &self.columns {
            let here = |(name, _): &Field| name == column;
            let at = Some(next).filter(|at| fields.get(*at).is_some_and(here));
            let at = at.or_else(|| fields.iter().position(here));
            let given = at.and_then(|at| fields.get(at)).map(|(_, value)| value.as_str());
            next = at.map_or(next, |at| at + 1);
            let own = number.to_string();
            let value = match (*column, given) {
                ("RowIdentifier", _) => own.as_str(),
                (_, Some(value)) => value,
                ("RemovedData", None) => "0",
                (name, None) if name.starts_with("ID") => "-1",
                (_, None) => "",
            };
            let (bytes, _, lossy) = WINDOWS_1252.encode(value);
            if lossy {
                self.writer.write_field(WINDOWS_1252.encode(&writable(value)).0)?;
            } else {
                self.writer.write_field(bytes)?;
            }
        }
        self.writer.write_record(None::<&[u8]>)?;
        self.rows += 1;
        Ok(number)
    }

    /// The row that removes another: its number and nothing else.
    pub fn removal(&mut self, number: u64) -> io::Result<()> {
        for column in &self.columns {
            let value = match *column {
                "RowIdentifier" => number.to_string(),
                "RemovedData" => "1".to_owned(),
                _ => String::new(),
            };
            self.writer.write_field(value)?;
        }
        self.writer.write_record(None::<&[u8]>)?;
        self.rows += 1;
        Ok(())
    }

    /// Everything is on its way to the disk; the file's name and its rows.
    pub fn finish(mut self) -> io::Result<(String, u64)> {
        self.writer.flush()?;
        Ok((self.name, self.rows))
    }
}
