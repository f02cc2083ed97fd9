//! A patient as somebody of the practice names them: by the clinical system's own key, by the logical id that apps see,
//! or by the NHS number.

use record::{NhsNumber, OdsCode, PatientKey};
use store::{Store, Subject};

use crate::Failure;

/// Finds the patient. The message does not repeat what was typed: it may be somebody's.
pub(crate) fn find(store: &dyn Store, practice: &OdsCode, name: &str) -> Result<Subject, Failure> {
    <[Subject; 1]>::try_from(find_all(store, practice, name)?).map(|[subject]| subject).map_err(|others| {
        let keys: Vec<&str> = others.iter().map(|subject| subject.patient.expose()).collect();
        Failure(format!(
            "{} records of {practice} have this NHS number; name one by the clinical system's own key or by the id that \
             apps see: {}",
            others.len(),
            keys.join(", ")
        ))
    })
}

/// Finds every record that the name may mean: of one NHS number each feed may have one, and some systems' keys look like
/// NHS numbers.
///
/// # Errors
/// If there is none.
pub(crate) fn find_all(store: &dyn Store, practice: &OdsCode, name: &str) -> Result<Vec<Subject>, Failure> {
    let by_id = store.subject(name)?.filter(|subject| subject.practice == *practice);
    if let Some(subject) = by_id {
        return Ok(vec![subject]);
    }
    let mut found = Vec::new();
    // Some systems write their keys in braces and capitals, which a store does not keep.
    let bare = name.trim_matches(['{', '}']).to_lowercase();
    for patient in [name, &bare].into_iter().filter_map(PatientKey::new) {
        let subject = Subject { practice: practice.clone(), patient };
        let facts = store.facts(practice, &subject.patient)?;
        if !facts.entries.is_empty() || facts.released.is_some() {
            found.push(subject);
            break;
        }
    }
    let number: Option<NhsNumber> = name.parse().ok();
    for subject in
        number.map(|number| store.with_nhs_number(practice, &number)).transpose()?.unwrap_or_default()
    {
        if !found.contains(&subject) {
            found.push(subject);
        }
    }
    if found.is_empty() {
        return Err(Failure(format!(
            "{practice} has no such patient here; check --practice, and --patient: the clinical system's own key, the \
             id that apps see, or the NHS number"
        )));
    }
    Ok(found)
}
