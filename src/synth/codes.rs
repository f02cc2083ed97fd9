//! The clinical codes that synthetic records use: read once from `codes.csv`, which is the place to add one.

use std::{collections::BTreeMap, sync::LazyLock};

/// A row of the code list.
#[derive(Debug)]
pub struct Code {
    /// The name by which this crate asks for it.
    pub key: String,
    /// The supplier's own code: the shape of a SNOMED CT description id in the supplier's namespace.
    pub id: String,
    /// The rubric.
    pub term: String,
    /// Read code version 2 without padding; blank where it is not certain.
    pub read: String,
    /// SNOMED CT concept id.
    pub snomed: String,
    /// The supplier's category.
    pub category: String,
    group: String,
}

impl Code {
    /// Whether the code says something about a vaccination.
    pub fn is_immunisation(&self) -> bool {
        self.category == "Immunisations"
    }
}

struct Codes {
    rows: Vec<Code>,
    by_key: BTreeMap<String, usize>,
    groups: BTreeMap<String, Vec<usize>>,
}

static CODES: LazyLock<Codes> = LazyLock::new(|| {
    let mut codes = Codes { rows: Vec::new(), by_key: BTreeMap::new(), groups: BTreeMap::new() };
    for row in csv::Reader::from_reader(include_str!("codes.csv").as_bytes()).into_records().flatten() {
        let text = |column: usize| row.get(column).unwrap_or_default().to_owned();
        let code = Code {
            key: text(0),
            id: text(1),
            term: text(2),
            read: text(3),
            snomed: text(4),
            category: text(5),
            group: text(6),
        };
        codes.by_key.insert(code.key.clone(), codes.rows.len());
        codes.groups.entry(code.group.clone()).or_default().push(codes.rows.len());
        codes.rows.push(code);
    }
    codes
});

/// Every code.
pub fn all() -> &'static [Code] {
    &CODES.rows
}

/// The code of a name.
#[expect(clippy::panic, reason = "names are literals of this crate; a test asks for every one of them")]
pub fn named(key: &str) -> &'static Code {
    match CODES.by_key.get(key).and_then(|row| CODES.rows.get(*row)) {
        Some(code) => code,
        None => panic!("codes.csv has no code named {key}"),
    }
}

/// One of a group's codes, by a number of any size.
#[expect(clippy::panic, reason = "groups are literals of this crate; a test asks for every one of them")]
pub fn of_group(group: &str, draw: usize) -> &'static Code {
    let rows = CODES.groups.get(group).map(Vec::as_slice).unwrap_or_default();
    match rows.get(draw.checked_rem(rows.len()).unwrap_or(0)).and_then(|row| CODES.rows.get(*row)) {
        Some(code) => code,
        None => panic!("codes.csv has no group {group}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a SNOMED CT identifier's last digit is its Verhoeff check digit (SNOMED CT Release File
    /// Specification, "Check-digit computation").
    fn verhoeff(id: &str) -> bool {
        const STEP: [usize; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
        let times = |a: usize, b: usize| match (a < 5, b < 5) {
            (true, true) => (a + b) % 5,
            (true, false) => 5 + (a + b - 5) % 5,
            (false, true) => 5 + (a - 5 + 5 - b) % 5,
            (false, false) => (a - 5 + 5 - (b - 5)) % 5,
        };
        let mut check = 0;
        for (place, byte) in id.bytes().rev().enumerate() {
            let mut digit = usize::from(byte - b'0');
            for _ in 0..place % 8 {
                digit = STEP[digit];
            }
            check = times(check, digit);
        }
        check == 0
    }

    #[test]
    fn every_concept_and_code_id_has_its_shape_and_check_digit() {
        assert!(verhoeff("22298006") && !verhoeff("22298007"), "the check itself");
        for code in all() {
            assert!(verhoeff(&code.snomed), "{}: {}", code.key, code.snomed);
            assert!(verhoeff(&code.id), "{}: {}", code.key, code.id);
            let partition = |id: &str| id[id.len() - 3..id.len() - 1].to_owned();
            assert!(["00", "10"].contains(&partition(&code.snomed).as_str()), "{}", code.key);
            assert_eq!(partition(&code.id), "11", "{}", code.key);
            assert!(code.read.len() <= 7 && !code.read.ends_with('.'), "{}", code.key);
            assert!(!code.term.is_empty() && !code.category.is_empty(), "{}", code.key);
        }
    }

    #[test]
    fn every_name_and_group_that_the_sources_ask_for_exists() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/life");
        let mut asked = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            for (call, group) in [
                ("say(\"", false),
                ("result(\"", false),
                ("test(\"", false),
                ("give(draft, \"", false),
                ("any(\"", true),
            ] {
                for after in text.split(call).skip(1) {
                    let name = after.split('"').next().unwrap();
                    assert!(
                        if group { CODES.groups.contains_key(name) } else { CODES.by_key.contains_key(name) },
                        "{name}"
                    );
                    asked += 1;
                }
            }
        }
        assert!(asked > 80, "{asked}");
    }

    #[test]
    fn keys_and_ids_are_unique_and_there_are_enough() {
        assert!(all().len() >= 250);
        let keys: std::collections::BTreeSet<_> = all().iter().map(|code| &code.key).collect();
        let ids: std::collections::BTreeSet<_> = all().iter().map(|code| &code.id).collect();
        assert_eq!((keys.len(), ids.len()), (all().len(), all().len()));
    }
}
