//! Every place of a mark (exports 4.10) with every kind of statement, in both versions of the message and both dialects:
//! 96 messages, and what a table of our own expects of each.

use super::{
    message::{
        Dialect, NOPAT, code, composition, compound, message, narrative, note, observation, problem, result,
    },
    seen::{assert_adds_up, look},
};

const WORDS: &str = "Came with somebody";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Observation,
    BloodPressure,
    Immunization,
}

const KINDS: [Kind; 3] = [Kind::Observation, Kind::BloodPressure, Kind::Immunization];

/// Where the mark stands, and whether it hides an Observation, a blood pressure and an Immunization. The three are in
/// one category of one topic, filed under one problem; the battery is the blood pressure's own, and the remark is in it.
#[rustfmt::skip]
const PLACES: [(&str, [bool; 3]); 8] = [
    ("composition", [true,  true,  true]),
    ("topic",       [true,  true,  true]),
    ("category",    [true,  true,  true]),
    // Of a blood pressure: one half.
    ("statement",   [true,  true,  true]),
    ("battery",     [false, true,  false]),
    ("problem",     [true,  true,  true]),
    ("remark",      [false, true,  false]),
    // A document in the category is nothing but itself.
    ("document",    [false, false, false]),
];

/// The record with a mark in one place of one kind.
fn marked(version: &str, dialect: Dialect, place: &str, kind: Kind) -> String {
    let at = |here: &str| if here == place { NOPAT } else { "" };
    let own = |of: Kind| if place == "statement" && of == kind { NOPAT } else { "" };
    let weight = code(dialect, "22A..", "27113001", "O/E - weight");
    let weight = observation(
        "OBSERVATION",
        &weight,
        &format!("{}{}", own(Kind::Observation), result(dialect, "71.5", "kg", WORDS)),
    );
    let half = |id: &str, read: &str, concept: &str, number: &str, mark: &str| {
        let code = code(dialect, read, concept, "a half");
        observation(id, &code, &format!("{mark}{}", result(dialect, number, "mm[Hg]", WORDS)))
    };
    let halves = [
        half("SYSTOLIC", "2469.", "72313002", "136", own(Kind::BloodPressure)),
        half("DIASTOLIC", "246A.", "1091811000000102", "84", ""),
        narrative("REMARK", at("remark")),
    ];
    let header = code(dialect, "246..", "75367002", "Blood pressure");
    let pressure = compound("BATTERY", "PRESSURE", &header, at("battery"), &halves.concat());
    let lines = match dialect {
        Dialect::Emis => "[Batch Number: AB12], GMS: GMS",
        Dialect::SystmOne => "Area: UK\nBatch No: AB12\nNotes: Came with somebody",
    };
    let mmr = code(dialect, "65M1.", "38598009", "Measles/mumps/rubella vaccination");
    let mmr = observation("IMMUNIZATION", &mmr, &format!("{}{}", own(Kind::Immunization), note(lines)));
    let document = format!(
        "<reference><referredToExternalDocument><id root=\"D1\"/>{}</referredToExternalDocument></reference>",
        at("document")
    );
    let inside = [weight, pressure, mmr, narrative("DOCUMENT", &document)].concat();
    let heading = "<code nullFlavor=\"UNK\"><originalText>Examination</originalText></code>";
    let category = compound("CATEGORY", "CATEGORY", heading, at("category"), &inside);
    let topic = compound("TOPIC", "TOPIC", heading, at("topic"), &category);
    let asthma = code(dialect, "H33..", "195967001", "Asthma");
    let named = observation("ASTHMA", &asthma, "");
    let members = ["OBSERVATION", "SYSTOLIC", "DIASTOLIC", "PRESSURE", "IMMUNIZATION"];
    let problem = problem("PROBLEM", at("problem"), "ASTHMA", &members);
    let smoking = code(dialect, "1371.", "266919005", "Never smoked tobacco");
    let beside = composition("C2", "", &observation("BESIDE", &smoking, ""));
    let first = composition("C1", at("composition"), &[topic, named, problem].concat());
    message(version, "20240301120000", &(first + &beside))
}

#[test]
fn a_mark_in_each_place_hides_what_the_table_says_and_nothing_beside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.xml");
    let (mut cases, mut wrong) = (0, Vec::new());
    for version in ["UK06", "UK07"] {
        for dialect in [Dialect::Emis, Dialect::SystmOne] {
            for (place, hides) in PLACES {
                for (kind, hides) in KINDS.into_iter().zip(hides) {
                    std::fs::write(&path, marked(version, dialect, place, kind)).unwrap();
                    let seen = look(ingest::Format::Gp2gp, &path);
                    assert_adds_up(&seen.report);
                    let case = format!("{version} {dialect:?}: a mark on the {place}, {kind:?}");
                    let id = match kind {
                        Kind::Observation => "observation",
                        Kind::BloodPressure => "systolic",
                        Kind::Immunization => "immunization",
                    };
                    let made = seen.patients[0].of(id).unwrap_or_else(|| panic!("{case}: nothing was made"));
                    let resource = if kind == Kind::Immunization { "Immunization" } else { "Observation" };
                    assert_eq!(made.kind.name(), resource, "{case}");
                    let parts = usize::from(kind == Kind::BloodPressure) * 2;
                    assert_eq!(made.whole["component"].as_array().map_or(0, Vec::len), parts, "{case}");
                    if made.body().is_none() != hides {
                        wrong.push(format!("{case}: {:?}", made.reasons));
                    }
                    // Nobody has looked through a UK06 message: words stay back.
                    let body = made.body().map(ToString::to_string).unwrap_or_default();
                    assert!(version == "UK07" || !body.contains(WORDS), "{case}: {body}");
                    let beside = seen.patients[0].of("beside").unwrap();
                    assert!(beside.body().is_some(), "{case}: what stands beside is hidden");
                    cases += 1;
                }
            }
        }
    }
    assert_eq!(cases, 96);
    assert!(wrong.is_empty(), "{} of 96:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn of_two_compounds_that_one_is_hidden_which_is_marked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("in.xml");
    for dialect in [Dialect::Emis, Dialect::SystmOne] {
        for class in ["TOPIC", "CATEGORY", "BATTERY", "CLUSTER"] {
            for marked in ["ONE", "TWO"] {
                let with = |id: &str| {
                    let weight = code(dialect, "22A..", "27113001", "O/E - weight");
                    let inside =
                        observation(&format!("IN-{id}"), &weight, &result(dialect, "71.5", "kg", WORDS));
                    let heading = code(dialect, "22...", "5880005", "Physical examination");
                    compound(class, id, &heading, if id == marked { NOPAT } else { "" }, &inside)
                };
                let two = composition("C1", "", &[with("ONE"), with("TWO")].concat());
                std::fs::write(&path, message("UK07", "20240301120000", &two)).unwrap();
                let seen = look(ingest::Format::Gp2gp, &path);
                for id in ["ONE", "TWO"] {
                    let made = seen.patients[0].of(&format!("in-{id}").to_lowercase()).unwrap();
                    assert_eq!(
                        made.body().is_none(),
                        id == marked,
                        "{dialect:?} {class}: {marked} is marked, {id}"
                    );
                }
            }
        }
    }
}
