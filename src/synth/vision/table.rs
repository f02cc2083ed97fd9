//! One file of an extract: its name, and rows given by column name.

use std::{
    fs,
    io::{self, BufWriter},
    path::Path,
};

use crate::Options;

/// A row: values for some columns; the others are blank.
pub(super) type Row<'a> = [(&'static str, &'a str)];

/// A file that is being written.
pub(super) struct File {
    name: String,
    writer: csv::Writer<BufWriter<fs::File>>,
    columns: &'static [&'static str],
    rows: u64,
}

impl File {
    /// Makes the file of a table.
    pub(super) fn create(
        table: &str,
        columns: &'static [&'static str],
        options: &Options,
        out: &Path,
    ) -> io::Result<Self> {
        let name =
            format!("FULL_{}_{table}_data_extract-{}-010500.csv", options.practice.as_str(), options.today);
        let file = fs::File::create_new(out.join(&name))?;
        let writer = csv::WriterBuilder::new()
            .has_headers(false)
            .terminator(csv::Terminator::CRLF)
            .from_writer(BufWriter::new(file));
        Ok(Self { name, writer, columns, rows: 0 })
    }

    /// Writes a row.
    pub(super) fn row(&mut self, fields: &Row<'_>) -> io::Result<()> {
        let value = |column: &&'static str| {
            fields.iter().find(|(name, _)| name == column).map_or("", |(_, value)| value)
        };
        self.writer.write_record(self.columns.iter().map(value))?;
        self.rows += 1;
        Ok(())
    }

    /// Everything is on its way to the disk; the file's name and its rows.
    pub(super) fn finish(mut self) -> io::Result<(String, u64)> {
        self.writer.flush()?;
        Ok((self.name, self.rows))
    }
}

/// The columns of Practice.
pub(super) const PRACTICE: [&str; 14] = [
    "ID",
    "NAME",
    "IDENTIFIER",
    "HA",
    "ADDRESS",
    "ADDRESS_1",
    "ADDRESS_2",
    "ADDRESS_3",
    "ADDRESS_4",
    "ADDRESS_5",
    "POSTCODE",
    "PHONE",
    "EMAIL",
    "FAX",
];
/// The columns of Staff.
pub(super) const STAFF: [&str; 8] =
    ["ID", "HCP_TYPE", "GMP_CODE", "SURNAME", "FORENAME", "TITLE", "SEX", "SERVICE_ID"];
/// The columns of Patient.
pub(super) const PATIENT: [&str; 35] = [
    "PID",
    "REFERENCE",
    "DATE_OF_BIRTH",
    "SEX",
    "POSTCODE",
    "MARITAL_STATUS",
    "GP",
    "GP_USUAL",
    "ACTIVE",
    "REGISTERED_DATE",
    "REMOVED_DATE",
    "HA",
    "PCG",
    "SURGERY",
    "MILEAGE",
    "DISPENSING",
    "ETHNIC",
    "DATE_OF_DEATH",
    "PRACTICE",
    "SURNAME",
    "FORENAME",
    "TITLE",
    "NHS_NUMBER",
    "ADDRESS",
    "ADDRESS_1",
    "ADDRESS_2",
    "ADDRESS_3",
    "ADDRESS_4",
    "ADDRESS_5",
    "PHONE_NUMBER",
    "MOBILE_NUMBER",
    "EMAIL",
    "PRACT_NUMBER",
    "SERVICE_ID",
    "ACTION",
];
/// The columns of Encounter.
pub(super) const ENCOUNTER: [&str; 14] = [
    "PID",
    "ID",
    "DATE",
    "HCP",
    "HCP_TYPE",
    "SESSION",
    "LOCATION",
    "TIME",
    "DURATION",
    "TRAVEL",
    "LINKS",
    "PRACT_NUMBER",
    "SERVICE_ID",
    "ACTION",
];
/// The columns of Journal.
pub(super) const JOURNAL: [&str; 42] = [
    "PID",
    "ID",
    "DATE",
    "RECORDED_DATE",
    "CODE",
    "SNOMED_CODE",
    "BNF_CODE",
    "HCP",
    "HCP_TYPE",
    "GMS",
    "EPISODE",
    "TEXT",
    "RUBRIC",
    "DRUG_FORM",
    "DRUG_STRENGTH",
    "DRUG_PACKSIZE",
    "DMD_CODE",
    "IMMS_STATUS",
    "IMMS_COMPOUND",
    "IMMS_SOURCE",
    "IMMS_BATCH",
    "IMMS_REASON",
    "IMMS_METHOD",
    "IMMS_SITE",
    "ENTITY",
    "VALUE1_NAME",
    "VALUE1",
    "VALUE1_UNITS",
    "VALUE2_NAME",
    "VALUE2",
    "VALUE2_UNITS",
    "END_DATE",
    "TIME",
    "CONTEXT",
    "CERTAINTY",
    "SEVERITY",
    "LINKS",
    "LINKS_EXT",
    "SERVICE_ID",
    "ACTION",
    "SUBSET",
    "DOCUMENT_ID",
];
