//! What stands in the rows of each table.

use std::{borrow::Cow, io};

use jiff::civil::Date;

use super::{Batch, code_list, file::Field, nhs_number};
use crate::{
    Options, Role,
    day::{Precision, worded},
    dice::{Dice, Guid, Purpose},
    life::{Consultation, Life, Oddity, Problem, Statement, Vaccination},
    person::{Identity, Sex},
    practice::Practice,
};

/// A code id that no code list has.
const NOWHERE: &str = "99991000006112";

/// Makes rows of one practice.
pub struct Rows<'a> {
    options: &'a Options,
    practice: &'a Practice,
    organisation: String,
    staff: Vec<String>,
    /// Keys that are in no file of the batch.
    elsewhere: String,
}

fn flag(value: bool) -> Cow<'static, str> {
    Cow::Borrowed(if value { "true" } else { "false" })
}

fn day(value: Option<Date>) -> Cow<'static, str> {
    value.map_or(Cow::Borrowed(""), |day| Cow::Owned(day.to_string()))
}

fn braced(id: Option<Guid>) -> Cow<'static, str> {
    id.map_or(Cow::Borrowed(""), |id| Cow::Owned(id.braced()))
}

fn precision(precision: Precision) -> &'static str {
    match precision {
        Precision::Unknown => "U",
        Precision::Year => "Y",
        Precision::Month => "YM",
        Precision::Day => "YMD",
        Precision::Time => "YMDT",
    }
}

/// The day as far as it is known: an unknown one is blank, a vague one is padded to its first day.
fn known(value: Date, known: Precision) -> Option<Date> {
    let first_of = |month: i8| Date::new(value.year(), month, 1).ok();
    match known {
        Precision::Unknown => None,
        Precision::Year => first_of(1),
        Precision::Month => first_of(value.month()),
        Precision::Day | Precision::Time => Some(value),
    }
}

impl<'a> Rows<'a> {
    /// For a practice.
    pub fn new(options: &'a Options, practice: &'a Practice) -> Self {
        let mut dice = Dice::new(options.seed, options.practice.as_str(), u32::MAX, Purpose::Practice);
        Self {
            options,
            practice,
            organisation: practice.id.braced(),
            staff: practice.staff.iter().map(|member| member.id.braced()).collect(),
            elsewhere: dice.guid().braced(),
        }
    }

    fn of<'b>(&'b self, text: &'b str) -> Cow<'b, str> {
        Cow::Borrowed(text)
    }

