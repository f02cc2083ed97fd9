//! What searches find, page and say about themselves. What they must find is worked out from the whole record.

use std::{collections::BTreeSet, sync::LazyLock};

use proptest::prelude::*;
use serde_json::Value as Json;

use super::{
    fixture,
    oracle::{codings, date_of, holds, list},
    portal::encoded,
};
use crate::support::World;

const NHS: &str = "https://fhir.nhs.uk/Id/nhs-number";

#[test]
fn patient_is_found_by_id_and_by_nhs_number() {
    let world = World::of(vec![]);
    let token = world.token("p", "patient/*.rs");
    let id = world.logical_id("p");
    let finds = |name: &str, value: &str| {
        let answer = world.get(&token, &format!("Patient?{}", encoded(&[(name, value)])));
        assert_eq!(answer.status, 200, "{value}");
        let found = answer.ids();
        assert!(found.iter().all(|found| *found == id));
        found.len() == 1
    };
    assert!(finds("_id", &id));
    assert!(finds("identifier", &format!("{NHS}|9990000018")));
    assert!(finds("identifier", "9990000018"), "in any system (R4, search.html#token)");
    assert!(finds("identifier", &format!("{NHS}|")));
    for wrong in [
        "9990000026".to_owned(),
        format!("{NHS}|9990000026"),
        "urn:other|9990000018".into(),
        "|9990000018".into(),
    ] {
        assert!(!finds("identifier", &wrong), "{wrong}");
    }
    assert!(!finds("_id", "unknown"));
    assert!(!finds("_id", &format!("urn:other|{id}")));
}

#[test]
fn a_token_finds_one_patient_and_no_other() {
    let world = World::shared();
    let token = world.token("pat01", "patient/*.rs");
    let own = world.get(&token, "Patient").matches().remove(0);
    let other = world.get(&world.token("pat02", "patient/*.rs"), "Patient").matches().remove(0);
    assert_ne!(own["id"], other["id"]);
    let finds = |pairs: &[(&str, &str)]| world.get(&token, &format!("Patient?{}", encoded(pairs))).ids();
    let text = |json: &Json| json.as_str().unwrap().to_owned();
    let identifier = |patient: &Json| {
        format!("{}|{}", text(&patient["identifier"][0]["system"]), text(&patient["identifier"][0]["value"]))
    };
    let mine = vec![text(&own["id"])];
    assert_eq!(finds(&[]), mine);
    assert_eq!(finds(&[("_id", &text(&own["id"]))]), mine);
    assert_eq!(finds(&[("identifier", &identifier(&own))]), mine);
    assert_eq!(finds(&[("_id", &format!("{},{}", text(&other["id"]), text(&own["id"])))]), mine);
    for (name, value) in [
        ("_id", text(&other["id"])),
        ("identifier", identifier(&other)),
        ("identifier", text(&other["identifier"][0]["value"])),
    ] {
        assert!(finds(&[(name, &value)]).is_empty(), "{name}");
        assert_eq!(finds(&[(name, &value)]), finds(&[(name, "nobody")]));
    }
}

#[test]
fn a_patient_is_found_by_names_birth_date_gender_and_activity_alone_and_in_pairs() {
    let world = World::of(vec![]);
    let token = world.token("p", "patient/*.rs");
    let good = [
        ("name", "alex"),
        ("name", "Testp"),
        ("family", "TEST"),
        ("given", "Al"),
        ("birthdate", "1980-05-04"),
        ("gender", "female"),
        ("active", "true"),
    ];
    let bad = [
        ("name", "lex"),
        ("family", "alex"),
        ("given", "test"),
        ("birthdate", "1981"),
        ("gender", "male"),
        ("active", "false"),
    ];
    let finds =
        |pairs: &[(&str, &str)]| world.get(&token, &format!("Patient?{}", encoded(pairs))).ids().len();
    for one in good {
        assert_eq!(finds(&[one]), 1, "{one:?}");
        assert!(good.iter().all(|other| finds(&[one, *other]) == 1));
        assert!(bad.iter().all(|other| finds(&[one, *other]) == 0), "{one:?}");
    }
}

/// Names and values.
type Query = Vec<(String, String)>;

