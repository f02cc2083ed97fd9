//! What a valid delivery may hold and is easy to get wrong: access and proxies for a few patients, and one of everything
//! else for the patient of oddities.

use std::io;

use jiff::civil::Date;

use super::{
    Delivery,
    file::Field,
    oracle::Meant,
    practice::{BOOSTER, BRANDS, HOME_ADDRESS, MOBILE, TEMPORARY_ADDRESS, WORK_PHONE},
    record::{day, nhs_number},
};
use crate::{Role, day::plus, life::Life};

/// Another organisation, whose part of a shared record the delivery has.
const COMMUNITY: &str = "RX999";

/// Writes what the patient's role asks for.
pub fn write(delivery: &mut Delivery<'_>, life: &Life, patient: u64) -> io::Result<()> {
    online(delivery, life, patient)?;
    relatives(delivery, life, patient)?;
    if life.who.role == Role::FeedOddities && delivery.options.edge_cases {
        let mut odd = Odd { day: plus(delivery.options.today, -30), patient, delivery };
        odd.codes()?;
        odd.pressures()?;
        odd.others_and_removed()?;
        odd.vaccinations()?;
        odd.consents()?;
        odd.addresses()?;
    }
    Ok(())
}

/// Every third patient has an account of their own; children and those who are cared for a proxy too.
fn online(delivery: &mut Delivery<'_>, life: &Life, patient: u64) -> io::Result<()> {
    let who = &life.who;
    let today = delivery.options.today;
    let (first, second) = (plus(today, -900), plus(today, -100));
    if who.number.is_multiple_of(3) {
        let own = nhs_number(who).to_owned();
        let user = user(delivery, &who.name(), &own, who.birth)?;
        // It was on, was taken back, and is on again with less.
        service(delivery, patient, user, first, Some(plus(first, 90)), true)?;
        service(delivery, patient, user, second, None, who.number.is_multiple_of(2))?;
        let level = if who.number.is_multiple_of(2) { "detailed" } else { "summary" };
        let valid = !own.is_empty() && own != "0000000000";
        let becomes = if valid { level } else { "nothing" };
        access(delivery, patient, "access/own", becomes, second)?;
    }
    if matches!(who.role, Role::Child10 | Role::Child13 | Role::CaredFor) {
        let number = proxy_number(who.number);
        let name = format!("Pat {}", who.surname);
        let user = user(delivery, &name, &number, Date::new(1980, 5, 17).unwrap_or(today))?;
        service(delivery, patient, user, first, None, true)?;
        access(delivery, patient, &format!("access/{user}"), "detailed", first)?;
    }
    Ok(())
}

/// A valid NHS number of the test range that no patient has: those of patients are made from even and odd prefixes by
/// practice, these from the very top of the range.
fn proxy_number(number: u32) -> String {
    for prefix in (999_000..999_990).rev().skip(usize::try_from(number).unwrap_or_default() * 3) {
        let text = format!("999{prefix:06}");
        let mut nine = [0u8; 9];
        nine.iter_mut().zip(text.bytes()).for_each(|(digit, byte)| *digit = byte - b'0');
        if let Some(check) = ::record::NhsNumber::check_digit(nine) {
            return format!("{text}{check}");
        }
    }
    String::new()
}

fn user(delivery: &mut Delivery<'_>, name: &str, nhs: &str, born: Date) -> io::Result<u64> {
    let (first, surname) = name.split_once(' ').unwrap_or(("", name));
    delivery.users.row(&[
        ("IDOrganisationVisibleTo", delivery.ods.to_owned()),
        ("FirstName", first.to_owned()),
        ("Surname", surname.to_owned()),
        ("NHSNumber", nhs.to_owned()),
        ("DateBirth", day(Some(born))),
    ])
}

fn service(
    delivery: &mut Delivery<'_>,
    patient: u64,
    user: u64,
    from: Date,
    until: Option<Date>,
    detailed: bool,
) -> io::Result<()> {
    let mut row = delivery.owned(patient);
    row.extend([
        ("DateEventRecorded", day(Some(from))),
        ("DateEvent", day(Some(from))),
        ("ViewRecord", "FALSE".to_owned()),
        ("Appointments", "TRUE".to_owned()),
        ("Prescriptions", "TRUE".to_owned()),
        ("SummaryCareRecord", "TRUE".to_owned()),
        ("DateDeleted", day(until)),
        ("DetailedCodedRecord", super::record::flag(detailed)),
        ("IDOnlineUser", user.to_string()),
    ]);
    delivery.services.row(&row).map(|_| ())
}

fn access(
    delivery: &mut Delivery<'_>,
    patient: u64,
    entry: &str,
    becomes: &str,
    from: Date,
) -> io::Result<()> {
    let date = from.to_string();
    delivery.oracle.says(&Meant { patient, entry, becomes, code: "", value: "", date: &date })
}

