//! What a practice decides by command: it counts, is written down, and can be taken back.

use jiff::civil::Date;
use policy::{AccessLevel, Header, Reason, Standing};
use record::{
    CodeRef, CodeSystem, Coded, Coding, Content, Effective, Entry, EntryId, Fact, PatientKey, Statement,
};
use store::{Decisions, Store, Subject};

use super::{
    Ran,
    export::place,
    run,
    site::{PRACTICE, Site, small},
};
use crate::support::practice;

pub(super) const WHO: [&str; 4] = ["--by", "Dr Adeyemi", "--why", "she asked for it"];

pub(super) fn admin(site: &Site, command: &[&str], patient: Option<&str>, rest: &[&str]) -> Ran {
    let config = site.config();
    let whose: Vec<&str> = patient.into_iter().flat_map(|key| ["--patient", key]).collect();
    run(&[&["admin"], command, &["--config", &config, "--practice", PRACTICE], &whose, rest].concat())
}

pub(super) fn subject(key: &str) -> Subject {
    Subject { practice: practice(), patient: PatientKey::new(key).unwrap() }
}

fn headers(site: &Site, key: &str) -> Vec<Header> {
    let store = site.store();
    let snapshot = store.read(&subject(key)).unwrap();
    snapshot.map(|snapshot| snapshot.released().headers.clone()).unwrap_or_default()
}

/// A patient who is served, at least sixteen, with a resource that is shown; and that resource.
pub(super) fn somebody(site: &Site) -> (String, Header) {
    let served = |standing: &Standing| {
        standing.regular
            && !(standing.sensitive || standing.dummy || standing.deceased)
            && standing.birth_date.is_some_and(|born| born < "2000-01-01".parse::<Date>().unwrap())
    };
    for key in small().patients() {
        let standing = {
            let store = site.store();
            let snapshot = store.read(&subject(&key)).unwrap();
            snapshot.map(|snapshot| snapshot.released().standing.clone())
        };
        if standing.is_none_or(|standing| !served(&standing)) {
            continue;
        }
        let shown = headers(site, &key).into_iter().find(|header| {
            header.kind == record::ResourceType::Observation
                && header.coded.is_some()
                && header.labels.reasons.is_empty()
        });
        if let Some(shown) = shown {
            return (key, shown);
        }
    }
    panic!("the export has nobody to show")
}

fn find(site: &Site, key: &str, id: &str) -> Header {
    headers(site, key).into_iter().find(|header| header.id == id).unwrap()
}

pub(super) fn done(ran: &Ran, words: &[&str]) {
    assert_eq!(ran.code, Some(0), "{ran:?}");
    for word in words {
        assert!(ran.out.contains(word), "{word:?} is not in: {}", ran.out);
    }
}

#[test]
fn what_is_hidden_is_withheld_at_once_and_what_shows_again_has_a_new_version() {
    let site = Site::loaded();
    let (key, shown) = somebody(&site);
    let entry = shown.sources[0].as_str();
    let hide =
        |command: &str| admin(&site, &[command], Some(&key), &[&["--entry", entry], &WHO[..]].concat());
    done(&hide("hide"), &["decision 1 of", "withheld from now on", "made anew"]);
    let hidden = find(&site, &key, &shown.id);
    assert!(hidden.labels.reasons.contains(&Reason::HiddenByPractice) && hidden.coded.is_none());
    done(&hide("hide"), &["nothing to change"]);
    done(&hide("unhide"), &["decision 2 of", "made anew"]);
    let again = find(&site, &key, &shown.id);
    let (before, after) = (shown.coded.unwrap(), again.coded.unwrap());
    assert_eq!((again.labels.reasons.len(), after.digest), (0, before.digest));
    assert!(after.version > before.version);
    // While a batch is open nothing is made anew, and what is hidden is withheld all the same.
    site.store().begin(&practice(), "next").unwrap();
    done(&hide("hide"), &["decision 3 of", "a batch is open"]);
    let hidden = find(&site, &key, &shown.id);
    assert!(hidden.labels.reasons.contains(&Reason::HiddenByPractice) && hidden.coded.is_some());
    let wrong = admin(&site, &["hide"], Some(&key), &[&["--entry", "no-such"], &WHO[..]].concat());
    wrong.says(&["no entry of this key"]);
    let wrong = admin(&site, &["hide"], Some("no-such"), &[&["--entry", entry], &WHO[..]].concat());
    wrong.says(&["no such patient here", "NHS number"]);
}

