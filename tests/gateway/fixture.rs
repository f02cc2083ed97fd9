//! A small record that has one of everything, and the words to change it.

use jiff::civil::{Date, date, datetime};
use record::{CodeClass, CodeRef, Container, Content, Effective, Entry, EntryId, FreeText, Link, Mark, Role};

use crate::support::{bare, coded, measured, with};

/// Weights of every precision, a blood pressure, a blood count, habits, findings and vaccinations: 13 Observations and
/// 3 Immunizations.
pub fn record() -> Vec<Entry> {
    let mut entries = vec![
        on(weight("weight-day", "82.5"), Effective::Day(date(2024, 3, 1))),
        on(weight("weight-month", "81"), Effective::Month(2021, 5)),
        on(weight("weight-year", "80.10"), Effective::Year(2019)),
        on(weight("weight-summer", "79"), summer()),
        with(weight("weight-undated", "78"), |statement| statement.effective = None),
        coded("smoker", "77176002", "Smoker"),
        coded("asthma", "195967001", "Asthma"),
        on(coded("asthma-review", "394700004", "Asthma annual review"), Effective::Day(date(2023, 11, 20))),
        on(coded("mmr", "38598009", "MMR vaccination"), Effective::Day(date(2023, 9, 10))),
        on(coded("mmr-child", "38598009", "MMR vaccination"), Effective::Month(1981, 8)),
        with(coded("mmr-undated", "38598009", "MMR vaccination"), |statement| statement.effective = None),
    ];
    entries.extend(blood_pressure("bp", date(2024, 2, 10)));
    entries.extend(blood_count("fbc", date(2022, 6, 15)));
    entries.push(on(
        measured("tsh", "1022791000000101", "Serum TSH level", "2.10", "mIU/L"),
        Effective::Year(2020),
    ));
    entries
}

/// Half past midnight in London's summer: the day before in UTC.
pub fn summer() -> Effective {
    Effective::local(datetime(2024, 7, 1, 0, 30, 0, 0)).unwrap()
}

pub fn weight(id: &str, kilograms: &str) -> Entry {
    measured(id, "27113001", "Body weight", kilograms, "kg")
}

/// A heading with its two readings.
pub fn blood_pressure(id: &str, day: Date) -> Vec<Entry> {
    let half = |name: &str, code: &str, term: &str, value: &str| {
        linked(measured(&format!("{id}-{name}"), code, term, value, "mmHg"), Role::Panel, id)
    };
    let parts = vec![
        coded(id, "163020007", "O/E - blood pressure reading"),
        half("systolic", "72313002", "Systolic arterial pressure", "136"),
        half("diastolic", "1091811000000102", "Diastolic arterial pressure", "84"),
    ];
    parts.into_iter().map(|entry| on(entry, Effective::Day(day))).collect()
}

/// A laboratory panel with two results.
pub fn blood_count(id: &str, day: Date) -> Vec<Entry> {
    let part = |name: &str, code: &str, term: &str, value: &str, unit: &str| {
        linked(measured(&format!("{id}-{name}"), code, term, value, unit), Role::Panel, id)
    };
    let parts = vec![
        coded(id, "26604007", "Full blood count"),
        part("haemoglobin", "1022431000000105", "Haemoglobin", "131", "g/L"),
        part("platelets", "1022651000000100", "Platelet count", "250", "10*9/L"),
    ];
    let laboratory = |entry| classed(on(entry, Effective::Day(day)), CodeClass::Laboratory);
    parts.into_iter().map(laboratory).collect()
}

pub fn on(entry: Entry, at: Effective) -> Entry {
    with(entry, |statement| statement.effective = Some(at))
}

pub fn classed(entry: Entry, class: CodeClass) -> Entry {
    with(entry, |statement| {
        if let CodeRef::Given(_, said) = &mut statement.code {
            *said = Some(class);
        }
    })
}

pub fn noted(entry: Entry, words: &str) -> Entry {
    with(entry, |statement| statement.text.extend(FreeText::new(words)))
}

/// The words that a person typed in place of the code's own term.
pub fn rubric(entry: Entry, words: &str) -> Entry {
    with(entry, |statement| {
        if let CodeRef::Given(coded, _) = &mut statement.code {
            coded.original_text = FreeText::new(words);
        }
    })
}

pub fn linked(mut entry: Entry, role: Role, to: &str) -> Entry {
    entry.links.push(Link { role, to: EntryId::new(to).unwrap() });
    entry
}

pub fn marked(mut entry: Entry, mark: Mark) -> Entry {
    entry.marks.push(mark);
    entry
}

pub fn recorded(mut entry: Entry, day: Date) -> Entry {
    entry.recorded = Some(Effective::Day(day));
    entry
}

/// The same entry, sent again later.
pub fn later(mut entry: Entry) -> Entry {
    entry.sequence += 1;
    entry
}

pub fn deleted(mut entry: Entry) -> Entry {
    entry.deleted = true;
    entry
}

pub fn consultation(id: &str) -> Entry {
    Entry { content: Some(Content::Container(Container::Consultation)), ..bare(id) }
}
