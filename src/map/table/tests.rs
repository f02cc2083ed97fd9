//! The tables as a whole: their shape, that no two contradict each other, that identifiers are what they look like.

use std::{collections::BTreeSet, fs, io::Write, path::Path};

use record::SnomedId;

use super::*;

/// A table, its text, and how many of its first columns are its key.
const TABLES: [(&str, &str, usize); 13] = [
    ("access_control.csv", include_str!("../../../profiles/codes/access_control.csv"), 2),
    ("blood_pressure.csv", include_str!("../../../profiles/codes/blood_pressure.csv"), 2),
    ("ethnicity.csv", include_str!("../../../profiles/codes/ethnicity.csv"), 2),
    ("hierarchies.csv", include_str!("../../../profiles/codes/hierarchies.csv"), 1),
    ("identifying.csv", include_str!("../../../profiles/codes/identifying.csv"), 2),
    ("listed.csv", include_str!("../../../profiles/codes/listed.csv"), 2),
    ("not_given.csv", include_str!("../../../profiles/codes/not_given.csv"), 2),
    ("other_people.csv", include_str!("../../../profiles/codes/other_people.csv"), 2),
    ("sensitive.csv", include_str!("../../../profiles/codes/sensitive.csv"), 3),
    ("social_history.csv", include_str!("../../../profiles/codes/social_history.csv"), 2),
    ("units.csv", include_str!("../../../profiles/codes/units.csv"), 1),
    ("vaccinations.csv", include_str!("../../../profiles/codes/vaccinations.csv"), 2),
    ("vital_signs.csv", include_str!("../../../profiles/codes/vital_signs.csv"), 1),
];

fn text(name: &str) -> &'static str {
    TABLES.iter().find(|(table, ..)| *table == name).unwrap().1
}

/// System and code of each row that is one code and no chapter.
fn exact(name: &str) -> Vec<(&'static str, &'static str)> {
    let system = |row: &Vec<&'static str>| match name {
        "vital_signs.csv" | "hierarchies.csv" => ("snomed", row[0]),
        _ => (row[0], row[1]),
    };
    let codes = rows(text(name)).into_iter().map(|row| system(&row));
    codes.filter(|(system, code)| is_code(system) && !code.ends_with('*')).collect()
}

fn is_code(system: &str) -> bool {
    ["snomed", "snomed-description", "readv2", "ctv3"].contains(&system)
}

fn named(system: &str) -> CodeSystem {
    match system {
        "snomed" => CodeSystem::SnomedCt,
        "snomed-description" => CodeSystem::SnomedCtDescription,
        "readv2" => CodeSystem::ReadV2,
        "ctv3" => CodeSystem::Ctv3,
        other => panic!("system {other}"),
    }
}

#[test]
fn every_table_is_here() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../profiles/codes");
    let there: BTreeSet<String> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(there, TABLES.iter().map(|(name, ..)| (*name).to_owned()).collect());
}

#[test]
fn every_table_is_sorted_without_doubles_and_with_as_many_fields_as_its_header() {
    for (name, csv, keys) in TABLES {
        let columns = fields(lines(csv).next().unwrap());
        let found: Vec<Vec<&str>> = rows(csv).into_iter().map(|row| row[..keys].to_vec()).collect();
        assert!(found.is_sorted(), "{name} is not sorted");
        assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), found.len(), "{name} has a double");
        for row in rows(csv) {
            assert_eq!(row.len(), columns.len(), "{name}: {row:?}");
            assert!(row[..keys].iter().all(|key| !key.is_empty() && key.trim() == *key), "{name}: {row:?}");
            assert!(row.iter().all(|cell| !cell.contains('"')), "{name}: {row:?}");
        }
    }
}

#[test]
fn every_table_says_what_it_is_and_where_the_full_set_can_be_had() {
    for (name, csv, _) in TABLES {
        let head: Vec<&str> = csv.lines().take_while(|line| line.starts_with("# ")).collect();
        assert!(head.len() >= 3, "{name}");
        let head = head.join(" ");
        let told = ["full set", "Where to get", "larger set"].iter().any(|words| head.contains(words));
        assert!(told, "{name} does not say where more can be had");
    }
}

#[test]
fn every_snomed_id_is_of_the_kind_that_its_row_says_and_has_a_right_check_digit() {
    let mut ids = 0;
    for (name, ..) in TABLES.into_iter().filter(|(name, ..)| !["units.csv", "listed.csv"].contains(name)) {
        for (system, code) in exact(name) {
            let right = match system {
                "snomed" => matches!(SnomedId::parse(code), Some(SnomedId::Concept(_))),
                "snomed-description" => matches!(SnomedId::parse(code), Some(SnomedId::Description(_))),
                _ => code.len() == 5 && code.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.'),
            };
            assert!(right, "{name}: {system} {code}");
            ids += usize::from(system.starts_with("snomed"));
        }
        for row in rows(text(name)).iter().filter(|row| ["word", "term", "text"].contains(&row[0])) {
            assert_eq!(row[1], row[1].to_lowercase(), "{name}");
        }
    }
    assert!(ids > 300, "{ids}");
}