#[test]
fn a_patient_is_named_by_key_by_nhs_number_or_by_the_id_that_apps_see() {
    let site = Site::loaded();
    let (key, _) = somebody(&site);
    let patients = small().rows("Admin_Patient");
    let [by, number] = ["PatientGuid", "NhsNumber"].map(|column| place(&patients, column));
    let row =
        patients.iter().find(|row| row[by].trim_matches(['{', '}']).eq_ignore_ascii_case(&key)).unwrap();
    let of_patient = |header: &Header| header.kind == record::ResourceType::Patient;
    let id = headers(&site, &key).into_iter().find(of_patient).unwrap().id;
    for (turn, name) in
        [key.as_str(), row[by].as_str(), row[number].as_str(), id.as_str()].into_iter().enumerate()
    {
        let command = if turn % 2 == 0 { "suppress" } else { "unsuppress" };
        done(&admin(&site, &[command], Some(name), &WHO), &[&format!("decision {}", turn + 1)]);
        let suppressed = site.store().access(&subject(&key)).unwrap().suppressed.is_some();
        assert_eq!(suppressed, turn % 2 == 0, "{turn}");
        let listed = admin(&site, &["decisions"], Some(name), &[]);
        assert_eq!(listed.out.matches(&key).count(), turn + 1, "{}", listed.out);
    }
}

#[test]
fn switches_of_a_practice_are_shown_turned_and_written_down_with_who_and_why() {
    let site = Site::loaded();
    done(
        &admin(&site, &["rules"], None, &[]),
        &["reviewed entries only", "as granted", "withheld from proxies"],
    );
    let turned = [
        "--free-text-from",
        "2024-11-01",
        "--section-off",
        "test-results",
        "--sensitive",
        "gender-identity:proxies=show",
        "--sensitive",
        "domestic-abuse:patients=withhold",
    ];
    let without = admin(&site, &["rules"], None, &turned);
    assert_eq!(without.code, Some(2), "nobody says who and why");
    let ran = admin(&site, &["rules"], None, &[&turned, &WHO[..]].concat());
    done(&ran, &["decision 1", "on or after 2024-11-01", "off for everybody", "withheld from patients"]);
    let rules = site.store().practice(&practice()).unwrap().rules;
    assert_eq!(rules.free_text_from, Some("2024-11-01".parse().unwrap()));
    assert_eq!(rules.sections_off, [record::Section::TestResults].into());
    let both = ["--section-on", "test-results", "--section-off", "test-results"];
    done(&admin(&site, &["rules"], None, &[&both, &WHO[..]].concat()), &["nothing to change"]);
    let back = ["--section-on", "test-results", "--free-text-from", "none"];
    done(&admin(&site, &["rules"], None, &[&back, &WHO[..]].concat()), &["decision 2"]);
    let log = admin(&site, &["decisions"], None, &[]);
    done(
        &log,
        &["1  ", "by Dr Adeyemi", "section test-results off for everybody", "she asked for it", "2  "],
    );
    for wrong in ["gender-identity", "gender-identity:everybody=show", "other:proxies=show"] {
        let ran = admin(&site, &["rules"], None, &[&["--sensitive", wrong], &WHO[..]].concat());
        assert_eq!(ran.code, Some(2), "{wrong}");
    }
}

/// A statement that says 104.
fn asks_for_a_look() -> Entry {
    let coding = Coding { system: CodeSystem::SnomedCt, code: "1364731000000104".to_owned(), display: None };
    Entry {
        recorded: Some(Effective::Day("2025-01-01".parse().unwrap())),
        ..Entry::new(
            EntryId::new("control").unwrap(),
            Some(Content::Statement(Box::new(Statement::of_patient(CodeRef::Given(
                Coded { codings: vec![coding], original_text: None },
                None,
            ))))),
        )
    }
}

