//! An entry comes back from the vault as it was put, whatever it is and from whichever file.

use jiff::civil::datetime;
use record::{CodeRef, Effective, Statement, Vaccination, Value};

use super::*;

fn dated(id: &str, recorded: Option<Effective>, file: &str, line: u64) -> Entry {
    let place = record::Place { file: file.to_owned(), line };
    Entry { recorded, place, ..entry(id, 1, &[Mark::Confidential]) }
}

fn stated(id: &str, effective: Effective) -> Entry {
    let vaccination = Vaccination { expires_on: Some(date(2027, 1, 31)), ..Vaccination::default() };
    let statement = Statement {
        effective: Some(effective),
        value: record::FreeText::new("žluť").map(Value::Text),
        performer: Some("a".into()),
        vaccination: Some(vaccination),
        ..Statement::of_patient(CodeRef::Local("1".into()))
    };
    let content = Some(Content::Statement(Box::new(statement)));
    Entry { content, ..dated(id, Some(effective), "c.csv", u64::MAX) }
}

fn kept(store: &Lmdb) -> Vec<Entry> {
    let facts = store.facts(&practice(), &patient("p")).unwrap();
    facts.entries.into_iter().map(|(entry, _)| entry).collect()
}

#[test]
fn an_entry_comes_back_as_it_was_with_its_file_and_dates_of_every_precision() {
    let f = fixture();
    let instant = Effective::Instant("2024-07-01T00:30:00.123456789Z".parse().unwrap(), 3_600);
    let entries = vec![
        dated("a", None, "a.csv", 0),
        dated("b", Effective::year(1000).ok(), "b.csv", 2),
        dated("c", Effective::month(9999, 12).ok(), "a.csv", 3),
        dated("d", Some(Effective::Day(date(-1, 2, 28))), "", 4),
        dated("e", Effective::local(datetime(2024, 7, 1, 0, 30, 0, 0)), &"ž".repeat(120), 5),
        dated("f", Some(Effective::Instant(Timestamp::MIN, -1)), "b.csv", 6),
        stated("g", instant),
        Entry { content: None, deleted: true, ..dated("h", None, "a.csv", 7) },
    ];
    let facts: Vec<Fact> = entries.iter().map(|entry| fact("p", entry.clone())).collect();
    load(&f.store, &facts);
    assert_eq!(kept(&f.store), entries);
    let reopened = {
        let Fixture { store, dir } = f;
        drop(store);
        Fixture { store: open(&dir).unwrap(), dir }
    };
    assert_eq!(kept(&reopened.store), entries);
    assert_eq!(load(&reopened.store, &facts), vec![Fate::Unchanged; entries.len()]);
}

#[test]
fn each_practice_numbers_its_own_files() {
    let f = fixture();
    let other: OdsCode = "Y88888".parse().unwrap();
    for (practice, files) in [(practice(), ["x.csv", "y.csv"]), (other.clone(), ["y.csv", "z.csv"])] {
        let batch = f.store.begin(&practice, "files").unwrap().batch;
        for (line, file) in (1..).zip(files) {
            let facts = [fact("p", dated(file, None, file, line))];
            f.store.put(&practice, batch, &facts).unwrap();
        }
        f.store.close(&practice).unwrap();
    }
    let files = |practice: &OdsCode| {
        let facts = f.store.facts(practice, &patient("p")).unwrap();
        facts.entries.into_iter().map(|(entry, _)| entry.place.file).collect::<Vec<_>>()
    };
    assert_eq!(files(&practice()), ["x.csv", "y.csv"]);
    assert_eq!(files(&other), ["y.csv", "z.csv"]);
}

#[test]
fn organisations_are_known_by_their_keys_where_their_codes_are() {
    let f = fixture();
    let named = |key: &str, ods: Option<&str>| {
        let ods = ods.map(|ods| ods.parse().unwrap());
        let organisation = Reference::Organisation { ods, name: Some("The Surgery".into()) };
        Fact::Reference(ReferenceKey::Organisation(key.into()), Box::new(organisation), 1)
    };
    load(&f.store, &[named("a", Some("Y99999")), named("b", None), named("c", Some("Y88888"))]);
    let of = |practice: &OdsCode| f.store.organisations(practice).unwrap();
    let expected = [("a", "Y99999"), ("c", "Y88888")];
    assert_eq!(of(&practice()), expected.map(|(key, ods)| (key.to_owned(), ods.parse().unwrap())));
    assert_eq!(of(&"Y88888".parse().unwrap()), []);
}
