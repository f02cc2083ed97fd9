//! Guests: entries of feeds that name their patient by number and date of birth. They join a record only where both are
//! its patient's own and nobody else in the practice has the number; otherwise they wait, and nobody is shown them.
//! Messages about a patient (GP2GP, GP Connect) are a record of their own and no second person: the guests are those of
//! the record that is served ([`policy::served`]). The store decides that.

use record::{Content, Demographics, Entry, Identity, IssueCode};

use crate::Waiting;

/// A patient's own entries and the guests that may join them; and the guests that may not, with the reason.
/// `number_shared` says that several patients have the number and none of their records is served.
#[must_use]
pub fn with_guests(
    mut entries: Vec<Entry>,
    guests: Vec<(Identity, Entry)>,
    number_shared: bool,
) -> (Vec<Entry>, Vec<Waiting>) {
    let (mut joined, mut waiting) = (Vec::new(), Vec::new());
    // Two living entries may say who the patient is; a guest must agree with both.
    let people: Vec<&Demographics> =
        entries.iter().filter(|entry| !entry.deleted).filter_map(person).collect();
    for (identity, entry) in guests {
        // No guest says who the patient is, or speaks in the place of one of the patient's own entries.
        let intrudes = matches!(entry.content, Some(Content::Patient(_)))
            || entries.iter().any(|own| own.id == entry.id);
        let against = if intrudes {
            Some(IssueCode::IdentityMismatch)
        } else {
            against(&people, &identity, number_shared)
        };
        match against {
            None => joined.push(entry),
            Some(_) if entry.deleted => {}
            Some(code) => waiting.push(Waiting { entry: entry.id, place: entry.place, code }),
        }
    }
    entries.extend(joined);
    (entries, waiting)
}

fn person(entry: &Entry) -> Option<&Demographics> {
    match &entry.content {
        Some(Content::Patient(person)) => Some(person),
        Some(_) | None => None,
    }
}

/// What speaks against taking an entry about somebody for this patient's.
fn against(people: &[&Demographics], identity: &Identity, number_shared: bool) -> Option<IssueCode> {
    let agrees = |person: &&Demographics| {
        let birth_agrees = identity.birth_date.is_some() && identity.birth_date == person.birth_date;
        person.nhs_number == Some(identity.nhs_number) && birth_agrees
    };
    match (people, people.iter().all(agrees), number_shared) {
        ([], _, _) => Some(IssueCode::PatientAwaited),
        (_, false, _) => Some(IssueCode::IdentityMismatch),
        (_, true, true) => Some(IssueCode::NhsNumberShared),
        (_, true, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};
    use record::{Container, EntryId, NhsNumber, Registration};

    use super::*;

    const BORN: Date = date(1980, 2, 29);

    fn number(digits: &str) -> NhsNumber {
        digits.parse().unwrap()
    }

    fn entry(id: &str, content: Content) -> Entry {
        Entry::new(EntryId::new(id).unwrap(), Some(content))
    }

    fn patient(nhs_number: Option<NhsNumber>, birth_date: Option<Date>) -> Entry {
        let person =
            Demographics { nhs_number, birth_date, ..Demographics::registered(Registration::Regular) };
        entry("patient", Content::Patient(Box::new(person)))
    }

    fn guest(id: &str, birth_date: Option<Date>) -> (Identity, Entry) {
        let identity = Identity { nhs_number: number("9990000018"), birth_date };
        (identity, entry(id, Content::Container(Container::Heading)))
    }

    fn joined(own: Vec<Entry>, guest: (Identity, Entry), shared: bool) -> Result<(), IssueCode> {
        let before = own.len();
        let (entries, waiting) = with_guests(own, vec![guest], shared);
        match waiting.as_slice() {
            [] if entries.len() == before + 1 => Ok(()),
            [one] if entries.len() == before => Err(one.code),
            _ => panic!("the guest is neither in nor out"),
        }
    }

    #[test]
    fn a_guest_joins_only_if_number_and_birth_date_are_both_known_and_the_patients_own() {
        let own = || vec![patient(Some(number("9990000018")), Some(BORN))];
        assert_eq!(joined(own(), guest("lab:1", Some(BORN)), false), Ok(()));
        let mismatch = Err(IssueCode::IdentityMismatch);
        assert_eq!(joined(own(), guest("lab:1", Some(date(1980, 2, 28))), false), mismatch);
        assert_eq!(joined(own(), guest("lab:1", None), false), mismatch);
        for (nhs_number, born) in
            [(None, Some(BORN)), (Some(number("9990000026")), Some(BORN)), (Some(number("9990000018")), None)]
        {
            assert_eq!(joined(vec![patient(nhs_number, born)], guest("lab:1", Some(BORN)), false), mismatch);
            assert_eq!(joined(vec![patient(nhs_number, born)], guest("lab:1", None), false), mismatch);
        }
    }

    #[test]
    fn a_guest_waits_while_two_have_its_number_or_its_patient_is_not_there() {
        let own = patient(Some(number("9990000018")), Some(BORN));
        let shared = joined(vec![own.clone()], guest("lab:1", Some(BORN)), true);
        assert_eq!(shared, Err(IssueCode::NhsNumberShared));
        let awaited = Err(IssueCode::PatientAwaited);
        assert_eq!(joined(vec![], guest("lab:1", Some(BORN)), false), awaited);
        let another = Entry { id: EntryId::new("another").unwrap(), ..patient(None, Some(BORN)) };
        let both = joined(vec![own.clone(), another], guest("lab:1", Some(BORN)), false);
        assert_eq!(both, Err(IssueCode::IdentityMismatch));
        let gone = Entry { deleted: true, ..own };
        assert_eq!(joined(vec![gone], guest("lab:1", Some(BORN)), false), awaited);
    }

    #[test]
    fn a_guest_never_says_who_the_patient_is_and_never_stands_for_an_own_entry() {
        let own = || vec![patient(Some(number("9990000018")), Some(BORN))];
        let (identity, _) = guest("lab:1", Some(BORN));
        let other = Entry { id: EntryId::new("lab:1").unwrap(), ..patient(None, None) };
        assert_eq!(joined(own(), (identity, other), false), Err(IssueCode::IdentityMismatch));
        assert_eq!(joined(own(), guest("patient", Some(BORN)), false), Err(IssueCode::IdentityMismatch));
    }
}
