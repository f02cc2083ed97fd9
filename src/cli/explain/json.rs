//! An explanation for programs.

use auth::sign_in::Role;
use gateway::explain::{Answer, Place, Told, ToldResource, Words};
use policy::{Grant, View};
use serde_json::{Value, json};

use super::Sheet;
use crate::quality::sheet;

pub(super) fn of(sheet: &Sheet<'_>) -> Value {
    let explained = &sheet.explained;
    let summary: Vec<Value> = explained
        .summary()
        .iter()
        .map(|one| {
            let words = one.words.as_deref().unwrap_or_else(|| sheet::why(&one.code));
            json!({"count": one.count, "view": one.view.map(View::name), "rule": one.code, "words": words})
        })
        .collect();
    json!({
        "practice": sheet.args.practice.as_str(),
        "patient": sheet.subject.patient.expose(),
        "patient_id": explained.patient,
        "app": sheet.args.app,
        "user": sheet.args.user,
        "on": sheet.on.to_string(),
        "role": explained.role.map(|role| match role {
            Role::Patient => "patient",
            Role::Proxy => "proxy",
        }),
        "types": explained.types.iter().map(|kind| kind.name()).collect::<Vec<_>>(),
        "grant": sheet.grant.as_ref().map(grant),
        "proxy": sheet.proxy.as_ref().map(|proxy| json!({
            "legal_basis": proxy.legal_basis,
            "relationship": proxy.relationship,
            "starts": proxy.starts.to_string(),
            "ends": proxy.ends.map(|day| day.to_string()),
            "reviewed_since_eleven": proxy.reviewed_since_eleven,
        })),
        "practice_rules": sheet.practice.rules,
        "admitted": explained.admission.is_ok(),
        "refused": explained.admission.err().map(|one| json!({"rule": one.code(), "words": one.words()})),
        "not_served": sheet.closed,
        "entries": explained.entries.iter().map(entry).collect::<Vec<_>>(),
        "summary": summary,
    })
}

fn grant(grant: &Grant) -> Value {
    json!({
        "effective_date": grant.effective_date.to_string(),
        "current": grant.current.name(),
        "historical": grant.historical.name(),
        "sections_off": grant.sections_off,
    })
}

fn entry(told: &Told) -> Value {
    let row = |(entry, batch): &(record::Entry, u64)| {
        json!({
            "id": entry.id.as_str(),
            "row": row(&(entry.place.clone(), *batch)),
            "recorded": entry.recorded.map(|at| at.first_day().to_string()),
            "deleted": entry.deleted,
        })
    };
    json!({
        "entry": told.entry.as_ref().map(row),
        "resources": told.resources.iter().map(resource).collect::<Vec<_>>(),
        "nothing": told.nothing.map(|code| json!({"code": code, "words": sheet::why(code)})),
        "waits": told.waits.map(|code| json!({"code": code.code(), "words": code.advice()})),
    })
}

fn resource(told: &ToldResource) -> Value {
    let version = match told.answer {
        Answer::Shown { version, .. } => Some(version),
        Answer::Hidden(_) | Answer::Refused(_) | Answer::NotReleased => None,
    };
    let because = told.because.iter().map(|ground| {
        json!({
            "reason": ground.reason.code(),
            "words": ground.reason.words(),
            "entry": ground.on.as_str(),
            "row": ground.place.as_ref().map(row),
        })
    });
    json!({
        "type": told.kind.name(),
        "id": told.id,
        "parts": told.parts,
        "view": told.answer.view().map(View::name),
        "version": version,
        "rule": told.answer.code(),
        "words": told.answer.words(),
        "because": because.collect::<Vec<_>>(),
        "free_text": match told.words {
            Words::None => "none",
            Words::Shown => "shown",
            Words::StayBack => "stays back",
        },
        "screening": told.found.as_ref().map(|found| json!({
            "verdict": found.verdict.code(),
            "rules": found.rules,
            "shared_by_clinician": found.decided,
        })),
        "changing": told.changing,
    })
}

fn row((place, batch): &Place) -> Value {
    json!({"file": place.file, "line": place.line, "batch": batch})
}
