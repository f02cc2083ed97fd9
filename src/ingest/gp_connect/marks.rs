//! What a resource says about who may see it: the security labels in its `meta`, and in that of anything inside it.
//! `NOPAT` is known, under whichever address its code system has; whatever else is said withholds too.

use record::{IssueCode, Mark};

use super::{
    json::{Json, Object},
    notes::Notes,
};

/// What `meta` may hold beside labels without saying anything about who may see it.
const HARMLESS: [&str; 4] = ["id", "versionId", "lastUpdated", "profile"];

/// Names in any letters under which a mark can only be meant.
const SPEAK_OF_MARKS: [&str; 4] = ["meta", "security", "securityLabel", "confidentiality"];

/// The marks on a resource and on whatever it contains.
pub(super) fn of(resource: &Object, notes: &mut Notes) -> Vec<Mark> {
    let mut marks = Vec::new();
    look(resource, resource.line, &mut marks, notes);
    marks.sort();
    marks.dedup();
    marks
}

fn look(object: &Object, line: u64, marks: &mut Vec<Mark>, notes: &mut Notes) {
    for (name, value) in object.members() {
        if name == "meta" {
            meta(value, line, marks, notes);
        } else if SPEAK_OF_MARKS.iter().any(|known| name.eq_ignore_ascii_case(known)) {
            // No resource that is read has an element of such a name: it is a mark that stands in the wrong place or is
            // misspelt.
            marks.push(unknown(line, "meta", notes));
        } else {
            within(value, line, marks, notes);
        }
    }
}

fn within(value: &Json, line: u64, marks: &mut Vec<Mark>, notes: &mut Notes) {
    match value {
        Json::Object(object) => look(object, line, marks, notes),
        Json::List(items) => items.iter().for_each(|item| within(item, line, marks, notes)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Text(_) => {}
    }
}

fn meta(meta: &Json, line: u64, marks: &mut Vec<Mark>, notes: &mut Notes) {
    let Json::Object(meta) = meta else {
        return marks.push(unknown(line, "meta", notes));
    };
    for (name, value) in meta.members() {
        match (name, value) {
            ("security", Json::List(labels)) => {
                marks.extend(labels.iter().map(|label| self::label(label, line, notes)));
            }
            // Tags are for workflow; but one that says this is taken at its word.
            ("tag", Json::List(tags)) => {
                marks.extend(tags.iter().filter(|tag| is_nopat(tag)).map(|_| Mark::NotForPatient));
            }
            _ if HARMLESS.contains(&name.trim_start_matches('_')) => {}
            _ => marks.push(unknown(line, "meta", notes)),
        }
    }
}

fn label(label: &Json, line: u64, notes: &mut Notes) -> Mark {
    if is_nopat(label) { Mark::NotForPatient } else { unknown(line, "meta.security", notes) }
}

fn is_nopat(coding: &Json) -> bool {
    let code = coding.object().and_then(|coding| coding.text("code"));
    code.is_some_and(|code| code.eq_ignore_ascii_case("NOPAT"))
}

fn unknown(line: u64, field: &str, notes: &mut Notes) -> Mark {
    notes.warn(IssueCode::MarkUnknown, line, field, "the only label that is known is NOPAT");
    Mark::Unrecognised
}