/// Of two tables that say opposite things, no code may be in both; nor may a chapter of one hold a code of the other.
#[test]
fn no_table_contradicts_another() {
    const OPPOSITE: [(&str, &str); 9] = [
        ("vaccinations.csv", "not_given.csv"),
        ("vaccinations.csv", "other_people.csv"),
        ("vaccinations.csv", "social_history.csv"),
        ("vaccinations.csv", "blood_pressure.csv"),
        ("vaccinations.csv", "identifying.csv"),
        ("social_history.csv", "other_people.csv"),
        ("blood_pressure.csv", "other_people.csv"),
        ("identifying.csv", "social_history.csv"),
        ("identifying.csv", "blood_pressure.csv"),
    ];
    for (one, other) in OPPOSITE {
        for (said, denied) in [(one, other), (other, one)] {
            let table = CodeTable::parse(text(denied));
            for (system, code) in exact(said) {
                assert!(
                    table.find(&named(system), code).is_none(),
                    "{system} {code} is in {said} and {denied}"
                );
            }
        }
    }
    for other in ["blood_pressure.csv", "other_people.csv", "vaccinations.csv", "social_history.csv"] {
        let table = CodeTable::parse(text(other));
        for (_, code) in exact("vital_signs.csv") {
            assert!(
                table.find(&CodeSystem::SnomedCt, code).is_none(),
                "{code} is a vital sign and in {other}"
            );
        }
    }
}

/// A root means with a loaded terminology what our own tables say of it without one.
#[test]
fn a_root_means_what_the_tables_say_of_it() {
    let holds =
        |name: &str, code: &str| CodeTable::parse(text(name)).find(&CodeSystem::SnomedCt, code).is_some();
    for row in rows(text("hierarchies.csv")) {
        let (given, not_given) = (holds("vaccinations.csv", row[0]), holds("not_given.csv", row[0]));
        let relatives = holds("other_people.csv", row[0]);
        match row[1] {
            "given" => assert!(!not_given && !relatives, "{}", row[0]),
            "not-given" => assert!(not_given && !given, "{}", row[0]),
            "family-history" | "somebody-else" => assert!(relatives && !given, "{}", row[0]),
            // A test beside the roots compares these with the table of sensitive codes.
            "sensitive" => assert!(!given && !not_given && !relatives, "{}", row[0]),
            other => panic!("{}: {other}", row[0]),
        }
        assert!(!row[3].is_empty(), "{} has no why", row[0]);
    }
}

#[test]
fn vital_signs_have_the_loinc_code_and_unit_that_uk_core_fixes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/data/fhir/ukcore-json/structuredefinitions");
    if !folder.is_dir() {
        writeln!(std::io::stderr(), "skipped: ../shared/data/fhir/ukcore-json is not here").unwrap();
        return;
    }
    let mut profiles = BTreeSet::new();
    for row in rows(text("vital_signs.csv")) {
        let [_, _, profile, loinc, _, ucum, unit, _] = row[..] else { panic!("{row:?}") };
        let file = folder.join(format!("UKCore-Observation-VitalSigns-{profile}.json"));
        let json: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
        let elements = json["differential"]["element"].as_array().unwrap();
        let fixed = |path: &str, key: &str| {
            elements.iter().find(|element| element["id"] == path).and_then(|element| element[key].as_str())
        };
        assert_eq!(fixed("Observation.code.coding:loinc.code", "fixedCode"), Some(loinc), "{profile}");
        for (path, key, value) in [
            ("Observation.value[x].code", "fixedCode", ucum),
            ("Observation.value[x].unit", "fixedString", unit),
        ] {
            assert!(fixed(path, key).is_none_or(|fixed| fixed == value), "{profile} {path}: {value}");
        }
        profiles.insert(profile);
    }
    assert_eq!(profiles.len(), 8, "{profiles:?}");
}

#[test]
fn loinc_codes_have_a_right_check_digit() {
    for row in rows(text("vital_signs.csv")) {
        let (number, check) = row[3].split_once('-').unwrap();
        // LOINC Users' Guide, appendix C: as for credit cards, every other digit from the right is doubled.
        let sum: u32 = number
            .bytes()
            .rev()
            .enumerate()
            .map(|(place, byte)| {
                let digit = u32::from(byte - b'0') * if place % 2 == 0 { 2 } else { 1 };
                digit / 10 + digit % 10
            })
            .sum();
        assert_eq!((10 - sum % 10) % 10, check.parse::<u32>().unwrap(), "{}", row[3]);
    }
}

#[test]
fn a_quoted_field_may_hold_commas_and_the_last_may_be_empty() {
    assert_eq!(fields("a,\"b, c\",d,"), ["a", "b, c", "d", ""]);
    assert_eq!(fields("\"a, b\""), ["a, b"]);
}

#[test]
fn lines_in_front_of_the_header_are_no_rows() {
    assert_eq!(rows("# what\n# where\na,b\n1,2\n"), [["1", "2"]]);
    assert_eq!(rows("a,b\n#1,2\n"), [["#1", "2"]]);
}

#[test]
fn read_codes_are_compared_by_their_five_bytes() {
    assert_eq!(five_bytes("65E"), "65E..");
    assert_eq!(five_bytes("246..00"), "246..");
    assert_eq!(five_bytes("G30-1"), "G30..");
}

#[test]
fn a_description_in_a_concepts_place_is_looked_up_as_a_description() {
    let table = CodeTable::parse(text("blood_pressure.csv"));
    for system in [CodeSystem::SnomedCt, CodeSystem::SnomedCtDescription] {
        assert_eq!(table.find(&system, "120159016").map(|(cells, _)| cells[0]), Some("systolic"));
    }
}
