//! Whose record is a person's own: the one that is served of them, of the practice that has them registered now. It is
//! found anew at each sign-in, so that nobody is left with the record of a practice that they have left.

use record::OdsCode;
use store::{Account, Store, StoreError, Subject};

use super::Person;

/// What a practice's record says of whoever was proven to be its patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The patient may see it.
    Open,
    /// The patient has left the practice.
    Left,
    /// The patient may not see it, for whatever reason: which is the practice's to say.
    Closed,
}

/// Why nothing here is a person's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOwn {
    /// No record has this number together with this date of birth.
    Unknown,
    /// There is one, and its practice does not let the patient see it.
    NotEnabled,
    /// There is only that of a practice which they have left.
    Left,
    /// Several practices have them registered: one of them has not been told that they have moved.
    Several,
}

/// The records with the number and the date of birth that were proven, except those in whose place another is served.
///
/// # Errors
/// If the store cannot be read.
pub fn candidates(store: &dyn Store, person: &Person) -> Result<Vec<Subject>, StoreError> {
    let of = |practice: OdsCode| store.with_nhs_number(&practice, &person.proven.nhs_number);
    let all: Vec<Vec<Subject>> = store.practices()?.into_iter().map(of).collect::<Result<_, _>>()?;
    let mut found = Vec::new();
    for subject in all.into_iter().flatten() {
        let snapshot = store.read(&subject)?;
        let is_theirs = snapshot.is_some_and(|snapshot| {
            let standing = &snapshot.released().standing;
            standing.birth_date == Some(person.proven.born) && !standing.another_record
        });
        found.extend(is_theirs.then_some(subject));
    }
    Ok(found)
}

/// Which of these is the person's own.
///
/// # Errors
/// [`NotOwn`].
pub fn own(found: Vec<(Subject, Standing)>) -> Result<Subject, NotOwn> {
    let with = |standing| found.iter().any(|(_, other)| *other == standing);
    let (closed, left) = (with(Standing::Closed), with(Standing::Left));
    let mut open = found.into_iter().filter(|(_, standing)| *standing == Standing::Open);
    match (open.next(), open.next()) {
        (Some(_), Some(_)) => Err(NotOwn::Several),
        // What another practice closes is its own record alone.
        (Some((own, _)), None) => Ok(own),
        (None, _) if closed => Err(NotOwn::NotEnabled),
        (None, _) if left => Err(NotOwn::Left),
        (None, _) => Err(NotOwn::Unknown),
    }
}

/// Keeps what is a person's own from now on, and gives their account: a new one at the first sign-in.
///
/// # Errors
/// If it could not be made durable.
pub fn signed_in(store: &dyn Store, person: &Person, own: Option<Subject>) -> Result<Account, StoreError> {
    store.match_account(&person.account, &person.proven, own.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::subject;

    #[test]
    fn one_open_record_is_the_persons_own_and_nothing_is_guessed() {
        use Standing::{Closed, Left, Open};
        let of = |all: &[Standing]| {
            let found = all.iter().enumerate().map(|(at, standing)| (subject(&format!("p{at}")), *standing));
            own(found.collect()).map(|own| own.patient.expose().to_owned())
        };
        assert_eq!(of(&[Open]), Ok("p0".to_owned()));
        assert_eq!(of(&[Left, Open]), Ok("p1".to_owned()), "who has moved sees the new practice's record");
        assert_eq!(of(&[]), Err(NotOwn::Unknown));
        assert_eq!(of(&[Left]), Err(NotOwn::Left));
        assert_eq!(of(&[Closed, Left]), Err(NotOwn::NotEnabled));
        assert_eq!(of(&[Closed, Open]), Ok("p1".to_owned()));
        assert_eq!(of(&[Open, Left, Open]), Err(NotOwn::Several));
    }
}
