//! Looks at a record as R4 AuditEvents (`StructureDefinition/AuditEvent`), for the person to keep.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{NO_APP, Sheet};
use crate::{
    audit::{Acting, Interaction, Row},
    service::Urls,
};

/// A collection of them, the newest first; where there are more, it links to them. What each names of a record are ids
/// alone, and its own id is the hash of its line in the trail.
pub(super) fn bundle(sheet: &Sheet, urls: &Urls, now: Timestamp) -> Value {
    let fhir = urls.fhir();
    let entries: Vec<Value> = sheet
        .looks
        .rows
        .iter()
        .filter_map(|row| {
            let id = row.hash()?;
            Some(json!({"fullUrl": format!("{fhir}/AuditEvent/{id}"), "resource": event(sheet, row, &id)}))
        })
        .collect();
    let mut bundle = json!({"resourceType": "Bundle", "type": "collection", "timestamp": now.to_string()});
    if !entries.is_empty() {
        bundle["entry"] = entries.into();
    }
    if let Some(place) = sheet.looks.earlier {
        let url = format!("{}/account/events?patient={}&before={place}", urls.base, sheet.choice().patient);
        bundle["link"] = json!([{"relation": "next", "url": url}]);
    }
    bundle
}

fn event(sheet: &Sheet, row: &Row, id: &str) -> Value {
    let (subtype, action) = match row.interaction {
        Interaction::Read => ("read", "R"),
        Interaction::Search => ("search-type", "E"),
    };
    let outcome = match row.status {
        200..=399 => "0",
        400..=499 => "4",
        _ => "8",
    };
    let who = match row.acting {
        Acting::Myself => json!({"reference": patient(row)}),
        Acting::Proxy if row.account == sheet.account => json!({"display": "You"}),
        Acting::Proxy => json!({"display": "Somebody who acts for the patient"}),
    };
    let app = (row.app != NO_APP).then(|| {
        let name = sheet.names.get(&row.app).unwrap_or(&row.app);
        json!({"who": {"identifier": {"value": row.app}, "display": name}, "requestor": false})
    });
    let agents = std::iter::once(json!({"who": who, "requestor": true})).chain(app);
    let shown = row.shown.iter().map(|id| json!({"what": {"reference": format!("{}/{id}", row.kind)}}));
    let of_patient = json!({
        "what": {"reference": patient(row)},
        "role": {"system": "http://terminology.hl7.org/CodeSystem/object-role", "code": "1", "display": "Patient"},
    });
    let request = json!({
        "what": {"identifier": {"value": row.request}},
        "type": {"system": "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType", "code": "XrequestId"},
    });
    let entities =
        std::iter::once(of_patient).chain(shown).chain((!row.request.is_empty()).then_some(request));
    json!({
        "resourceType": "AuditEvent",
        "id": id,
        "type": {
            "system": "http://terminology.hl7.org/CodeSystem/audit-event-type",
            "code": "rest",
            "display": "RESTful Operation",
        },
        "subtype": [{"system": "http://hl7.org/fhir/restful-interaction", "code": subtype}],
        "action": action,
        "recorded": row.at.to_string(),
        "outcome": outcome,
        "agent": agents.collect::<Vec<_>>(),
        "source": {"observer": {"identifier": {"value": row.practice}, "display": "recordgate"}},
        "entity": entities.collect::<Vec<_>>(),
    })
}

fn patient(row: &Row) -> String {
    format!("Patient/{}", row.patient.as_deref().unwrap_or_default())
}
