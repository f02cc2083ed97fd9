//! A patient as somebody of the practice names them: by the clinical system's own key, by the logical id that apps see,
//! or by the NHS number. Several feeds may have a record with one number: then it is the one that is served.

use policy::{Another, Holder};
use record::{Entry, NhsNumber, OdsCode, PatientKey};
use store::{OtherRecord, PatientFacts, Store, Subject};

use crate::{Failure, quality::sheet};

/// The practice's records with the NHS number of one of them.
pub(crate) struct Kin {
    own: PatientKey,
    holder: Holder,
    served: Option<PatientKey>,
    /// Those whose patient is there.
    living: Vec<PatientKey>,
}

impl Kin {
    /// Seen from this record.
    pub(crate) fn of(patient: &PatientKey, facts: &PatientFacts) -> Self {
        let entries: Vec<Entry> = facts.entries.iter().map(|(entry, _)| entry.clone()).collect();
        let others = facts.others.iter().filter(|other| !other.marks_only);
        let mut all: Vec<Another<'_>> = others.map(OtherRecord::seen).collect();
        let holder = Holder::of(patient, &entries, &all);
        all.push(Another { patient, entries: &entries, oversight: &facts.oversight });
        let living = all.iter().filter(|one| policy::is_living(one.entries));
        let mut living: Vec<PatientKey> = living.map(|one| one.patient.clone()).collect();
        living.sort();
        Self { own: patient.clone(), holder, served: policy::served(&all).cloned(), living }
    }

    /// That nothing of the record is served for another one's sake, and which that is.
    pub(crate) fn closed(&self) -> Option<String> {
        if !self.holder.is_closed() {
            return None;
        }
        Some(match &self.served {
            Some(served) => format!("nothing of this record is served: that of {} is", label(served)),
            None if self.holder == Holder::Disputed || self.others().iter().any(PatientKey::is_registered) => {
                format!("nothing of this record is served: none: disputed by {}", labels(&self.living))
            }
            None => "nothing of this record is served: the practice's own system has deleted its record of this person, \
                     and a message does not bring it back"
                .to_owned(),
        })
    }

    fn others(&self) -> Vec<PatientKey> {
        self.living.iter().filter(|key| **key != self.own).cloned().collect()
    }
}

/// A record by its key and the feed that it is of.
fn label(patient: &PatientKey) -> String {
    format!("{} ({})", patient.expose(), sheet::feed(policy::feed(patient)))
}

fn labels(patients: &[PatientKey]) -> String {
    patients.iter().map(label).collect::<Vec<_>>().join(", ")
}

/// Finds the patient; of several records with one NHS number the one that is served, and says so. The message does not
/// repeat what was typed: it may be somebody's.
pub(crate) fn find(store: &dyn Store, practice: &OdsCode, name: &str) -> Result<Subject, Failure> {
    let found = find_all(store, practice, name)?;
    <[Subject; 1]>::try_from(found).map(|[subject]| subject).map_err(|others| {
        let keys: Vec<PatientKey> = others.into_iter().map(|subject| subject.patient).collect();
        Failure(format!(
            "{} records of {practice} have this NHS number, and none of them is served, since it is open whose it is; name \
             one by the clinical system's own key or by the id that apps see. Disputed by {}",
            keys.len(),
            labels(&keys)
        ))
    })
}

/// Finds the records that the name may mean: of several with one NHS number the one that is served, or all if none is.
///
/// # Errors
/// If there is none.
pub(crate) fn find_all(store: &dyn Store, practice: &OdsCode, name: &str) -> Result<Vec<Subject>, Failure> {
    let found = every(store, practice, name)?;
    let [first, _, ..] = found.as_slice() else { return Ok(found) };
    let kin = Kin::of(&first.patient, &store.facts(practice, &first.patient)?);
    let Some(served) = kin.served.clone() else { return Ok(found) };
    // A key may look like somebody else's NHS number: those are two people.
    let is_kin = |subject: &Subject| subject.patient == kin.own || kin.living.contains(&subject.patient);
    if !found.iter().all(is_kin) {
        return Ok(found);
    }
    let kin = Kin { own: served, ..kin };
    let others = kin.others();
    tell!(
        "{} other record{} of {practice} {} this NHS number, {}; this one is served: {}",
        others.len(),
        if others.len() == 1 { "" } else { "s" },
        if others.len() == 1 { "has" } else { "have" },
        labels(&others),
        label(&kin.own)
    );
    Ok(vec![Subject { practice: practice.clone(), patient: kin.own }])
}

/// Every record that the name may mean: of one NHS number each feed may have one, and some systems' keys look like NHS
/// numbers.
pub(crate) fn every(store: &dyn Store, practice: &OdsCode, name: &str) -> Result<Vec<Subject>, Failure> {
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

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use policy::Oversight;
    use record::{Content, Demographics, EntryId, Registration};

    use super::*;

    fn patient(deleted: bool) -> Entry {
        let born = Some(date(1980, 2, 29));
        let person = Demographics { birth_date: born, ..Demographics::registered(Registration::Regular) };
        let entry = Entry::new(EntryId::of_patient(), Some(Content::Patient(Box::new(person))));
        Entry { deleted, ..entry }
    }

    /// What is told of a message's record beside others.
    fn closed(others: &[(&str, bool)]) -> String {
        let other = |(key, deleted): &(&str, bool)| OtherRecord {
            patient: PatientKey::new(key).unwrap(),
            entries: vec![patient(*deleted)],
            oversight: Oversight::default(),
            marks_only: false,
        };
        let others = others.iter().map(other).collect();
        let facts = PatientFacts {
            entries: vec![(patient(false), 1)],
            guests: Vec::new(),
            number_shared: false,
            others,
            oversight: Oversight::default(),
            released: None,
            waiting_since: std::collections::BTreeMap::new(),
        };
        Kin::of(&PatientKey::new("nhs:1").unwrap(), &facts).closed().unwrap()
    }

    #[test]
    fn only_a_deletion_is_called_one() {
        assert!(closed(&[("p", true)]).contains("has deleted its record of this person"));
        assert!(closed(&[("p", false)]).contains("that of p (the practice's own system) is"));
        assert!(closed(&[("p", false), ("q", false)]).contains("none: disputed by"));
    }
}