    fn clinician(&self, number: usize) -> Cow<'_, str> {
        Cow::Borrowed(self.staff.get(number).map(String::as_str).unwrap_or_default())
    }

    /// The rows of a table that do not depend on patients; `None` for a table that does.
    pub fn fixed(&self, table: &str) -> Option<Vec<Vec<Field<'_>>>> {
        Some(match table {
            "Admin_Patient" | "CareRecord_Consultation" | "CareRecord_Observation" | "CareRecord_Problem" => {
                return None;
            }
            "Admin_Organisation" => vec![self.organisation()],
            "Admin_Location" => vec![self.location()],
            "Admin_OrganisationLocation" => vec![vec![
                ("OrganisationGuid", self.of(&self.organisation)),
                ("LocationGuid", braced(Some(self.practice.location))),
                ("IsMainLocation", flag(true)),
                ("Deleted", flag(false)),
            ]],
            "Admin_UserInRole" => (0..self.staff.len()).map(|number| self.member(number)).collect(),
            "Agreements_SharingOrganisation" => vec![vec![
                ("OrganisationGuid", self.of(&self.organisation)),
                ("IsActivated", flag(true)),
                ("LastModifiedDate", Cow::Borrowed("2019-03-23 09:00:00")),
                ("Disabled", flag(false)),
                ("Deleted", flag(false)),
            ]],
            "Coding_ClinicalCode" => code_list()
                .iter()
                .map(|code| {
                    vec![
                        ("CodeId", self.of(&code.id)),
                        ("Term", self.of(&code.term)),
                        ("ReadTermId", self.of(&code.read)),
                        ("SnomedCTConceptId", self.of(&code.snomed)),
                        ("SnomedCTDescriptionId", self.of(&code.id)),
                        ("EmisCodeCategoryDescription", self.of(&code.category)),
                    ]
                })
                .collect(),
            _ => Vec::new(),
        })
    }

    fn organisation(&self) -> Vec<Field<'_>> {
        vec![
            ("OrganisationGuid", self.of(&self.organisation)),
            ("CDB", Cow::Borrowed("99001")),
            ("OrganisationName", self.of(&self.practice.name)),
            ("ODSCode", self.of(&self.practice.ods)),
            ("ParentOrganisationGuid", self.of(&self.organisation)),
            ("OrganisationType", Cow::Borrowed("GP Practice")),
            ("OpenDate", Cow::Borrowed("1996-04-01")),
            ("MainLocationGuid", braced(Some(self.practice.location))),
        ]
    }

    fn location(&self) -> Vec<Field<'_>> {
        vec![
            ("LocationGuid", braced(Some(self.practice.location))),
            ("LocationName", self.of(&self.practice.name)),
            ("LocationTypeDescription", Cow::Borrowed("Main Surgery")),
            ("OpenDate", Cow::Borrowed("1996-04-01")),
            ("PhoneNumber", Cow::Borrowed("01632 960000")),
            ("NumberAndStreet", Cow::Borrowed("1 Observatory Way")),
            ("Town", Cow::Borrowed(self.practice.town)),
            ("Postcode", Cow::Borrowed("ZX991AA")),
            ("Deleted", flag(false)),
        ]
    }

    fn member(&self, number: usize) -> Vec<Field<'_>> {
        let member = self.practice.member(number);
        vec![
            ("UserInRoleGuid", self.clinician(number)),
            ("OrganisationGuid", self.of(&self.organisation)),
            ("Title", Cow::Borrowed(member.title)),
            ("GivenName", Cow::Borrowed(member.given)),
            ("Surname", Cow::Borrowed(member.surname)),
            ("JobCategoryCode", Cow::Borrowed(member.job)),
            ("JobCategoryName", Cow::Borrowed(member.job_name)),
            ("ContractStartDate", day(Some(member.since))),
            ("ContractEndDate", day(member.until)),
            ("RegistrationNumber", self.of(&member.registration)),
        ]
    }

    /// Everything of one patient.
    pub fn life(&self, life: &Life, batch: &mut Batch) -> io::Result<()> {
        let patient = life.who.id.braced();
        batch.patient.row(&self.patient(&life.who, &patient))?;
        for consultation in &life.consultations {
            batch.consultation.row(&self.consultation(consultation, &patient))?;
        }
        for statement in &life.statements {
            if statement.oddity == Some(Oddity::ProblemWithoutStatement) {
                batch.problem.row(&self.bare_problem(statement, &patient))?;
            } else {
                batch.observation.row(&self.observation(life, statement, &patient))?;
            }
        }
        for problem in &life.problems {
            if let Some(statement) = life.statements.get(problem.statement) {
                batch.problem.row(&self.problem(problem, statement, &patient))?;
            }
        }
        Ok(())
    }

    fn patient<'b>(&'b self, who: &'b Identity, id: &'b str) -> Vec<Field<'b>> {
        let [house, street, village, town, county, postcode] = &who.address;
        let kind = match who.role {
            Role::Temporary => "Temporary",
            Role::Dummy => "Dummy",
            _ => "Regular",
        };
        let sex = match who.sex {
            Sex::Female => "F",
            Sex::Male => "M",
            Sex::Unknown => "U",
            Sex::Indeterminate => "I",
        };
        let (carer, relation) = who.carer.as_ref().map_or(("", ""), |(name, what)| (name.as_str(), *what));
        vec![
            ("PatientGuid", self.of(id)),
            ("OrganisationGuid", self.of(&self.organisation)),
            ("UsualGpUserInRoleGuid", self.clinician(who.usual_gp)),
            ("Sex", Cow::Borrowed(sex)),
            ("DateOfBirth", day(Some(who.birth))),
            ("DateOfDeath", day(who.death)),
            ("Title", Cow::Borrowed(who.title)),
            ("GivenName", Cow::Borrowed(who.given)),
            ("MiddleNames", self.of(&who.middle)),
            ("Surname", Cow::Borrowed(who.surname)),
            ("DateOfRegistration", day(Some(who.registered))),
            ("NhsNumber", self.of(nhs_number(who))),
            ("PatientNumber", Cow::Owned((who.number + 1).to_string())),
            ("PatientTypeDescription", Cow::Borrowed(kind)),
            ("DummyType", flag(who.role == Role::Dummy)),
            ("HouseNameFlatNumber", self.of(house)),
            ("NumberAndStreet", self.of(street)),
            ("Village", self.of(village)),
            ("Town", self.of(town)),
            ("County", self.of(county)),
            ("Postcode", self.of(postcode)),
            ("CarerName", self.of(carer)),
            ("CarerRelation", Cow::Borrowed(relation)),
            ("PersonGuid", braced(Some(who.person_id))),
            ("DateofDeactivation", day(who.deducted)),
            ("Deleted", flag(false)),
            ("SpineSensitive", flag(who.role == Role::SensitivePatient)),
            ("IsConfidential", flag(who.role == Role::SensitivePatient)),
            ("EmailAddress", self.of(&who.email)),
            ("HomePhone", self.of(&who.home_phone)),
            ("MobilePhone", self.of(&who.mobile)),
            ("ContactComments", Cow::Borrowed(who.contact_comment)),
        ]
    }

    fn consultation<'b>(&'b self, consultation: &'b Consultation, patient: &'b str) -> Vec<Field<'b>> {
        vec![
            ("ConsultationGuid", braced(Some(consultation.id))),
            ("PatientGuid", self.of(patient)),
            ("OrganisationGuid", self.of(&self.organisation)),
            ("EffectiveDate", day(Some(consultation.at.day))),
            ("EffectiveDatePrecision", Cow::Borrowed("YMD")),
            ("EnteredDate", day(Some(consultation.at.day))),
            ("EnteredTime", Cow::Owned(consultation.at.time())),
            ("ClinicianUserInRoleGuid", self.clinician(consultation.clinician)),
            ("EnteredByUserInRoleGuid", self.clinician(consultation.clinician)),
            ("ConsultationSourceTerm", Cow::Borrowed(consultation.place)),
            ("Complete", flag(true)),
            ("ConsultationType", Cow::Borrowed("Clinical")),
            ("Deleted", flag(false)),
            ("IsConfidential", flag(consultation.confidential)),
        ]
    }

    fn observation<'b>(&'b self, life: &Life, statement: &'b Statement, patient: &'b str) -> Vec<Field<'b>> {
        let id_of = |number: Option<usize>| number.and_then(|n| life.statements.get(n)).map(|s| s.id);
        let consultation = statement.consultation.and_then(|n| life.consultations.get(n)).map(|c| c.id);
        let text = |text: &'b Option<String>| self.of(text.as_deref().unwrap_or_default());
        // A missing thing of the same kind, if that is what is odd about the row.
        let or_elsewhere = |oddity: Oddity, found: Option<Guid>| {
            if statement.oddity == Some(oddity) { self.of(&self.elsewhere) } else { braced(found) }
        };
        let unknown_code = statement.oddity == Some(Oddity::UnknownCode);
        vec![
            ("ObservationGuid", braced(Some(statement.id))),
            ("PatientGuid", self.of(patient)),
            ("OrganisationGuid", self.of(&self.organisation)),
            ("EffectiveDate", day(known(statement.day, statement.precision))),
            ("EffectiveDatePrecision", Cow::Borrowed(precision(statement.precision))),
            ("EnteredDate", day(Some(statement.entered.day))),
            ("EnteredTime", Cow::Owned(statement.entered.time())),
            ("ClinicianUserInRoleGuid", self.clinician(statement.clinician)),
            ("EnteredByUserInRoleGuid", self.clinician(statement.clinician)),
            ("ParentObservationGuid", or_elsewhere(Oddity::UnknownParent, id_of(statement.parent))),
            ("CodeId", self.of(if unknown_code { NOWHERE } else { &statement.code.id })),
            ("ProblemGuid", or_elsewhere(Oddity::UnknownProblem, id_of(statement.problem))),
            ("ConsultationGuid", or_elsewhere(Oddity::UnknownConsultation, consultation)),
            ("AssociatedText", self.of(&statement.text)),
            ("Value", text(&statement.value)),
            ("NumericUnit", Cow::Borrowed(statement.unit)),
            ("ObservationType", Cow::Borrowed(kind(statement))),
            ("NumericRangeLow", text(&statement.low)),
            ("NumericRangeHigh", text(&statement.high)),
            ("Qualifiers", Cow::Owned(qualifiers(statement))),
            ("Abnormal", flag(!statement.abnormal.is_empty())),
            ("AbnormalReason", Cow::Borrowed(statement.abnormal)),
            ("Episode", Cow::Borrowed(statement.episode)),
            ("Deleted", flag(false)),
            ("IsConfidential", flag(statement.confidential)),
            ("NumericOperator", Cow::Borrowed(statement.operator)),
        ]
    }

    fn problem<'b>(
        &'b self,
        problem: &Problem,
        statement: &'b Statement,
        patient: &'b str,
    ) -> Vec<Field<'b>> {
        let past = problem.ended.is_some_and(|ended| ended < self.options.today);
        vec![
            ("ObservationGuid", braced(Some(statement.id))),
            ("PatientGuid", self.of(patient)),
            ("OrganisationGuid", self.of(&self.organisation)),
            ("Deleted", flag(false)),
            ("Comment", self.of(&statement.text)),
            ("EndDate", day(problem.ended)),
            ("EndDatePrecision", Cow::Borrowed("YMD")),
            ("ExpectedDuration", Cow::Borrowed("28")),
            ("ProblemStatusDescription", Cow::Borrowed(if past { "Past Problem" } else { "Active Problem" })),
            (
                "SignificanceDescription",
                Cow::Borrowed(if problem.significant { "Significant Problem" } else { "Minor Problem" }),
            ),
        ]
    }

    fn bare_problem<'b>(&'b self, statement: &'b Statement, patient: &'b str) -> Vec<Field<'b>> {
        let problem = Problem { statement: 0, ended: None, significant: true, confidential: false };
        self.problem(&problem, statement, patient)
    }
}

