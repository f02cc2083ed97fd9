//! Making records anew whose tables have changed: online, and as often interrupted as need be. Who still waits is on
//! the store's own list, so that whoever goes on after a crash does what was left; each patient's record is swapped in
//! as a whole.

use policy::MadeWith;
use record::Report;
use store::StoreError;

use super::Loader;

/// Where to begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remake {
    /// With a look at every record of the practice.
    Begin,
    /// With what an earlier run has left.
    Resume,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remade {
    /// Records that were made with other tables, as far as they were looked for.
    pub others: Option<u64>,
    /// Patients who were projected.
    pub patients: u64,
    /// Resources that came out new, changed or gone.
    pub changed: u64,
    /// Patients who still wait.
    pub left: u64,
    /// A batch of the practice is open: until it is whole, nobody is projected.
    pub batch_open: bool,
}

impl Loader<'_> {
    /// What records of the practice are made with here and now.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub fn made_with(&self) -> Result<MadeWith, StoreError> {
        Ok(self.also.made_with(&self.store.practice(self.practice)?.rules))
    }

    /// Makes anew the records of the practice that were made with other tables, and whatever else waits. `None` if
    /// there is nothing to resume, because the last run was for other tables than today's.
    ///
    /// # Errors
    /// If the store failed; who was not swapped in stays on the list.
    pub fn remake(&self, remake: Remake) -> Result<Option<Remade>, StoreError> {
        let made_with = self.made_with()?;
        let others = match remake {
            Remake::Begin => Some(self.store.make_anew(self.practice, &made_with)?),
            Remake::Resume if self.store.practice(self.practice)?.made_with == made_with => None,
            Remake::Resume => return Ok(None),
        };
        let mut report = Report::default();
        self.release(None, &mut report)?;
        let left = self.store.dirty_count(self.practice)?;
        let batch_open = self.store.practice(self.practice)?.open_batch.is_some();
        let (patients, changed) = (report.patients_projected, report.resources_changed);
        Ok(Some(Remade { others, patients, changed, left, batch_open }))
    }
}
