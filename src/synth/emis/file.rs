//! One file of a batch: its name, its header, and rows given by column name.

use std::{
    fs,
    io::{self, BufWriter},
    path::Path,
};

use super::columns::TABLES;
use crate::{Options, practice::Practice};

/// The first and the last processing id of the batch.
const PROCESSING: (u32, u32) = (1001, 1022);

/// A value for a column.
pub type Field<'a> = (&'static str, std::borrow::Cow<'a, str>);

/// A file that is being written.
pub struct File {
    name: String,
    writer: csv::Writer<BufWriter<fs::File>>,
    columns: Vec<&'static str>,
    processing: String,
    rows: u64,
}

impl File {
    /// Makes the file of a table and writes its header.
    pub fn create(table: &str, options: &Options, practice: &Practice, out: &Path) -> io::Result<Self> {
        let place = TABLES.iter().position(|known| known.name == table).unwrap_or_default();
        let columns = TABLES.get(place).map(|known| known.columns(options.columns)).unwrap_or_default();
        let name = format!(
            "{}-{}_{table}_{}010500_{}.csv",
            PROCESSING.0,
            PROCESSING.1,
            options.today.strftime("%Y%m%d"),
            practice.agreement
        );
        let mut writer = csv::WriterBuilder::new()
            .quote_style(csv::QuoteStyle::Always)
            .terminator(csv::Terminator::CRLF)
            .from_writer(BufWriter::new(fs::File::create_new(out.join(&name))?));
        writer.write_record(&columns)?;
        let processing =
            PROCESSING.0 + u32::try_from(place).unwrap_or_default().min(PROCESSING.1 - PROCESSING.0);
        Ok(Self { name, writer, columns, processing: processing.to_string(), rows: 0 })
    }

    /// Writes a row. Columns without a value stay blank; values for columns that this version does not have are
    /// left out. Values come in the order of the columns but for a few, so looking for each is cheap.
    pub fn row(&mut self, fields: &[Field<'_>]) -> io::Result<()> {
        let mut next = 0;
        for column in &self.columns {
            let here = |(name, _): &Field<'_>| name.eq_ignore_ascii_case(column);
            let value = if *column == "ProcessingId" {
                self.processing.as_str()
            } else if let Some(field) = fields.get(next).filter(|field| here(field)) {
                next += 1;
                &field.1
            } else if let Some(place) = fields.iter().position(here) {
                next = place + 1;
                fields.get(place).map(|field| field.1.as_ref()).unwrap_or_default()
            } else {
                ""
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
