//! What one feed of a practice marks is withheld in every feed's record of the person: most exports cannot carry marks,
//! and only GP2GP (UK07) and GP Connect say what the patient must not see. Here too labels only grow: a mark is taken
//! over from whatever has the NHS number, deleted or not, whatever date of birth it goes with.
//!
//! An entry is the same as a marked one if it has its GUID; or, where the marking feed has no entry with this GUID, if
//! code, date and value may be the same.

use std::collections::{HashMap, HashSet};

use record::{
    CodeRef, CodeSystem, Coded, Content, Decimal, Dictionary, Effective, Entry, Mark, PatientKey, Statement,
    Value,
};

use crate::{Oversight, Reason, Walk};

/// A record of the same practice with the same NHS number.
#[derive(Clone, Copy)]
pub struct Another<'a> {
    /// Its patient's key.
    pub patient: &'a PatientKey,
    /// Every entry of its own, deleted ones too.
    pub entries: &'a [Entry],
    /// What people of the practice have decided about them.
    pub oversight: &'a Oversight,
}

/// A patient's entries, of which the first `own` are of their own feed and all others guests, with
/// [`Mark::InAnotherFeed`] on those that another feed marks.
#[must_use]
pub fn with_marks_of_others(
    mut entries: Vec<Entry>,
    own: usize,
    oversight: &Oversight,
    others: &[Another<'_>],
    dictionary: &dyn Dictionary,
) -> Vec<Entry> {
    let marked = |walk: &Walk<'_>, entry: &Entry| walk.reasons(&entry.id).iter().any(is_a_mark);
    let found = in_other_feeds(&entries, own, oversight, others, dictionary, &marked);
    for (entry, _) in entries.iter_mut().zip(found).filter(|(_, found)| *found) {
        if !entry.marks.contains(&Mark::InAnotherFeed) {
            entry.marks.push(Mark::InAnotherFeed);
        }
    }
    entries
}

/// What was decided about the same entries, with [`Oversight::withheld_elsewhere`]: words that a clinician withholds in
/// one feed's record are not let out of another's.
#[must_use]
pub fn with_words_of_others(
    entries: &[Entry],
    own: usize,
    oversight: &Oversight,
    others: &[Another<'_>],
    dictionary: &dyn Dictionary,
) -> Oversight {
    let decided = others.iter().map(|other| other.oversight).chain([oversight]);
    // Nearly always there is no such decision, and nothing need be looked for.
    let mut withheld = decided.flat_map(|decided| decided.reviewed.values()).filter(|review| !review.release);
    if withheld.next().is_none() {
        return oversight.clone();
    }
    let held_back = |walk: &Walk<'_>, entry: &Entry| walk.lets_words_out(entry) == Some(false);
    let found = in_other_feeds(entries, own, oversight, others, dictionary, &held_back);
    let found = entries.iter().zip(found).filter(|(_, found)| *found).map(|(entry, _)| entry.id.clone());
    Oversight { withheld_elsewhere: found.collect(), ..oversight.clone() }
}

/// Of each entry, whether another feed has it among those that are wanted there.
fn in_other_feeds(
    entries: &[Entry],
    own: usize,
    oversight: &Oversight,
    others: &[Another<'_>],
    dictionary: &dyn Dictionary,
    wanted: &dyn Fn(&Walk<'_>, &Entry) -> bool,
) -> Vec<bool> {
    if others.is_empty() && entries.len() <= own {
        return vec![false; entries.len()];
    }
    let own = own.min(entries.len());
    let of = |entries, oversight| Marked::of(entries, oversight, dictionary, wanted);
    let elsewhere: Vec<Marked> = others.iter().map(|other| of(other.entries, other.oversight)).collect();
    let (of_own, of_guests) = entries.split_at(own);
    let (of_own, of_guests) = (of(of_own, oversight), of(of_guests, oversight));
    let found = entries.iter().enumerate().map(|(at, entry)| {
        let beside = if at < own { &of_guests } else { &of_own };
        let said = Said::of(entry, dictionary);
        elsewhere.iter().chain([beside]).any(|feed| feed.has(&said))
    });
    found.collect()
}

/// Whether a reason for withholding an entry is somebody's word that the patient must not see it. That something is
/// missing, or not filed yet, in one feed says nothing of the other.
fn is_a_mark(reason: &Reason) -> bool {
    match reason {
        Reason::NotForPatient
        | Reason::Confidential
        | Reason::SensitivePatient
        | Reason::UnrecognisedMark
        | Reason::HiddenByPractice
        | Reason::MarkedInAnotherFeed => true,
        Reason::Awaited | Reason::IdentifyingCode | Reason::NotFiled => false,
    }
}

/// The entries of one feed that are marked, or stand in something that is; or of which something else is wanted.
#[derive(Default)]
struct Marked {
    patient: bool,
    guids: HashSet<u128>,
    /// GUIDs of all its entries, marked or not.
    known: HashSet<u128>,
    by_code: HashMap<Code, Vec<When>>,
}

/// When a marked statement was true, and the numbers of its result.
type When = (Option<Effective>, Vec<Decimal>);
/// A code in a system, or a term in lower case without one.
type Code = (Option<CodeSystem>, String);

impl Marked {
    fn of(
        entries: &[Entry],
        oversight: &Oversight,
        dictionary: &dyn Dictionary,
        wanted: &dyn Fn(&Walk<'_>, &Entry) -> bool,
    ) -> Self {
        let walk = Walk::new(entries, oversight);
        let mut marked = Self::default();
        for entry in entries {
            let guid = guid(entry.id.as_str());
            marked.known.extend(guid);
            if !wanted(&walk, entry) {
                continue;
            }
            marked.guids.extend(guid);
            let said = Said::of(entry, dictionary);
            marked.patient |= said.patient;
            for code in said.codes {
                marked.by_code.entry(code).or_default().push((said.effective, said.numbers.clone()));
            }
        }
        marked
    }

    fn has(&self, said: &Said) -> bool {
        if said.guid.is_some_and(|guid| self.known.contains(&guid)) {
            return said.guid.is_some_and(|guid| self.guids.contains(&guid));
        }
        let like = |(effective, numbers): &When| {
            may_be_one_time(*effective, said.effective) && may_be_one_value(numbers, &said.numbers)
        };
        let mut of_code = said.codes.iter().filter_map(|code| self.by_code.get(code)).flatten();
        (said.patient && self.patient) || of_code.any(like)
    }
}

/// What tells an entry from others, whichever feed it is in.
struct Said {
    patient: bool,
    guid: Option<u128>,
    codes: Vec<Code>,
    effective: Option<Effective>,
    numbers: Vec<Decimal>,
}

impl Said {
    fn of(entry: &Entry, dictionary: &dyn Dictionary) -> Self {
        let statement = match &entry.content {
            Some(Content::Statement(statement)) => Some(statement.as_ref()),
            Some(Content::WithLists(parts)) => Some(&parts.statement),
            Some(
                Content::Patient(_) | Content::Container(_) | Content::Detail(_) | Content::OnlineAccess(_),
            )
            | None => None,
        };
        Self {
            patient: matches!(entry.content, Some(Content::Patient(_))),
            guid: guid(entry.id.as_str()),
            codes: statement.map(|said| codes(said, dictionary)).unwrap_or_default(),
            effective: statement.and_then(|said| said.effective),
            numbers: statement.and_then(|said| said.value.as_ref()).map(numbers).unwrap_or_default(),
        }
    }
}

fn codes(statement: &Statement, dictionary: &dyn Dictionary) -> Vec<Code> {
    let of = |coded: &Coded| {
        let codings = coded.codings.iter().map(|coding| (Some(coding.system.clone()), coding.code.clone()));
        let terms = coded.codings.iter().filter_map(|coding| coding.display.as_deref());
        let words = coded.original_text.iter().map(|text| text.expose());
        let terms = terms.chain(words).map(|term| (None, term.trim().to_lowercase()));
        codings.chain(terms).collect()
    };
    match &statement.code {
        CodeRef::Given(coded, _) => of(coded),
        CodeRef::Local(key) => dictionary.code(key).map(|(coded, _)| of(&coded)).unwrap_or_default(),
    }
}

fn numbers(value: &Value) -> Vec<Decimal> {
    match value {
        Value::Quantity(one) => vec![one.value.clone()],
        Value::Range(low, high) => vec![low.value.clone(), high.value.clone()],
        Value::BloodPressure(systolic, diastolic) => [Some(systolic), diastolic.as_ref()]
            .into_iter()
            .flatten()
            .map(|half| half.value.clone())
            .collect(),
        Value::Coded(_) | Value::Text(_) | Value::Unread => Vec::new(),
    }
}

/// Feeds differ in how exactly they tell the time, and some lose it.
fn may_be_one_time(one: Option<Effective>, other: Option<Effective>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return true };
    let (from, to) = one.span();
    let (since, until) = other.span();
    one.first_day() == other.first_day() || (from < until && since < to)
}

/// Units are spelled differently in each feed, and some feeds put a result into words.
fn may_be_one_value(one: &[Decimal], other: &[Decimal]) -> bool {
    let same = |(one, other): (&Decimal, &Decimal)| one.approximate().total_cmp(&other.approximate()).is_eq();
    one.is_empty() || other.is_empty() || (one.len() == other.len() && one.iter().zip(other).all(same))
}

/// The GUID in a key, whatever case it is in and whatever stands round it.
fn guid(key: &str) -> Option<u128> {
    key.as_bytes().windows(36).find_map(|window| {
        let mut found = 0_u128;
        for (at, byte) in window.iter().enumerate() {
            match (at, byte) {
                (8 | 13 | 18 | 23, b'-') => {}
                (8 | 13 | 18 | 23, _) => return None,
                (_, digit) => found = found << 4 | u128::from(char::from(*digit).to_digit(16)?),
            }
        }
        Some(found)
    })
}
