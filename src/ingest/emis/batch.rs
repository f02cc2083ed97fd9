//! A batch: the files of one run of the extract, checked before anything is read, then read in the order in which
//! what others refer to comes first.

use std::path::{Path, PathBuf};

use record::{Issue, OdsCode, Sink};

use super::{
    clinical_code::ClinicalCodes,
    consultation::Consultations,
    files::{TableFile, find},
    observation::Observations,
    organisation::{Organisations, Practice},
    patient::Patients,
    problem::Problems,
    reading::{Pass, check_header, read_table},
    row::Span,
    sharing::Sharing,
    user_in_role::UsersInRole,
};
use crate::delimited::{Columns, Spec};
use crate::{Nowhere, Stop};

/// The tables that are read, in the order in which they are.
const TABLES: [Spec; 8] = [
    Organisations::SPEC,
    Sharing::SPEC,
    UsersInRole::SPEC,
    ClinicalCodes::SPEC,
    Patients::SPEC,
    Consultations::SPEC,
    Problems::SPEC,
    Observations::SPEC,
];

/// The files of one batch, looked at and fit to be read.
#[derive(Debug)]
pub struct Batch {
    practice: OdsCode,
    files: Vec<TableFile>,
    ids: Span,
    warnings: Vec<Issue>,
}

impl Batch {
    /// Looks at the files, or at those in a folder: that each table has one, that all are of one run, and that
    /// their headers have what they must have and nothing that may hide a mark.
    ///
    /// # Errors
    /// The fatal issues for which the batch is refused.
    pub fn open(practice: &OdsCode, paths: &[PathBuf]) -> Result<Self, Vec<Issue>> {
        let mut found = find(paths, &TABLES.map(|spec| spec.name))?;
        let mut fatal = Vec::new();
        for (file, spec) in found.files.iter().zip(&TABLES) {
            match check_header(file, spec) {
                Ok(warnings) => found.warnings.extend(warnings),
                Err(issues) => fatal.extend(issues),
            }
        }
        if !fatal.is_empty() {
            return Err(fatal);
        }
        let ids = Span { first: found.run.first, last: found.run.last };
        Ok(Self { practice: practice.clone(), files: found.files, ids, warnings: found.warnings })
    }
}

impl crate::Batch for Batch {
    fn total_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    fn paths(&self) -> Vec<&Path> {
        self.files.iter().map(|file| file.path.as_path()).collect()
    }

    fn read(&self, sink: &mut dyn Sink) -> Result<(), Stop> {
        for warning in &self.warnings {
            sink.warn(warning.clone());
        }
        self.pass(Pass::Read, sink)
    }

    fn check(&self, progress: &mut dyn FnMut(u64)) -> Result<(), Stop> {
        self.pass(Pass::Check, &mut Nowhere(progress))
    }
}

impl Batch {
    fn pass(&self, pass: Pass, sink: &mut dyn Sink) -> Result<(), Stop> {
        let mut practice = Practice::new(self.practice.clone());
        let mut before = 0;
        for file in &self.files {
            let read = match file.table {
                name if name == Organisations::SPEC.name => read_table::<Organisations>,
                name if name == Sharing::SPEC.name => read_table::<Sharing>,
                name if name == UsersInRole::SPEC.name => read_table::<UsersInRole>,
                name if name == ClinicalCodes::SPEC.name => read_table::<ClinicalCodes>,
                name if name == Patients::SPEC.name => read_table::<Patients>,
                name if name == Consultations::SPEC.name => read_table::<Consultations>,
                name if name == Problems::SPEC.name => read_table::<Problems>,
                _ => read_table::<Observations>,
            };
            read(file, before, self.ids, pass, &mut practice, sink)?;
            before += file.bytes;
        }
        Ok(())
    }
}