#[test]
fn a_record_that_asks_for_a_look_opens_no_further_until_somebody_has_looked() {
    let site = Site::loaded();
    let (key, _) = somebody(&site);
    let levels = |current| ["--current", current, "--historical", "none", "--from", "2020-01-01"];
    let set = |current, more: &[&str]| {
        admin(&site, &["access", "set"], Some(&key), &[&levels(current), &WHO[..], more].concat())
    };
    done(&set("detailed", &[]), &["before: no access", "now:    detailed from 2020-01-01, none before"]);
    {
        let (store, patient) = (site.store(), PatientKey::new(&key).unwrap());
        let batch = store.begin(&practice(), "control").unwrap().batch;
        store.put(&practice(), batch, &[Fact::Entry(patient, Box::new(asks_for_a_look()))]).unwrap();
        store.close(&practice()).unwrap();
    }
    done(&admin(&site, &["access", "show"], Some(&key), &[]), &["detailed from 2020-01-01", "104"]);
    let level = || site.store().access(&subject(&key)).unwrap().own.unwrap().current;
    set("full", &[]).says(&["not given", "104", "--looked"]);
    assert_eq!(level(), AccessLevel::Detailed, "what was given stays");
    done(&set("summary", &[]), &["decision 2"]);
    done(&set("full", &["--looked"]), &["somebody has looked", "decision 3"]);
    assert_eq!(level(), AccessLevel::Full);
}

#[test]
fn who_acts_for_a_patient_is_let_in_and_ended_and_a_suppressed_record_is_shown_as_such() {
    let site = Site::loaded();
    let (key, _) = somebody(&site);
    let proxy = [
        "--account",
        "carer",
        "--basis",
        "consent",
        "--relationship",
        "PROXY",
        "--current",
        "detailed",
        "--historical",
        "none",
        "--from",
        "2020-01-01",
        "--starts",
        "2024-01-01",
    ];
    let add = admin(&site, &["proxy", "add"], Some(&key), &[&proxy, &WHO[..]].concat());
    done(&add, &["decision 1", "the patient's consent", "no account of this name yet"]);
    let kept = || site.store().access(&subject(&key)).unwrap();
    assert_eq!(kept().proxies["carer"].grant.current, AccessLevel::Detailed);
    let end = |account| {
        let last = ["--account", account, "--last", "2025-05-05"];
        admin(&site, &["proxy", "end"], Some(&key), &[&last, &WHO[..]].concat())
    };
    end("nobody").says(&["nobody who is named so"]);
    done(&end("carer"), &["decision 2", "nothing after 2025-05-05"]);
    assert_eq!(kept().proxies["carer"].ends, Some("2025-05-05".parse().unwrap()));
    done(&admin(&site, &["suppress"], Some(&key), &WHO), &["decision 3", "nothing of the record"]);
    assert_eq!(kept().suppressed.map(|decided| decided.by), Some("Dr Adeyemi".to_owned()));
    done(&admin(&site, &["access", "show"], Some(&key), &[]), &["suppressed", "carer: detailed"]);
    done(&admin(&site, &["unsuppress"], Some(&key), &WHO), &["decision 4"]);
    assert!(kept().suppressed.is_none());
    assert_eq!(site.store().decisions(&practice(), 0, 9).unwrap().len(), 4);
    let other = admin(&site, &["decisions"], Some("somebody-else"), &[]);
    assert_eq!((other.code, other.out.as_str()), (Some(0), ""));
}

const PROXY: [&str; 12] = [
    "--account",
    "mother",
    "--basis",
    "parental-responsibility",
    "--relationship",
    "MTH",
    "--current",
    "detailed",
    "--historical",
    "none",
    "--from",
    "2020-01-01",
];

#[test]
fn nobody_has_looked_again_at_a_parents_access_before_the_child_is_eleven() {
    let site = Site::new();
    let export = small().copy(&site.path("export"));
    let mut keys = Vec::new();
    export.edit("Admin_Patient", |rows| {
        let [who, born] = ["PatientGuid", "DateOfBirth"].map(|name| super::export::place(rows, name));
        for (row, date) in rows[1..].iter_mut().zip(["2020-06-15", "2013-06-15", ""]) {
            row[born] = date.to_owned();
            keys.push(row[who].trim_matches(['{', '}']).to_lowercase());
        }
    });
    assert_eq!(site.ingest(&export.dir).code, Some(0));
    let add = |key: &str, more: &[&str]| {
        let starts = ["--starts", "2024-01-01"];
        admin(&site, &["proxy", "add"], Some(key), &[&PROXY[..], &starts, &WHO, more].concat())
    };
    for unknown_or_young in [&keys[0], &keys[2]] {
        add(unknown_or_young, &["--reviewed-since-eleven"]).says(&["patients who are 11 or older"]);
    }
    done(&add(&keys[0], &[]), &["decision 1"]);
    done(&add(&keys[1], &["--reviewed-since-eleven"]), &["looked at again since 11"]);
}

