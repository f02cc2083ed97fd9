//! What the extract means, beside the extract: a line for each row that says something about a patient, with what is to
//! become of it. It is written from the record that was made up, not read back from the extract.

use std::{
    fs,
    io::{self, BufWriter},
    path::Path,
};

/// What a row is to become.
pub struct Meant<'a> {
    /// The patient's key.
    pub patient: u64,
    /// The row: table and number.
    pub entry: &'a str,
    /// `Observation`, `Immunization`, `part` of another, `withheld`, `nothing`; of a patient `served` or the reason why
    /// not; of access the level.
    pub becomes: &'a str,
    /// Its code in SNOMED CT, or else in CTV3 or in words; of a part, what it is part of.
    pub code: &'a str,
    /// Its number with the comparator before it.
    pub value: &'a str,
    /// When, to the minute or the day.
    pub date: &'a str,
}

/// The list, if one was asked for.
pub struct Oracle(Option<csv::Writer<BufWriter<fs::File>>>);

impl Oracle {
    /// Begins the list in a file that is not there yet.
    pub fn create(path: Option<&Path>) -> io::Result<Self> {
        let Some(path) = path else { return Ok(Self(None)) };
        let mut writer = csv::Writer::from_writer(BufWriter::new(fs::File::create_new(path)?));
        writer.write_record(["patient", "entry", "becomes", "code", "value", "date"])?;
        Ok(Self(Some(writer)))
    }

    /// Adds a line.
    pub fn says(&mut self, meant: &Meant<'_>) -> io::Result<()> {
        let Some(writer) = &mut self.0 else { return Ok(()) };
        let patient = meant.patient.to_string();
        writer.write_record([
            patient.as_str(),
            meant.entry,
            meant.becomes,
            meant.code,
            meant.value,
            meant.date,
        ])?;
        Ok(())
    }

    /// Everything is on its way to the disk.
    pub fn finish(self) -> io::Result<()> {
        self.0.map_or(Ok(()), |mut writer| writer.flush())
    }
}
