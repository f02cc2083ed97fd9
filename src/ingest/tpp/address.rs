//! `SRPatientAddressHistory`: addresses, old and new, of every kind.

use record::{Address, Content, Detail, Issue, IssueCode, Mark};

use super::{
    entry::{Body, EntryTable, Keys},
    practice::Owners,
    row::Row,
    value::When,
};
use crate::delimited::columns;

columns! {
    /// Addresses.
    Addresses = "SRPatientAddressHistory";
    required {
        id: "RowIdentifier", visible_to: "IDOrganisationVisibleTo", recorded: "DateEventRecorded",
        from: "DateEvent", building: "NameOfBuilding", number: "NumberOfBuilding", road: "NameOfRoad",
        locality: "NameOfLocality", town: "NameOfTown", county: "NameOfCounty", postcode: "FullPostCode",
        to: "DateTo", kind: "AddressType", patient: "IDPatient", organisation: "IDOrganisation",
    }
    optional { removed: "RemovedData", }
    unused {
        "IDProfileEnteredBy", "IDDoneBy", "TextualEventDoneBy", "IDOrganisationDoneAt", "IDEvent", "CcgOfResidence",
        "IDOrganisationRegisteredAt",
    }
}

impl EntryTable for Addresses {
    const PREFIX: &str = "address/";

    fn keys(&self) -> Keys {
        let owners = Owners::of(self.visible_to).recorded_by(self.organisation);
        Keys::new(self.id, self.patient, self.removed, owners)
    }

    fn body(&self, row: &mut Row<'_>, _: &mut Vec<Mark>) -> Result<Body, Issue> {
        let address = self.address(row).ok_or_else(|| row.error(IssueCode::ValueMissing, self.postcode))?;
        // An end that cannot be read is an end.
        let ended = row.when(self.to) != When::Nothing;
        let from = row.day(self.from, "the address is kept without it");
        let content =
            Content::Detail(Box::new(Detail::Address { address, kind: row.listed(self.kind), from, ended }));
        Ok(Body { content, links: Vec::new(), recorded: row.moment(self.recorded).unwrap_or_default() })
    }
}

impl Addresses {
    fn address(&self, row: &Row<'_>) -> Option<Address> {
        let address = row.address([
            self.building,
            self.number,
            self.road,
            self.locality,
            self.town,
            self.county,
            self.postcode,
        ]);
        let rest = [&address.city, &address.district, &address.postcode];
        (!address.lines.is_empty() || rest.iter().any(|part| part.is_some())).then_some(address)
    }
}
