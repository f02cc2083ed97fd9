//! The disclosure tables against the published R4 definitions, and against what mapping really makes: no element is
//! there that no row names, and no row names what is not there.

use std::{collections::BTreeSet, fs};

use policy::DisclosureTable;
use record::ResourceType;
use serde_json::Value as Json;

use super::{published::shared, synthetic};

/// The paths of a resource type's elements in R4, one for each type of a choice.
fn elements(definitions: &Json, kind: ResourceType) -> BTreeSet<String> {
    let resources = definitions["entry"].as_array().unwrap().iter().map(|entry| &entry["resource"]);
    let definition = resources.clone().find(|one| one["id"] == kind.name()).unwrap();
    let mut paths = BTreeSet::new();
    for element in definition["snapshot"]["element"].as_array().unwrap().iter().skip(1) {
        let path = element["path"].as_str().unwrap();
        match path.strip_suffix("[x]") {
            Some(choice) => {
                for kind in element["type"].as_array().unwrap() {
                    let (first, rest) = kind["code"].as_str().unwrap().split_at(1);
                    paths.insert(format!("{choice}{}{rest}", first.to_uppercase()));
                }
            }
            None => _ = paths.insert(path.to_owned()),
        }
    }
    paths
}

fn rows(kind: ResourceType) -> BTreeSet<String> {
    let table: toml::Table = DisclosureTable::source(kind).parse().unwrap();
    table.keys().cloned().collect()
}

fn definitions() -> Option<Json> {
    let folder = shared("fhir/r4/definitions")?;
    let text = fs::read_to_string(folder.join("structuredefinitions.json")).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

#[test]
fn every_element_of_the_published_definitions_is_named_by_a_disclosure_table() {
    let Some(definitions) = definitions() else { return };
    let mut seen = 0;
    for kind in ResourceType::ALL {
        let table = DisclosureTable::built_in(kind);
        let elements = elements(&definitions, kind);
        let unnamed: Vec<&String> = elements.iter().filter(|path| !table.names(path)).collect();
        assert!(unnamed.is_empty(), "{unnamed:#?}");
        seen += elements.len();
    }
    assert!(seen > 120, "{seen}");
}

#[test]
fn every_row_of_a_disclosure_table_names_an_element_of_the_published_definitions() {
    let Some(definitions) = definitions() else { return };
    for kind in ResourceType::ALL {
        let mut elements = elements(&definitions, kind);
        elements.insert(format!("{}.resourceType", kind.name()));
        // What is inside an element that other elements are defined as.
        let inner: Vec<String> = elements
            .iter()
            .filter_map(|path| path.strip_prefix("Observation.referenceRange"))
            .map(|rest| format!("Observation.component.referenceRange{rest}"))
            .collect();
        elements.extend(inner);
        let has_children = |path: &str| elements.iter().any(|other| other.starts_with(&format!("{path}.")));
        for row in rows(kind) {
            let path = row.split(".extension:").next().unwrap();
            if path != row && (path == kind.name() || elements.contains(path)) {
                continue;
            }
            // Below an element of a data type the definitions of resources say nothing.
            let known = elements.contains(path)
                || path
                    .match_indices('.')
                    .map(|(at, _)| &path[..at])
                    .any(|above| elements.contains(above) && !has_children(above));
            assert!(known, "{row} is no element");
        }
    }
}

/// Every path to a value in a resource, extensions by the last part of their URL.
fn paths(json: &Json, at: &str, found: &mut BTreeSet<String>) {
    match json {
        Json::Object(object) => {
            for (key, value) in object {
                match value.as_array().filter(|_| key == "extension") {
                    Some(extensions) => {
                        for extension in extensions {
                            let name = extension["url"].as_str().unwrap().rsplit('/').next().unwrap();
                            paths(extension, &format!("{at}.extension:{name}"), found);
                        }
                    }
                    None => paths(value, &format!("{at}.{key}"), found),
                }
            }
        }
        Json::Array(items) => items.iter().for_each(|item| paths(item, at, found)),
        _ => _ = found.insert(at.to_owned()),
    }
}

#[test]
fn every_element_that_mapping_makes_of_a_synthetic_practice_is_named_by_a_disclosure_table() {
    let mut found: BTreeSet<String> = BTreeSet::new();
    for export in [synthetic::emis(), synthetic::gp2gp(), synthetic::vision()] {
        for made in export.seen.patients.iter().flat_map(|patient| &patient.resources) {
            paths(&made.whole, made.kind.name(), &mut found);
        }
    }
    let table =
        |path: &str| ResourceType::from_name(path.split('.').next().unwrap()).map(DisclosureTable::built_in);
    let unnamed: Vec<&String> = found.iter().filter(|path| !table(path).unwrap().names(path)).collect();
    assert!(unnamed.is_empty(), "{unnamed:#?}");
    assert!(found.len() > 80, "{found:#?}");
}
