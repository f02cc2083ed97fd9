//! Which record of a person is served where several feeds of a practice have one: exactly one, or none while it is open
//! whose the NHS number is.

use jiff::civil::Date;
use record::{Content, Demographics, Entry, IssueCode, PatientKey};

use crate::Another;

/// What a record is among those with its NHS number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holder {
    /// The only one.
    Only,
    /// The one that is served: that of the system that registers the practice's patients, or of the first feed by name.
    Served,
    /// Another one is served, or was until the practice's system deleted it.
    AnotherServed,
    /// It is open whose the number is, and none is served.
    Disputed,
}

impl Holder {
    /// What the record with this key and these entries of its own is among these others. In whatever order they came.
    #[must_use]
    pub fn of(patient: &PatientKey, entries: &[Entry], others: &[Another<'_>]) -> Self {
        // Who is deleted is not served for that.
        let Some(own) = living(entries) else { return Self::Only };
        let against = others.iter().map(|other| beside(patient, own, other));
        against.max().unwrap_or(Self::Only)
    }

    /// Whether nothing is served of it.
    #[must_use]
    pub fn is_closed(self) -> bool {
        matches!(self, Self::AnotherServed | Self::Disputed)
    }

    /// A stable code of what becomes of it; none of the only one.
    #[must_use]
    pub fn code(self) -> Option<&'static str> {
        match self {
            Self::Only => None,
            Self::Served => Some("served"),
            Self::AnotherServed => Some("another-served"),
            Self::Disputed => Some("disputed"),
        }
    }

    /// What the practice is told of it.
    #[must_use]
    pub fn issue(self) -> Option<IssueCode> {
        match self {
            Self::Only => None,
            Self::Served | Self::AnotherServed => Some(IssueCode::NhsNumberInTwoFeeds),
            Self::Disputed => Some(IssueCode::NhsNumberDisputed),
        }
    }
}

fn beside(patient: &PatientKey, own: &Demographics, other: &Another<'_>) -> Holder {
    let same_feed = feed(patient) == feed(other.patient);
    let differ = |theirs: Date| own.birth_date.is_some_and(|born| born != theirs);
    match living(other.entries) {
        Some(theirs) if same_feed && left_before(theirs, own) => Holder::Only,
        Some(_) if same_feed => Holder::Disputed,
        Some(theirs) if theirs.birth_date.is_some_and(differ) => Holder::Disputed,
        Some(_) if rank(patient) < rank(other.patient) => Holder::Served,
        Some(_) => Holder::AnotherServed,
        // A message does not bring back whom the practice's own system has deleted.
        None if other.patient.is_registered() && !same_feed => Holder::AnotherServed,
        None => Holder::Only,
    }
}

/// Whether a record is that of an earlier registration of the same person.
fn left_before(earlier: &Demographics, own: &Demographics) -> bool {
    let same_birth_date = own.birth_date.is_some() && own.birth_date == earlier.birth_date;
    same_birth_date && earlier.deducted_on.is_some() && own.deducted_on.is_none()
}

/// The patient, if not deleted.
fn living(entries: &[Entry]) -> Option<&Demographics> {
    entries.iter().filter(|entry| !entry.deleted).find_map(|entry| match &entry.content {
        Some(Content::Patient(person)) => Some(&**person),
        Some(_) | None => None,
    })
}

/// The feed that a key is of; the practice's own system has no name.
#[must_use]
pub fn feed(patient: &PatientKey) -> &str {
    patient.expose().split_once(':').map_or("", |(feed, _)| feed)
}

/// Of all records with one NHS number the one that is served, if one is.
#[must_use]
pub fn served<'a>(all: &[Another<'a>]) -> Option<&'a PatientKey> {
    let there: Vec<(&Another<'_>, &Demographics)> =
        all.iter().filter_map(|one| living(one.entries).map(|person| (one, person))).collect();
    let first = there.iter().map(|(one, _)| rank(one.patient)).min()?;
    let of_first = there.iter().filter(|(one, _)| rank(one.patient) == first);
    let mut candidates: Vec<_> = of_first.collect();
    if candidates.len() > 1 {
        candidates.retain(|(_, person)| person.deducted_on.is_none());
    }
    // Were each asked what it is beside each, many patients with one number would take for ever.
    let &[(own, _)] = candidates.as_slice() else { return None };
    let others: Vec<Another<'_>> = all.iter().filter(|one| one.patient != own.patient).copied().collect();
    (!Holder::of(own.patient, own.entries, &others).is_closed()).then_some(own.patient)
}

/// Whose patient is there and was not deleted.
#[must_use]
pub fn is_living(entries: &[Entry]) -> bool {
    living(entries).is_some()
}

