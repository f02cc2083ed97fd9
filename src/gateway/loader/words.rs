//! What a clinician decides about free text, and what follows from it.

use policy::Decided;
use record::{EntryId, PatientKey, Report};
use store::{Change, StoreError};

use super::Loader;

impl Loader<'_> {
    /// Records that the words of the resource that an entry is part of may go out, or may not, and makes the patient's
    /// record anew. The decision is about the words that they are now. Gives how many entries it is about: none if
    /// there is no such entry, or no words.
    ///
    /// # Errors
    /// If the store failed. The decision may have been recorded all the same; then the next load makes it count.
    pub fn decide_words(
        &self,
        patient: &PatientKey,
        entry: &EntryId,
        share: bool,
        decided: &Decided,
    ) -> Result<usize, StoreError> {
        let looked = self.look_at(patient)?;
        let made = looked.projection.resources.iter().find(|made| made.mapped.sources.contains(entry));
        let only = [entry.clone()];
        let sources = made.map_or(only.as_slice(), |made| &made.mapped.sources);
        let mut about = 0;
        for (source, _) in looked.entries.iter().filter(|(one, _)| sources.contains(&one.id) && !one.deleted)
        {
            let Some(words) = policy::words(source) else { continue };
            let (patient, entry) = (patient.clone(), source.id.clone());
            self.store.decide(
                self.practice,
                &Change::Review { patient, entry, words, release: share },
                decided,
            )?;
            about += 1;
        }
        if about > 0 {
            self.release(None, &mut Report::default())?;
        }
        Ok(about)
    }
}
