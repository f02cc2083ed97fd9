//! Writes synthetic practices as supplier exports, for the sandbox, tests and benchmarks. Everybody in them is
//! invented; NHS numbers are of the range that is set aside for tests. The same options give the same bytes on any
//! machine. Patients are made and written one at a time, so a practice of any size fits in the same memory.
//!
//! It claims to follow the published column lists and schemas, not to look like any practice's production data.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::print_stderr,
        clippy::allow_attributes,
        reason = "tests"
    )
)]

mod codes;
mod day;
mod dice;
mod edifact;
mod emis;
mod gp2gp;
mod gp_connect;
mod life;
mod names;
mod nhs_vaccination;
mod oracle;
mod person;
mod practice;
mod role;
#[cfg(test)]
mod tests;
mod tpp;
mod vision;

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use jiff::civil::{Date, date};
use record::OdsCode;

pub use emis::Columns;
pub use role::Role;

/// What to write.
#[derive(Clone, Debug)]
pub struct Options {
    /// The practice.
    pub practice: OdsCode,
    /// How many patients. The first ones have [`Role::ALL`] in order.
    pub patients: u32,
    /// Another seed gives other people.
    pub seed: u64,
    /// Whether to add oddities that a valid batch may hold: rows that name what is not there, strange units and
    /// dates, and a few patients that may not be served.
    pub edge_cases: bool,
    /// The day on which the export is made. Fixed, so that the bytes are the same whenever this runs.
    pub today: Date,
    /// Which columns the CSV extract has.
    pub columns: Columns,
    /// Where to write what the export means, row by row: a file that is not there yet.
    pub oracle: Option<PathBuf>,
}

impl Options {
    /// So many patients of a practice; everything else as usual.
    #[must_use]
    pub fn new(practice: OdsCode, patients: u32) -> Self {
        Self {
            practice,
            patients,
            seed: 1,
            edge_cases: true,
            today: date(2026, 11, 1),
            columns: Columns::V8_2,
            oracle: None,
        }
    }
}

/// The formats that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// EMIS Web bulk extract, CSV.
    EmisCsv,
    /// GP2GP EHR extracts, `RCMR_IN030000UK07`, one XML for each patient.
    Gp2gp,
    /// NHS vaccination batches of the practice's patients.
    NhsVaccinationCsv,
    /// Vision extract, CSV without headers.
    VisionCsv,
    /// NHS003 pathology reports, EDIFACT, one file for each patient who has any. Their patients are those that another
    /// format writes of the same practice and seed.
    Nhs003Edifact,
    /// GP Connect bundles, FHIR STU3, one JSON for each patient.
    GpConnectStu3,
    /// TPP SystmOne Strategic Reporting extract, CSV.
    TppCsv,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 7] = [
        Self::EmisCsv,
        Self::Gp2gp,
        Self::NhsVaccinationCsv,
        Self::VisionCsv,
        Self::Nhs003Edifact,
        Self::GpConnectStu3,
        Self::TppCsv,
    ];

    /// The name by which commands know it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::EmisCsv => "emis-csv",
            Self::Gp2gp => "gp2gp",
            Self::NhsVaccinationCsv => "nhs-vaccination-csv",
            Self::VisionCsv => "vision-csv",
            Self::Nhs003Edifact => "nhs003-edifact",
            Self::GpConnectStu3 => "gp-connect-stu3",
            Self::TppCsv => "tpp-csv",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|format| format.name() == text)
            .ok_or_else(|| format!("unknown format; known are {}", Self::ALL.map(Self::name).join(" and ")))
    }
}

/// What was written.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// Each file and its rows (in an EHR extract: its statements), in order of name.
    pub files: Vec<(String, u64)>,
    /// Each patient.
    pub people: Vec<Person>,
}

/// A patient that was written.
#[derive(Clone, Debug)]
pub struct Person {
    /// Given name and surname. EHR extracts do not carry it.
    pub name: String,
    /// The NHS number as the practice has it: perhaps blank or a placeholder.
    pub nhs_number: String,
    /// The key that reading the export gives them: the patient's GUID in lower case, or `nhs:` and the number.
    pub key: String,
    /// Date of birth.
    pub birth_date: Date,
    /// What is interesting about them.
    pub role: Role,
    /// Statements that are no vaccinations.
    pub observations: u32,
    /// Vaccinations given, refused or advised against.
    pub immunisations: u32,
}

/// Writes a practice into a folder, which is made if it is not there; `progress` hears how many patients are done.
///
/// # Errors
/// If the folder holds anything already (nothing is ever overwritten), or cannot be written to.
pub fn write(
    format: Format,
    options: &Options,
    out: &Path,
    progress: &mut dyn FnMut(u64),
) -> io::Result<Summary> {
    fs::create_dir_all(out)?;
    if fs::read_dir(out)?.next().is_some() {
        return Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            format!("{} is not empty; name a new folder, nothing is overwritten", out.display()),
        ));
    }
    match format {
        Format::EmisCsv => emis::write(options, out, progress),
        Format::Gp2gp => gp2gp::write(options, out, progress),
        Format::NhsVaccinationCsv => nhs_vaccination::write(options, out, progress),
        Format::VisionCsv => vision::write(options, out, progress),
        Format::Nhs003Edifact => edifact::write(options, out, progress),
        Format::GpConnectStu3 => gp_connect::write(options, out, progress),
        Format::TppCsv => tpp::write(options, out, progress),
    }
}
