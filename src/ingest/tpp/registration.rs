//! `SRPatientRegistration`: as what patients are registered, and since and until when. Patients come back, so there may
//! be several rows; the latest decides when the record is projected.

use record::{Content, Detail, Issue, IssueCode, Mark, Registration};

use super::{
    entry::{Body, EntryTable, Keys},
    patient::deciding_date,
    practice::Owners,
    row::Row,
};
use crate::delimited::columns;

/// What may stand beside `GMS` in a status and takes nothing away from it: services for registered patients.
const BESIDE: [&str; 6] =
    ["CONTRACEPTION", "MATERNITY", "MINOR SURGERY", "CHS", "CHILD HEALTH SURVEILLANCE", "DISPENSING"];

columns! {
    /// Registrations.
    Registrations = "SRPatientRegistration";
    required {
        id: "RowIdentifier", visible_to: "IDOrganisationVisibleTo", recorded: "DateEventRecorded",
        from: "DateRegistration", to: "DateDeRegistration", status: "RegistrationStatus", patient: "IDPatient",
        organisation: "IDOrganisation",
    }
    optional { registered_at: "IDOrganisationRegisteredAt", removed: "RemovedData", }
    unused { "IDProfileEnteredBy", "PreferredPharmacy", }
}

impl EntryTable for Registrations {
    const PREFIX: &str = "registration/";

    fn keys(&self) -> Keys {
        let owners =
            Owners::of(self.visible_to).recorded_by(self.organisation).registered_at(self.registered_at);
        Keys::new(self.id, self.patient, self.removed, owners)
    }

    /// Never fails: without the row the patient would stay registered as before.
    fn body(&self, row: &mut Row<'_>, marks: &mut Vec<Mark>) -> Result<Body, Issue> {
        let from = deciding_date(row, self.from, marks);
        let to = deciding_date(row, self.to, marks);
        let content = Content::Detail(Box::new(Detail::Registration { kind: self.kind(row), from, to }));
        let recorded = row.moment(self.recorded).unwrap_or_default();
        Ok(Body { content, links: Vec::new(), recorded })
    }
}

impl Registrations {
    fn kind(&self, row: &mut Row<'_>) -> Registration {
        let status = row.text(self.status);
        if status.is_empty() {
            row.warn(IssueCode::ValueMissing, self.status, "the patient is not served");
            return Registration::Unknown;
        }
        kind(status)
    }
}

/// `GMS`, alone or with services that only registered patients have. New words keep arriving: every other is another kind.
fn kind(status: &str) -> Registration {
    let words = || status.split(',').map(|word| word.trim().to_ascii_uppercase());
    let all_known = words().all(|word| word == "GMS" || BESIDE.contains(&word.as_str()));
    let regular = all_known && words().any(|word| word == "GMS");
    if regular { Registration::Regular } else { Registration::Other(status.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gms_is_regular_alone_and_beside_services_and_beside_nothing_else() {
        for status in ["GMS", "gms", "GMS,Contraception", "Contraception, GMS", "GMS,Maternity,Minor Surgery"]
        {
            assert_eq!(kind(status), Registration::Regular, "{status}");
        }
        for status in
            ["Contraception", "Temporary", "GMS,Temporary", "Applied", "Private", "GMSX", "GMS;X", ","]
        {
            assert_eq!(kind(status), Registration::Other(status.to_owned()), "{status}");
        }
    }
}
