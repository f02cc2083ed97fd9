//! What a clinician decides about free text, and what follows from it.

use policy::{Decided, Review};
use record::{EntryId, PatientKey, Report};
use store::{StoreError, Subject};

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
        let subject = Subject { practice: self.practice.clone(), patient: patient.clone() };
        let mut oversight = self.store.oversight(&subject)?;
        let mut about = 0;
        for (source, _) in looked.entries.iter().filter(|(one, _)| sources.contains(&one.id) && !one.deleted)
        {
            let Some(words) = policy::words(source) else { continue };
            let review = Review { release: share, words, decided: decided.clone() };
            oversight.reviewed.insert(source.id.clone(), review);
            about += 1;
        }
        if about > 0 {
            self.store.set_oversight(&subject, &oversight)?;
            self.release(None, &mut Report::default())?;
        }
        Ok(about)
    }
}
