//! Bytes of a supplier's export to facts and issues. A folder per format, a file per table or statement.
//!
//! Reading never fails because of a row: a bad row is an [`record::Issue`] with file, line, field and code, and the
//! file goes on. Only what makes the whole batch untrustworthy (a missing file, a missing column, an unknown column
//! that may carry visibility, a truncated message) refuses it, before anything is stored.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests"))]

mod dated;
mod delimited;
mod edifact;
mod emis;
mod folder;
mod gp2gp;
mod gp_connect;
mod lot;
mod maker;
mod nhs_vaccination;
mod signed;
mod snomed;
mod tpp;
mod vision;

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use dated::Dated;
use lot::is_lot_number;
use maker::is_maker;
use record::{Fact, Fate, Issue, MarksCarried, OdsCode, Place, Sink, SinkError};

/// The export formats that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// EMIS Web bulk extract, CSV, versions 5.4 to 8.2.
    EmisCsv,
    /// GP2GP EHR extract, `RCMR_IN030000UK06` and `UK07`, XML.
    Gp2gp,
    /// NHS vaccination batches, delimited by `|`, version 5.
    NhsVaccinationCsv,
    /// Vision extract, CSV without headers.
    VisionCsv,
    /// NHS pathology reports, EDIFACT `MEDRPT` as `NHS003`.
    Nhs003Edifact,
    /// GP Connect bundles, FHIR STU3, JSON.
    GpConnectStu3,
    /// TPP SystmOne Strategic Reporting extract, CSV, versions 87 to 93.
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

    /// The name by which commands and configuration know it.
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

    /// Whether a batch holds all that the source has of each patient in it, so that what it does not repeat is gone;
    /// otherwise it tells what changed ([`record::Fact::Whole`]).
    #[must_use]
    pub fn sends_whole_records(self) -> bool {
        match self {
            Self::EmisCsv | Self::TppCsv => false,
            Self::Gp2gp => true,
            Self::NhsVaccinationCsv | Self::VisionCsv => false,
            // A report tells of its own investigations, and says so of withdrawn ones.
            Self::Nhs003Edifact => false,
            // A bundle answers what was asked, and does not say what that was.
            Self::GpConnectStu3 => false,
        }
    }

    /// Whether entries of the format can carry marks that they may not be shown to the patient. Where they cannot,
    /// free text stays back until the practice has looked (DESIGN 5).
    #[must_use]
    pub fn marks_carried(self) -> MarksCarried {
        match self {
            Self::EmisCsv | Self::TppCsv => MarksCarried::No,
            // `UK06` messages carry none; the reader says so of each of their entries.
            Self::Gp2gp => MarksCarried::Yes,
            Self::NhsVaccinationCsv | Self::VisionCsv => MarksCarried::No,
            // A laboratory knows nothing of what a practice shows; nor is any of it shown before it has been filed.
            Self::Nhs003Edifact => MarksCarried::No,
            Self::GpConnectStu3 => MarksCarried::Yes,
        }
    }
}