/// Asks for each query and compares with what is worked out from the whole record.
fn all_found(kind: &str, account: &str, queries: &dyn Fn(&[Json], &str) -> Vec<Query>) -> usize {
    let world = World::shared();
    let token = world.token(account, "patient/*.rs");
    let patient = world.get(&token, "Patient").ids().remove(0);
    let whole = world.all(&token, &format!("{kind}?_count=200"));
    let ids = |found: &[Json]| -> BTreeSet<String> {
        found.iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&whole).len(), whole.len());
    let mut fruitful = 0;
    for query in queries(&whole, &patient) {
        let expected: Vec<Json> = whole
            .iter()
            .filter(|r| query.iter().all(|(name, value)| holds(r, name, value)))
            .cloned()
            .collect();
        let pairs: Vec<(&str, &str)> = query.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let found = world.all(&token, &format!("{kind}?{}&_count=200", encoded(&pairs)));
        assert_eq!(ids(&found), ids(&expected), "{query:?}");
        assert_eq!(found.len(), expected.len(), "{query:?}");
        fruitful += usize::from(!expected.is_empty() && expected.len() < whole.len());
    }
    fruitful
}

fn distinct(values: impl Iterator<Item = String>) -> Vec<String> {
    values.collect::<BTreeSet<_>>().into_iter().collect()
}

fn pair(name: &str, value: impl Into<String>) -> (String, String) {
    (name.to_owned(), value.into())
}

#[test]
fn observations_are_found_by_category_code_status_and_date() {
    let fruitful = all_found("Observation", "pat02", &|whole, patient| {
        let of = |element: &'static str| {
            distinct(whole.iter().flat_map(move |r| match element {
                "category" => list(&r["category"]).flat_map(codings).collect(),
                _ => codings(&r[element]),
            }))
        };
        let (categories, codes) = (of("category"), of("code"));
        let years = distinct(whole.iter().filter_map(date_of).map(|date| date[..4].to_owned()));
        assert!(categories.len() >= 4 && codes.len() > 30 && years.len() > 3, "{categories:?}");
        let bare = |coding: &str| coding.rsplit('|').next().unwrap().to_owned();
        let about = pair("patient", patient);
        let mut queries = vec![
            vec![about.clone()],
            vec![pair("patient", format!("Patient/{patient}"))],
            vec![pair("subject", patient), pair("status", "final")],
            vec![pair("status", "amended")],
            vec![pair("code", codes.join(","))],
            vec![pair("code", "http://loinc.org|85354-9")],
            vec![pair("code", "8480-6")],
            vec![pair("code", "http://loinc.org|72313002")],
            vec![pair("category", "http://snomed.info/sct|vital-signs")],
        ];
        for category in &categories {
            queries.push(vec![about.clone(), pair("category", category)]);
            queries.push(vec![about.clone(), pair("category", bare(category))]);
            for year in years.iter().rev().take(3) {
                let after = pair("date", format!("ge{year}"));
                queries.push(vec![about.clone(), pair("category", bare(category)), after.clone()]);
                queries.push(vec![after, pair("date", format!("lt{year}-07")), pair("category", category)]);
            }
            queries.push(vec![
                pair("category", category),
                pair("status", "final"),
                pair("date", "gt2020-02-03"),
            ]);
        }
        for (index, code) in codes.iter().enumerate().step_by(5) {
            let next = &codes[(index + 1) % codes.len()];
            queries.push(vec![about.clone(), pair("code", code)]);
            queries.push(vec![pair("code", bare(code)), pair("date", "ge2022")]);
            queries.push(vec![pair("code", format!("{code},{}", bare(next)))]);
            queries.push(vec![pair("code", code), pair("code", bare(next))]);
        }
        queries
    });
    assert!(fruitful > 50, "{fruitful} queries found some and not all");
}