fn rank(patient: &PatientKey) -> (bool, &str) {
    (!patient.is_registered(), feed(patient))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use record::{EntryId, Registration};

    use super::*;
    use crate::Oversight;

    const BORN: Option<Date> = Some(date(1980, 2, 29));
    const LATER: Option<Date> = Some(date(1980, 3, 1));

    fn patient_born(born: Option<Date>) -> Entry {
        let person = Demographics { birth_date: born, ..Demographics::registered(Registration::Regular) };
        Entry::new(EntryId::of_patient(), Some(Content::Patient(Box::new(person))))
    }

    fn deleted(entry: Entry) -> Entry {
        Entry { deleted: true, ..entry }
    }

    /// What each of two is beside the other.
    fn both(one: (&str, Entry), other: (&str, Entry)) -> [Holder; 2] {
        let keys = [one.0, other.0].map(|key| PatientKey::new(key).unwrap());
        let entries = [[one.1], [other.1]];
        let oversight = Oversight::default();
        let another =
            |at: usize| [Another { patient: &keys[at], entries: &entries[at], oversight: &oversight }];
        [Holder::of(&keys[0], &entries[0], &another(1)), Holder::of(&keys[1], &entries[1], &another(0))]
    }

    #[test]
    fn the_practices_own_record_is_served_and_a_messages_is_not() {
        for born in [BORN, None] {
            let found = both(("p", patient_born(BORN)), ("nhs:1", patient_born(born)));
            assert_eq!(found, [Holder::Served, Holder::AnotherServed]);
        }
        let found = both(("nhs:1", patient_born(None)), ("gpc:1", patient_born(BORN)));
        assert_eq!(found, [Holder::AnotherServed, Holder::Served]);
    }

    #[test]
    fn none_is_served_where_dates_of_birth_differ_or_one_feed_has_the_number_twice() {
        for two in [["p", "q"], ["gpc:1", "gpc:2"]] {
            let found = both((two[0], patient_born(BORN)), (two[1], patient_born(BORN)));
            assert_eq!(found, [Holder::Disputed; 2], "{two:?}");
        }
        let found = both(("p", patient_born(BORN)), ("gpc:1", patient_born(LATER)));
        assert_eq!(found, [Holder::Disputed; 2]);
    }

    #[test]
    fn a_registration_that_has_ended_does_not_close_the_one_that_followed() {
        let left = |born| {
            let mut entry = patient_born(born);
            if let Some(Content::Patient(person)) = &mut entry.content {
                person.deducted_on = Some(date(2020, 1, 1));
            }
            entry
        };
        let found = both(("p", left(BORN)), ("q", patient_born(BORN)));
        assert_eq!(found, [Holder::Disputed, Holder::Only]);
        for (one, other) in [(BORN, LATER), (None, BORN), (None, None)] {
            let found = both(("p", left(one)), ("q", patient_born(other)));
            assert_eq!(found, [Holder::Disputed; 2], "it may be somebody else");
        }
    }

    #[test]
    fn the_record_that_is_served_is_the_one_that_is_not_closed() {
        let left = |born| {
            let mut entry = patient_born(born);
            if let Some(Content::Patient(person)) = &mut entry.content {
                person.deducted_on = Some(date(2020, 1, 1));
            }
            entry
        };
        let kinds: [fn() -> Entry; 4] = [
            || patient_born(BORN),
            || patient_born(LATER),
            || patient_born(None),
            || deleted(patient_born(BORN)),
        ];
        let made = |which: usize| if which == 4 { left(BORN) } else { kinds[which]() };
        let names = ["p", "q", "gpc:1", "nhs:1"];
        let keys = names.map(|name| PatientKey::new(name).unwrap());
        let oversight = Oversight::default();
        for which in 0..6_usize.pow(4) {
            // A sixth kind is not there at all.
            let digits = [which % 6, which / 6 % 6, which / 36 % 6, which / 216];
            let there: Vec<(usize, [Entry; 1])> = digits
                .iter()
                .enumerate()
                .filter(|(_, kind)| **kind < 5)
                .map(|(at, kind)| (at, [made(*kind)]))
                .collect();
            let all: Vec<Another<'_>> = there
                .iter()
                .map(|(at, entries)| Another { patient: &keys[*at], entries, oversight: &oversight })
                .collect();
            let open = all.iter().filter(|own| {
                let others: Vec<_> = all.iter().filter(|one| one.patient != own.patient).copied().collect();
                is_living(own.entries) && !Holder::of(own.patient, own.entries, &others).is_closed()
            });
            let open: Vec<&PatientKey> = open.map(|one| one.patient).collect();
            assert!(open.len() < 2, "{digits:?}: {open:?}");
            assert_eq!(served(&all), open.first().copied(), "{digits:?}");
        }
    }

    #[test]
    fn a_message_does_not_bring_back_whom_the_practices_system_deleted() {
        let found = both(("p", deleted(patient_born(BORN))), ("gpc:1", patient_born(BORN)));
        assert_eq!(found, [Holder::Only, Holder::AnotherServed]);
        let found = both(("p", patient_born(BORN)), ("gpc:1", deleted(patient_born(BORN))));
        assert_eq!(found, [Holder::Only, Holder::Only]);
        let found = both(("p", deleted(patient_born(BORN))), ("q", patient_born(BORN)));
        assert_eq!(found, [Holder::Only, Holder::Only], "registered anew under another key");
    }
}