/// Other people's data, of which nothing may ever come out.
fn relatives(delivery: &mut Delivery<'_>, life: &Life, patient: u64) -> io::Result<()> {
    let Some((name, relation)) = &life.who.carer else { return Ok(()) };
    let mut row = delivery.owned(patient);
    row.extend([
        ("RelationshipType", (*relation).to_owned()),
        ("PersonalGuardianOrProxy", "TRUE".to_owned()),
        ("RelationshipWithName", name.clone()),
        ("RelationshipWithHouseName", "Thirdparty Cottage".to_owned()),
        ("RelationshipWithPostTown", "Thirdpartyton".to_owned()),
        ("RelationshipWithMobileTelephone", "07700 900999".to_owned()),
    ]);
    delivery.relationship.row(&row)?;
    let mut row = delivery.owned(patient);
    let note = format!("{name} must not know of this \u{2019}note\u{2019}");
    row.extend([("Type", "Alert".to_owned()), ("Note", note)]);
    delivery.notes.row(&row)?;
    let mut row = delivery.owned(patient);
    row.extend([
        ("DateAdded", day(Some(life.who.registered))),
        ("ChildProtectionPlan", "TRUE".to_owned()),
        ("RemovalReason", "Thirdparty reason".to_owned()),
    ]);
    delivery.at_risk.row(&row).map(|_| ())
}

/// Rows of the patient of oddities.
struct Odd<'d, 'o> {
    delivery: &'d mut Delivery<'o>,
    patient: u64,
    day: Date,
}

impl Odd<'_, '_> {
    fn row(&self, more: Vec<Field>) -> Vec<Field> {
        let mut row = self.delivery.owned(self.patient);
        let when = day(Some(self.day));
        row.extend([("DateEventRecorded", when.clone()), ("DateEvent", format!("{when} 00:00:00"))]);
        // What is given for the row replaces the usual.
        row.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        row.extend(more);
        row
    }

    fn says(&mut self, entry: &str, becomes: &str, code: &str, value: &str, date: &str) -> io::Result<()> {
        let patient = self.patient;
        self.delivery.oracle.says(&Meant { patient, entry, becomes, code, value, date })
    }

