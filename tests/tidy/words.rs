//! What may be named where: the ten-second rules. Each rule has a home; every exception has a reason and must still
//! be needed.

use crate::tree::{FILES, none, product, rust};

/// Words that may occur only at home.
struct Rule {
    why: &'static str,
    words: &'static [&'static str],
    home: &'static [&'static str],
    but: &'static [(&'static str, &'static str)],
}

const RULES: [Rule; 6] = [
    Rule {
        why: "a supplier's column or element is named only by its reader and its writer",
        words: &[
            "AssociatedText",
            "ClinicianUserInRoleGuid",
            "ConsultationGuid",
            "DateOfDeactivation",
            "DummyType",
            "EffectiveDatePrecision",
            "EmisCodeCategory",
            "EnteredDate",
            "EnteredTime",
            "IsConfidential",
            "NumericOperator",
            "NumericRange",
            "NumericUnit",
            "ObservationGuid",
            "OrganisationGuid",
            "PatientGuid",
            "PatientTypeDescription",
            "ProblemGuid",
            "ProcessingId",
            "ReadTermId",
            "SnomedCTConceptId",
            "SpineSensitive",
            "ehrComposition",
            "CompoundStatement",
            "ObservationStatement",
            "NarrativeStatement",
            "availabilityTime",
            "confidentialityCode",
            "CTV3Code",
            "IDOnlineUser",
            "IDOrganisation",
            "NumericComparator",
            "RegistrationStatus",
            "RemovedData",
            "VaccPart",
        ],
        home: &["src/ingest/", "src/synth/"],
        but: &[],
    },
    Rule {
        why: "a FHIR element or URL is named only by mapping and the wall round FHIR",
        words: &[
            "StructureDefinition/",
            "http://terminology.hl7.org",
            "https://fhir.hl7.org.uk",
            "https://fhir.nhs.uk",
            "valueQuantity",
            "hasMember",
            "vaccineCode",
            "statusReason",
            "effectiveDateTime",
            "occurrenceDateTime",
            "managingOrganization",
        ],
        // GP Connect sends FHIR of an older release: there its elements are a supplier's.
        home: &["src/map/", "src/fhir/", "src/ingest/gp_connect/", "src/synth/gp_connect/"],
        but: &[
            ("src/gateway/fhir/capability.rs", "the CapabilityStatement is the envelope's own resource"),
            ("src/gateway/fhir/related_person.rs", "whoever acts is the gateway's own, and of no record"),
            ("src/gateway/oauth/account/events.rs", "an AuditEvent is the gateway's own, and of no record"),
            ("src/synth/nhs_vaccination/mod.rs", "a batch names its places by NHS identifier systems"),
        ],
    },
    Rule {
        why: "one place decides the HTTP status",
        words: &["StatusCode::"],
        home: &["src/gateway/outcome.rs"],
        but: &[
            ("src/gateway/oauth/reply.rs", "OAuth has its own errors (RFC 6749, 5.2) and redirects"),
            ("src/gateway/accept/refusal.rs", "answers before a request reaches the service"),
        ],
    },
    Rule {
        why: "one place asks what time it is",
        words: &["Timestamp::now", "SystemTime::now", "Instant::now", "Zoned::now"],
        home: &["src/gateway/clock.rs"],
        but: &[
            ("src/gateway/accept/activity.rs", "how long connections have been idle, never shown to anybody"),
            ("src/gateway/telemetry.rs", "how long an answer took"),
        ],
    },
    Rule {
        why: "metrics are made in one place",
        words: &[
            "u64_counter(",
            "i64_up_down_counter(",
            "f64_histogram(",
            "u64_histogram(",
            "_gauge(",
            "_counter(",
        ],
        home: &["src/gateway/telemetry.rs"],
        but: &[("src/gateway/telemetry/operation.rs", "a part of it; the names stand in telemetry.rs")],
    },
    Rule {
        why: "environment variables are read in one place",
        words: &["env::var", "env::set_var", "option_env!"],
        home: &["src/gateway/config.rs"],
        but: &[],
    },
];