/// The supplier's word for what kind of row it is.
fn kind(statement: &Statement) -> &'static str {
    match statement.code.category.as_str() {
        "Immunisations" => "Immunisation",
        "Family history" => "Family history",
        "Allergy and adverse drug reactions" | "Allergy and adverse reactions" => "Allergy",
        "Referral" => "Referral",
        "Investigation requests" => "Test Request",
        _ if statement.value.is_some() => "Value",
        _ => "Observation",
    }
}

/// Vaccination details as the supplier's XML fragment.
fn qualifiers(statement: &Statement) -> String {
    let Some(vaccination) = &statement.vaccination else { return String::new() };
    let Vaccination { manufacturer, batch, expires, site } = vaccination;
    let mut text = "<qualifier>".to_owned();
    let expires = worded(*expires);
    for (key, value) in [
        ("Manufacturer", *manufacturer),
        ("Batch Number", batch),
        ("Expiry Date", &expires),
        ("Injection Site", *site),
    ] {
        if !value.is_empty() {
            text += &format!("<item><key codeId=\"0\">{key}</key><value>{value}</value></item>");
        }
    }
    text += "</qualifier>";
    if statement.oddity == Some(Oddity::CutQualifiers) {
        text.truncate(text.len() * 2 / 3);
    }
    text
}