    fn code(&mut self, fields: &[(&'static str, &str)]) -> io::Result<u64> {
        let row = self.row(fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect());
        self.delivery.code.row(&row)
    }

    /// Placeholders, local codes, numbers that are none, characters beyond ASCII and line ends.
    fn codes(&mut self) -> io::Result<()> {
        let date = self.day.to_string();
        let own = [
            ("CTV3Code", "Y0001"),
            ("CTV3Text", "Local \u{a3}5 patient\u{2019}s caf\u{e9} \"plan\",\r\nstep 2"),
        ];
        for (snomed, value, comparator, numeric, code, meant) in [
            ("-1", "0.0", "", "FALSE", "Y0001", ""),
            ("", "0.0", "", "TRUE", "Y0001", "0.0"),
            ("-1", "90", ">", "TRUE", "Y0001", ">90"),
            ("999004351000000109", "1.50", "<=", "TRUE", "999004351000000109", "<=1.50"),
        ] {
            let [ctv3, text] = own;
            let number = self.code(&[
                ctv3,
                text,
                ("SNOMEDCode", snomed),
                ("NumericValue", value),
                ("NumericComparator", comparator),
                ("IsNumeric", numeric),
                ("NumericUnit", "mmol/L"),
            ])?;
            self.says(&format!("code/{number}"), "Observation", code, meant, &date)?;
        }
        let [ctv3, text] = own;
        let number =
            self.code(&[ctv3, text, ("DateEvent", "01 Jan 1900 00:00:00"), ("NumericValue", "-1.0")])?;
        self.says(&format!("code/{number}"), "Observation", "Y0001", "", "")
    }

    /// Two pairs in one minute in two events, and a lone systolic.
    fn pressures(&mut self) -> io::Result<()> {
        let when = format!("{} 09:15:00", day(Some(self.day)));
        let date = format!("{}T09:15", self.day);
        for (systolic, diastolic) in [("141", Some("91")), ("132", Some("82")), ("120", None)] {
            let row = self.row(vec![("EventIncomplete", "FALSE".to_owned())]);
            let event = self.delivery.event.row(&row)?.to_string();
            let half = |odd: &mut Self, ctv3: &str, value: &str| {
                odd.code(&[
                    ("CTV3Code", ctv3),
                    ("CTV3Text", "O/E - BP reading"),
                    ("SNOMEDCode", "-1"),
                    ("IsNumeric", "TRUE"),
                    ("NumericValue", value),
                    ("NumericUnit", "mmHg"),
                    ("DateEvent", &when),
                    ("IDEvent", &event),
                    ("IDDoneBy", "501"),
                ])
            };
            let first = half(self, "2469.", systolic)?;
            let whole = if diastolic.is_some() { "75367002" } else { "2469." };
            let entry = format!("code/{first}");
            self.says(&entry, "Observation", whole, systolic, &date)?;
            if let Some(diastolic) = diastolic {
                let second = half(self, "246A.", diastolic)?;
                self.says(&format!("code/{second}"), "part", &entry, diastolic, &date)?;
            }
        }
        Ok(())
    }

    /// Other organisations' parts of a shared record; and rows that were removed.
    fn others_and_removed(&mut self) -> io::Result<()> {
        let date = self.day.to_string();
        let cough = [("CTV3Code", "171.."), ("CTV3Text", "Cough"), ("SNOMEDCode", "49727002")];
        let [code, text, snomed] = cough;
        let own = self.code(&cough)?;
        self.says(&format!("code/{own}"), "Observation", "49727002", "", &date)?;
        for column in ["IDOrganisation", "IDOrganisationRegisteredAt"] {
            let number = self.code(&[(column, COMMUNITY), code, text, snomed])?;
            self.says(&format!("code/{number}"), "nothing", "", "", "")?;
        }
        let removed = self.code(&cough)?;
        self.delivery.code.removal(removed)?;
        self.says(&format!("code/{removed}"), "nothing", "", "", "")?;
        self.delivery.code.removal(99_000_001)
    }

    fn immunisation(&mut self, fields: &[(&'static str, &str)]) -> io::Result<u64> {
        let row = self.row(fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect());
        self.delivery.immunisation.row(&row)
    }

    /// Known by the product alone, with a part in words or none, and one that may not have been given.
    fn vaccinations(&mut self) -> io::Result<()> {
        let date = self.day.to_string();
        let (brand, name) = BRANDS[0];
        let (brand, booster) = (brand.to_string(), BOOSTER.to_string());
        for (part, dose) in [(booster.as_str(), "0.5ml"), ("", "0.5 ml"), ("Booster", "1 capsule")] {
            let number = self.immunisation(&[
                ("IDImmunisationContent", &brand),
                ("ImmsSNOMEDCode", "-1"),
                ("VaccPart", part),
                ("VaccBatchNumber", "AB1234"),
                ("Dose", dose),
            ])?;
            self.says(&format!("immunisation/{number}"), "Immunization", name, "", &date)?;
        }
        let number = self.immunisation(&[
            ("ImmsSNOMEDCode", "38598009"),
            ("ImmsReadCode", "65M1."),
            ("VaccinationStatus", "Something new"),
        ])?;
        self.says(&format!("immunisation/{number}"), "nothing", "", "", "")
    }

    /// Given, refused, and a refusal that was taken back.
    fn consents(&mut self) -> io::Result<()> {
        let date = self.day.to_string();
        for (consents, current, ended, becomes, code) in [
            ("TRUE", "TRUE", "", "Observation", "310375005"),
            ("FALSE", "TRUE", "", "Observation", "310376006"),
            ("FALSE", "FALSE", "01 Oct 2026", "nothing", ""),
        ] {
            let row = self.row(vec![
                ("ConsentedToVacc", consents.to_owned()),
                ("RefusalOrConsentCurrent", current.to_owned()),
                ("DateEnded", ended.to_owned()),
                ("VaccName", "MMR".to_owned()),
            ]);
            let number = self.delivery.consent.row(&row)?;
            self.says(&format!("consent/{number}"), becomes, code, "", &date)?;
        }
        Ok(())
    }

    /// A second home address that is open, a temporary one, one that has ended; a mobile beside a number at work.
    fn addresses(&mut self) -> io::Result<()> {
        let since = day(Some(plus(self.day, 5)));
        for (road, kind, until) in [
            ("Newest Road", HOME_ADDRESS, ""),
            ("Temporary Road", TEMPORARY_ADDRESS, ""),
            ("Former Road", HOME_ADDRESS, "01 Oct 2026"),
        ] {
            let row = self.row(vec![
                ("DateEvent", since.clone()),
                ("NumberOfBuilding", "1".to_owned()),
                ("NameOfRoad", road.to_owned()),
                ("DateTo", until.to_owned()),
                ("AddressType", kind.to_string()),
            ]);
            self.delivery.address.row(&row)?;
        }
        self.says("address", "served", "Newest Road", "", "")?;
        for (kind, number) in [(WORK_PHONE, "01632 960777"), (MOBILE, "07700 900777")] {
            let row = self.row(vec![
                ("DateEvent", since.clone()),
                ("ContactType", kind.to_string()),
                ("ContactNumber", number.to_owned()),
            ]);
            self.delivery.contact.row(&row)?;
        }
        self.says("telephone", "served", "07700 900777", "", "")
    }
}