fn places(text: &str, words: &[&str]) -> Vec<(usize, String)> {
    let lines = text.lines().enumerate();
    let named = lines.flat_map(|(at, line)| {
        words.iter().filter(|word| line.contains(**word)).map(move |word| (at + 1, (*word).to_owned()))
    });
    named.collect()
}

#[test]
fn names_occur_only_where_they_belong() {
    let mut found = Vec::new();
    for rule in &RULES {
        let mut at_home = 0;
        let mut needed = vec![false; rule.but.len()];
        for (path, text) in product("src/") {
            let places = places(&text, rule.words);
            if rule.home.iter().any(|home| path.starts_with(home)) {
                at_home += places.len();
            } else if let Some(known) = rule.but.iter().position(|(but, _)| *but == path) {
                needed[known] |= !places.is_empty();
            } else {
                found
                    .extend(places.iter().map(|(line, word)| format!("{path}:{line} {word} ({})", rule.why)));
            }
        }
        assert!(at_home > 0, "{}: not even at home; the rule looks for the wrong words", rule.why);
        for ((path, reason), needed) in rule.but.iter().zip(needed) {
            if !needed {
                found.push(format!("{path} ({reason}): no longer needs to be an exception"));
            }
        }
    }
    none(&found, "named where it does not belong");
}

#[test]
fn every_table_under_profiles_says_where_it_counts() {
    let (top, told) = (
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles"),
        FILES["src/project/tables.rs"].as_str(),
    );
    let (mut open, mut found) = (vec![top.clone()], Vec::new());
    while let Some(folder) = open.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()) {
            let name = path.strip_prefix(&top).unwrap().display().to_string();
            if path.is_dir() {
                open.push(path);
            } else if !told.contains(&format!("\"{name}\" ")) {
                found.push(name);
            }
        }
    }
    none(&found, "a table that project/tables.rs does not name");
}

#[test]
fn metric_names_stand_in_telemetry_alone() {
    let home = "src/gateway/telemetry.rs";
    let is_name = |text: &str| {
        let dotted = text.contains('.') && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'.' | b'_'));
        dotted && (text.starts_with("recordgate.") || text.starts_with("http.")) && !text.ends_with(".toml")
    };
    let mut names: Vec<&str> = FILES[home].split('"').filter(|text| is_name(text)).collect();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() > 8, "{names:?}");
    let mut found = Vec::new();
    for (path, text) in product("src/").into_iter().filter(|(path, _)| *path != home) {
        let quoted = |name: &&&str| text.contains(&format!("\"{name}\""));
        found.extend(names.iter().filter(quoted).map(|name| format!("{path}: {name}")));
    }
    none(&found, "a metric or attribute is named outside telemetry.rs");
}

#[test]
fn nothing_is_left_to_do_or_switched_off() {
    let words = [["to", "do!("], ["unimple", "mented!("], ["#[ig", "nore"], ["FIX", "ME"], ["XX", "X:"]]
        .map(|two| two.concat());
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut found = Vec::new();
    let made_by_tools = |path: &str| path.ends_with("Cargo.lock") || path.ends_with("package-lock.json");
    for (path, text) in FILES.iter().filter(|(path, _)| !made_by_tools(path)) {
        found.extend(places(text, &words).iter().map(|(line, word)| format!("{path}:{line} {word}")));
    }
    none(&found, "unfinished, or a test that does not run");
}

#[test]
fn no_file_or_module_has_a_name_that_says_nothing() {
    const EMPTY: [&str; 9] =
        ["util", "utils", "helper", "helpers", "common", "misc", "manager", "managers", "stuff"];
    let says_nothing = |name: &str| EMPTY.contains(&name.to_lowercase().as_str());
    let mut found = Vec::new();
    for path in FILES.keys() {
        let mut parts = path.split('/').map(|part| part.split('.').next().unwrap_or(part));
        found.extend(parts.any(says_nothing).then(|| path.clone()));
    }
    for (path, text) in rust("") {
        let modules = text.lines().filter_map(|line| {
            let (_, name) = line.split_once("mod ")?;
            name.split(|c: char| !c.is_alphanumeric() && c != '_').next()
        });
        found.extend(modules.filter(|name| says_nothing(name)).map(|name| format!("{path}: mod {name}")));
    }
    none(&found, "a name that says nothing");
}