#[test]
fn immunizations_are_found_by_status_and_date() {
    let fruitful = all_found("Immunization", "pat02", &|whole, patient| {
        let dates = distinct(whole.iter().filter_map(date_of).map(str::to_owned));
        assert!(
            dates.iter().any(|date| date.len() == 4) && dates.iter().any(|date| date.len() == 7),
            "{dates:?}"
        );
        let about = pair("patient", patient);
        let codes = distinct(whole.iter().flat_map(|r| codings(&r["vaccineCode"])));
        let mut queries = vec![
            vec![about.clone()],
            vec![about.clone(), pair("status", "completed")],
            vec![pair("status", "not-done")],
            vec![pair("status", "completed,not-done"), pair("date", "ge2000")],
        ];
        for date in &dates {
            for prefix in ["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"] {
                queries.push(vec![about.clone(), pair("date", format!("{prefix}{date}"))]);
                queries.push(vec![pair("date", format!("{prefix}{}", &date[..4])), pair("date", "ge1990")]);
            }
            queries.push(vec![pair("date", format!("ge{}", &date[..4])), pair("date", format!("le{date}"))]);
        }
        queries.extend(codes.into_iter().map(|code| vec![pair("vaccine-code", code)]));
        queries
    });
    assert!(fruitful > 50, "{fruitful} queries found some and not all");
}

/// Forty Observations of a few codes and dates.
static CROWD: LazyLock<(World, String, Vec<Json>)> = LazyLock::new(|| {
    let mut entries = fixture::record();
    for number in 0..20i16 {
        let weight = fixture::weight(&format!("more-{number}"), &format!("{}", 60 + number));
        entries.push(fixture::on(
            weight,
            record::Effective::Month(2016 + number % 5, 1 + i8::try_from(number % 12).unwrap()),
        ));
    }
    entries.extend(fixture::blood_pressure("bp-2", jiff::civil::date(2018, 4, 1)));
    entries.extend(fixture::blood_count("fbc-2", jiff::civil::date(2018, 4, 1)));
    let world = World::of(entries);
    let token = world.token("p", "patient/*.rs");
    let whole = world.all(&token, "Observation?_count=200");
    assert!(whole.len() > 30);
    (world, token, whole)
});

fn condition() -> impl Strategy<Value = (String, String)> {
    let codes = ["27113001", "http://loinc.org|29463-7", "85354-9", "8462-4", "26604007", "195967001", "0"];
    let codes = prop::collection::vec(prop::sample::select(codes.to_vec()), 1..3);
    let categories = ["vital-signs", "laboratory", "social-history", "vital-signs,laboratory", "exam"];
    let dates =
        ["2016", "2018", "2018-04", "2018-04-01", "2019", "2020-06", "2024-07-01", "2024-06-30T23:30:00Z"];
    let prefixes = ["", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb"];
    prop_oneof![
        codes.prop_map(|codes| pair("code", codes.join(","))),
        prop::sample::select(categories.to_vec()).prop_map(|value| pair("category", value)),
        prop::sample::select(vec!["final", "amended", "final,amended"])
            .prop_map(|value| pair("status", value)),
        (prop::sample::select(prefixes.to_vec()), prop::sample::select(dates.to_vec()))
            .prop_map(|(prefix, date)| pair("date", format!("{prefix}{date}"))),
    ]
}

fn sort() -> impl Strategy<Value = Option<&'static str>> {
    prop::option::of(prop::sample::select(vec![
        "date",
        "-date",
        "_id",
        "-_id",
        "_lastUpdated",
        "-_lastUpdated",
    ]))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_match_satisfies_every_parameter_on_every_page(
        conditions in prop::collection::vec(condition(), 0..4),
        count in 1..8usize,
        sort in sort(),
        by_post in any::<bool>(),
    ) {
        let (world, token, whole) = &*CROWD;
        let expected: Vec<&Json> =
            whole.iter().filter(|r| conditions.iter().all(|(name, value)| holds(r, name, value))).collect();
        let count_text = count.to_string();
        let mut pairs: Vec<(&str, &str)> = conditions.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        pairs.push(("_count", &count_text));
        pairs.extend(sort.map(|sort| ("_sort", sort)));
        let mut answer = if by_post {
            let bearer = format!("Bearer {token}");
            let headers = [("authorization", bearer.as_str()), ("content-type", "application/x-www-form-urlencoded")];
            world.ask("POST", "/fhir/R4/Observation/_search", &headers, &encoded(&pairs))
        } else {
            world.get(token, &format!("Observation?{}", encoded(&pairs)))
        };
        let (mut found, mut pages) = (Vec::new(), 0);
        loop {
            prop_assert_eq!(answer.status, 200);
            prop_assert_eq!(answer.json()["total"].as_u64(), Some(expected.len() as u64));
            let page = answer.matches();
            pages += 1;
            let left = expected.len() - found.len();
            prop_assert_eq!(page.len(), left.min(count), "no short page");
            found.extend(page);
            match answer.link("next") {
                Some(next) => answer = world.get(token, &next),
                None => break,
            }
        }
        prop_assert_eq!(pages, expected.len().div_ceil(count).max(1));
        for resource in &found {
            prop_assert!(conditions.iter().all(|(name, value)| holds(resource, name, value)));
        }
        let ids = |of: &[&Json]| of.iter().map(|r| r["id"].as_str().unwrap().to_owned()).collect::<BTreeSet<_>>();
        prop_assert_eq!(ids(&found.iter().collect::<Vec<_>>()), ids(&expected));
        prop_assert_eq!(found.len(), expected.len(), "none twice");
        in_order(&found, sort)?;
    }
}

