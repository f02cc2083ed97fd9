//! Signing in with what a practice has given a patient in a letter: the practice's ODS code, an account id, a linkage key,
//! and the surname and the date of birth that the practice knows. All of it together makes one digest, under which the
//! letter is found or not: whatever is wrong, the work is the same, and nothing tells which part it was. A try counts before
//! it is looked at, for an account id that nobody has as for any other.

use std::fmt;

use jiff::{SignedDuration, Timestamp, civil::Date};
use record::OdsCode;
use store::{Account, Linkage, Store, StoreError, Subject};

use crate::{
    Failure,
    secret::{self, sha256},
    token::until,
};

/// How long a letter is good.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Tries for one account id within a [`WHILE`]; those after them are not looked at.
pub const TRIES: u8 = 5;
/// Tries are counted by the hour.
pub const WHILE: SignedDuration = SignedDuration::from_hours(1);

/// What somebody has typed, as they have typed it.
#[derive(Clone, Copy, Default)]
pub struct Typed<'a> {
    /// The practice's ODS code.
    pub practice: &'a str,
    /// What the letter calls the account.
    pub id: &'a str,
    /// The linkage key.
    pub key: &'a str,
    /// The surname.
    pub surname: &'a str,
    /// Day, month and year of birth.
    pub born: [&'a str; 3],
}

impl fmt::Debug for Typed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Typed(..)")
    }
}

/// A new letter. The key is in it alone.
pub struct Letter {
    /// What it calls the account.
    pub id: String,
    /// The linkage key.
    pub key: String,
    /// Under what it is to be kept.
    pub digest: [u8; 32],
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Letter(..)")
    }
}

/// A letter that fits what was typed, and with which nobody has signed in yet.
pub struct Fitting {
    practice: OdsCode,
    digest: [u8; 32],
    linkage: Linkage,
}

impl fmt::Debug for Fitting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fitting(..)")
    }
}

/// What becomes of a try.
#[derive(Debug)]
pub enum Tried {
    /// A letter fits.
    Fits(Box<Fitting>),
    /// None does that is still good.
    Wrong,
    /// There were too many tries for this account id. Good again after this long.
    Locked(SignedDuration),
}

/// Draws a letter for a patient.
///
/// # Errors
/// Without random numbers.
pub fn draw(practice: &OdsCode, surname: &str, born: Date) -> Result<Letter, Failure> {
    let (id, key) = (secret::account_id()?, secret::linkage_key()?);
    let [day, month, year] = [i32::from(born.day()), i32::from(born.month()), i32::from(born.year())]
        .map(|number| number.to_string());
    let typed =
        Typed { practice: practice.as_str(), id: &id, key: &key, surname, born: [&day, &month, &year] };
    let digest = digest(&typed);
    Ok(Letter { id, key, digest })
}

/// Whether a surname can be typed at all.
#[must_use]
pub fn is_surname(text: &str) -> bool {
    !surname(text).is_empty()
}

/// Looks for the letter that fits.
///
/// # Errors
/// If the store fails; then nothing was looked at.
pub fn attempt(store: &dyn Store, now: Timestamp, typed: &Typed<'_>) -> Result<Tried, StoreError> {
    if let Some(wait) = count(store, now, typed)? {
        return Ok(Tried::Locked(wait));
    }
    let digest = digest(typed);
    let Ok(practice) = practice(typed.practice).parse::<OdsCode>() else { return Ok(Tried::Wrong) };
    let found = store.linkage(&practice, &digest)?.filter(|linkage| linkage.is_open(now));
    Ok(found.map_or(Tried::Wrong, |linkage| Tried::Fits(Box::new(Fitting { practice, digest, linkage }))))
}

impl Fitting {
    /// Whose record it opens.
    #[must_use]
    pub fn subject(&self) -> Subject {
        Subject { practice: self.practice.clone(), patient: self.linkage.patient.clone() }
    }

    /// The account as it will be: the patient's own record and nobody else's.
    #[must_use]
    pub fn account(&self) -> Account {
        Account { id: self.linkage.account(&self.practice), own: Some(self.subject()), ..Account::default() }
    }

    /// Signs in with it. Of several who do so at once exactly one gets the account.
    ///
    /// # Errors
    /// If it could not be made durable.
    pub fn sign_in(&self, store: &dyn Store, now: Timestamp) -> Result<Option<Account>, StoreError> {
        store.use_linkage(&self.practice, &self.digest, now)
    }
}

/// Counts a try, durably. How long to wait, if there were too many.
fn count(store: &dyn Store, now: Timestamp, typed: &Typed<'_>) -> Result<Option<SignedDuration>, StoreError> {
    let length = WHILE.as_secs();
    let (hour, gone) = (now.as_second().div_euclid(length), now.as_second().rem_euclid(length));
    let end = until(now, SignedDuration::from_secs(length - gone));
    let (practice, id) = (practice(typed.practice), bare(typed.id));
    for slot in 0..TRIES {
        let what = format!("recordgate: a try\n{hour} {slot} {} {practice}{id}", practice.len());
        if store.use_once(&sha256(what.as_bytes()), now, end)? {
            return Ok(None);
        }
    }
    Ok(Some(end.duration_since(now)))
}

/// The digest of all that has to be typed. Lengths keep one part from being read as another's.
fn digest(typed: &Typed<'_>) -> [u8; 32] {
    let parts =
        [practice(typed.practice), bare(typed.id), key(typed.key), surname(typed.surname), born(&typed.born)];
    let mut text = "recordgate: a letter".to_owned();
    for part in parts {
        text.push_str(&format!("\n{} {part}", part.len()));
    }
    sha256(text.as_bytes())
}

fn practice(text: &str) -> String {
    text.trim().to_ascii_uppercase()
}

/// Without what divides groups.
fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}')).collect()
}

/// In capitals, and what the alphabet has not got read as what it looks like.
fn key(text: &str) -> String {
    let as_meant = |c: char| match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        c => c,
    };
    bare(text).chars().map(as_meant).collect()
}

/// Its letters alone: neither capitals nor apostrophes, hyphens or spaces tell one surname from another.
fn surname(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// `day month year`; nothing if these are no numbers.
fn born(parts: &[&str; 3]) -> String {
    let numbers: Result<Vec<u16>, _> = parts.iter().map(|part| part.trim().parse()).collect();
    numbers.map_or_else(|_| String::new(), |all| all.iter().map(|one| format!("{one} ")).collect())
}

#[cfg(test)]
mod tests;
