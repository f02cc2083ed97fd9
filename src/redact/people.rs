//! What the record itself says of the people in it: the most precise knowledge there is.

use crate::{fold::fold, lexicon::Lexicon};

/// Whose record a text is from. Empty where the record does not say.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Patient {
    /// All given names, separated by spaces.
    pub given: String,
    /// The family name.
    pub family: String,
    /// What the patient is called.
    pub known_as: String,
    /// `male`, `female`; anything else says nothing about titles.
    pub sex: String,
    /// `YYYY-MM-DD`.
    pub dob: String,
    /// Every number, in any spelling.
    pub phones: Vec<String>,
    /// Every address, each with its postcode.
    pub addresses: Vec<String>,
    /// Every address of electronic mail.
    pub emails: Vec<String>,
    /// NHS number, in any spelling.
    pub nhs: String,
}

/// Somebody of whom the record knows: a relative, carer, proxy or linked patient.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// Given and family name in this order, or what there is of them.
    pub name: String,
    /// Addresses of the person.
    pub addresses: Vec<String>,
    /// How the person is related, in words; says whether `standard` may keep the name.
    pub relationship: String,
}

/// One record's people.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// The patient.
    pub patient: Patient,
    /// Relationship rows, carers, proxies, linked patients.
    pub people: Vec<Person>,
    /// The practice's staff, each as the practice writes the name.
    pub staff: Vec<String>,
}

/// A record folded, ready to compare with.
#[derive(Clone, Default)]
pub(crate) struct Known {
    pub(crate) given: Vec<String>,
    pub(crate) family: Vec<String>,
    /// Every family name, with hyphens between.
    double_name: String,
    pub(crate) male: Option<bool>,
    pub(crate) dob: Vec<u32>,
    pub(crate) phones: Vec<String>,
    pub(crate) addresses: Vec<Vec<String>>,
    pub(crate) emails: Vec<String>,
    pub(crate) nhs: String,
    pub(crate) people: Vec<Other>,
    /// In the order of their first words.
    pub(crate) staff: Vec<Vec<String>>,
    /// With what the patient's names begin, and the words of the patient's addresses.
    names: Begins,
    homes: Begins,
}

/// The first bytes of words, each a bit: most words of a text begin with another and need no closer look.
#[derive(Clone, Copy, Default)]
struct Begins([u64; 4]);

impl Begins {
    fn of<'w>(words: impl Iterator<Item = &'w String>) -> Self {
        let mut begins = Self::default();
        for byte in words.filter_map(|word| word.as_bytes().first()) {
            begins.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
        begins
    }

    fn has(self, word: &str) -> bool {
        word.as_bytes().first().is_some_and(|byte| self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1)
    }
}

#[derive(Clone, Default)]
pub(crate) struct Other {
    pub(crate) name: Vec<String>,
    pub(crate) addresses: Vec<Vec<String>>,
    pub(crate) related: bool,
}

impl Known {
    pub(crate) fn of(record: &Record, lexicon: &Lexicon) -> Self {
        let patient = &record.patient;
        let mut given = words(&patient.given);
        let short = |name: &String| lexicon.full_name(name).map(str::to_owned);
        given.extend(words(&patient.known_as));
        given.extend(given.iter().filter_map(short).collect::<Vec<_>>());
        given.extend(given.iter().flat_map(|name| lexicon.short_for(name)).collect::<Vec<_>>());
        let squeeze = |text: &String| text.chars().filter(char::is_ascii_digit).collect::<String>();
        let family = words(&patient.family);
        let addresses: Vec<_> = patient.addresses.iter().map(|address| words(address)).collect();
        Self {
            names: Begins::of(given.iter().chain(&family)),
            homes: Begins::of(addresses.iter().flatten()),
            given,
            double_name: family.join("-"),
            family,
            male: match patient.sex.to_ascii_lowercase().as_str() {
                "male" | "m" => Some(true),
                "female" | "f" => Some(false),
                _ => None,
            },
            dob: patient.dob.split('-').filter_map(|part| part.parse().ok()).collect(),
            phones: patient.phones.iter().map(squeeze).collect(),
            addresses,
            emails: patient.emails.iter().map(|email| fold(email)).collect(),
            nhs: squeeze(&patient.nhs),
            people: record.people.iter().map(|person| Other::of(person, lexicon)).collect(),
            staff: {
                let mut staff: Vec<_> =
                    record.staff.iter().map(|name| untitled(words(name), lexicon)).collect();
                staff.retain(|name| !name.is_empty());
                staff.sort();
                staff
            },
        }
    }

    /// The staff whose name begins with a word.
    pub(crate) fn staff_called(&self, word: &str) -> &[Vec<String>] {
        let first = |name: &Vec<String>| name.first().map(String::as_str).unwrap_or_default().cmp(word);
        let begin = self.staff.partition_point(|name| first(name).is_lt());
        let end = self.staff.partition_point(|name| first(name).is_le());
        &self.staff[begin..end]
    }

    /// Whether one of the patient's names has the first letter of a word.
    pub(crate) fn may_begin(&self, word: &str) -> bool {
        self.names.has(word)
    }

    /// Whether a word of the patient's addresses has the first letter of a word.
    pub(crate) fn may_be_home(&self, word: &str) -> bool {
        self.homes.has(word)
    }

    /// Whether a folded word is one of the patient's given names, or short for one.
    pub(crate) fn is_given(&self, word: &str) -> bool {
        self.given.iter().any(|given| given == word)
    }

    pub(crate) fn is_family(&self, word: &str) -> bool {
        let whole = |family: &String| family == word;
        self.family.iter().any(whole) || (self.family.len() > 1 && self.double_name == word)
    }
}

impl Other {
    fn of(person: &Person, lexicon: &Lexicon) -> Self {
        Self {
            name: untitled(words(&person.name), lexicon),
            addresses: person.addresses.iter().map(|address| words(address)).collect(),
            related: words(&person.relationship)
                .iter()
                .any(|word| lexicon.classes(word) & crate::word::KIN != 0),
        }
    }
}

fn untitled(name: Vec<String>, lexicon: &Lexicon) -> Vec<String> {
    let title = |word: &String| lexicon.classes(word) & (crate::word::TITLE | crate::word::ROLE) != 0;
    let begin = name.iter().take_while(|word| title(word)).count();
    name.into_iter().skip(begin).collect()
}

/// The words of a name or address, folded, without signs.
pub(crate) fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’' | '-') && !crate::fold::is_mark(c))
        .map(|word| fold(word).chars().filter(|c| !matches!(c, '\'' | '’')).collect::<String>())
        .filter(|word| !word.is_empty())
        .collect()
}
