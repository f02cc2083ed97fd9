//! A patient as somebody of the practice names them: by the clinical system's own key, by the logical id that apps see,
//! or by the NHS number.

use record::{NhsNumber, OdsCode, PatientKey};
use store::{Store, Subject};

use crate::Failure;

/// Finds the patient. The message does not repeat what was typed: it may be somebody's.
pub(crate) fn find(store: &dyn Store, practice: &OdsCode, name: &str) -> Result<Subject, Failure> {
    let by_id = store.subject(name)?.filter(|subject| subject.practice == *practice);
    if let Some(subject) = by_id {
        return Ok(subject);
    }
    // Some systems write their keys in braces and capitals, which a store does not keep.
    let bare = name.trim_matches(['{', '}']).to_lowercase();
    for patient in [name, &bare].into_iter().filter_map(PatientKey::new) {
        let subject = Subject { practice: practice.clone(), patient };
        let facts = store.facts(practice, &subject.patient)?;
        if !facts.entries.is_empty() || facts.released.is_some() {
            return Ok(subject);
        }
    }
    let number: Option<NhsNumber> = name.parse().ok();
    let found =
        number.map(|number| store.with_nhs_number(practice, &number)).transpose()?.unwrap_or_default();
    match <[Subject; 1]>::try_from(found) {
        Ok([subject]) => Ok(subject),
        Err(others) if others.is_empty() => Err(Failure(format!(
            "{practice} has no such patient here; check --practice, and --patient: the clinical system's own key, the \
             id that apps see, or the NHS number"
        ))),
        Err(others) => {
            let keys: Vec<&str> = others.iter().map(|subject| subject.patient.expose()).collect();
            Err(Failure(format!(
                "{} records of {practice} have this NHS number; name one by the clinical system's own key: {}",
                others.len(),
                keys.join(", ")
            )))
        }
    }
}