impl Format {
    /// Whether rows are parts of a document rather than lines of a table, so that many may share a line.
    #[must_use]
    pub fn rows_share_lines(self) -> bool {
        match self {
            Self::Gp2gp | Self::GpConnectStu3 | Self::Nhs003Edifact => true,
            Self::EmisCsv | Self::NhsVaccinationCsv | Self::VisionCsv | Self::TppCsv => false,
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

/// Why reading stopped before its end.
#[derive(Debug)]
pub enum Stop {
    /// The batch cannot be trusted as a whole; these are the reasons.
    Refused(Vec<Issue>),
    /// The sink could not take more.
    Sink(SinkError),
}

impl From<SinkError> for Stop {
    fn from(error: SinkError) -> Self {
        Self::Sink(error)
    }
}

/// A batch that has been looked at and may be read, as often as one likes.
pub trait Batch: fmt::Debug + Sync {
    /// The size of all files in bytes, for a progress bar.
    fn total_bytes(&self) -> u64;

    /// The files that are read.
    fn paths(&self) -> Vec<&Path>;

    /// Takes in the organisations that the practice's earlier batches have named, each by its key in its feed and its ODS
    /// code: rows of a format that names organisations by key alone show no other way that they are another practice's.
    fn recall(&mut self, _organisations: Vec<(String, OdsCode)>) {}

    /// Reads every row into the sink, in an order in which what others refer to comes first where it can.
    ///
    /// # Errors
    /// [`Stop::Refused`] for what makes the whole batch untrustworthy; the loader checks every batch first
    /// ([`Batch::check`]), so that a refusal leaves nothing half stored.
    fn read(&self, sink: &mut dyn Sink) -> Result<(), Stop>;

    /// Looks for whatever would refuse the batch, and stores nothing; `progress` hears how many bytes are done. It
    /// lets pass what [`Batch::read`] does; a format for which less than reading everything tells that has its own.
    ///
    /// # Errors
    /// [`Stop::Refused`].
    fn check(&self, progress: &mut dyn FnMut(u64)) -> Result<(), Stop> {
        self.read(&mut Nowhere(progress))
    }
}

/// A sink that keeps nothing.
struct Nowhere<'p>(&'p mut dyn FnMut(u64));

impl Sink for Nowhere<'_> {
    fn fact(&mut self, _: &Place, _: Fact) -> Result<Fate, SinkError> {
        Ok(Fate::Unchanged)
    }

    fn reject(&mut self, _: Issue) {}

    fn warn(&mut self, _: Issue) {}

    fn progress(&mut self, bytes: u64) {
        (self.0)(bytes);
    }
}

/// Looks at the files (or, for a folder, at the files in it): that they are there, belong together and have the
/// headers that they must have.
///
/// # Errors
/// The fatal issues for which the batch is refused.
pub fn open(format: Format, practice: &OdsCode, paths: &[PathBuf]) -> Result<Box<dyn Batch>, Vec<Issue>> {
    match format {
        Format::EmisCsv => Ok(Box::new(Dated(emis::Batch::open(practice, paths)?))),
        Format::Gp2gp => Ok(Box::new(Dated(gp2gp::Batch::open(practice, paths)?))),
        Format::NhsVaccinationCsv => Ok(Box::new(Dated(nhs_vaccination::Batch::open(paths)?))),
        Format::VisionCsv => Ok(Box::new(Dated(vision::Batch::open(practice, paths)?))),
        Format::Nhs003Edifact => Ok(Box::new(Dated(edifact::Batch::open(practice, paths)?))),
        Format::GpConnectStu3 => Ok(Box::new(Dated(gp_connect::Batch::open(practice, paths)?))),
        Format::TppCsv => Ok(Box::new(Dated(tpp::Batch::open(practice, paths)?))),
    }
}

/// That a line holds no row, by the name of its file: files of this name are never read, or the line is their header.
#[must_use]
pub fn no_row(place: &Place) -> Option<&'static str> {
    let name = place.file.as_str();
    let read = emis::is_read(name).or_else(|| tpp::is_read(name));
    let has_header = read.is_some() || nhs_vaccination::is_one(name);
    match read {
        Some(false) => Some("files of this name are not read"),
        Some(true) | None => (has_header && place.line == 1).then_some("line 1 is the header"),
    }
}

/// The files among these paths, and in the folders among them, that a batch does not read, by name. Hidden ones and
/// those in further folders are nobody's business.
#[must_use]
pub fn unread(batch: &dyn Batch, paths: &[PathBuf]) -> Vec<PathBuf> {
    let read = batch.paths();
    let mut there: Vec<PathBuf> = Vec::new();
    for path in paths {
        match std::fs::read_dir(path) {
            Ok(files) => there.extend(files.filter_map(|file| Some(file.ok()?.path()))),
            Err(_) => there.push(path.clone()),
        }
    }
    there.retain(|path| {
        path.is_file() && !read.contains(&path.as_path()) && !folder::name(path).starts_with('.')
    });
    there.sort();
    there
}
