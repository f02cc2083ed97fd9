//! Codeable concepts: the codings in the record's systems, the description that was chosen, and the words.

use record::{CodeSystem, Coded, Coding, FreeText, IssueCode};

use super::{json::Object, notes::Notes};
use crate::snomed;

/// The systems by which GP Connect and the GP2GP adaptors name them.
const SYSTEMS: [(&str, CodeSystem); 5] = [
    ("http://read.info/readv2", CodeSystem::ReadV2),
    ("http://read.info/ctv3", CodeSystem::Ctv3),
    ("https://fhir.hl7.org.uk/Id/egton-codes", CodeSystem::Egton),
    ("https://fhir.hl7.org.uk/Id/emis-drug-codes", CodeSystem::Egton),
    ("https://dmd.nhs.uk", CodeSystem::Dmd),
];
const SNOMED: &str = "http://snomed.info/sct";
const LOINC: (&str, &str) = ("http://loinc.org", "2.16.840.1.113883.6.1");
/// Of the extension with the description that was chosen.
const DESCRIPTION: &str = "coding-sctdescid";

/// Reads a concept; what a person chose comes first.
pub(super) fn read(concept: &Object, notes: &mut Notes) -> Coded {
    let chosen = |coding: &&Object| coding.get("userSelected") == Some(&super::json::Json::Bool(true));
    let sent: Vec<&Object> = concept.objects("coding").collect();
    let (first, rest): (Vec<&Object>, Vec<&Object>) = sent.into_iter().partition(chosen);
    let mut codings: Vec<Coding> = Vec::new();
    for part in first.into_iter().chain(rest) {
        for coding in coding(part, notes).into_iter().chain(description(part)) {
            if !codings.iter().any(|other| other.system == coding.system && other.code == coding.code) {
                codings.push(coding);
            }
        }
    }
    // A display that no code stands behind comes from no code list: it counts as typed.
    let bare = || concept.objects("coding").find_map(|coding| coding.text("display"));
    let words = concept.text("text").or_else(|| codings.is_empty().then(bare).flatten());
    let shown = |words: &str| {
        let mut displays = codings.iter().filter_map(|coding| coding.display.as_deref());
        displays.any(|display| display.trim().to_lowercase() == words.to_lowercase())
    };
    Coded { original_text: words.filter(|words| !shown(words)).and_then(FreeText::new), codings }
}

/// Whether a concept says nothing.
pub(super) fn is_empty(coded: &Coded) -> bool {
    coded.codings.is_empty() && coded.original_text.is_none()
}

fn coding(coding: &Object, notes: &mut Notes) -> Option<Coding> {
    let (system, code) = (coding.text("system")?, coding.text("code")?);
    if code.len() > 200 || code.contains(char::is_control) {
        notes.warn(IssueCode::PartIgnored, coding.line, "coding", "no code of any system looks like this");
        return None;
    }
    let known = SYSTEMS.iter().find(|(name, _)| *name == system).map(|(_, system)| system.clone());
    let oid = || {
        let oid = if system == LOINC.0 { Some(LOINC.1) } else { system.strip_prefix("urn:oid:") };
        oid.filter(|oid| is_oid(oid)).map(|oid| CodeSystem::Oid(oid.to_owned()))
    };
    let system = if system == SNOMED { Some(snomed::system(code)) } else { known.or_else(oid) };
    let Some(system) = system else {
        // That nothing is known is no code.
        if !code_is_null(coding) {
            notes.warn(IssueCode::CodeSystemUnknown, coding.line, "coding.system", "the coding is left out");
        }
        return None;
    };
    Some(Coding { system, code: code.to_owned(), display: coding.text("display").map(str::to_owned) })
}

/// Whether a coding only says that there is no code.
pub(super) fn code_is_null(coding: &Object) -> bool {
    coding.text("system").is_some_and(|system| system.ends_with("NullFlavor"))
}

/// The description that was chosen, which the coding's own code is the concept of.
fn description(coding: &Object) -> Option<Coding> {
    let named = |extension: &&Object| extension.text("url").is_some_and(|url| url.contains(DESCRIPTION));
    let extension = coding.objects("extension").find(named)?;
    let part = |name: &str| extension.objects("extension").find(|part| part.text("url") == Some(name));
    let id = part("descriptionId")?.text("valueId")?;
    (snomed::system(id) == CodeSystem::SnomedCtDescription).then(|| Coding {
        system: CodeSystem::SnomedCtDescription,
        code: id.to_owned(),
        display: part("descriptionDisplay").and_then(|part| part.text("valueString")).map(str::to_owned),
    })
}

fn is_oid(text: &str) -> bool {
    text.len() <= 100 && text.contains('.') && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}
