//! Parts that a source keeps in lists, put where they belong before anything is mapped: the patient gets the registration,
//! address and telephones that count now, and a statement the words of the lists that it names.
//!
//! Which words mean what is a table, `profiles/codes/listed.csv`; a word that is not in it means nothing.

use std::{borrow::Cow, sync::LazyLock};

use jiff::civil::Date;
use record::{
    Coded, Content, Demographics, Detail, Dictionary, DoseSequence, Entry, Listed, Mark, Statement, WithLists,
};

/// List, words in lower case, and what they mean.
static MEANINGS: LazyLock<Vec<(&str, &str, &str)>> = LazyLock::new(|| {
    let lines = include_str!("../../profiles/codes/listed.csv").lines();
    let lines = lines.skip_while(|line| line.starts_with('#')).skip(1);
    let row = |line: &'static str| {
        let mut cells = line.splitn(4, ',');
        Some((cells.next()?, cells.next()?, cells.next()?))
    };
    lines.filter_map(row).collect()
});

/// The entries with their parts in place. Where there are no such parts they are given back as they are.
pub(crate) fn gathered<'a>(entries: &'a [Entry], dictionary: &dyn Dictionary) -> Cow<'a, [Entry]> {
    let has_parts = |entry: &Entry| matches!(entry.content, Some(Content::Detail(_) | Content::WithLists(_)));
    if !entries.iter().any(has_parts) {
        return Cow::Borrowed(entries);
    }
    let lists = Lists { dictionary };
    let details: Vec<(&Entry, &Detail)> = entries.iter().filter_map(detail).collect();
    let made = entries.iter().map(|entry| match &entry.content {
        Some(Content::Patient(person)) => patient(entry, person, &details, &lists),
        Some(Content::WithLists(parts)) => {
            let content = Content::Statement(Box::new(lists.statement(parts)));
            Entry { content: Some(content), ..entry.clone() }
        }
        _ => entry.clone(),
    });
    Cow::Owned(made.collect())
}

fn detail(entry: &Entry) -> Option<(&Entry, &Detail)> {
    match &entry.content {
        Some(Content::Detail(detail)) if !entry.deleted => Some((entry, detail)),
        _ => None,
    }
}

/// The patient with what counts now. A doubt about any registration is a doubt about the patient.
fn patient(entry: &Entry, person: &Demographics, details: &[(&Entry, &Detail)], lists: &Lists) -> Entry {
    let mut person = person.clone();
    let mut marks: Vec<Mark> = entry.marks.clone();
    for (part, detail) in details {
        if matches!(detail, Detail::Registration { .. }) {
            marks.extend(part.marks.iter().cloned());
        }
    }
    register(&mut person, details);
    house(&mut person, details, lists);
    person.home_phone = telephone(details, lists, "home").or(person.home_phone);
    person.mobile_phone = telephone(details, lists, "mobile").or(person.mobile_phone);
    marks.sort();
    marks.dedup();
    Entry { content: Some(Content::Patient(Box::new(person))), marks, ..entry.clone() }
}

/// The latest registration decides, whether it stands or has ended; of two that began on one day the one that stands
/// longer, and then the later row.
fn register(person: &mut Demographics, details: &[(&Entry, &Detail)]) {
    let registrations = details.iter().filter_map(|(entry, detail)| match detail {
        Detail::Registration { kind, from, to } => {
            Some(((*from, to.is_none(), *to, age(entry)), (kind, from, to)))
        }
        _ => None,
    });
    if let Some((_, (kind, from, to))) = registrations.max_by(|a, b| a.0.cmp(&b.0)) {
        person.registration = kind.clone();
        person.registered_on = *from;
        person.deducted_on = *to;
    }
}

/// The newest home address that has not ended; a temporary one where there is none.
fn house(person: &mut Demographics, details: &[(&Entry, &Detail)], lists: &Lists) {
    let addresses = details.iter().filter_map(|(entry, detail)| match detail {
        Detail::Address { address, kind, from, ended: false } => {
            let kind = lists.means("address", kind.as_ref())?;
            Some(((kind == "home", *from, age(entry)), address))
        }
        _ => None,
    });
    if let Some(((home, ..), address)) = addresses.max_by(|a, b| a.0.cmp(&b.0)) {
        person.address = Some(record::Address { temporary: !home, ..address.clone() });
    }
}

/// The newest number of a kind.
fn telephone(details: &[(&Entry, &Detail)], lists: &Lists, wanted: &str) -> Option<record::FreeText> {
    let numbers = details.iter().filter_map(|(entry, detail)| match detail {
        Detail::Telephone { number, kind, from } if lists.means("telephone", kind.as_ref())? == wanted => {
            Some(((*from, age(entry)), number))
        }
        _ => None,
    });
    numbers.max_by(|a, b| a.0.cmp(&b.0)).map(|(_, number)| number.clone())
}

/// What tells two rows of one day apart, however they came: a longer key is a larger number.
fn age(entry: &Entry) -> (Option<Date>, usize, &str) {
    let key = entry.id.as_str();
    (entry.recorded.map(|at| at.first_day()), key.len(), key)
}

struct Lists<'a> {
    dictionary: &'a dyn Dictionary,
}

impl Lists<'_> {
    fn statement(&self, parts: &WithLists) -> Statement {
        let mut statement = parts.statement.clone();
        if let Some(told) = &mut statement.vaccination {
            told.site = self.concept("site", parts.site.as_ref()).or(told.site.take());
            told.route = self.concept("route", parts.route.as_ref()).or(told.route.take());
            told.product = self.concept("product", parts.product.as_ref()).or(told.product.take());
            told.sequence = self.dose(parts.sequence.as_ref()).or(told.sequence.take());
        }
        statement
    }

    /// A number, or the list's own words if they are known to be no more than that.
    fn dose(&self, listed: Option<&Listed>) -> Option<DoseSequence> {
        let words = self.words(listed)?;
        let means = meaning("dose", &words)?;
        Some(means.parse().map_or(DoseSequence::Named(words), DoseSequence::Number))
    }

    /// The words of a list's key. What stands in words in the row itself may have been typed.
    fn concept(&self, list: &str, listed: Option<&Listed>) -> Option<Coded> {
        match listed? {
            Listed::Key(_) => Some(Listed::concept(list, &self.words(listed)?)),
            Listed::Words(words) => Coded::words(words),
        }
    }

    fn means(&self, list: &str, listed: Option<&Listed>) -> Option<&'static str> {
        meaning(list, &self.words(listed)?)
    }

    fn words(&self, listed: Option<&Listed>) -> Option<String> {
        match listed? {
            Listed::Key(key) => self.dictionary.code(key)?.0.display().map(str::to_owned),
            Listed::Words(words) => Some(words.clone()),
        }
    }
}

fn meaning(list: &str, words: &str) -> Option<&'static str> {
    let words = words.trim().to_lowercase();
    MEANINGS.iter().find(|(of, known, _)| *of == list && *known == words).map(|(_, _, means)| *means)
}