/// Dates as their first instant; what has none comes last either way.
fn in_order(found: &[Json], sort: Option<&str>) -> Result<(), TestCaseError> {
    let key = |resource: &Json| match sort.unwrap_or("-date").trim_start_matches('-') {
        "_id" => Some(resource["id"].as_str().unwrap().to_owned()),
        "date" => date_of(resource).map(|date| match date.len() {
            4 => format!("{date}-01-01"),
            7 => format!("{date}-01"),
            _ => date.to_owned(),
        }),
        _ => Some(String::new()),
    };
    for two in found.windows(2) {
        let (first, second) = (key(&two[0]), key(&two[1]));
        prop_assert!(first.is_some() || second.is_none());
        if first.is_some() && second.is_some() {
            let descending = sort.is_none_or(|sort| sort.starts_with('-'));
            prop_assert!(first == second || (first < second) != descending, "{:?} {:?}", first, second);
        }
    }
    Ok(())
}

#[test]
fn self_links_carry_the_parameters_used() {
    let world = World::of(fixture::record());
    let token = world.token("p", "patient/*.rs");
    let bearer = format!("Bearer {token}");
    let id = world.logical_id("p");
    let used = [
        ("patient", format!("Patient/{id}")),
        ("code", "http://snomed.info/sct|27113001,8480-6".to_owned()),
        ("date", "ge2019".to_owned()),
        ("date", "lt2030-01-01T00:00:00+01:00".to_owned()),
        ("_sort", "-date".to_owned()),
        ("_count", "3".to_owned()),
    ];
    let ignored = [("colour", "r&d=1"), ("_elements", "id"), ("_include", "*")];
    let used: Vec<(&str, &str)> = used.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let query = encoded(&used.iter().chain(&ignored).copied().collect::<Vec<_>>());
    let form = [("authorization", bearer.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let half = encoded(&used[..3]);
    let rest = encoded(&used[3..].iter().chain(&ignored).copied().collect::<Vec<_>>());
    for answer in [
        world.get(&token, &format!("Observation?{query}")),
        world.ask("POST", "/fhir/R4/Observation/_search", &form, &query),
        world.ask("POST", &format!("/fhir/R4/Observation/_search?{half}"), &form, &rest),
    ] {
        let link = answer.link("self").unwrap();
        let (address, carried) = link.split_once('?').unwrap();
        assert_eq!(address, "https://records.example/fhir/R4/Observation");
        let carried: Vec<(String, String)> =
            form_urlencoded::parse(carried.as_bytes()).into_owned().collect();
        let carried: Vec<(&str, &str)> = carried.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(carried, used);
        assert_eq!(answer.ids().len(), 3);
        let again = world.get(&token, &link);
        assert_eq!((again.ids(), again.link("self")), (answer.ids(), Some(link)));
        let second = world.get(&token, &again.link("next").unwrap());
        let same = world.get(&token, &second.link("self").unwrap());
        assert_eq!((second.ids(), second.ids().len()), (same.ids(), 2));
    }
    let bare = world.get(&token, "Observation");
    assert_eq!(bare.link("self").unwrap(), "https://records.example/fhir/R4/Observation");
}
