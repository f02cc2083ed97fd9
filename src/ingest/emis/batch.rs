//! A batch: the files of one run of the extract, checked before anything is read, then read in the order in which
//! what others refer to comes first.

use std::path::{Path, PathBuf};

use record::{Issue, OdsCode, Sink};

use super::{
    Emis,
    clinical_code::ClinicalCodes,
    consultation::Consultations,
    files::find,
    observation::Observations,
    organisation::{Organisations, Practice},
    patient::Patients,
    problem::Problems,
    row::Span,
    sharing::Sharing,
    user_in_role::UsersInRole,
};
use crate::{
    Stop,
    delimited::{Reader, Tables},
};

/// The tables that are read, in the order in which they are.
pub(super) static TABLES: [Reader<Emis>; 8] = [
    Reader::of::<Organisations>(),
    Reader::of::<Sharing>(),
    Reader::of::<UsersInRole>(),
    Reader::of::<ClinicalCodes>(),
    Reader::of::<Patients>(),
    Reader::of::<Consultations>(),
    Reader::of::<Problems>(),
    Reader::of::<Observations>(),
];

/// The files of one batch, looked at and fit to be read.
#[derive(Debug)]
pub struct Batch {
    practice: OdsCode,
    /// Organisations that earlier batches named.
    known: Vec<(String, OdsCode)>,
    tables: Tables<Emis>,
}

impl Batch {
    /// Looks at the files, or at those in a folder: that each table has one, that all are of one run, and that
    /// their headers have what they must have and nothing that may hide a mark.
    ///
    /// # Errors
    /// The fatal issues for which the batch is refused.
    pub fn open(practice: &OdsCode, paths: &[PathBuf]) -> Result<Self, Vec<Issue>> {
        let (found, run) = find(paths, &TABLES)?;
        let ids = Span { first: run.first, last: run.last };
        let files = found.files.into_iter().map(|file| (file, ids)).collect();
        let tables = Tables::open(&TABLES, files, found.warnings, Vec::new())?;
        Ok(Self { practice: practice.clone(), known: Vec::new(), tables })
    }
}

impl crate::Batch for Batch {
    fn total_bytes(&self) -> u64 {
        self.tables.total_bytes()
    }

    fn paths(&self) -> Vec<&Path> {
        self.tables.paths().collect()
    }

    fn recall(&mut self, organisations: Vec<(String, OdsCode)>) {
        self.known = organisations;
    }

    fn read(&self, sink: &mut dyn Sink) -> Result<(), Stop> {
        self.tables.read(&mut Practice::new(self.practice.clone(), &self.known), sink)
    }

    fn check(&self, progress: &mut dyn FnMut(u64)) -> Result<(), Stop> {
        self.tables.check(&mut Practice::new(self.practice.clone(), &self.known), progress)
    }
}