#[test]
fn access_of_a_proxy_that_has_ended_is_not_given_again_without_the_look_that_the_record_asks_for() {
    let site = Site::loaded();
    let (key, _) = somebody(&site);
    let add = |basis: &'static str, more: &[&str]| {
        let args: Vec<&str> =
            PROXY.iter().map(|word| if word.starts_with("parental") { basis } else { word }).collect();
        let starts = ["--starts", "2024-01-01"];
        admin(&site, &["proxy", "add"], Some(&key), &[&args[..], &starts, &WHO, more].concat())
    };
    done(&add("consent", &["--ends", "2025-01-01"]), &["decision 1"]);
    {
        let (store, patient) = (site.store(), PatientKey::new(&key).unwrap());
        let batch = store.begin(&practice(), "control").unwrap().batch;
        store.put(&practice(), batch, &[Fact::Entry(patient, Box::new(asks_for_a_look()))]).unwrap();
        store.close(&practice()).unwrap();
    }
    add("consent", &[]).says(&["not given", "104"]);
    add("consent", &["--ends", "2099-01-01"]).says(&["not given", "104"]);
    done(&add("consent", &["--ends", "2099-01-01", "--looked"]), &["decision 2"]);
    done(&add("consent", &["--ends", "2098-01-01"]), &["decision 3"]);
    add("consent", &["--ends", "2099-01-01"]).says(&["not given", "104"]);
}

#[test]
fn who_acts_for_a_patient_is_named_by_number_and_date_of_birth() {
    let site = Site::loaded();
    let (key, _) = somebody(&site);
    let run = |what: &str, who: &[&str], more: &[&str]| {
        admin(&site, &["proxy", what], Some(&key), &[who, more, &WHO].concat())
    };
    let grant = [&PROXY[2..], &["--starts", "2024-01-01"]].concat();
    let carer = ["--nhs-number", "999 000 0018", "--born", "1980-05-04"];
    const NAME: &str = "9990000018 born 1980-05-04";
    done(&run("add", &carer, &grant), &["decision 1", &format!("who signs in with NHS login and is {NAME}")]);
    let kept = || site.store().access(&subject(&key)).unwrap().proxies;
    assert_eq!(kept().into_keys().collect::<Vec<_>>(), [NAME]);
    done(&admin(&site, &["access", "show"], Some(&key), &[]), &[&format!("{NAME}: detailed")]);
    done(&admin(&site, &["decisions"], Some(&key), &[]), &[&format!("{NAME} may act for the patient")]);
    for (who, words) in [
        (&["--nhs-number", "9990000018"][..], "--born"),
        (&["--nhs-number", "9990000019", "--born", "1980-05-04"], "check digit"),
        (&["--born", "1980-05-04"], "--nhs-number"),
        (&[], "--nhs-number"),
        (&[&carer[..], &["--account", "carer"]].concat(), "--account"),
    ] {
        let refused = run("add", who, &grant);
        assert!(refused.code != Some(0) && refused.err.contains(words), "{}", refused.err);
    }
    run("end", &["--nhs-number", "9990000018", "--born", "1980-05-05"], &[])
        .says(&["nobody who is named so"]);
    // Named twice, by what they prove and by their account: ended by either, they see nothing.
    site.store().match_account("hash", &store::Proven::named(NAME).unwrap(), None).unwrap();
    done(&run("add", &["--account", "hash"], &grant), &["decision 2"]);
    done(&run("end", &["--account", "hash"], &[]), &["decision 3", "decision 4", "they see nothing after"]);
    assert!(kept().values().all(|proxy| proxy.ends.is_some()));
}

#[test]
fn nobody_acts_for_themselves() {
    let site = Site::loaded();
    let (key, _) = somebody(&site);
    let number = {
        let store = site.store();
        let snapshot = store.read(&subject(&key)).unwrap().unwrap();
        snapshot.released().nhs_number.as_ref().unwrap().expose().to_owned()
    };
    let own = ["--nhs-number", &number, "--born", "1980-05-04", "--starts", "2024-01-01"];
    let add = admin(&site, &["proxy", "add"], Some(&key), &[&own, &PROXY[2..], &WHO].concat());
    add.says(&["the patient's own NHS number", "access set"]);
}
