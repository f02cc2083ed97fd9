//! The search parameters of each resource type: one table, from which both the search and the CapabilityStatement
//! are made, so that neither can say what the other does not.

use record::ResourceType;

/// FHIR search parameter types that occur here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamKind {
    /// `token`
    Token,
    /// `reference`
    Reference,
    /// `date`
    Date,
    /// `string`
    String,
}

impl ParamKind {
    /// As FHIR spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Reference => "reference",
            Self::Date => "date",
            Self::String => "string",
        }
    }
}

/// What of a resource a parameter looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Id,
    LastUpdated,
    Patient,
    Identifier,
    Family,
    Given,
    Name,
    Gender,
    BirthDate,
    Active,
    Code,
    Category,
    Status,
    Date,
}

/// One search parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// Its name in requests.
    pub name: &'static str,
    /// Its type.
    pub kind: ParamKind,
    /// What it finds, for the CapabilityStatement.
    pub documentation: &'static str,
    pub(crate) field: Field,
}

const fn param(name: &'static str, kind: ParamKind, field: Field, documentation: &'static str) -> Param {
    Param { name, kind, documentation, field }
}

const ID: Param = param("_id", ParamKind::Token, Field::Id, "Logical id.");
const LAST_UPDATED: Param = param(
    "_lastUpdated",
    ParamKind::Date,
    Field::LastUpdated,
    "When the shown form last changed; for synchronisation.",
);

const PATIENT: &[Param] = &[
    ID,
    LAST_UPDATED,
    param("active", ParamKind::Token, Field::Active, "Whether the record is in use."),
    param("birthdate", ParamKind::Date, Field::BirthDate, "Date of birth."),
    param("family", ParamKind::String, Field::Family, "Start of a family name."),
    param("gender", ParamKind::Token, Field::Gender, "Administrative gender."),
    param("given", ParamKind::String, Field::Given, "Start of a given name."),
    param("identifier", ParamKind::Token, Field::Identifier, "NHS number, as system|value."),
    param("name", ParamKind::String, Field::Name, "Start of any part of the name."),
];

const OBSERVATION: &[Param] = &[
    ID,
    LAST_UPDATED,
    param(
        "category",
        ParamKind::Token,
        Field::Category,
        "Category: vital-signs, laboratory, social-history…",
    ),
    param("code", ParamKind::Token, Field::Code, "Any coding of the code or of a component's code."),
    param("date", ParamKind::Date, Field::Date, "When it was true."),
    param("patient", ParamKind::Reference, Field::Patient, "The patient, as an id or Patient/id."),
    param("status", ParamKind::Token, Field::Status, "Status."),
    param("subject", ParamKind::Reference, Field::Patient, "The same as patient."),
];

const IMMUNIZATION: &[Param] = &[
    ID,
    LAST_UPDATED,
    param("date", ParamKind::Date, Field::Date, "When it was given."),
    param("patient", ParamKind::Reference, Field::Patient, "The patient, as an id or Patient/id."),
    param("status", ParamKind::Token, Field::Status, "Status."),
    param("vaccine-code", ParamKind::Token, Field::Code, "Any coding of the vaccine."),
];

/// The parameters of a type.
#[must_use]
pub fn params_of(kind: ResourceType) -> &'static [Param] {
    match kind {
        ResourceType::Patient => PATIENT,
        ResourceType::Observation => OBSERVATION,
        ResourceType::Immunization => IMMUNIZATION,
    }
}

/// The keys by which results can be sorted, in the order of `_sort`.
pub(crate) fn sorts_of(kind: ResourceType) -> &'static [&'static str] {
    match kind {
        ResourceType::Patient => &["_id", "_lastUpdated"],
        ResourceType::Observation | ResourceType::Immunization => &["_id", "_lastUpdated", "date"],
    }
}
