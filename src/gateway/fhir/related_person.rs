//! `GET [base]/RelatedPerson/{id}`: whoever acts for the patient in context, as `fhirUser` names them. They read
//! themselves and nobody else; the patient reads none.

use auth::{
    Session,
    identity::{IdentityKeys, InContext},
    sign_in::Role,
};
use policy::ProxyGrant;
use project::OwnTables;
use record::ResourceType;
use serde_json::{Value, json};
use store::Store;

use super::{
    format::Format,
    visible::{Asking, Visible},
};
use crate::{
    Response,
    outcome::{Outcome, found},
    service::Service,
};

/// The type, as FHIR spells it.
pub(crate) const RELATED_PERSON: &str = "RelatedPerson";
/// HL7 v3 RoleCode, of which a grant has what the person is to the patient.
const ROLE_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-RoleCode";

/// Reads whoever acts, while the practice lets them.
pub(crate) fn read(
    service: &Service,
    session: &Session,
    keys: &IdentityKeys,
    id: &str,
    format: Format,
) -> Result<Response, Outcome> {
    if !session.scopes.tells_fhir_user() {
        return Err(Outcome::Scope("The token's scope does not include openid fhirUser.".to_owned()));
    }
    let store = &*service.store;
    let types = &ResourceType::ALL.into_iter().collect();
    let (subject, account, as_proxy) = (&session.subject, session.account.as_str(), session.actor_is_proxy);
    let asking = Asking { subject, account, as_proxy, types, categories: None };
    let visible = Visible::look(store, service.clock.today(), &asking, &OwnTables::default())
        .map_err(|error| service.failed(&error))?;
    let patient = visible.subject().filter(|_| as_proxy && visible.admission().is_ok());
    let context = InContext { patient: patient.ok_or(Outcome::NotFound)?.to_owned(), role: Role::Proxy };
    if keys.fhir_user(account, &context) != format!("{RELATED_PERSON}/{id}") {
        return Err(Outcome::NotFound);
    }
    let grant = grant(store, session).map_err(|error| service.failed(&error))?.ok_or(Outcome::NotFound)?;
    let body = related_person(id, &context.patient, &grant).to_string().into_bytes();
    let mut response = found(format.encode(body)?, format.media_type());
    let mut seen = visible.seen(&[]);
    seen.shown.push(id.to_owned());
    response.extensions_mut().insert(seen);
    Ok(response)
}

fn grant(store: &dyn Store, session: &Session) -> Result<Option<ProxyGrant>, store::StoreError> {
    let Some(account) = store.account(&session.account)? else { return Ok(None) };
    Ok(store.access(&session.subject)?.proxy(&account).cloned())
}

/// What the practice has said of them: what they are to the patient, and for how long they act.
fn related_person(id: &str, patient: &str, grant: &ProxyGrant) -> Value {
    let relationship =
        grant.relationship.as_ref().map(|code| json!([{"coding": [{"system": ROLE_CODE, "code": code}]}]));
    let mut period = json!({"start": grant.starts});
    if let Some(ends) = grant.ends {
        period["end"] = json!(ends);
    }
    let mut body = json!({
        "resourceType": RELATED_PERSON,
        "id": id,
        "active": true,
        "patient": {"reference": format!("Patient/{patient}")},
        "period": period,
    });
    if let Some(relationship) = relationship {
        body["relationship"] = relationship;
    }
    body
}
