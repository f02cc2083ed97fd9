//! What an export means, beside it: a line for each entry that a reader is to make of it, with what that must come to.
//! It is worked out from the record that was made up, not read back from what was written. The TPP extract, whose list
//! speaks of people and of access too, has one of its own.

use std::{
    fs,
    io::{self, BufWriter},
    path::Path,
};

/// One entry.
pub struct Meant {
    /// The reader's key of the patient.
    pub patient: String,
    /// The reader's key of the entry.
    pub entry: String,
    /// `observation`, `immunization`, `not-given` for a vaccination that was not done, `not-served`, or `waits` for what
    /// the export does not bring.
    pub kind: &'static str,
    /// SNOMED CT concept id.
    pub code: String,
    /// The number, as it was written.
    pub value: String,
    /// The sign before it.
    pub operator: &'static str,
    /// Its unit, as it was written.
    pub unit: &'static str,
    /// When it was true, as FHIR writes it.
    pub date: String,
    /// Whether something speaks against showing it.
    pub hidden: bool,
}

/// The list, if one was asked for.
pub struct Oracle(Option<csv::Writer<BufWriter<fs::File>>>);

impl Oracle {
    /// Begins the list in a file that is not there yet.
    pub fn create(path: Option<&Path>) -> io::Result<Self> {
        let Some(path) = path else { return Ok(Self(None)) };
        let mut file = csv::Writer::from_writer(BufWriter::new(fs::File::create_new(path)?));
        file.write_record([
            "patient", "entry", "kind", "code", "value", "operator", "unit", "date", "hidden",
        ])?;
        Ok(Self(Some(file)))
    }

    /// Adds lines.
    pub fn says(&mut self, meant: impl IntoIterator<Item = Meant>) -> io::Result<()> {
        let Some(file) = &mut self.0 else { return Ok(()) };
        for one in meant {
            file.write_record([
                one.patient.as_str(),
                &one.entry,
                one.kind,
                &one.code,
                &one.value,
                one.operator,
                one.unit,
                &one.date,
                if one.hidden { "true" } else { "false" },
            ])?;
        }
        Ok(())
    }

    /// Everything is on its way to the disk.
    pub fn finish(self) -> io::Result<()> {
        self.0.map_or(Ok(()), |mut file| file.flush())
    }
}
