//! A patient's record, whatever format it will be written in: consultations, statements and problems.

mod build;
mod edges;
mod history;
mod labs;
mod marks;
pub mod meaning;
mod measures;
mod notes;
mod roles;
mod social;
mod vaccines;
mod visits;

pub use build::Life;
pub use marks::Marks;

use jiff::civil::Date;

use crate::{
    codes::Code,
    day::{Moment, Precision},
    dice::Guid,
};

/// A consultation.
pub struct Consultation {
    /// Key.
    pub id: Guid,
    /// When it took place and was written down.
    pub at: Moment,
    /// Who saw the patient: a number of the practice's staff.
    pub clinician: usize,
    /// Where.
    pub place: &'static str,
    /// Kept from the patient as a whole.
    pub confidential: bool,
}

/// A coded statement.
pub struct Statement {
    /// Key.
    pub id: Guid,
    /// What.
    pub code: &'static Code,
    /// The statement that it is part of, by number.
    pub parent: Option<usize>,
    /// The consultation that it was recorded in, by number.
    pub consultation: Option<usize>,
    /// The problem that it is filed under, by the number of the problem's statement.
    pub problem: Option<usize>,
    /// The day that it is about.
    pub day: Date,
    /// How much of that day is known.
    pub precision: Precision,
    /// When it was written down.
    pub entered: Moment,
    /// Who said so.
    pub clinician: usize,
    /// The result.
    pub value: Option<String>,
    /// `<` or `>`, where the result is a bound.
    pub operator: &'static str,
    /// The result's unit.
    pub unit: &'static str,
    /// Lower bound of what is normal.
    pub low: Option<String>,
    /// Upper bound of what is normal.
    pub high: Option<String>,
    /// `HI` or `LO`, or blank.
    pub abnormal: &'static str,
    /// Typed text.
    pub text: String,
    /// What is known of a vaccination.
    pub vaccination: Option<Vaccination>,
    /// The relative whom it is about.
    pub relative: Option<Relative>,
    /// `First`, `New`, `Review` or `None`.
    pub episode: &'static str,
    /// Kept from the patient.
    pub confidential: bool,
    /// What is odd about it.
    pub oddity: Option<Oddity>,
}

/// Details of a vaccination.
pub struct Vaccination {
    /// Who made it; invented.
    pub manufacturer: &'static str,
    /// Batch.
    pub batch: String,
    /// Best before.
    pub expires: Date,
    /// Where on the body.
    pub site: &'static str,
}

/// A kind of relative.
#[derive(Clone, Copy)]
pub struct Relative {
    /// SNOMED CT concept id.
    pub snomed: &'static str,
    /// In words.
    pub term: &'static str,
}

/// What a CSV row may have wrong and still be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Oddity {
    /// Its code is not in the code list of this batch.
    UnknownCode,
    /// Its consultation is not in this batch.
    UnknownConsultation,
    /// Its parent is not in this batch.
    UnknownParent,
    /// The problem that it is filed under is not in this batch.
    UnknownProblem,
    /// Its vaccination details are cut off.
    CutQualifiers,
    /// A problem row without the statement that it is about.
    ProblemWithoutStatement,
}

/// What makes a statement a problem.
pub struct Problem {
    /// The statement, by number.
    pub statement: usize,
    /// Closed on.
    pub ended: Option<Date>,
    /// Significant or minor.
    pub significant: bool,
    /// Kept from the patient, and so is what is filed under it.
    pub confidential: bool,
}
